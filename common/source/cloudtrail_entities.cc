// Who did something to what, as texts in classes (user, host, service, generic): the actor from
// userIdentity, the targets by a table of calls, and everything the record names beside them.
#include <algorithm>
#include <unordered_map>

#include "common/source/cloudtrail_internal.h"

namespace weir::source::cloudtrail {

namespace {

// Where a call names what it acts on. Paths are separated by blanks and pass through arrays; rq stands
// for requestParameters, rs for responseElements, acct for the recipient's account and res for the ARNs
// of the record's resources.
struct TargetRow {
  std::string_view service;
  std::string_view actions;
  std::string_view targets;
};

constexpr TargetRow kTargets[] = {
    {"iam", "AttachGroupPolicy", "rq.groupName"},
    {"iam", "AttachRolePolicy ListAttachedRolePolicies UpdateAssumeRolePolicy", "rq.roleName"},
    {"iam", "AttachUserPolicy", "rq.policyArn rq.userName"},
    {"iam", "CreateAccessKey", "rs.accessKey.accessKeyId rq.userName"},
    {"iam", "CreateUser DeactivateMFADevice", "rq.userName"},
    {"iam", "DeleteVirtualMFADevice", "rq.serialNumber"},
    {"iam", "GetPolicy", "rq.policyArn"},
    {"iam", "CreatePolicy", "rs.policy.arn"},
    {"iam", "ListRoles ListUsers", "acct"},
    {"sts", "AssumeRole", "rq.roleArn"},
    {"sts", "GetCallerIdentity", "acct"},
    {"bedrock", "Converse", "rq.modelId"},
    {"s3", "CopyObject PutBucketLogging PutBucketVersioning PutObject GetBucketPolicy ListObjects "
           "HeadObject GetObject DeleteObject DeleteBucket", "res"},
    {"s3", "PutBucketReplication", "res rq.ReplicationConfiguration.Rule.Destination.Bucket"},
    {"s3", "ListBuckets", "acct"},
    {"ec2", "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress",
     "rq.groupId rs.securityGroupRuleSet.items.securityGroupRuleId"},
    {"ec2", "GetPasswordData", "rq.instanceId"},
    {"ec2", "ModifyImageAttribute", "rq.imageId"},
    {"ec2", "ModifySnapshotAttribute", "rq.snapshotId"},
    {"ec2", "DeleteNetworkAcl", "rq.networkAclId"},
    {"ec2", "DeleteNetworkAclEntry", "rq.networkAclId rq.ruleNumber"},
    {"ec2", "DeleteFlowLogs", "rq.DeleteFlowLogsRequest.FlowLogId.content"},
    {"ec2", "CreateTrafficMirrorFilter",
     "rs.CreateTrafficMirrorFilterResponse.trafficMirrorFilter.trafficMirrorFilterId"},
    {"ec2", "CreateTrafficMirrorFilterRule",
     "rs.CreateTrafficMirrorFilterRuleResponse.trafficMirrorFilterRule.trafficMirrorFilterRuleId"},
    {"ec2", "CreateTrafficMirrorSession",
     "rs.CreateTrafficMirrorSessionResponse.trafficMirrorSession.trafficMirrorSessionId"},
    {"ec2", "CreateTrafficMirrorTarget",
     "rs.CreateTrafficMirrorTargetResponse.trafficMirrorTarget.trafficMirrorTargetId"},
    {"ec2", "DescribeSecurityGroups DescribeNetworkInterfaces DescribeRegions DescribeVpcs "
            "DescribeNetworkAcls DescribeVolumes", "acct"},
    {"ssm", "GetParameter GetParameters CreateControlChannel OpenControlChannel", "res"},
    {"ssm", "StartSession", "rq.target"},
    {"ssm", "CreateDocument", "rq.name"},
    {"ssm", "TerminateSession OpenDataChannel", "rq.sessionId"},
    {"ssm", "SendCommand", "rq.instanceIds"},   // more in Targets
    {"ssm", "ListInstanceAssociations", "acct"},
    {"secretsmanager", "GetSecretValue", "rq.secretId"},
    {"secretsmanager", "BatchGetSecretValue", "rq.secretIdList"},
    {"kms", "DisableKey ScheduleKeyDeletion", "res"},
    {"rds", "DeleteDBCluster ModifyDBCluster StopDBCluster", "rs.dBClusterArn"},
    {"rds", "DeleteDBInstance ModifyDBInstance StopDBInstance RestoreDBInstanceFromDBSnapshot "
            "RestoreDBInstanceFromS3", "rs.dBInstanceArn"},
    {"rds", "DeleteGlobalCluster", "rs.globalClusterArn"},
    {"rds", "ModifyDBClusterSnapshotAttribute", "rs.dBClusterSnapshotIdentifier"},
    {"rds", "ModifyDBSnapshotAttribute", "rs.dBSnapshotIdentifier"},
    {"rds", "DescribeDBInstances", "acct"},
    {"cloudtrail", "DeleteTrail StopLogging", "rq.name"},
    {"cloudtrail", "DescribeTrails", "acct"},
    {"config", "StopConfigurationRecorder StartConfigurationRecorder",
     "rq.configurationRecorderName"},
    {"cloudformation", "CreateStack", "rs.stackId"},
    {"cloudformation", "CreateStackSet", "rs.stackSetId"},
    {"ec2-instance-connect", "SendSSHPublicKey SendSerialConsoleSSHPublicKey", "rq.instanceId"},
    {"elasticfilesystem", "DeleteFileSystem", "rq.fileSystemId"},
    {"elasticfilesystem", "DeleteMountTarget", "rq.mountTargetId"},
    {"events", "DeleteRule", "rq.name"},
    {"guardduty", "CreateDetector", "rs.detectorId"},
    {"guardduty", "DeleteDetector", "rq.detectorId"},
    {"logs", "DeleteLogGroup", "rq.logGroupName"},
    {"logs", "DeleteLogStream", "rq.logStreamName"},
    {"monitoring", "DeleteAlarms", "rq.alarmNames"},
    {"rolesanywhere", "CreateTrustAnchor", "rs.trustAnchor.trustAnchorArn"},
    {"route53resolver", "DeleteResolverQueryLogConfig", "rs.resolverQueryLogConfig.arn"},
    {"signin", "ConsoleLogin", "acct"},
    {"sns", "CreateTopic", "rs.topicArn"},
    {"sns", "Subscribe Publish", "rq.topicArn"},
    {"wafv2", "DeleteRuleGroup DeleteWebACL", "rq.id"},
    {"elasticloadbalancing", "DescribeLoadBalancers", "acct"},
    {"dynamodb", "ListTables", "acct"},
};

// What else a service's records name.
constexpr TargetRow kRelated[] = {
    {"iam", "", "rq.userName rq.serialNumber rq.accessKeyId rq.policyArn rq.roleName rq.policyName "
                "rs.accessKey.userName rs.accessKey.accessKeyId rs.user.arn rs.user.userId "
                "rs.user.userName rs.userId rs.role.arn rs.serialNumber"},
    {"sts", "", "rq.roleArn rq.roleSessionName sourceIdentity additionalEventData.MFAIdentifier "
                "rs.assumedRoleUser.arn rs.accessKeyId"},
    {"s3", "", "rq.bucketName"},
    {"kms", "", "rq.keyId rs.keyId rs.keyMetadata.arn rs.keyMetadata.keyId"},
    {"lambda", "", "rq.functionName rs.functionArn rs.functionName rs.role "
                   "rs.vpcConfig.securityGroupIds rs.vpcConfig.subnetIds"},
    {"cloudtrail", "", "rq.name rq.s3BucketName rs.cloudWatchLogsLogGroupArn "
                       "rs.cloudWatchLogsRoleArn rs.kmsKeyId rs.snsTopicARN rs.trailARN rs.name"},
    {"ec2", "", "rq.groupId rq.groupName rq.roleName rq.subnetId rq.volumeId rq.networkInterfaceId "
                "rq.vpcId rq.snapshotId rq.groupSet.items.groupId rq.instancesSet.items.instanceId "
                "rq.revokedSecurityGroupRuleSet.items.securityGroupRuleId "
                "rq.revokedSecurityGroupRuleSet.items.groupId "
                "rs.groupId rs.reservationId rs.vpc.vpcId rs.vpc.dhcpOptionsId rs.snapshotId "
                "rs.volumeId rs.groupSet.items.groupId rs.securityGroupRuleSet.items.groupId "
                "rs.securityGroupRuleSet.items.referencedGroupInfo.groupId "
                "rs.securityGroupRuleSet.items.securityGroupRuleId "
                "rs.instancesSet.items.subnetId rs.instancesSet.items.vpcId "
                "rs.instancesSet.items.instanceId rs.instancesSet.items.imageId "
                "rs.instancesSet.items.iamInstanceProfile.arn "
                "rs.instancesSet.items.networkInterfaceSet.items.networkInterfaceId "
                "rs.instancesSet.items.networkInterfaceSet.items.vpcId "
                "rs.instancesSet.items.networkInterfaceSet.items.subnetId "
                "rs.instancesSet.items.networkInterfaceSet.items.groupSet.items.groupId"},
    {"rds", "", "rq.dBInstanceIdentifier rq.dBInstanceArn rs.dBInstanceIdentifier rs.dbInstanceArn "
                "rs.dBSubnetGroup.vpcId rs.dBSubnetGroup.subnets.subnetIdentifier "
                "rs.vpcSecurityGroups.vpcSecurityGroupId"},
    {"guardduty", "", "rq.detectorId rs.detectorId"},
    {"config", "", "rq.configurationRecorderName"},
    {"wafv2", "", "rq.id rs.summary.id rs.summary.aRN rs.summary.name"},
};

constexpr std::string_view kUserTypes[] = {"user", "role", "assumed-role", "federated-user",
                                           "instance-profile", "mfa", "serialNumber"};
constexpr std::string_view kServiceTypes[] = {
    "stack", "stack-set", "trail", "configuration-recorder", "file-system", "mount-target", "rule",
    "detector", "key", "function", "log-group", "log-stream", "alarm", "db", "cluster",
    "global-cluster", "trust-anchor", "resolver-query-log-config", "secret", "parameter",
    "document", "session", "webacl", "rulegroup", "ipset", "topic", "model", "loadbalancer",
    "table", "group", "policy", "security-group", "network-interface", "vpc", "subnet",
    "network-acl", "dhcp-options"};
constexpr std::string_view kServiceIds[] = {"sg-", "sgr-", "eni-", "vpc-", "subnet-", "acl-",
                                            "rtb-", "igw-", "nat-", "vpce-", "tgw-", "pcx-"};

bool IsServiceRole(std::string_view text) {
  return text.find("/AWSServiceRoleFor") != std::string_view::npos ||
         text.find("/aws-service-role/") != std::string_view::npos;
}

template <std::size_t N>
bool IsIn(const std::string_view (&list)[N], std::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

// The resource's type in an ARN: its sixth part up to a slash. Empty for anything else.
std::string_view ResourceType(std::string_view text, std::string_view* service) {
  std::string_view parts[6];
  std::string_view rest = text;
  for (std::string_view& part : parts) {
    if (rest.data() == nullptr) {
      return {};
    }
    const std::size_t colon = rest.find(':');
    part = rest.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  }
  if (parts[0] != "arn") {
    return {};
  }
  *service = parts[2];
  return parts[5].substr(0, parts[5].find('/'));
}

std::string_view ClassOf(std::string_view text) {
  std::string_view service;
  if (const std::string_view type = ResourceType(text, &service); !service.empty()) {
    return IsServiceRole(text)                           ? "service"
           : IsIn(kUserTypes, type)                      ? "user"
           : type == "instance"                          ? "host"
           : service == "s3" || IsIn(kServiceTypes, type) ? "service"
                                                         : "generic";
  }
  if (text.size() == 20 && text.starts_with("AKIA")) {
    return "user";
  }
  const auto begins = [text](std::string_view prefix) { return text.starts_with(prefix); };
  return text.starts_with("i-")                                                   ? "host"
         : std::any_of(std::begin(kServiceIds), std::end(kServiceIds), begins) ? "service"
                                                                                 : "generic";
}

// The service of the event: "s3" of "s3.amazonaws.com".
std::string_view ServiceOf(const RecordView& record) {
  const std::string_view provider = record.KnownText(kEventSource);
  return provider.substr(0, provider.find('.'));
}

void AddLeaves(RecordView& record, const Element* root, std::string_view path,
               std::vector<std::string_view>* texts) {
  if (root == nullptr) {
    return;
  }
  record.leaves.clear();
  CollectLeaves(*root, path, SameKey, &record.leaves);
  for (const Element& leaf : record.leaves) {
    const Value text = ScalarToValue(leaf, DataType::kKeyword, &record.arena);
    if (!text.is_null() && !IsEmpty(leaf, Empties::kMarkers)) {
      texts->push_back(text.text());
    }
  }
}

void AddPaths(RecordView& record, std::string_view paths, std::vector<std::string_view>* texts) {
  while (!paths.empty()) {
    const std::size_t blank = std::min(paths.find(' '), paths.size());
    const std::string_view path = paths.substr(0, blank);
    paths.remove_prefix(std::min(blank + 1, paths.size()));
    if (path == "acct") {
      texts->push_back(record.KnownText(kRecipientAccountId));
    } else if (path == "res") {
      AddLeaves(record, record.Known(kResources), "ARN", texts);
    } else if (path.starts_with("rq.")) {
      AddLeaves(record, record.Known(kRequestParameters), path.substr(3), texts);
    } else if (path.starts_with("rs.")) {
      AddLeaves(record, record.Known(kResponseElements), path.substr(3), texts);
    } else {
      AddLeaves(record, &record.root, path, texts);
    }
  }
}

std::string_view TargetPaths(std::string_view service, std::string_view action) {
  static const auto kByCall = [] {
    std::unordered_map<std::string, std::string_view> by_call;
    for (const TargetRow& row : kTargets) {
      std::string_view actions = row.actions;
      while (!actions.empty()) {
        const std::size_t blank = std::min(actions.find(' '), actions.size());
        by_call.emplace(std::string(row.service) + " " + std::string(actions.substr(0, blank)),
                        row.targets);
        actions.remove_prefix(std::min(blank + 1, actions.size()));
      }
    }
    return by_call;
  }();
  if (service == "lambda") {
    return action.find("AddPermission") != std::string_view::npos   ? "rq.functionName"
           : action.find("ListFunctions") != std::string_view::npos ? "acct"
                                                                    : "";
  }
  const auto found = kByCall.find(std::string(service) + " " + std::string(action));
  return found == kByCall.end() ? std::string_view() : found->second;
}

// Sorted and distinct.
std::vector<std::string_view> Targets(RecordView& record) {
  const std::string_view service = ServiceOf(record);
  const std::string_view action = record.KnownText(kEventName);
  std::vector<std::string_view> targets;
  AddPaths(record, TargetPaths(service, action), &targets);
  if (service == "ssm" && action == "SendCommand" && targets.empty()) {
    AddPaths(record, "rq.targets.values", &targets);
    if (targets.size() == 1 && targets[0] == "*") {
      targets = {record.KnownText(kRecipientAccountId)};
    }
  }
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  std::erase(targets, std::string_view());
  return targets;
}

std::string_view Actor(const RecordView& record) {
  if (record.KnownText(kEventName).empty()) {
    return {};
  }
  const std::string_view type = record.KnownText(kUserType);
  if (record.KnownText(kEventName) == "AssumeRole" && ServiceOf(record) == "sts") {
    if (type == "AWSService") {
      return record.KnownText(kInvokedBy);
    }
    if (type == "AssumedRole") {
      return record.KnownText(kIssuerArn);
    }
    return record.KnownText(kUserArn);
  }
  const std::string_view arn = record.KnownText(kUserArn);
  return arn.empty() ? record.KnownText(kOnBehalfOfUserId) : arn;
}

std::string_view ActorClass(const RecordView& record, std::string_view actor) {
  const std::string_view type = record.KnownText(kUserType);
  if (type == "AWSService" || IsServiceRole(actor)) {
    return "service";
  }
  if (type == "IAMUser" || type == "Root" || type == "AssumedRole") {
    return "user";
  }
  std::string_view service;
  const std::string_view resource = ResourceType(actor, &service);
  if (resource == "user" || resource == "role" || resource == "assumed-role" ||
      resource == "federated-user") {
    return "user";
  }
  return resource == "instance" || actor.starts_with("i-") ? "host" : "generic";
}

}  // namespace

Value ActorValue(RecordView& record, const Binding& binding) {
  std::string_view actor = Actor(record);
  if (actor.empty()) {
    return Value::Null();
  }
  if (!binding.argument.empty() && binding.argument != ActorClass(record, actor)) {
    return Value::Null();
  }
  // Of a role's sessions the role is meant.
  if (binding.argument == "user" && record.KnownText(kUserType) == "AssumedRole" &&
      !record.KnownText(kIssuerArn).empty()) {
    actor = record.KnownText(kIssuerArn);
  }
  return TextToValue(actor, binding.type, &record.arena);
}

Value TargetValue(RecordView& record, const Binding& binding) {
  std::vector<std::string_view> targets = Targets(record);
  if (!binding.argument.empty()) {
    std::erase_if(targets, [&](std::string_view text) { return ClassOf(text) != binding.argument; });
  }
  return TextsValue(record, targets, binding.type);
}

Value TargetHostIdValue(RecordView& record, const Binding& binding) {
  constexpr std::string_view kInstance = ":instance/";
  std::vector<std::string_view> ids;
  for (std::string_view target : Targets(record)) {
    if (std::string_view service; ResourceType(target, &service) == "instance") {
      target = service == "ec2" ? target.substr(target.find(kInstance) + kInstance.size())
                                : std::string_view();
    }
    if (target.starts_with("i-")) {
      ids.push_back(target);
    }
  }
  std::sort(ids.begin(), ids.end());
  return TextsValue(record, ids, binding.type);
}

Value RelatedEntityValue(RecordView& record, const Binding& binding) {
  if (record.KnownText(kEventName).empty()) {
    return Value::Null();
  }
  std::vector<std::string_view> entities{
      record.KnownText(kAccessKeyId), record.KnownText(kUserArn),
      record.KnownText(kUserName),    record.KnownText(kIssuerArn),
      record.KnownText(kIssuerUserName)};
  AddPaths(record, "res", &entities);
  for (const std::string_view target : Targets(record)) {
    entities.push_back(target);
  }
  if (record.KnownText(kUserType) == "IdentityCenterUser") {
    entities.push_back(record.KnownText(kIdentityStoreArn));
  }
  for (const TargetRow& row : kRelated) {
    if (row.service == ServiceOf(record)) {
      AddPaths(record, row.targets, &entities);
    }
  }
  return TextsValue(record, entities, binding.type);
}

}  // namespace weir::source::cloudtrail
