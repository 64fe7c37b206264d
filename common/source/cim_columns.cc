// The computed columns of the CloudTrail view: who acted, on what, with which result.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/time.h"
#include "common/source/cim_internal.h"

namespace weir::source::cloudtrail {
namespace {

constexpr std::string_view kUserNamePath = "userIdentity.userName";
constexpr std::string_view kIssuerUser = "userIdentity.sessionContext.sessionIssuer.userName";
constexpr std::string_view kArn = "userIdentity.arn";
constexpr std::string_view kRoleArn = "requestParameters.roleArn";
constexpr std::string_view kSuccess = "success";

// Calls about a user, whose name is that of the user they are about.
constexpr std::string_view kUserCalls[] = {
    "ListRoles",      "CreateLoginProfile",      "CreateUser",       "UpdateUser",
    "DeleteUser",     "DeleteLoginProfile",      "CreateAccessKey",  "ListAccessKeys",
    "GetUser",        "ListSigningCertificates", "GetAccountSummary", "ListAccountAliases",
    "CreateVirtualMFADevice",
};
constexpr std::string_view kStateCalls[] = {"StartInstances", "StopInstances", "RebootInstances",
                                            "TerminateInstances"};

template <std::size_t kCount>
bool IsOneOf(std::string_view name, const std::string_view (&names)[kCount]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool IsInstanceCall(std::string_view name) {
  return name == "RunInstances" || IsOneOf(name, kStateCalls);
}

// Behind the last '/' of what is behind the last ':'.
std::string_view LastSegment(std::string_view arn) {
  arn = arn.substr(arn.rfind(':') + 1);
  return arn.substr(arn.rfind('/') + 1);
}

Value TextOrNull(RecordView& record, std::string_view text, const Binding& binding) {
  return text.empty() ? Value::Null() : TextToValue(text, binding.type, &record.arena);
}

std::string_view FirstText(RecordView& record, std::initializer_list<std::string_view> paths) {
  for (const std::string_view path : paths) {
    if (const std::string_view text = RawText(record, path); !text.empty()) {
      return text;
    }
  }
  return {};
}

std::string_view NameOfArn(RecordView& record) {
  const std::string_view arn = RawText(record, kArn);
  return LastSegment(arn.empty() ? RawText(record, kRoleArn) : arn);
}

// "The user with name alice cannot be found", "... on resource: user alice ..."
std::string_view NameInMessage(std::string_view message) {
  for (const std::string_view mark : {"user with name ", "User with name ", "resource: user "}) {
    const std::size_t at = message.find(mark);
    if (at != std::string_view::npos) {
      const std::string_view rest = message.substr(at + mark.size());
      return rest.substr(0, std::min(rest.find_first_of(" ,."), rest.size()));
    }
  }
  const std::size_t at = message.find(":user/");
  if (at == std::string_view::npos || message.find("on resource: ") == std::string_view::npos) {
    return {};
  }
  const std::string_view rest = message.substr(message.rfind(":user/") + 6);
  const std::string_view path = rest.substr(0, std::min(rest.find(' '), rest.size()));
  return path.substr(path.rfind('/') + 1);
}

std::string_view TargetUser(RecordView& record) {
  const std::string_view target =
      FirstText(record, {"requestParameters.userName", "responseElements.user.userName",
                         "responseElements.accessKey.userName",
                         "responseElements.loginProfile.userName"});
  return target.empty() ? NameInMessage(RawText(record, "errorMessage")) : target;
}

std::string_view ErrorCode(RecordView& record) {
  if (const std::string_view code = RawText(record, "errorCode"); !code.empty()) {
    return code;
  }
  return RawText(record, "responseElements.ConsoleLogin") == "Failure" ? "failure" : kSuccess;
}

// What a call does, by the verb its name begins with.
struct Verb {
  std::string_view prefix;
  std::string_view action;
};
constexpr Verb kVerbs[] = {
    {"Create", "created"},    {"Run", "created"},         {"Allocate", "created"},
    {"Delete", "deleted"},    {"Terminate", "deleted"},   {"Release", "deleted"},
    {"Deactivate", "modified"}, {"Update", "modified"},   {"Modify", "modified"},
    {"Attach", "modified"},   {"Detach", "modified"},     {"Put", "modified"},
    {"Add", "modified"},      {"Remove", "modified"},     {"Set", "modified"},
    {"Start", "modified"},    {"Stop", "modified"},       {"Reboot", "modified"},
    {"Associate", "modified"}, {"Disassociate", "modified"}, {"Authorize", "modified"},
    {"Revoke", "modified"},   {"Enable", "modified"},     {"Disable", "modified"},
    {"Change", "modified"},   {"Replace", "modified"},    {"Get", "read"},
    {"List", "read"},         {"Describe", "read"},       {"Lookup", "read"},
    {"Head", "read"},
};

// Services whose calls the tables have.
constexpr std::string_view kServices[][2] = {
    {"iam.amazonaws.com", "AAA"},          {"sts.amazonaws.com", "AAA"},
    {"signin.amazonaws.com", "AAA"},       {"ec2.amazonaws.com", "EC2"},
    {"s3.amazonaws.com", "S3"},            {"rds.amazonaws.com", "RDS"},
    {"lambda.amazonaws.com", "Lambda"},    {"kms.amazonaws.com", "KMS"},
    {"cloudtrail.amazonaws.com", "CloudTrail"}, {"ecr.amazonaws.com", "ECR"},
    {"elasticloadbalancing.amazonaws.com", "ELB"}, {"autoscaling.amazonaws.com", "AutoScaling"},
    {"logs.amazonaws.com", "CloudWatch"},  {"monitoring.amazonaws.com", "CloudWatch"},
};

std::string_view ServiceOf(RecordView& record) {
  const std::string_view source = RawText(record, "eventSource");
  for (const auto& [name, service] : kServices) {
    if (name == source) {
      return service;
    }
  }
  return {};
}

}  // namespace

// The user's own name, else the role's, else the last part of an ARN.
Value CimUserNameValue(RecordView& record, const Binding& binding) {
  if (IsOneOf(RawText(record, "eventName"), kUserCalls)) {
    return TextOrNull(record, TargetUser(record), binding);
  }
  const std::string_view name = FirstText(record, {kUserNamePath, kIssuerUser});
  return TextOrNull(record, name.empty() ? NameOfArn(record) : name, binding);
}

Value CimUserNameRawValue(RecordView& record, const Binding& binding) {
  const std::string_view name =
      FirstText(record, {kUserNamePath, "requestParameters.sourceIdentity", kIssuerUser});
  return TextOrNull(record, name.empty() ? NameOfArn(record) : name, binding);
}

Value CimUserValue(RecordView& record, const Binding& binding) {
  const std::string_view call = RawText(record, "eventName");
  if (IsOneOf(call, kUserCalls)) {
    return TextOrNull(record, TargetUser(record), binding);
  }
  if (call.starts_with("AssumeRole")) {
    return TextOrNull(record, LastSegment(RawText(record, kRoleArn)), binding);
  }
  const bool takes_role = IsInstanceCall(call) || call.ends_with("Volume") ||
                          call.ends_with("Bucket") || call.starts_with("Put") ||
                          call == "ConsoleLogin";
  return TextOrNull(record,
                    takes_role ? FirstText(record, {kUserNamePath, kIssuerUser})
                               : RawText(record, kUserNamePath),
                    binding);
}

Value CimUserArnValue(RecordView& record, const Binding& binding) {
  return TextOrNull(record, FirstText(record, {kArn, kRoleArn}), binding);
}

Value CimUserTypeValue(RecordView& record, const Binding& binding) {
  return IsOneOf(RawText(record, "eventName"), kUserCalls)
             ? Value::Null()
             : TextOrNull(record, RawText(record, "userIdentity.type"), binding);
}

Value CimAccountValue(RecordView& record, const Binding& binding) {
  const std::string_view type = RawText(record, "userIdentity.type");
  const bool foreign = type == "AWSAccount" || type == "AWSService";
  return TextOrNull(
      record, RawText(record, foreign ? "recipientAccountId" : "userIdentity.accountId"), binding);
}

Value CimDestValue(RecordView& record, const Binding& binding) {
  const std::string_view call = RawText(record, "eventName");
  const std::string_view service = RawText(record, "eventSource");
  if (IsInstanceCall(call)) {
    const std::string_view path = call == "RunInstances"
                                      ? "responseElements.instancesSet.items{}.instanceId"
                                      : "requestParameters.instancesSet.items{}.instanceId";
    return RawValue(record, path, binding.type);
  }
  if (call.ends_with("Volume")) {
    const std::string_view instance = RawText(record, "requestParameters.instanceId");
    return TextOrNull(record, instance.empty() ? service : instance, binding);
  }
  if (call.ends_with("Bucket") || call.starts_with("Put")) {
    return TextOrNull(record,
                      FirstText(record, {"requestParameters.Host", "requestParameters.host",
                                         "requestParameters.Host{}", "requestParameters.host{}"}),
                      binding);
  }
  if (call == "DeleteLoginProfile") {
    return TextOrNull(record, RawText(record, "requestParameters.userName"), binding);
  }
  if (call == "ConsoleLogin" || call.starts_with("AssumeRole") || call == "CheckMfa" ||
      call == "ListAliases") {
    const std::string_view login = RawText(record, "additionalEventData.LoginTo");
    return TextOrNull(record, login.empty() ? service : login, binding);
  }
  return TextOrNull(record, service, binding);
}

Value CimErrorCodeValue(RecordView& record, const Binding& binding) {
  return TextOrNull(record, ErrorCode(record), binding);
}

Value CimMessageValue(RecordView& record, const Binding& binding) {
  const std::string_view code = RawText(record, "errorCode");
  return TextOrNull(record, code.empty() ? kSuccess : code, binding);
}

Value CimActionValue(RecordView& record, const Binding& binding) {
  const std::string_view call = RawText(record, "eventName");
  if (ServiceOf(record).empty()) {
    return Value::Null();
  }
  const std::string_view code = ErrorCode(record);
  if (code != kSuccess) {
    return TextOrNull(record, "failure", binding);
  }
  if (call == "ConsoleLogin" || call.starts_with("AssumeRole") || call == "CheckMfa") {
    return TextOrNull(record, kSuccess, binding);
  }
  for (const Verb& verb : kVerbs) {
    if (call.starts_with(verb.prefix)) {
      return TextOrNull(record, verb.action, binding);
    }
  }
  return Value::Null();
}

Value CimStatusValue(RecordView& record, const Binding& binding) {
  return ServiceOf(record).empty()
             ? Value::Null()
             : TextOrNull(record, ErrorCode(record) == kSuccess ? kSuccess : "failure", binding);
}

Value CimChangeTypeValue(RecordView& record, const Binding& binding) {
  return TextOrNull(record, ServiceOf(record), binding);
}

Value CimTimePartValue(RecordView& record, const Binding& binding) {
  constexpr std::array<std::string_view, 7> kWeekdays = {
      "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
  constexpr std::array<std::string_view, 12> kMonths = {
      "january", "february", "march",     "april",   "may",      "june",
      "july",    "august",   "september", "october", "november", "december"};
  const int64_t days = FloorDiv(record.timestamp_ms, kMillisPerDay);
  const int64_t seconds = FloorDiv(record.timestamp_ms - days * kMillisPerDay, kMillisPerSecond);
  const CivilDate date = CivilFromDays(days);
  const std::string_view part = binding.argument;
  if (part == "wday") {
    return TextOrNull(record, kWeekdays[static_cast<std::size_t>(((days + 4) % 7 + 7) % 7)],
                      binding);
  }
  if (part == "month") {
    return TextOrNull(record, kMonths[static_cast<std::size_t>(date.month - 1)], binding);
  }
  const int64_t number = part == "hour"     ? seconds / 3600
                         : part == "minute" ? seconds / 60 % 60
                         : part == "second" ? seconds % 60
                         : part == "mday"   ? date.day
                                            : date.year;
  return TextToValue(record.arena.Copy(fmt::format("{}", number)), binding.type, &record.arena);
}

}  // namespace weir::source::cloudtrail
