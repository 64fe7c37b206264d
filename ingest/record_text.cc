#include "ingest/record_text.h"

#include <algorithm>
#include <array>

namespace weir::ingest {
namespace {

using Kind = MessageValue::Kind;
using Entries = std::vector<MessageEntry>;

// What else a wrapper may be wrapped in.
constexpr int kWrapLevels = 3;
constexpr std::string_view kBlanks = " \t\r\n";

// Names under which collectors put a collected text, the likeliest first.
constexpr std::array<std::string_view, 8> kTextKeys{
    "message", "log", "event.original", "CloudTrailEvent", "_raw", "body", "event", "original"};
// Members that only a record or an envelope of records has.
constexpr std::array<std::string_view, 12> kRecordKeys{
    "eventVersion", "eventSource", "eventName",  "eventID",    "Records",         "logEvents",
    "Events",       "detail-type", "schemaType", "insightDetails", "digestStartTime", "_source"};
// First name parts that a normalised document has and a collector's wrapper has not.
constexpr std::array<std::string_view, 5> kDocumentKeys{"ecs", "data_stream", "aws", "aws_bedrock",
                                                        "gen_ai"};

template <std::size_t N>
bool IsOneOf(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view FirstPart(std::string_view key) {
  return key.substr(0, key.find('.'));
}

const MessageEntry* FindLast(const Entries& entries, std::string_view key) {
  const auto found = std::find_if(entries.rbegin(), entries.rend(),
                                  [key](const MessageEntry& entry) { return entry.key == key; });
  return found == entries.rend() ? nullptr : &*found;
}

const char* ReasonText(source::RejectReason reason) {
  switch (reason) {
    case source::RejectReason::kTooDeep:
      return "values nested too deeply";
    case source::RejectReason::kTooManyFields:
      return "too many values";
    default:
      return "a damaged value";
  }
}

}  // namespace

bool RecordText::IsRecords(const MessageValue& value) {
  std::string_view text = value.bytes;
  if (value.kind != Kind::kText && value.kind != Kind::kBytes) {
    return false;
  }
  if (text.starts_with("\x1f\x8b")) {
    return true;
  }
  if (text.starts_with("\xef\xbb\xbf")) {
    text.remove_prefix(3);
  }
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) {
    return false;
  }
  // "[INFO] .." and "{}-like" prose are no JSON.
  const std::size_t second = text.find_first_not_of(kBlanks, first + 1);
  const char next = second == std::string_view::npos ? ' ' : text[second];
  return text[first] == '{' ? next == '"' || next == '}'
                            : next == '{' || next == '[' || next == '"' || next == ']';
}

bool RecordText::Add(const MessageValue& value, const Entries& attributes, Batch* batch) {
  if (IsRecords(value)) {
    batch->Add(value.bytes);
    return true;
  }
  if (value.kind != Kind::kMap) {
    return false;
  }
  entries_.clear();
  if (!ReadEntries(value.bytes, 1, &entries_)) {
    batch->Refuse(source::RejectReason::kMalformedJson, "a damaged map");
    return true;
  }
  const bool document = IsDocument(entries_);
  if (!document && AddWrapped(entries_, 0, batch)) {
    return true;
  }
  if (document || FindLast(entries_, "@timestamp") != nullptr) {
    AddAttributes(attributes);
  }
  AddObject(entries_, batch);
  return true;
}

// Adds to entries_ the attributes whose first name part they lack.
void RecordText::AddAttributes(const Entries& attributes) {
  if (attributes.empty()) {
    return;
  }
  std::vector<std::string_view> own;
  for (const MessageEntry& entry : entries_) {
    own.push_back(FirstPart(entry.key));
  }
  std::sort(own.begin(), own.end());
  for (const MessageEntry& attribute : attributes) {
    if (!std::binary_search(own.begin(), own.end(), FirstPart(attribute.key))) {
      entries_.push_back(attribute);
    }
  }
}

// Whether the entries are a normalised document, whose "message" or "event.original" is but a field of it.
bool RecordText::IsDocument(const Entries& entries) const {
  return std::any_of(entries.begin(), entries.end(), [this](const MessageEntry& entry) {
    const std::string_view first = FirstPart(entry.key);
    if (first == "event" && first.size() != entry.key.size()) {
      return entry.key != "event.original";
    }
    const bool dotted = first.size() != entry.key.size();
    if (first == "event") {
      const MessageValue event = read_(entry.value);
      Entries members;
      return event.kind == Kind::kMap && ReadEntries(event.bytes, 1, &members) &&
             FindLast(members, "eventVersion") == nullptr &&
             (FindLast(members, "action") != nullptr || FindLast(members, "provider") != nullptr ||
              FindLast(members, "dataset") != nullptr);
    }
    return IsOneOf(kDocumentKeys, first) &&
           (dotted || read_(entry.value).kind == Kind::kMap);
  });
}

// Adds the text, or the map, that a wrapper holds under one of the usual names. False when the entries
// are no wrapper.
bool RecordText::AddWrapped(const Entries& entries, int level, Batch* batch) {
  const bool record = std::any_of(entries.begin(), entries.end(), [](const MessageEntry& entry) {
    return IsOneOf(kRecordKeys, entry.key);
  });
  if (record) {
    if (level == 0) {
      return false;   // written with all that belongs to it
    }
    AddObject(entries, batch);
    return true;
  }
  for (const std::string_view key : kTextKeys) {
    const MessageEntry* entry = FindLast(entries, key);
    if (entry == nullptr) {
      continue;
    }
    const MessageValue value = read_(entry->value);
    if (IsRecords(value)) {
      batch->Add(value.bytes);
      return true;
    }
    Entries inner;
    if (value.kind == Kind::kMap && level < kWrapLevels && ReadEntries(value.bytes, 1, &inner) &&
        AddWrapped(inner, level + 1, batch)) {
      return true;
    }
  }
  return false;
}

void RecordText::AddObject(const Entries& entries, Batch* batch) {
  const std::size_t begin = batch->payload.size();
  writer_.Begin();
  if (writer_.AppendObject(entries, &batch->payload)) {
    batch->Close(begin);
    return;
  }
  batch->payload.resize(begin);
  batch->Refuse(writer_.reason(), ReasonText(writer_.reason()));
}

}  // namespace weir::ingest
