#include "common/source/envelope_internal.h"

#include <algorithm>
#include <charconv>

#include "common/source/base64_internal.h"

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

}  // namespace

Envelope RecogniseEnvelope(const Object& object, Element* payload) {
  bool via_cloudtrail = false;
  bool is_control = false;
  Envelope envelope = Envelope::kNone;
  const auto set_envelope = [&](Envelope kind, const Element& value) {
    envelope = kind;
    *payload = value;
  };
  for (const auto& member : object) {
    const std::string_view key = member.key;
    const Element& value = member.value;
    if (key == "Records" && IsArray(value)) {
      set_envelope(Envelope::kRecords, value);
    } else if (key == "logEvents" && IsArray(value)) {
      set_envelope(Envelope::kLogEvents, value);
    } else if (key == "Events" && IsArray(value)) {
      set_envelope(Envelope::kLookup, value);
    } else if ((key == "awslogs" || key == "kinesis") && IsObject(value)) {
      Element data;
      if (FindMember(ObjectOf(value), "data", &data) &&
          TextOrEmpty(data).starts_with(kBase64OfGzip)) {
        set_envelope(Envelope::kPacked, data);
      }
    } else if (key == "detail" && IsObject(value)) {
      set_envelope(Envelope::kEventBridge, value);
    } else if (key == "_source" && IsObject(value)) {
      set_envelope(Envelope::kSearchHit, value);
    } else if (key == "detail-type") {
      via_cloudtrail = TextOrEmpty(value).ends_with("via CloudTrail");
    } else if (key == "messageType") {
      is_control = TextOrEmpty(value) == "CONTROL_MESSAGE";
    }
  }
  if (envelope == Envelope::kLogEvents && is_control) {
    return Envelope::kControl;
  }
  // Without its type, "detail" is just a member.
  return envelope == Envelope::kEventBridge && !via_cloudtrail ? Envelope::kNone : envelope;
}

bool IsEcsDocument(const Object& object) {
  bool is_ecs = false;
  bool has_detail = false;
  bool has_detail_type = false;
  for (const auto& member : object) {
    has_detail = has_detail || (member.key == "detail" && IsObject(member.value));
    has_detail_type = has_detail_type || member.key == "detail-type";
    is_ecs = is_ecs || IsEcsMember(member.key, member.value);
  }
  return is_ecs && !(has_detail && has_detail_type);
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
