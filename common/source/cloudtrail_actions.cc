#include "common/source/cloudtrail_actions_internal.h"

#include <unordered_map>

namespace weir::source {

namespace {

struct ActionRow {
  ActionClass action_class;
  std::string_view actions;  // separated by blanks
};

constexpr ActionRow kRows[] = {
    {{"iam", {"user", "change"}},
     "AttachUserPolicy ChangePassword CreateAccessKey CreateVirtualMFADevice "
     "DeactivateMFADevice DeleteAccessKey DeleteSSHPublicKey DeleteUserPermissionsBoundary "
     "DeleteUserPolicy DeleteVirtualMFADevice DetachUserPolicy EnableMFADevice "
     "PutUserPermissionsBoundary PutUserPolicy TagUser UntagUser UpdateAccessKey "
     "UpdateLoginProfile UpdateSSHPublicKey UpdateUser"},
    {{"iam", {"user", "creation"}},
     "CreateUser"},
    {{"iam", {"user", "deletion"}},
     "DeleteUser"},
    {{"iam", {"user", "info"}},
     "GetUser GetUserPolicy ListAttachedUserPolicies ListGroupsForUser ListUserPolicies "
     "ListUsers ListUserTags"},
    {{"iam", {"group", "change"}},
     "AddUserToGroup AttachGroupPolicy DeleteGroupPolicy DetachGroupPolicy PutGroupPolicy "
     "RemoveUserFromGroup UpdateGroup"},
    {{"iam", {"group", "creation"}},
     "CreateGroup"},
    {{"iam", {"group", "deletion"}},
     "DeleteGroup"},
    {{"iam", {"group", "info"}},
     "GetGroup GetGroupPolicy ListAttachedGroupPolicies ListGroupPolicies ListGroups"},
    {{"iam", {"admin", "change"}},
     "SetDefaultPolicyVersion SetSecurityTokenServicePreferences "
     "UpdateAccountPasswordPolicy UpdateRole"},
    {{"iam", {"admin", "creation"}},
     "CreateKeyPair"},
    {{"iam", {"info", ""}},
     "GetPolicy ListAttachedRolePolicies ListRoles"},
    {{"iam", {"creation", ""}},
     "CreatePolicy"},
    {{"iam", {"change", ""}},
     "AttachRolePolicy"},
    {{"authentication", {"info", ""}},
     "AssumeRole ConsoleLogin GetCallerIdentity"},
    {{"file", {"creation", ""}},
     "CreateBucket CreateDocument"},
    {{"file", {"deletion", ""}},
     "DeleteBucket DeleteObject"},
    {{"file", {"change", ""}},
     "PutObject"},
    {{"file", {"info", ""}},
     "ListBuckets ListObjects HeadObject GetObject"},
    {{"network", {"info", ""}},
     "DescribeSecurityGroups DescribeNetworkInterfaces DescribeVpcs DescribeNetworkAcls "
     "DescribeLoadBalancers"},
    {{"network", {"access", ""}},
     "AuthorizeSecurityGroupIngress"},
    {{"host", {"info", ""}},
     "DescribeInstances DescribeVolumes ListInstanceAssociations"},
    {{"api", {"info", ""}},
     "Converse Publish DescribeRegions"},
    {{"process", {"start", ""}},
     "SendCommand"},
    {{"session", {"start", ""}},
     "StartSession CreateControlChannel OpenControlChannel CreateDataChannel "
     "OpenDataChannel"},
    {{"session", {"end", ""}},
     "TerminateSession"},
    {{"configuration", {"creation", ""}},
     "CreateTopic"},
    {{"configuration", {"change", ""}},
     "Subscribe"},
    {{"configuration", {"deletion", ""}},
     "DeleteTrail"},
    {{"configuration", {"info", ""}},
     "DescribeTrails"},
    {{"database", {"info", ""}},
     "ListTables DescribeDBInstances"},
    {{"package", {"info", ""}},
     "ListFunctions"},
};

std::unordered_map<std::string_view, ActionClass> MakeTable() {
  std::unordered_map<std::string_view, ActionClass> table;
  for (const ActionRow& row : kRows) {
    std::string_view rest = row.actions;
    while (!rest.empty()) {
      const std::size_t blank = rest.find(' ');
      table.emplace(rest.substr(0, blank), row.action_class);
      rest = blank == std::string_view::npos ? std::string_view() : rest.substr(blank + 1);
    }
  }
  return table;
}

}  // namespace

const ActionClass& ClassifyAction(std::string_view action) {
  static const std::unordered_map<std::string_view, ActionClass> kTable = MakeTable();
  static const ActionClass kOther{{}, {"info", ""}};
  const auto found = kTable.find(action);
  return found == kTable.end() ? kOther : found->second;
}

}  // namespace weir::source
