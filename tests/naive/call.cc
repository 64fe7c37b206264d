#include "tests/naive/call.h"

#include <fmt/format.h>

namespace weir::naive {
namespace {

// A member, or nothing for an empty text. The texts used need no escapes.
std::string Member(const std::string& key, const std::string& text) {
  return text.empty() ? "" : fmt::format(R"("{}":"{}",)", key, text);
}

std::string CloudTrailRecord(const Call& call) {
  const std::string parameters =
      call.model.empty()
          ? "null"
          : fmt::format(R"({{"accept":"*/*","modelId":"{}","contentType":"application/json"}})",
                        call.model);
  return fmt::format(
      R"({{"eventVersion":"1.11","userIdentity":{{{}"type":"IAMUser"}},"eventTime":"{}",)"
      R"({}{}{}{}{}{}"awsRegion":"{}","sourceIPAddress":"203.0.113.7","userAgent":"sdk",)"
      R"("requestParameters":{},"responseElements":null}})",
      Member("arn", call.user), FormatTime(call.time_ms), Member("eventSource", call.provider),
      Member("eventName", call.operation), Member("eventID", call.id),
      Member("recipientAccountId", call.account), Member("errorCode", call.error_code),
      Member("errorMessage", call.error_message), call.region, parameters);
}

std::string BedrockRecord(const Call& call) {
  const std::string identity =
      call.user.empty() ? "" : fmt::format(R"("identity":{{"arn":"{}"}},)", call.user);
  const std::string trace =
      call.guardrail.empty()
          ? ""
          : fmt::format(R"(,"amazon-bedrock-trace":{{"guardrail":{{"input":{{"{}":{{)"
                        R"("invocationMetrics":{{"guardrailProcessingLatency":120}}}}}}}}}})",
                        call.guardrail);
  return fmt::format(
      R"({{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"{}",{}{}{}{}{}{})"
      R"("region":"{}","input":{{"inputBodyJson":{{"max_tokens":16}}}},)"
      R"("output":{{"outputBodyJson":{{"type":"message"{}}}}}}})",
      FormatTime(call.time_ms), Member("accountId", call.account), identity,
      Member("requestId", call.id), Member("operation", call.operation),
      Member("modelId", call.model), Member("errorCode", call.error_code), call.region, trace);
}

}  // namespace

std::string ToRecord(const Call& call) {
  return call.source == Call::Source::kCloudTrail ? CloudTrailRecord(call) : BedrockRecord(call);
}

}  // namespace weir::naive
