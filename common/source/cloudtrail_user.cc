// Who acted: user.*, service.name and cloud.account.id from userIdentity.
#include "common/source/cloudtrail_internal.h"

namespace weir::source::cloudtrail {

namespace {

constexpr std::string_view kServiceRole = ":role/aws-service-role/";

bool IsSts(std::string_view arn) {
  if (!arn.starts_with("arn:")) {
    return false;
  }
  const std::size_t partition_end = arn.find(':', 4);
  return partition_end != std::string_view::npos && partition_end > 4 &&
         arn.substr(partition_end).starts_with(":sts:");
}

// The AWS service that acted by itself, or empty when somebody else did.
std::string_view ServiceActor(const RecordView& record) {
  const std::string_view type = record.KnownText(kUserType);
  if (type == "AWSService") {
    return record.KnownText(kInvokedBy);
  }
  if (type != "AssumedRole") {
    return {};
  }
  const std::string_view role = record.KnownText(kIssuerArn);
  const std::size_t position = role.find(kServiceRole);
  if (position == std::string_view::npos) {
    return {};
  }
  if (const std::string_view invoker = record.KnownText(kInvokedBy); !invoker.empty()) {
    return invoker;
  }
  const std::string_view service = role.substr(position + kServiceRole.size());
  const std::size_t slash = service.find('/');
  return slash == std::string_view::npos ? std::string_view() : service.substr(0, slash);
}

bool IsServiceActor(const RecordView& record) {
  return !ServiceActor(record).empty();
}

bool TakesIssuerName(std::string_view type) {
  return type == "AssumedRole" || type == "FederatedUser";
}

// A name that is an address: an @ that is not its first character.
std::string_view AsAddress(std::string_view name) {
  const std::size_t at = name.find('@');
  return at == std::string_view::npos || at == 0 ? std::string_view() : name;
}

// The name that userIdentity gives the actor: of a role, not of its session.
std::string_view IdentityName(const RecordView& record) {
  const std::string_view type = record.KnownText(kUserType);
  if (type == "AWSAccount" || IsServiceActor(record)) {
    return {};
  }
  const std::string_view role =
      TakesIssuerName(type) ? record.KnownText(kIssuerUserName) : std::string_view();
  return role.empty() ? record.KnownText(kUserName) : role;
}

}  // namespace

std::string_view SessionName(const RecordView& record) {
  const std::string_view type = record.KnownText(kUserType);
  if (!TakesIssuerName(type) && type != "IdentityCenterUser") {
    return {};
  }
  const std::string_view arn = record.KnownText(kUserArn);
  const std::size_t slash = arn.rfind('/');
  return slash == std::string_view::npos || !IsSts(arn) ? std::string_view()
                                                        : arn.substr(slash + 1);
}

bool TakesNameFromEventData(const RecordView& record) {
  return record.KnownText(kEventName) == "UserAuthentication" &&
         !record.KnownText(kEventUserName).empty() && IdentityName(record).empty();
}

std::string_view UserId(const RecordView& record) {
  if (IsServiceActor(record)) {
    return {};
  }
  const std::string_view principal = record.KnownText(kPrincipalId);
  return principal.empty() && record.KnownText(kUserType) == "IdentityCenterUser"
             ? record.KnownText(kOnBehalfOfUserId)
             : principal;
}

std::string_view UserName(const RecordView& record) {
  return TakesNameFromEventData(record) ? record.KnownText(kEventUserName) : IdentityName(record);
}

Value UserIdValue(RecordView& record, const Binding& binding) {
  const std::string_view id = UserId(record);
  return id.empty() ? Value::Null() : TextToValue(id, binding.type, &record.arena);
}

Value UserNameValue(RecordView& record, const Binding& binding) {
  const std::string_view name = UserName(record);
  return name.empty() ? Value::Null() : TextToValue(name, binding.type, &record.arena);
}

Value UserEmailValue(RecordView& record, const Binding& binding) {
  if (IsServiceActor(record)) {
    return Value::Null();
  }
  const std::string_view session = SessionName(record);
  return OptionalText(record, binding,
                      session.find('@') == std::string_view::npos ? AsAddress(UserName(record))
                                                                  : session);
}

Value ServiceNameValue(RecordView& record, const Binding& binding) {
  const std::string_view service = ServiceActor(record);
  return service.empty() ? Value::Null() : TextToValue(service, binding.type, &record.arena);
}

// The caller's account; the recipient's is aws.cloudtrail.recipient_account_id.
Value AccountIdValue(RecordView& record, const Binding& binding) {
  for (const Path path : {kUserAccountId, kRecipientAccountId, kAwsAccountId}) {
    if (const Element* element = record.Known(path)) {
      return ScalarToValue(*element, binding.type, &record.arena);
    }
  }
  return Value::Null();
}

}  // namespace weir::source::cloudtrail
