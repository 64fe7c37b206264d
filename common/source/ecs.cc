// Documents that are normalised already: any field is where its name says, as nested objects, dotted
// keys or a mixture. "_id", "_index" and "_version" may stand beside "_source", as in a search result.
#include <algorithm>
#include <array>

#include "common/source/ecs_internal.h"
#include "common/source/envelope_internal.h"
#include "common/source/normaliser_internal.h"

namespace weir::source {

namespace {

// More ways of splitting one field's name into keys than any document has.
constexpr std::size_t kNamePartsMax = 16;

std::size_t SegmentHash(std::string_view name) {
  const auto at = [name](std::size_t i) { return static_cast<unsigned char>(name[i]); };
  return name.empty() ? 0 : name.size() * 11 + at(0) * 3u + at(name.size() - 1) * 7u;
}

std::string_view FirstPart(std::string_view name) {
  return name.substr(0, name.find('.'));
}

}  // namespace

uint32_t EcsIndex::Find(std::string_view name) const {
  if (buckets_.empty()) {
    return kNone;
  }
  const std::size_t mask = buckets_.size() - 1;
  for (std::size_t i = SegmentHash(name) & mask; buckets_[i] != 0; i = (i + 1) & mask) {
    if (segments_[buckets_[i] - 1].name == name) {
      return buckets_[i] - 1;
    }
  }
  return kNone;
}

uint32_t EcsIndex::Intern(std::string_view field) {
  const std::string_view name = FirstPart(field);
  if (const uint32_t known = Find(name); known != kNone) {
    return known;
  }
  segments_.push_back({std::string(name), kNone});
  std::size_t size = 16;
  while (size < segments_.size() * 4) {
    size *= 2;
  }
  buckets_.assign(size, 0);
  for (std::size_t segment = 0; segment < segments_.size(); ++segment) {
    std::size_t i = SegmentHash(segments_[segment].name) & (size - 1);
    while (buckets_[i] != 0) {
      i = (i + 1) & (size - 1);
    }
    buckets_[i] = static_cast<uint32_t>(segment + 1);
  }
  return static_cast<uint32_t>(segments_.size() - 1);
}

void EcsIndex::SetRoot(const Element& root) {
  for (Segment& segment : segments_) {
    segment.first_member = kNone;
  }
  members_.clear();
  for (const auto& member : ObjectOf(root)) {
    const uint32_t segment = Find(FirstPart(member.key));
    if (segment != kNone) {
      members_.push_back({member.key, member.value, segments_[segment].first_member});
      segments_[segment].first_member = static_cast<uint32_t>(members_.size() - 1);
    }
  }
}

void EcsIndex::Collect(uint32_t segment, std::string_view field,
                       std::vector<Element>* leaves) const {
  // The list runs from the last member to the first; of repeated keys the last counts. Keys that match
  // are prefixes of the field, so their size tells them apart.
  std::array<std::size_t, kNamePartsMax> seen{};
  std::size_t seen_count = 0;
  for (uint32_t i = segments_[segment].first_member; i != kNone; i = members_[i].next) {
    const std::string_view key = members_[i].key;
    const bool whole = key == field;
    const bool prefix = key.size() < field.size() && field[key.size()] == '.' &&
                        field.substr(0, key.size()) == key;
    if (!whole && !prefix) {
      continue;
    }
    const auto seen_end = seen.begin() + static_cast<std::ptrdiff_t>(seen_count);
    if (seen_count == seen.size() || std::find(seen.begin(), seen_end, key.size()) != seen_end) {
      continue;
    }
    seen[seen_count++] = key.size();
    CollectLeaves(members_[i].value, whole ? std::string_view() : field.substr(key.size() + 1),
                  SameKey, leaves);
  }
}

namespace {

// Fields that identity, time and the data stream are read from, interned by name on each use below.
enum Fact : std::size_t {
  kTimestamp,
  kIngested,
  kEventId,
  kRecipient,
  kGenAiRequestId,
  kInvocationRequestId,
  kAccount,
  kRegion,
  kAction,
  kDataset,
  kEventDataset,
  kNamespace,
  kStreamType,
  kFactCount,
};
constexpr std::array<std::string_view, kFactCount> kFactFields{
    "@timestamp",
    "event.ingested",
    "event.id",
    "aws.cloudtrail.recipient_account_id",
    "gen_ai.request.id",
    "aws_bedrock.invocation.request_id",
    "cloud.account.id",
    "cloud.region",
    "event.action",
    "data_stream.dataset",
    "event.dataset",
    "data_stream.namespace",
    "data_stream.type",
};

// The single value of a field; null when it is absent or has several.
bool FindFact(RecordView& record, Fact fact, Element* value) {
  const std::string_view field = kFactFields[fact];
  record.leaves.clear();
  record.ecs->Collect(record.ecs->Intern(field), field, &record.leaves);
  if (record.leaves.size() != 1 || IsEmpty(record.leaves[0], Empties::kPlain)) {
    return false;
  }
  *value = record.leaves[0];
  return true;
}

// Numbers are printed, as an index would for a keyword.
std::string_view FindFactText(RecordView& record, Fact fact) {
  Element value;
  return FindFact(record, fact, &value)
             ? ScalarToValue(value, DataType::kKeyword, &record.arena).text()
             : std::string_view();
}

std::optional<UnixMillis> FindFactTime(RecordView& record, Fact fact, Facts* facts) {
  Element value;
  if (!FindFact(record, fact, &value)) {
    return std::nullopt;
  }
  if (value.type() == JsonType::BOOL) {
    facts->wrong_type = kFactFields[fact];
    return std::nullopt;
  }
  const Value time = ScalarToValue(value, DataType::kDatetime, &record.arena);
  if (time.is_null()) {
    facts->time_unreadable = facts->time_unreadable || fact == kTimestamp;
    return std::nullopt;
  }
  return time.integer();
}

std::string_view MetaText(const RecordView& record, std::string_view key) {
  Element value;
  return FindMember(ObjectOf(record.envelope), key, &value) ? TextOrEmpty(value)
                                                            : std::string_view();
}

// The name of the data stream behind a backing index ".ds-<stream>-2024.01.31-000001".
std::string_view StreamOfIndex(std::string_view index) {
  constexpr std::string_view kBacking = ".ds-";
  constexpr std::size_t kSuffix = std::string_view("-2024.01.31-000001").size();
  if (!index.starts_with(kBacking) || index.size() <= kBacking.size() + kSuffix) {
    return index;
  }
  return index.substr(kBacking.size(), index.size() - kBacking.size() - kSuffix);
}

bool HasMemberBelow(const RecordView& record, std::string_view field) {
  // Any member below that name, however it is nested.
  const auto search = [](const auto& self, const Element& root, std::string_view path) -> bool {
    if (path.empty()) {
      return true;
    }
    if (!IsObject(root)) {
      return false;
    }
    for (const auto& member : ObjectOf(root)) {
      const std::string_view key = member.key;
      if (key == path || (key.size() > path.size() && key.starts_with(path) &&
                          key[path.size()] == '.')) {
        return true;
      }
      if (path.size() > key.size() && path.starts_with(key) && path[key.size()] == '.' &&
          self(self, member.value, path.substr(key.size() + 1))) {
        return true;
      }
    }
    return false;
  };
  return search(search, record.root, field);
}

// The data stream that the document says it is of, or that its fields belong to.
std::string_view FindDataStream(RecordView& record) {
  std::string_view dataset = FindFactText(record, kDataset);
  if (dataset.empty()) {
    dataset = FindFactText(record, kEventDataset);
  }
  if (dataset.empty()) {
    if (const std::string_view index = MetaText(record, "_index"); !index.empty()) {
      return StreamOfIndex(index);
    }
    return HasMemberBelow(record, "aws.cloudtrail")           ? kCloudTrailStream
           : HasMemberBelow(record, "aws_bedrock.invocation") ? kBedrockStream
                                                             : "logs-generic-default";
  }
  const std::string_view name_space = FindFactText(record, kNamespace);
  const std::string_view type = FindFactText(record, kStreamType);
  record.text = type.empty() ? std::string_view("logs") : type;
  record.text.append("-").append(dataset).append("-");
  record.text.append(name_space.empty() ? std::string_view("default") : name_space);
  return record.arena.Copy(record.text);
}

// "aws.cloudtrail" of "logs-aws.cloudtrail-default"
std::string_view DatasetOf(std::string_view stream) {
  const std::size_t dash = stream.find('-');
  const std::size_t last = stream.rfind('-');
  return dash == std::string_view::npos || last <= dash ? std::string_view()
                                                        : stream.substr(dash + 1, last - dash - 1);
}

Value FieldValue(RecordView& record, const Binding& binding) {
  record.leaves.clear();
  record.values.clear();
  record.ecs->Collect(binding.segment, binding.rest, &record.leaves);
  for (const Element& leaf : record.leaves) {
    if (const Value value = ScalarToValue(leaf, binding.type, &record.arena); !value.is_null()) {
      record.values.push_back(value);
    }
  }
  return MakeCell(&record.values, binding.type, &record.arena);
}

// The members of the data stream's name are constants of the index: documents may leave them out.
Value StreamPartValue(RecordView& record, const Binding& binding) {
  const Value own = FieldValue(record, binding);
  const std::string_view stream = record.data_stream;
  if (!own.is_null() || DatasetOf(stream).empty()) {
    return own;
  }
  const std::string_view part = binding.argument == "type" ? stream.substr(0, stream.find('-'))
                                : binding.argument == "namespace"
                                    ? stream.substr(stream.rfind('-') + 1)
                                    : DatasetOf(stream);
  return TextToValue(part, binding.type, &record.arena);
}

Value MetaValue(RecordView& record, const Binding& binding) {
  Element value;
  return FindMember(ObjectOf(record.envelope), binding.argument, &value)
             ? ScalarToValue(value, binding.type, &record.arena)
             : Value::Null();
}

// What stands below a name in the document itself, however it is nested.
bool FindBelow(const Element& root, std::string_view path, Element* found) {
  if (path.empty()) {
    *found = root;
    return true;
  }
  if (!IsObject(root)) {
    return false;
  }
  for (const auto& member : ObjectOf(root)) {
    const std::string_view key = member.key;
    const bool whole = key == path;
    const bool prefix =
        path.size() > key.size() && path.starts_with(key) && path[key.size()] == '.';
    if ((whole || prefix) &&
        FindBelow(member.value, whole ? std::string_view() : path.substr(key.size() + 1), found)) {
      return true;
    }
  }
  return false;
}

// Objects and lists as JSON without blanks.
Value SourceValue(RecordView& record, const Binding& binding) {
  Element element;
  if (!FindBelow(record.root, binding.rest, &element)) {
    return Value::Null();
  }
  if (IsObject(element) || IsArray(element)) {
    return Value::Keyword(record.arena.Copy(simdjson::minify(element)));
  }
  return ScalarToValue(element, binding.type, &record.arena);
}

constexpr FieldRow kRows[] = {
    {"_source.*", SourceValue},
    {"_id", MetaValue, "_id"},
    {"_index", MetaValue, "_index"},
    {"_version", MetaValue, "_version"},
    {"@timestamp", TimestampValue},
    {"event.ingested", IngestedValue},
    {"event.dataset", StreamPartValue, "dataset"},
    {"data_stream.dataset", StreamPartValue, "dataset"},
    {"data_stream.namespace", StreamPartValue, "namespace"},
    {"data_stream.type", StreamPartValue, "type"},
};

void FindFacts(RecordView& record, Facts* facts) {
  facts->timestamp_ms = FindFactTime(record, kTimestamp, facts);
  facts->ingested_ms = FindFactTime(record, kIngested, facts);
  facts->data_stream = FindDataStream(record);
  const std::string_view dataset = DatasetOf(facts->data_stream);
  facts->event_id = FindFactText(record, kEventId);
  facts->account = FindFactText(record, kAccount);
  facts->region = FindFactText(record, kRegion);
  const std::string& tenant = record.options.tenant;
  const auto identify = [&](SourceKind kind, std::initializer_list<std::string_view> ids) {
    facts->identity = MakeIdentity(tenant, kind, ids, &record.text);
  };
  if (dataset == DatasetOf(kCloudTrailStream) && !facts->event_id.empty()) {
    identify(SourceKind::kCloudTrail,
             {FindFactText(record, kRecipient), facts->event_id});
    return;
  }
  if (dataset == DatasetOf(kBedrockStream)) {
    std::string_view request = FindFactText(record, kGenAiRequestId);
    if (request.empty()) {
      request = FindFactText(record, kInvocationRequestId);
    }
    if (!request.empty()) {
      facts->event_id = request;
      identify(SourceKind::kBedrockInvocation,
               {facts->account, facts->region,
                request, FindFactText(record, kAction)});
      return;
    }
  }
  if (const std::string_view id = MetaText(record, "_id"); !id.empty()) {
    identify(SourceKind::kEcs, {MetaText(record, "_index"), id});
    facts->event_id = facts->event_id.empty() ? id : facts->event_id;
  }
}

bool IsRecord(const Object& object) {
  return IsEcsDocument(object);
}

}  // namespace

constinit const SourceDefinition kEcsSource{
    SourceKind::kEcs, {}, kRows, {}, Empties::kPlain, IsRecord, FindFacts,
};

std::unique_ptr<Normaliser> MakeEcsNormaliser(const FieldRegistry& registry, EcsIndex* index,
                                              bool with_documents) {
  auto normaliser = std::make_unique<Normaliser>(kEcsSource, registry, with_documents);
  for (std::size_t id = 0; id < registry.size(); ++id) {
    Binding& binding = normaliser->bindings()[id];
    if (binding.transform != SourceValue) {
      binding.rest = registry.field(static_cast<FieldId>(id)).name;
    }
    binding.segment = index->Intern(binding.rest);
    binding.transform = binding.transform == nullptr ? FieldValue : binding.transform;
  }
  for (const std::string_view field : kFactFields) {
    index->Intern(field);
  }
  return normaliser;
}

}  // namespace weir::source
