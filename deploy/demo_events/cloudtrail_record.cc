#include "deploy/demo_events/cloudtrail_record.h"

#include <string_view>

#include "deploy/demo_events/json.h"

namespace weir::demo {
namespace {

std::string Seconds(UnixMillis time_ms) {
  return FormatTime(time_ms).substr(0, 19) + "Z";
}

std::string Session(const Principal& who, UnixMillis time_ms) {
  const std::string account = kAccount;
  const std::string issuer = JsonObject()
                                 .Text("type", "Role")
                                 .Text("principalId", who.id)
                                 .Text("arn", "arn:aws:iam::" + account + ":role/" + who.name)
                                 .Text("accountId", account)
                                 .Text("userName", who.name)
                                 .str();
  const UnixMillis created_ms = FloorDiv(time_ms, kMillisPerHour) * kMillisPerHour;
  const std::string attributes = JsonObject()
                                     .Text("creationDate", Seconds(created_ms))
                                     .Text("mfaAuthenticated", "false")
                                     .str();
  return JsonObject().Raw("sessionIssuer", issuer).Raw("attributes", attributes).str();
}

std::string Identity(const Principal& who, UnixMillis time_ms) {
  JsonObject identity;
  switch (who.kind) {
    case Principal::Kind::kService:
      return identity.Text("type", "AWSService").Text("invokedBy", who.name).str();
    case Principal::Kind::kUser:
      return identity.Text("type", "IAMUser")
          .Text("principalId", who.id)
          .Text("arn", who.arn())
          .Text("accountId", kAccount)
          .Text("accessKeyId", who.access_key)
          .Text("userName", who.name)
          .str();
    case Principal::Kind::kRole:
      break;
  }
  return identity.Text("type", "AssumedRole")
      .Text("principalId", who.id + ":" + who.session)
      .Text("arn", who.arn())
      .Text("accountId", kAccount)
      .Text("accessKeyId", who.access_key)
      .Raw("sessionContext", Session(who, time_ms))
      .str();
}

std::string_view OrNull(const std::string& json) {
  return json.empty() ? std::string_view("null") : std::string_view(json);
}

}  // namespace

Record CloudTrailRecord(const Principal& who, const ApiCall& call, Random* random) {
  JsonObject record;
  record.Text("eventVersion", "1.11")
      .Raw("userIdentity", Identity(who, call.time_ms))
      .Text("eventTime", Seconds(call.time_ms))
      .Text("eventSource", call.service + ".amazonaws.com")
      .Text("eventName", call.action)
      .Text("awsRegion", call.region)
      .Text("sourceIPAddress", who.address)
      .Text("userAgent", who.agent);
  if (!call.error_code.empty()) {
    record.Text("errorCode", call.error_code).Text("errorMessage", call.error_message);
  }
  record.Raw("requestParameters", OrNull(call.parameters))
      .Raw("responseElements", OrNull(call.response));
  if (!call.additional.empty()) {
    record.Raw("additionalEventData", call.additional);
  }
  record.Text("requestID", random->Uuid())
      .Text("eventID", random->Uuid())
      .Bool("readOnly", call.read_only)
      .Text("eventType", call.type)
      .Bool("managementEvent", true)
      .Text("recipientAccountId", kAccount)
      .Text("eventCategory", "Management");
  if (!call.host.empty()) {
    record.Raw("tlsDetails", JsonObject()
                                 .Text("tlsVersion", "TLSv1.3")
                                 .Text("cipherSuite", "TLS_AES_128_GCM_SHA256")
                                 .Text("clientProvidedHostHeader", call.host)
                                 .str());
  }
  return {call.time_ms, Source::kCloudTrail, call.region, record.str()};
}

}  // namespace weir::demo
