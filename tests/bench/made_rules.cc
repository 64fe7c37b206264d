#include "tests/bench/made_rules.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "common/base/hash.h"

namespace weir::bench {
namespace {

namespace fs = std::filesystem;

// The rule that counts the matching events; its folder comes first.
constexpr std::string_view kFirstRule = "single_model_probing.toml";

struct Service {
  std::string_view name;
  std::array<std::string_view, 4> calls;
};

constexpr std::array<Service, 24> kServices = {{
    {"iam", {"CreateUser", "AttachUserPolicy", "CreateAccessKey", "UpdateAssumeRolePolicy"}},
    {"ec2", {"RunInstances", "AuthorizeSecurityGroupIngress", "DescribeInstances", "CreateSnapshot"}},
    {"s3", {"GetObject", "PutBucketPolicy", "DeleteBucket", "PutBucketLifecycle"}},
    {"kms", {"DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy", "CreateGrant"}},
    {"sts", {"GetSessionToken", "AssumeRoleWithSAML", "GetFederationToken", "GetCallerIdentity"}},
    {"lambda", {"AddPermission20150331v2", "UpdateFunctionCode20150331v2", "CreateFunction20150331",
                "PublishLayerVersion20181031"}},
    {"rds", {"ModifyDBInstance", "RestoreDBInstanceFromDBSnapshot", "DeleteDBCluster",
             "ModifyDBSnapshotAttribute"}},
    {"cloudtrail", {"StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"}},
    {"guardduty", {"DeleteDetector", "CreateIPSet", "UpdateDetector", "DeletePublishingDestination"}},
    {"config", {"DeleteConfigRule", "StopConfigurationRecorder", "DeleteDeliveryChannel",
                "PutConfigurationRecorder"}},
    {"route53", {"ChangeResourceRecordSets", "CreateHostedZone", "DisassociateVPCFromHostedZone",
                 "UpdateHealthCheck"}},
    {"ecr", {"PutImage", "SetRepositoryPolicy", "DeleteRepository", "GetAuthorizationToken"}},
    {"eks", {"CreateAccessEntry", "UpdateClusterConfig", "DeleteCluster", "CreateNodegroup"}},
    {"ecs", {"RegisterTaskDefinition", "RunTask", "ExecuteCommand", "UpdateService"}},
    {"secretsmanager", {"GetSecretValue", "BatchGetSecretValue", "DeleteSecret", "PutResourcePolicy"}},
    {"ssm", {"SendCommand", "StartSession", "GetParameters", "CreateAssociation"}},
    {"cloudformation", {"CreateStack", "UpdateStack", "DeleteStack", "CreateChangeSet"}},
    {"dynamodb", {"Scan", "ExportTableToPointInTime", "DeleteTable", "UpdateContinuousBackups"}},
    {"organizations", {"LeaveOrganization", "DetachPolicy", "InviteAccountToOrganization",
                       "DisablePolicyType"}},
    {"wafv2", {"DeleteWebACL", "UpdateWebACL", "DeleteRuleGroup", "DisassociateWebACL"}},
    {"logs", {"DeleteLogGroup", "PutRetentionPolicy", "DeleteLogStream", "PutSubscriptionFilter"}},
    {"sns", {"Subscribe", "Publish", "SetTopicAttributes", "DeleteTopic"}},
    {"signin", {"ConsoleLogin", "SwitchRole", "PasswordRecoveryRequested", "RenewRole"}},
    {"bedrock", {"CreateModelInvocationJob", "PutUseCaseForModelAccess", "ListFoundationModels",
                 "CreateModelCustomizationJob"}},
}};

constexpr std::array<std::string_view, 6> kGroups = {
    "user.id", "user.name, source.ip", "aws.cloudtrail.user_identity.arn",
    "cloud.account.id, aws.cloudtrail.user_identity.arn", "source.ip, user_agent.original",
    "aws.cloudtrail.user_identity.access_key_id, cloud.region"};
constexpr std::array<std::string_view, 5> kErrors = {
    "AccessDenied", "Client.UnauthorizedOperation", "ResourceNotFoundException",
    "ValidationException", "ThrottlingException"};

// How one rule differs from the next of its kind.
struct Parts {
  const Service& service;
  std::string_view call;
  std::string_view other_call;
  std::string_view group;
  std::string_view error;
  uint64_t threshold;
};

std::string Esql(std::string_view query) {
  return fmt::format("language = \"esql\"\ntype = \"esql\"\nquery = '''\n{}\n'''\n", query);
}

std::string Kql(std::string_view type, std::string_view query) {
  return fmt::format(
      "index = [\"logs-aws.cloudtrail-*\"]\nlanguage = \"kuery\"\ntype = \"{}\"\nquery = '''\n{}\n'''\n",
      type, query);
}

std::string CallCount(const Parts& p) {
  return Esql(fmt::format(
      "FROM logs-aws.cloudtrail-*\n| WHERE event.provider == \"{0}.amazonaws.com\" AND event.action == "
      "\"{1}\" AND event.outcome == \"success\"\n| STATS calls = COUNT(*), addresses = "
      "COUNT_DISTINCT(source.ip) BY {2}\n| WHERE calls >= {3}",
      p.service.name, p.call, p.group, p.threshold));
}

std::string CallsOfKind(const Parts& p) {
  return Esql(fmt::format(
      "FROM logs-aws.cloudtrail-*\n| WHERE event.action IN (\"{0}\", \"{1}\")\n| WHERE "
      "aws.cloudtrail.user_identity.type != \"AWSService\"\n| STATS calls = COUNT(*), regions = "
      "VALUES(cloud.region), agents = VALUES(user_agent.original) BY {2}\n| WHERE calls > {3}",
      p.call, p.other_call, p.group, p.threshold));
}

std::string RefusedCalls(const Parts& p) {
  return Esql(fmt::format(
      "FROM logs-aws.cloudtrail-*\n| WHERE aws.cloudtrail.error_code == \"{0}\" AND event.provider == "
      "\"{1}.amazonaws.com\"\n| STATS refused = COUNT(*), actions = COUNT_DISTINCT(event.action) BY {2}\n"
      "| WHERE refused > {3} AND actions > 2",
      p.error, p.service.name, p.group, p.threshold));
}

std::string ParsedParameters(const Parts& p) {
  return Esql(fmt::format(
      "FROM logs-aws.cloudtrail-*\n| WHERE event.provider == \"{0}.amazonaws.com\" AND event.action == "
      "\"{1}\"\n| GROK aws.cloudtrail.request_parameters \"%{{DATA}}Name=%{{DATA:target}}[,}}]\"\n| WHERE "
      "target IS NOT NULL\n| STATS targets = COUNT_DISTINCT(target) BY {2}\n| WHERE targets > {3}",
      p.service.name, p.call, p.group, p.threshold));
}

std::string SeveralCalls(const Parts& p) {
  return Kql("query", fmt::format(
      "event.provider: \"{0}.amazonaws.com\" and event.action: ({1} or {2}) and event.outcome: success\n"
      "  and not aws.cloudtrail.user_identity.type: AWSService and not source.address: *.amazonaws.com",
      p.service.name, p.call, p.other_call));
}

std::string CallsByPattern(const Parts& p) {
  return Kql("query", fmt::format(
      "event.action: ({0}* or Delete*{1}) and aws.cloudtrail.user_identity.type: (Root or IAMUser)\n"
      "  and user_agent.original: (*curl* or *kali* or \"agent {2}\")",
      p.call, p.other_call, p.threshold));
}

std::string Threshold(const Parts& p) {
  return Kql("threshold", fmt::format("event.provider: {0}.amazonaws.com and event.action: {1} and "
                                      "event.outcome: failure",
                                      p.service.name, p.call)) +
         fmt::format("[rule.threshold]\nfield = [\"user.id\", \"cloud.account.id\"]\nvalue = {}\n",
                     p.threshold + 1);
}

std::string Invocations(const Parts& p) {
  return Esql(fmt::format(
      "FROM logs-aws_bedrock.invocation-*\n| WHERE gen_ai.response.error_code == \"{0}\"\n| STATS calls = "
      "COUNT(*), tokens = SUM(gen_ai.usage.prompt_tokens) BY user.id, cloud.region\n| WHERE calls > {1}",
      p.error, p.threshold));
}

// Looks at what noise is full of, for what it has little of: reads and decryptions that fail.
std::string FailedReads(const Parts& p) {
  return Esql(fmt::format(
      "FROM logs-aws.cloudtrail-*\n| WHERE event.provider == \"{0}.amazonaws.com\" AND event.action == "
      "\"{1}\" AND event.outcome == \"failure\"\n| STATS calls = COUNT(*) BY {2}\n| WHERE calls > {3}",
      p.threshold % 2 == 0 ? "s3" : "kms", p.threshold % 2 == 0 ? "GetObject" : "Decrypt", p.group,
      p.threshold));
}

std::string Body(uint64_t number, const Parts& p) {
  constexpr uint64_t kReadsEvery = 20;
  if (number % kReadsEvery == kReadsEvery - 1) {
    return FailedReads(p);
  }
  using Make = std::string (*)(const Parts&);
  constexpr Make kKinds[] = {CallCount,    CallsOfKind,    RefusedCalls, SeveralCalls,
                             CallsByPattern, Threshold, ParsedParameters, Invocations};
  return kKinds[number % std::size(kKinds)](p);
}

StatusOr<std::vector<fs::path>> FindRules(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".toml") {
      files.push_back(entry->path());
    }
  }
  if (error) {
    return InvalidArgument("reading the rules of '{}': {}", folder, error.message());
  }
  std::sort(files.begin(), files.end());
  const auto first = std::find_if(files.begin(), files.end(), [](const fs::path& path) {
    return path.filename() == kFirstRule;
  });
  if (first != files.end()) {
    std::rotate(files.begin(), first, first + 1);
    const fs::path home = files.front().parent_path();
    std::stable_partition(files.begin() + 1, files.end(),
                          [&](const fs::path& path) { return path.parent_path() == home; });
  }
  return files;
}

}  // namespace

std::string MadeRule(uint64_t number) {
  const Service& service = kServices[(number * 7) % kServices.size()];
  const uint64_t call = number / kServices.size();
  const Parts parts{service,
                    service.calls[call % service.calls.size()],
                    service.calls[(call + 1) % service.calls.size()],
                    kGroups[(number / 3) % kGroups.size()],
                    kErrors[(number / 5) % kErrors.size()],
                    2 + number};
  const std::string hex = HashBytes128(fmt::format("made rule {}", number)).ToHex();
  return fmt::format(
      "[metadata]\ncreation_date = \"2026/03/20\"\nmaturity = \"production\"\n\n[rule]\n"
      "author = [\"Weir\"]\ndescription = \"A rule made up for benchmarks.\"\nfrom = \"now-60m\"\n"
      "interval = \"10m\"\nname = \"Made rule {0}\"\nrisk_score = 21\n"
      "rule_id = \"{1}-{2}-{3}-{4}-{5}\"\nseverity = \"low\"\ntimestamp_override = "
      "\"event.ingested\"\n{6}",
      number, hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
      hex.substr(20, 12), Body(number, parts));
}

Status WriteRules(const std::string& from, uint64_t count, const std::string& to) {
  WEIR_ASSIGN_OR_RETURN(const std::vector<fs::path> files, FindRules(from));
  const fs::path folder(to);
  std::error_code error;
  fs::create_directories(folder, error);
  for (uint64_t i = 0; i < count && !error; ++i) {
    if (i < files.size()) {
      fs::copy_file(files[i], folder / fmt::format("{:04}_{}", i, files[i].filename().string()),
                    error);
    } else {
      std::ofstream(folder / fmt::format("{:04}_made.toml", i)) << MadeRule(i - files.size());
    }
  }
  return error ? Internal("writing rules to '{}': {}", folder.string(), error.message())
               : OkStatus();
}

}  // namespace weir::bench
