#include "common/source/normaliser_internal.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/source/document_internal.h"

namespace weir::source {

namespace {

constexpr std::string_view kBelow = ".*";
constexpr std::string_view kList = "[]";
constexpr std::string_view kOfView = ":*";

// The row's name without its ending; "a.b." of "a.b.*".
std::string_view BareName(std::string_view field) {
  return field.ends_with(kList) || field.ends_with(kBelow)
             ? field.substr(0, field.size() - 2)
             : field;
}

bool Covers(const FieldRow& row, std::string_view name) {
  const std::string_view bare = BareName(row.field);
  if (row.field.ends_with(kOfView)) {
    return name.starts_with(row.field.substr(0, row.field.size() - 1));
  }
  return row.field.ends_with(kBelow)
             ? name.size() > bare.size() + 1 && name.starts_with(bare) && name[bare.size()] == '.'
             : name == bare;
}

// The document that a raw record stands for has its fields; only an ECS table has rows for itself.
std::string_view NameOfRow(const SourceDefinition& source, std::string_view field) {
  const bool reads_document =
      field.starts_with(kSourcePrefix) &&
      std::none_of(source.rows.begin(), source.rows.end(),
                   [](const FieldRow& row) { return row.field.starts_with(kSourcePrefix); });
  return reads_document ? field.substr(kSourcePrefix.size()) : field;
}

// In a document ips stand as their texts.
DataType DocumentType(std::string_view name) {
  const DataType type = Catalogue().TypeOf(name).value_or(DataType::kKeyword);
  return type == DataType::kIp ? DataType::kKeyword : type;
}

}  // namespace

Normaliser::Normaliser(const SourceDefinition& source, const FieldRegistry& registry,
                       bool with_documents)
    : source_(source), empties_(source.empties) {
  for (const std::string_view path : source.known_paths) {
    known_.push_back(paths_.Intern(path));
  }
  const std::span<const FieldRow> view =
      source.view == nullptr ? std::span<const FieldRow>() : source.view();
  bindings_.resize(registry.size());
  for (std::size_t id = 0; id < registry.size(); ++id) {
    const FieldRegistry::Field& field = registry.field(static_cast<FieldId>(id));
    bindings_[id].type = field.type;
    const std::string_view name = NameOfRow(source, field.name);
    for (const std::span<const FieldRow> rows : {source.rows, view}) {
      const auto row = std::find_if(rows.begin(), rows.end(),
                                    [&](const FieldRow& r) { return Covers(r, name); });
      if (row != rows.end()) {
        bindings_[id] = Bind(*row, field.type);
        if (row->field.ends_with('*')) {
          bindings_[id].rest = std::string(name.substr(row->field.size() - 1));
        }
        break;
      }
    }
  }
  if (!with_documents) {
    return;
  }
  for (const FieldRow& row : source.rows) {
    const std::string_view name = BareName(row.field);
    if (!name.starts_with('_')) {   // those stand beside a document, not in it
      document_rows_.push_back(
          {name, row.field.ends_with(kList), row.subtree, Bind(row, DocumentType(name))});
      document_rows_.back().binding.rest = row.subtree == nullptr ? "" : std::string(name);
    }
  }
}

Binding Normaliser::Bind(const FieldRow& row, DataType type) {
  Binding binding;
  binding.transform = row.transform;
  binding.type = type;
  binding.argument = std::string(row.argument);
  if (row.transform != ConstantValue && row.transform != TagsValue) {
    const std::size_t bar = std::min(row.argument.find('|'), row.argument.size());
    binding.path = paths_.Intern(row.argument.substr(0, bar));
    if (bar < row.argument.size()) {
      binding.second_path = paths_.Intern(row.argument.substr(bar + 1));
    }
  }
  return binding;
}

namespace {

// The element that a copying row stands for, or null.
const Element* FindCopied(const RecordView& record, const Binding& binding) {
  const Element* element = record.Find(binding.path);
  return element == nullptr && binding.second_path != 0 ? record.Find(binding.second_path)
                                                        : element;
}

}  // namespace

void Normaliser::WriteDocument(RecordView& record, Document* document) {
  record.in_document = true;
  std::string json;
  for (const DocumentRow& row : document_rows_) {
    if (row.subtree != nullptr) {
      row.subtree(record, row.binding, document);
      continue;
    }
    json.clear();
    // What is only copied keeps its JSON type, but for numbers whose field is a real one.
    const Element* copied = row.binding.transform == CopyValue && row.binding.type != DataType::kDouble
                                ? FindCopied(record, row.binding)
                                : nullptr;
    const bool any = copied != nullptr
                         ? AppendCleanJson(*copied, empties_, SameKey, &json)
                         : AppendValueJson(row.binding.transform(record, row.binding), &json);
    if (any) {
      document->Put(row.name, row.is_list && json.front() != '[' ? "[" + json + "]" : json);
    }
  }
  record.in_document = false;
}

void CopySubtree(RecordView& record, const Binding& binding, Document* document) {
  std::string json;
  const Element* element = record.Find(binding.path);
  if (element != nullptr &&
      AppendCleanJson(*element, record.normaliser->empties(), SameKey, &json)) {
    document->Put(binding.rest, json);
  }
}

Value LeavesValue(RecordView& record, const Element& root, std::string_view path, RenameKey rename,
                  DataType type) {
  record.leaves.clear();
  record.values.clear();
  CollectLeaves(root, path, rename, &record.leaves);
  for (const Element& leaf : record.leaves) {
    if (IsEmpty(leaf, record.normaliser->empties())) {
      continue;
    }
    if (const Value value = ScalarToValue(leaf, type, &record.arena); !value.is_null()) {
      record.values.push_back(value);
    }
  }
  return MakeCell(&record.values, type, &record.arena);
}

Value TextsValue(RecordView& record, std::span<const std::string_view> texts, DataType type) {
  record.values.clear();
  for (const std::string_view text : texts) {
    if (!text.empty()) {
      const Value value = TextToValue(text, type, &record.arena);
      if (!value.is_null()) {
        record.values.push_back(value);
      }
    }
  }
  if (record.in_document) {
    std::vector<Value> distinct;
    for (const Value& value : record.values) {
      const auto same = [&value](const Value& other) { return CompareValues(value, other) == 0; };
      if (std::none_of(distinct.begin(), distinct.end(), same)) {
        distinct.push_back(value);
      }
    }
    return Value::MakeMulti(distinct, &record.arena);
  }
  return MakeCell(&record.values, type, &record.arena);
}

Value OptionalText(RecordView& record, const Binding& binding, std::string_view text) {
  return text.empty() ? Value::Null() : TextToValue(text, binding.type, &record.arena);
}

Value TimeValue(RecordView& record, UnixMillis time_ms, DataType type) {
  if (IsString(type)) {
    return Value::String(type, record.arena.Copy(FormatTime(time_ms)));
  }
  if (type == DataType::kLong) {
    return Value::Long(time_ms);
  }
  return type == DataType::kDatetime ? Value::Datetime(time_ms) : Value::Null();
}

Value CopyValue(RecordView& record, const Binding& binding) {
  const Element* element = FindCopied(record, binding);
  if (element == nullptr) {
    return Value::Null();
  }
  return IsArray(*element)
             ? LeavesValue(record, *element, {}, SameKey, binding.type)
             : ScalarToValue(*element, binding.type, &record.arena);
}

Value PrintValue(RecordView& record, const Binding& binding) {
  return CopyValue(record, binding);
}

Value ConstantValue(RecordView& record, const Binding& binding) {
  return TextToValue(binding.argument, binding.type, &record.arena);
}

Value TagsValue(RecordView& record, const Binding& binding) {
  std::vector<std::string_view> tags;
  std::string_view words = record.in_document ? std::string_view() : binding.argument;
  while (!words.empty()) {
    const std::size_t blank = std::min(words.find(' '), words.size());
    tags.push_back(words.substr(0, blank));
    words.remove_prefix(std::min(blank + 1, words.size()));
  }
  tags.push_back("preserve_original_event");
  return TextsValue(record, tags, binding.type);
}

Value TimestampValue(RecordView& record, const Binding& binding) {
  return TimeValue(record, record.timestamp_ms, binding.type);
}

Value IngestedValue(RecordView& record, const Binding& binding) {
  return TimeValue(record, record.ingested_ms, binding.type);
}

Value ArrivalValue(RecordView& record, const Binding& binding) {
  return TimeValue(record, record.arrival_ms, binding.type);
}

Value OriginalValue(RecordView& record, const Binding& binding) {
  if (!record.original.empty()) {
    return TextToValue(record.original, binding.type, &record.arena);
  }
  const std::string text = simdjson::minify(record.root);
  return text == "{}" ? Value::Null()
                      : TextToValue(record.arena.Copy(text), binding.type, &record.arena);
}

Value DocumentIdValue(RecordView& record, const Binding& binding) {
  if (!record.identity) {
    return Value::Null();
  }
  return TextToValue(record.arena.Copy(record.identity->ToHex()), binding.type, &record.arena);
}

Value IndexValue(RecordView& record, const Binding& binding) {
  return TextToValue(record.data_stream, binding.type, &record.arena);
}

std::optional<UnixMillis> ParseAnyTime(std::string_view text) {
  constexpr std::string_view kBasic = "YYYYMMDDThhmmss";
  if (text.size() > kBasic.size() && text[8] == 'T' && text[4] != '-') {
    std::string extended;
    for (std::size_t i = 0; i < text.size(); ++i) {
      extended.append(i == 4 || i == 6 ? "-" : i == 11 || i == 13 ? ":" : "");
      extended.push_back(text[i]);
    }
    return ParseTime(extended);
  }
  return ParseTime(text);
}

Hash128 MakeIdentity(std::string_view tenant, SourceKind kind,
                     std::initializer_list<std::string_view> ids, std::string* scratch) {
  scratch->clear();
  ByteWriter writer(scratch);
  writer.String(tenant);
  writer.String(SourceKindName(kind));
  for (const std::string_view id : ids) {
    writer.String(id);
  }
  return HashBytes128(*scratch);
}

std::string_view FactText(RecordView& record, std::size_t known_index, std::string_view path,
                          Facts* facts) {
  const Element* element = record.Known(known_index);
  if (element == nullptr) {
    return {};
  }
  if (!IsText(*element)) {
    facts->wrong_type = path;
    return {};
  }
  return TextOf(*element);
}

}  // namespace weir::source
