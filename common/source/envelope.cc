#include "common/source/envelope_internal.h"

#include <algorithm>
#include <charconv>

namespace weir::source {

namespace {

// Top-level names of Elastic Common Schema and of the two integrations.
constexpr std::string_view kEcsNames[] = {
    "agent",       "aws",    "aws_bedrock", "client", "cloud",      "container", "data_stream",
    "destination", "dns",    "ecs",         "event",  "file",       "gen_ai",    "group",
    "host",        "log",    "network",     "observer", "process",  "related",   "rule",
    "server",      "service", "source",     "threat", "url",        "user",      "user_agent",
};

bool IsEcsMember(std::string_view key, const Element& value) {
  if (key == "@timestamp") {
    return true;
  }
  const std::size_t dot = key.find('.');
  if (dot == std::string_view::npos && !IsObject(value)) {
    return false;
  }
  return std::binary_search(std::begin(kEcsNames), std::end(kEcsNames), key.substr(0, dot));
}

bool IsCloudTrailKey(std::string_view key) {
  return key == "eventVersion" || key == "eventSource" || key == "eventName" ||
         key == "digestStartTime" || key == "insightDetails";
}

}  // namespace

Shape RecogniseObject(const Object& object, Element* payload) {
  bool via_cloudtrail = false;
  bool has_detail_type = false;
  bool is_control = false;
  bool is_ecs = false;
  int bedrock_parts = 0;
  bool has_body = false;
  bool is_invocation = false;
  Shape envelope = Shape::kUnknown;
  const auto set_envelope = [&](Shape shape, const Element& value) {
    envelope = shape;
    *payload = value;
  };
  for (const auto& member : object) {
    const std::string_view key = member.key;
    const Element& value = member.value;
    if (IsCloudTrailKey(key)) {
      return Shape::kCloudTrail;
    }
    if (key == "Records" && IsArray(value)) {
      set_envelope(Shape::kRecords, value);
    } else if (key == "logEvents" && IsArray(value)) {
      set_envelope(Shape::kLogEvents, value);
    } else if (key == "Events" && IsArray(value)) {
      set_envelope(Shape::kLookup, value);
    } else if (key == "detail" && IsObject(value)) {
      set_envelope(Shape::kEventBridge, value);
    } else if (key == "_source" && IsObject(value)) {
      set_envelope(Shape::kSearchHit, value);
    } else if (key == "detail-type") {
      has_detail_type = true;
      via_cloudtrail = TextOrEmpty(value).ends_with("via CloudTrail");
    } else if (key == "messageType") {
      is_control = TextOrEmpty(value) == "CONTROL_MESSAGE";
    } else if (key == "schemaType") {
      is_invocation = TextOrEmpty(value) == "ModelInvocationLog";
    } else if (key == "modelId" || key == "requestId" || key == "operation") {
      ++bedrock_parts;
    } else if (key == "input" || key == "output") {
      has_body = true;
    } else {
      is_ecs = is_ecs || IsEcsMember(key, value);
    }
  }
  if (envelope == Shape::kLogEvents && is_control) {
    return Shape::kControl;
  }
  if (envelope == Shape::kEventBridge) {
    // Without its type, "detail" is just a member.
    envelope = via_cloudtrail ? envelope : Shape::kUnknown;
    is_ecs = is_ecs && !has_detail_type;
  }
  if (envelope != Shape::kUnknown) {
    return envelope;
  }
  if (is_invocation || (bedrock_parts >= 3 && has_body)) {
    return Shape::kBedrock;
  }
  return is_ecs ? Shape::kEcs : Shape::kUnknown;
}

namespace {

bool IsHuge(std::string_view number) {
  const char* end = number.data() + number.size();
  if (number.find_first_of(".eE") == std::string_view::npos) {
    int64_t as_signed = 0;
    uint64_t as_unsigned = 0;
    return std::from_chars(number.data(), end, as_signed).ec != std::errc() &&
           std::from_chars(number.data(), end, as_unsigned).ec != std::errc();
  }
  double real = 0;
  return std::from_chars(number.data(), end, real).ec != std::errc();
}

}  // namespace

bool QuoteHugeNumbers(std::string_view text, std::string* out) {
  constexpr std::string_view kNumberChars = "0123456789+-.eE";
  out->clear();
  bool any = false;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    std::size_t end = i + 1;
    bool huge = false;
    if (c == '"') {
      while (end < text.size() && text[end] != '"') {
        end += text[end] == '\\' ? 2 : 1;
      }
      end = std::min(end + 1, text.size());
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      end = std::min(text.find_first_not_of(kNumberChars, i), text.size());
      huge = IsHuge(text.substr(i, end - i));
    }
    out->append(huge ? "\"" : "").append(text.substr(i, end - i)).append(huge ? "\"" : "");
    any = any || huge;
    i = end;
  }
  return any;
}

}  // namespace weir::source
