// The derived parts of the CloudTrail mapping, used by the table in cloudtrail.cc: the acting user
// (cloudtrail_user.cc), what is gathered from several places (cloudtrail_derived.cc), and who did
// something to what (cloudtrail_entities.cc).
#pragma once

#include "common/source/normaliser_internal.h"

namespace weir::source::cloudtrail {

// Raw paths that code asks for by index; the names are in cloudtrail.cc in this order.
enum Path : std::size_t {
  kEventTime,
  kDigestStartTime,
  kDigestEndTime,
  kNewestEventTime,
  kOldestEventTime,
  kCreationDate,
  kDigestS3Object,
  kEventId,
  kEventName,
  kEventSource,
  kRecipientAccountId,
  kAwsAccountId,
  kAwsRegion,
  kErrorCode,
  kErrorMessage,
  kSourceIp,
  kUserAgent,
  kRequestParameters,
  kResponseElements,
  kConsoleLogin,
  kResources,
  kTlsVersion,
  kTlsServerName,
  kServiceSourceIp,
  kEventUserName,
  kUserType,
  kUserArn,
  kUserAccountId,
  kAccessKeyId,
  kUserName,
  kPrincipalId,
  kInvokedBy,
  kOnBehalfOfUserId,
  kIdentityStoreArn,
  kIssuerArn,
  kIssuerUserName,
  kPathCount,
};

// The session name of an STS ARN; empty when the actor has none.
std::string_view SessionName(const RecordView& record);
std::string_view UserId(const RecordView& record);
std::string_view UserName(const RecordView& record);
bool HasValidSourceIp(const RecordView& record);
// The user's name is taken from additionalEventData, which then loses it.
bool TakesNameFromEventData(const RecordView& record);

Value UserIdValue(RecordView& record, const Binding& binding);
Value UserNameValue(RecordView& record, const Binding& binding);
Value UserEmailValue(RecordView& record, const Binding& binding);
Value ServiceNameValue(RecordView& record, const Binding& binding);
Value AccountIdValue(RecordView& record, const Binding& binding);

Value OutcomeValue(RecordView& record, const Binding& binding);
Value CategoryValue(RecordView& record, const Binding& binding);
Value TypeValue(RecordView& record, const Binding& binding);
Value RelatedUserValue(RecordView& record, const Binding& binding);
Value RelatedIpValue(RecordView& record, const Binding& binding);
Value RelatedHostsValue(RecordView& record, const Binding& binding);

// The argument names one class of entities, of those that the texts fall in; empty: all of them.
Value ActorValue(RecordView& record, const Binding& binding);
Value TargetValue(RecordView& record, const Binding& binding);
Value TargetHostIdValue(RecordView& record, const Binding& binding);  // EC2 instance ids, bare
Value RelatedEntityValue(RecordView& record, const Binding& binding);
Value GeoValue(RecordView& record, const Binding& binding);
void GeoSubtree(RecordView& record, const Binding& binding, Document* document);

}  // namespace weir::source::cloudtrail
