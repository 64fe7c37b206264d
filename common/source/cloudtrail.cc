// CloudTrail records, digests and insights: docs/normalization.md has the mapping's reasons.
#include <algorithm>

#include "common/source/cim_internal.h"
#include "common/source/cloudtrail_internal.h"
#include "common/source/document_internal.h"
#include "common/source/user_agent_internal.h"

namespace weir::source {

namespace cloudtrail {
namespace {

constexpr std::string_view kKnownPaths[] = {
    "eventTime",
    "digestStartTime",
    "digestEndTime",
    "newestEventTime",
    "oldestEventTime",
    "userIdentity.sessionContext.attributes.creationDate",
    "digestS3Object",
    "eventID",
    "eventName",
    "eventSource",
    "recipientAccountId",
    "awsAccountId",
    "awsRegion",
    "errorCode",
    "errorMessage",
    "sourceIPAddress",
    "userAgent",
    "requestParameters",
    "responseElements",
    "responseElements.ConsoleLogin",
    "resources",
    "tlsDetails.tlsVersion",
    "tlsDetails.clientProvidedHostHeader",
    "serviceEventDetails.sourceIpAddress",
    "additionalEventData.UserName",
    "userIdentity.type",
    "userIdentity.arn",
    "userIdentity.accountId",
    "userIdentity.accessKeyId",
    "userIdentity.userName",
    "userIdentity.principalId",
    "userIdentity.invokedBy",
    "userIdentity.onBehalfOf.userId",
    "userIdentity.onBehalfOf.identityStoreArn",
    "userIdentity.sessionContext.sessionIssuer.arn",
    "userIdentity.sessionContext.sessionIssuer.userName",
};
static_assert(std::size(kKnownPaths) == kPathCount);

constexpr std::string_view kTakenName = "UserName";
// A flattened object is left out when its text is as long as this many UTF-16 units.
constexpr std::size_t kFlattenedUnits = 32766;

// The object as Java's map text. skip_key: see TakesNameFromEventData.
Value RenderPath(RecordView& record, const Binding& binding, std::string_view skip_key,
                 std::size_t units_max) {
  const Element* element = record.normaliser->paths().Find(binding.path);
  record.text.clear();
  if (element == nullptr || !record.java.AppendMap(*element, skip_key, &record.text)) {
    return Value::Null();
  }
  // A document keeps what its index would not.
  if (units_max != 0 && !record.in_document && record.text.size() > units_max && Utf16Length(record.text) > units_max) {
    return Value::Null();
  }
  return TextToValue(record.arena.Copy(record.text), binding.type, &record.arena);
}

Value RenderedValue(RecordView& record, const Binding& binding) {
  return RenderPath(record, binding, {}, 0);
}

// Fields that the index maps with a limit.
Value LimitedRenderedValue(RecordView& record, const Binding& binding) {
  return RenderPath(record, binding, {}, record.options.rendered_units_max);
}

Value EventDataValue(RecordView& record, const Binding& binding) {
  if (!TakesNameFromEventData(record)) {
    return RenderPath(record, binding, {}, 0);
  }
  const Value text = RenderPath(record, binding, kTakenName, 0);
  // An object that had nothing but the name stays, as one of nothing.
  return text.is_null() ? TextToValue("{}", binding.type, &record.arena) : text;
}

// The object whose leaves are fields under their original spelling; null when there is too much of it.
const Element* FindFlattened(RecordView& record, const Binding& binding) {
  const Element* element = record.Find(binding.path);
  if (element == nullptr) {
    return nullptr;
  }
  record.text.clear();
  record.java.AppendMap(*element, {}, &record.text);
  return record.text.size() >= kFlattenedUnits && Utf16Length(record.text) >= kFlattenedUnits
             ? nullptr
             : element;
}

Value FlattenedValue(RecordView& record, const Binding& binding) {
  const Element* element = FindFlattened(record, binding);
  return element == nullptr
             ? Value::Null()
             : LeavesValue(record, *element, binding.rest, SameKey, binding.type);
}

void FlattenedSubtree(RecordView& record, const Binding& binding, Document* document) {
  if (FindFlattened(record, binding) != nullptr) {
    CopySubtree(record, binding, document);
  }
}

Value FlattenedEventDataValue(RecordView& record, const Binding& binding) {
  return binding.rest == kTakenName && TakesNameFromEventData(record)
             ? Value::Null()
             : FlattenedValue(record, binding);
}

void FlattenedEventDataSubtree(RecordView& record, const Binding& binding, Document* document) {
  const Element* element = FindFlattened(record, binding);
  if (element == nullptr || !IsObject(*element) || !TakesNameFromEventData(record)) {
    return FlattenedSubtree(record, binding, document);
  }
  std::string json;
  for (const auto& member : ObjectOf(*element)) {
    json.clear();
    if (member.key != kTakenName &&
        AppendCleanJson(member.value, Empties::kMarkers, SameKey, &json)) {
      document->Put(binding.rest + "." + std::string(member.key), json);
    }
  }
}

std::string_view ResourceKey(std::string_view key) {
  return key == "ARN" ? "arn" : key == "accountId" ? "account_id" : key;
}

Value ResourceValue(RecordView& record, const Binding& binding) {
  const Element* resources = record.Find(binding.path);
  return resources == nullptr
             ? Value::Null()
             : LeavesValue(record, *resources, binding.rest, ResourceKey, binding.type);
}

// The objects, distinct by ARN, account and type, the last of equals at the first's place, in the order
// of a HashMap that has those three as its key.
void ResourceSubtree(RecordView& record, const Binding& binding, Document* document) {
  const Element* resources = record.Find(binding.path);
  if (resources == nullptr || !IsArray(*resources)) {
    return CopySubtree(record, binding, document);
  }
  struct Resource {
    std::string key;
    uint32_t bucket;
    Element value;
  };
  std::vector<Resource> distinct;
  for (const Element& item : ArrayOf(*resources)) {
    if (!IsObject(item) || IsEmpty(item, Empties::kMarkers)) {
      continue;
    }
    std::string key;
    for (const std::string_view part : {"ARN", "accountId", "type"}) {
      Element value;
      key.append(part == "ARN" ? "" : "_");
      if (FindMember(ObjectOf(item), part, &value)) {
        record.java.AppendMap(value, {}, &key);
      }
    }
    const auto same = std::find_if(distinct.begin(), distinct.end(),
                                   [&key](const Resource& other) { return other.key == key; });
    if (same != distinct.end()) {
      same->value = item;
    } else {
      distinct.push_back({key, 0, item});
    }
  }
  for (Resource& resource : distinct) {
    resource.bucket = JavaBucket(JavaStringHash(resource.key), distinct.size());
  }
  std::stable_sort(distinct.begin(), distinct.end(), [](const Resource& left, const Resource& right) {
    return left.bucket < right.bucket;
  });
  std::string json = "[";
  for (const Resource& resource : distinct) {
    json.append(json.size() == 1 ? "" : ",");
    AppendCleanJson(resource.value, Empties::kMarkers, ResourceKey, &json);
  }
  if (!distinct.empty()) {
    document->Put(binding.rest, json + "]");
  }
}

// A leaf below the path, whatever its size.
Value LeafValue(RecordView& record, const Binding& binding) {
  const Element* element = record.Find(binding.path);
  return element == nullptr
             ? Value::Null()
             : LeavesValue(record, *element, binding.rest, SameKey, binding.type);
}

Value DateValue(RecordView& record, const Binding& binding) {
  const Element* element = record.Find(binding.path);
  if (element == nullptr) {
    return Value::Null();
  }
  const auto time_ms = ParseAnyTime(TextOrEmpty(*element));
  return time_ms ? TimeValue(record, *time_ms, binding.type) : Value::Null();
}

Value ServiceOfProviderValue(RecordView& record, const Binding& binding) {
  constexpr std::string_view kSuffix = ".amazonaws.com";
  const std::string_view provider = record.KnownText(kEventSource);
  if (!provider.ends_with(kSuffix) || provider.size() == kSuffix.size()) {
    return Value::Null();
  }
  return TextToValue(provider.substr(0, provider.size() - kSuffix.size()), binding.type,
                     &record.arena);
}

Value SourceIpValue(RecordView& record, const Binding& binding) {
  return HasValidSourceIp(record)
             ? TextToValue(record.KnownText(kSourceIp), binding.type, &record.arena)
             : Value::Null();
}

// The fields of tlsDetails, which count for nothing when the version is the literal "tlsVersion".
bool HasTls(const RecordView& record) {
  return record.KnownText(kTlsVersion) != "tlsVersion";
}

Value TlsCopyValue(RecordView& record, const Binding& binding) {
  return HasTls(record) ? CopyValue(record, binding) : Value::Null();
}

// "TLSv1.3" is version 1.3 of the protocol tls.
Value TlsVersionValue(RecordView& record, const Binding& binding) {
  const std::string_view text = record.KnownText(kTlsVersion);
  const std::size_t v = text.find('v');
  const std::string_view version = v == std::string_view::npos ? text : text.substr(v + 1);
  return version.empty() || !HasTls(record) ? Value::Null()
                                            : TextToValue(version, binding.type, &record.arena);
}

Value TlsProtocolValue(RecordView& record, const Binding& binding) {
  const std::string_view text = record.KnownText(kTlsVersion);
  const std::size_t v = text.find('v');
  if (v == std::string_view::npos || v == 0 || !HasTls(record)) {
    return Value::Null();
  }
  std::string lower(text.substr(0, v));
  for (char& c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return TextToValue(record.arena.Copy(lower), binding.type, &record.arena);
}

// console_login: whether the text at the path is anything but "No"; its text for login_to.
Value NotNoValue(RecordView& record, const Binding& binding) {
  const Element* element = record.Find(binding.path);
  if (element == nullptr || record.KnownText(kEventName) != "ConsoleLogin") {
    return Value::Null();
  }
  return TextToValue(TextOrEmpty(*element) == "No" ? "false" : "true", binding.type,
                     &record.arena);
}

Value ConsoleCopyValue(RecordView& record, const Binding& binding) {
  return record.KnownText(kEventName) == "ConsoleLogin" ? CopyValue(record, binding)
                                                        : Value::Null();
}

// The paths of the dates that are there and read as no time; each is left out of the event.
std::vector<std::string_view> UnreadableDates(const RecordView& record) {
  std::vector<std::string_view> paths;
  for (const Path path : {kEventTime, kDigestStartTime, kDigestEndTime, kNewestEventTime,
                          kOldestEventTime, kCreationDate}) {
    const Element* element = record.Known(path);
    if (element == nullptr) {
      continue;
    }
    const std::string_view text = TextOrEmpty(*element);
    if (!(path == kEventTime ? ParseTime(text) : ParseAnyTime(text))) {
      paths.push_back(kKnownPaths[path]);
    }
  }
  return paths;
}

Value KindValue(RecordView& record, const Binding& binding) {
  return TextToValue(UnreadableDates(record).empty() ? "event" : "pipeline_error", binding.type,
                     &record.arena);
}

Value DateErrorsValue(RecordView& record, const Binding& binding) {
  std::vector<std::string_view> messages;
  for (const std::string_view path : UnreadableDates(record)) {
    messages.push_back(record.arena.Copy(std::string(path) + " is no ISO 8601 time"));
  }
  return TextsValue(record, messages, binding.type);
}

// What names the user agent: see ParseUserAgent.
template <std::string_view UserAgent::*kPart>
Value UserAgentValue(RecordView& record, const Binding& binding) {
  const std::string_view original = record.KnownText(kUserAgent);
  return original.empty() ? Value::Null()
                          : OptionalText(record, binding, ParseUserAgent(original).*kPart);
}

constexpr FieldRow kRows[] = {
    {"@timestamp", TimestampValue},
    {"_id", DocumentIdValue},
    {"_index", IndexValue},
    {"_version", ConstantValue, "1"},
    {"data_stream.type", ConstantValue, "logs"},
    {"data_stream.dataset", ConstantValue, "aws.cloudtrail"},
    {"data_stream.namespace", ConstantValue, "default"},
    {"event.dataset", ConstantValue, "aws.cloudtrail"},
    {"event.module", ConstantValue, "aws"},
    {"event.ingested", IngestedValue},
    {"event.created", ArrivalValue},
    {"event.original", OriginalValue},
    {"event.kind", KindValue},
    {"event.category[]", CategoryValue},
    {"event.type[]", TypeValue},
    {"event.outcome", OutcomeValue},
    {"event.provider", CopyValue, "eventSource"},
    {"event.action", CopyValue, "eventName"},
    {"event.id", CopyValue, "eventID"},
    {"error.message[]", DateErrorsValue},
    {"ecs.version", ConstantValue, "8.11.0"},
    {"tags[]", TagsValue, "forwarded aws-cloudtrail"},

    {"cloud.provider", ConstantValue, "aws"},
    {"cloud.service.name", ServiceOfProviderValue},
    {"cloud.region", CopyValue, "awsRegion"},
    {"cloud.account.id", AccountIdValue},
    {"source.address", CopyValue, "sourceIPAddress"},
    {"source.ip", SourceIpValue},
    {"source.geo.*", GeoValue, "", GeoSubtree},
    {"source.as.*", GeoValue, "", GeoSubtree},
    {"user_agent.original", CopyValue, "userAgent"},
    {"user_agent.name", UserAgentValue<&UserAgent::name>},
    {"user_agent.version", UserAgentValue<&UserAgent::version>},
    {"user_agent.os.name", UserAgentValue<&UserAgent::os_name>},
    {"user_agent.device.name", UserAgentValue<&UserAgent::device_name>},
    {"tls.version", TlsVersionValue},
    {"tls.version_protocol", TlsProtocolValue},
    {"tls.cipher", TlsCopyValue, "tlsDetails.cipherSuite"},
    {"tls.client.server_name", TlsCopyValue, "tlsDetails.clientProvidedHostHeader"},
    {"aws.cloudtrail.tls_details.key_exchange", TlsCopyValue, "tlsDetails.keyExchange"},

    {"user.id", UserIdValue},
    {"user.name", UserNameValue},
    {"user.email", UserEmailValue},
    {"service.name", ServiceNameValue},
    {"user.target.name", CopyValue, "requestParameters.userName"},
    {"user.target.id", CopyValue, "responseElements.user.userId"},
    {"user.changes.name", CopyValue, "requestParameters.newUserName"},
    {"group.name", CopyValue, "requestParameters.groupName"},
    {"group.id", CopyValue, "responseElements.group.groupId"},
    {"related.user[]", RelatedUserValue},
    {"related.ip[]", RelatedIpValue},
    {"related.hosts[]", RelatedHostsValue},
    {"related.hash[]", CopyValue, "previousDigestHashValue"},
    {"file.path", CopyValue, "digestS3Object"},

    {"actor.entity.id[]", ActorValue},
    {"user.entity.id[]", ActorValue, "user"},
    {"service.entity.id[]", ActorValue, "service"},
    {"host.entity.id[]", ActorValue, "host"},
    {"entity.id[]", ActorValue, "generic"},
    {"target.entity.id[]", TargetValue},
    {"user.target.entity.id[]", TargetValue, "user"},
    {"service.target.entity.id[]", TargetValue, "service"},
    {"host.target.entity.id[]", TargetValue, "host"},
    {"host.target.id[]", TargetHostIdValue},
    {"entity.target.id[]", TargetValue, "generic"},
    {"related.entity[]", RelatedEntityValue},

    {"aws.cloudtrail.event_version", CopyValue, "eventVersion"},
    {"aws.cloudtrail.event_category", CopyValue, "eventCategory"},
    {"aws.cloudtrail.event_type", CopyValue, "eventType"},
    {"aws.cloudtrail.request_id", CopyValue, "requestID"},
    {"aws.cloudtrail.api_version", CopyValue, "apiVersion"},
    {"aws.cloudtrail.error_code", CopyValue, "errorCode"},
    {"aws.cloudtrail.error_message", CopyValue, "errorMessage"},
    {"aws.cloudtrail.management_event", PrintValue, "managementEvent"},
    {"aws.cloudtrail.read_only", CopyValue, "readOnly"},
    {"aws.cloudtrail.recipient_account_id", CopyValue, "recipientAccountId"},
    {"aws.cloudtrail.shared_event_id", CopyValue, "sharedEventID|sharedEventId"},
    {"aws.cloudtrail.vpc_endpoint_id", CopyValue, "vpcEndpointId"},
    {"aws.cloudtrail.vpc_endpoint_account_id", CopyValue, "vpcEndpointAccountId"},
    {"aws.cloudtrail.session_credential_from_console", CopyValue, "sessionCredentialFromConsole"},
    {"aws.cloudtrail.addendum.reason", CopyValue, "addendum.reason"},
    {"aws.cloudtrail.addendum.updated_fields", CopyValue, "addendum.updatedFields"},
    {"aws.cloudtrail.addendum.original_request_id", CopyValue, "addendum.originalRequestID"},
    {"aws.cloudtrail.addendum.original_event_id", CopyValue, "addendum.originalEventID"},
    {"aws.cloudtrail.resources.*", ResourceValue, "resources", ResourceSubtree},

    {"aws.cloudtrail.request_parameters", LimitedRenderedValue, "requestParameters"},
    {"aws.cloudtrail.response_elements", LimitedRenderedValue, "responseElements"},
    {"aws.cloudtrail.additional_eventdata", EventDataValue, "additionalEventData"},
    {"aws.cloudtrail.service_event_details", RenderedValue, "serviceEventDetails"},
    {"aws.cloudtrail.flattened.request_parameters.*", FlattenedValue, "requestParameters",
     FlattenedSubtree},
    {"aws.cloudtrail.flattened.response_elements.*", FlattenedValue, "responseElements",
     FlattenedSubtree},
    {"aws.cloudtrail.flattened.additional_eventdata.*", FlattenedEventDataValue,
     "additionalEventData", FlattenedEventDataSubtree},
    {"aws.cloudtrail.flattened.service_event_details.*", FlattenedValue,
     "serviceEventDetails", FlattenedSubtree},
    {"aws.cloudtrail.flattened.insight_details.*", LeafValue, "insightDetails", CopySubtree},
    {"aws.cloudtrail.console_login.additional_eventdata.mobile_version", NotNoValue,
     "additionalEventData.MobileVersion"},
    {"aws.cloudtrail.console_login.additional_eventdata.login_to", ConsoleCopyValue,
     "additionalEventData.LoginTo"},
    {"aws.cloudtrail.console_login.additional_eventdata.mfa_used", NotNoValue,
     "additionalEventData.MFAUsed"},

    {"aws.cloudtrail.user_identity.type", CopyValue, "userIdentity.type"},
    {"aws.cloudtrail.user_identity.arn", CopyValue, "userIdentity.arn"},
    {"aws.cloudtrail.user_identity.access_key_id", CopyValue, "userIdentity.accessKeyId"},
    {"aws.cloudtrail.user_identity.invoked_by", CopyValue, "userIdentity.invokedBy"},
    {"aws.cloudtrail.user_identity.credential_id", CopyValue, "userIdentity.credentialId"},
    {"aws.cloudtrail.user_identity.identity_provider", CopyValue, "userIdentity.identityProvider"},
    {"aws.cloudtrail.user_identity.on_behalf_of.user_id", CopyValue,
     "userIdentity.onBehalfOf.userId"},
    {"aws.cloudtrail.user_identity.on_behalf_of.identity_store_arn", CopyValue,
     "userIdentity.onBehalfOf.identityStoreArn"},
    {"aws.cloudtrail.user_identity.invoked_by_delegate.account_id", CopyValue,
     "userIdentity.invokedByDelegate.accountId"},
    {"aws.cloudtrail.user_identity.in_scope_of.issuer_type", CopyValue,
     "userIdentity.inScopeOf.issuerType"},
    {"aws.cloudtrail.user_identity.in_scope_of.credentials_issued_to", CopyValue,
     "userIdentity.inScopeOf.credentialsIssuedTo"},
    {"aws.cloudtrail.user_identity.in_scope_of.source_arn", CopyValue,
     "userIdentity.inScopeOf.sourceArn"},
    {"aws.cloudtrail.user_identity.in_scope_of.source_account", CopyValue,
     "userIdentity.inScopeOf.sourceAccount"},
    {"aws.cloudtrail.user_identity.session_context.mfa_authenticated", CopyValue,
     "userIdentity.sessionContext.attributes.mfaAuthenticated"},
    {"aws.cloudtrail.user_identity.session_context.creation_date", DateValue,
     "userIdentity.sessionContext.attributes.creationDate"},
    {"aws.cloudtrail.user_identity.session_context.session_issuer.type", CopyValue,
     "userIdentity.sessionContext.sessionIssuer.type"},
    {"aws.cloudtrail.user_identity.session_context.session_issuer.principal_id", CopyValue,
     "userIdentity.sessionContext.sessionIssuer.principalId"},
    {"aws.cloudtrail.user_identity.session_context.session_issuer.arn", CopyValue,
     "userIdentity.sessionContext.sessionIssuer.arn"},
    {"aws.cloudtrail.user_identity.session_context.session_issuer.account_id", CopyValue,
     "userIdentity.sessionContext.sessionIssuer.accountId"},
    {"aws.cloudtrail.user_identity.session_context.ec2_role_delivery", CopyValue,
     "userIdentity.sessionContext.ec2RoleDelivery"},
    {"aws.cloudtrail.user_identity.session_context.source_identity", CopyValue,
     "userIdentity.sessionContext.sourceIdentity"},
    {"aws.cloudtrail.user_identity.session_context.assumed_root", CopyValue,
     "userIdentity.sessionContext.assumedRoot"},
    {"aws.cloudtrail.user_identity.session_context.sign_in_session_arn", CopyValue,
     "userIdentity.sessionContext.signInSessionArn"},
    {"aws.cloudtrail.user_identity.session_context.web_id_federation_data.federated_provider",
     CopyValue, "userIdentity.sessionContext.webIdFederationData.federatedProvider"},
    {"aws.cloudtrail.user_identity.session_context.web_id_federation_data.attributes.*",
     LeafValue, "userIdentity.sessionContext.webIdFederationData.attributes", CopySubtree},

    {"aws.cloudtrail.flattened.digest.start_time", DateValue, "digestStartTime"},
    {"aws.cloudtrail.flattened.digest.end_time", DateValue, "digestEndTime"},
    {"aws.cloudtrail.flattened.digest.s3_bucket", CopyValue, "digestS3Bucket"},
    {"aws.cloudtrail.flattened.digest.log_files.*", LeafValue, "logFiles", CopySubtree},
    {"aws.cloudtrail.flattened.digest.newest_event_time", DateValue, "newestEventTime"},
    {"aws.cloudtrail.flattened.digest.oldest_event_time", DateValue, "oldestEventTime"},
    {"aws.cloudtrail.flattened.digest.previous_s3_bucket", CopyValue, "previousDigestS3Bucket"},
    {"aws.cloudtrail.flattened.digest.previous_s3_object", CopyValue, "previousDigestS3Object"},
    {"aws.cloudtrail.flattened.digest.previous_hash_value", CopyValue, "previousDigestHashValue"},
    {"aws.cloudtrail.flattened.digest.previous_hash_algorithm", CopyValue,
     "previousDigestHashAlgorithm"},
    {"aws.cloudtrail.flattened.digest.previous_signature", CopyValue, "previousDigestSignature"},
    {"aws.cloudtrail.flattened.digest.public_key_fingerprint", CopyValue,
     "digestPublicKeyFingerprint|publicKeyFingerprint"},
    {"aws.cloudtrail.flattened.digest.signature_algorithm", CopyValue, "digestSignatureAlgorithm"},
};

// What streams and queues put around events has these members too, of sources like "aws:kinesis".
bool IsRecord(const Object& object) {
  bool is_record = false;
  for (const auto& member : object) {
    const std::string_view key = member.key;
    if (key == "eventSource" || key == "eventName") {
      return !TextOrEmpty(member.value).starts_with("aws:");
    }
    is_record = is_record || key == "eventVersion" || key == "digestStartTime" ||
                key == "insightDetails";
  }
  return is_record;
}

void FindFacts(RecordView& record, Facts* facts) {
  const std::string_view time = FactText(record, kEventTime, "eventTime", facts);
  const std::string_view digest_time =
      time.empty() ? FactText(record, kDigestEndTime, "digestEndTime", facts) : std::string_view();
  facts->timestamp_ms = time.empty() ? ParseAnyTime(digest_time) : ParseTime(time);
  facts->time_unreadable = !(time.empty() && digest_time.empty()) && !facts->timestamp_ms;
  facts->event_id = FactText(record, kEventId, "eventID", facts);
  if (facts->event_id.empty()) {
    facts->event_id = FactText(record, kDigestS3Object, "digestS3Object", facts);
  }
  facts->account = FactText(record, kRecipientAccountId, "recipientAccountId", facts);
  // No part of the identity, so of any type.
  if (const Element* region = record.Known(kAwsRegion); region != nullptr && IsText(*region)) {
    facts->region = TextOf(*region);
  }
  if (!facts->event_id.empty() && facts->wrong_type.empty()) {
    facts->identity = MakeIdentity(record.options.tenant, SourceKind::kCloudTrail,
                                   {facts->account, facts->event_id}, &record.text);
  }
}

}  // namespace
}  // namespace cloudtrail

constinit const SourceDefinition kCloudTrailSource{
    SourceKind::kCloudTrail, kCloudTrailStream,   cloudtrail::kRows,      cloudtrail::kKnownPaths,
    Empties::kMarkers,       cloudtrail::IsRecord, cloudtrail::FindFacts, cloudtrail::CimRows,
};

}  // namespace weir::source
