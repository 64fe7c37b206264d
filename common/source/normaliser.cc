#include "common/source/normaliser_internal.h"

#include <algorithm>

#include "common/base/bytes.h"

namespace weir::source {

Normaliser::Normaliser(std::span<const FieldRow> rows, std::span<const std::string_view> known_paths,
                       Empties empties, const FieldRegistry& registry)
    : empties_(empties) {
  for (const std::string_view path : known_paths) {
    known_.push_back(paths_.Intern(path));
  }
  bindings_.resize(registry.size());
  for (std::size_t id = 0; id < registry.size(); ++id) {
    const FieldRegistry::Field& field = registry.field(static_cast<FieldId>(id));
    Binding& binding = bindings_[id];
    binding.type = field.type;
    // The document that a raw record stands for has its fields; only an ECS table has rows for itself.
    const bool reads_source = field.name.starts_with(kSourcePrefix) &&
                              std::none_of(rows.begin(), rows.end(), [](const FieldRow& row) {
                                return row.field.starts_with(kSourcePrefix);
                              });
    const std::string_view name =
        std::string_view(field.name).substr(reads_source ? kSourcePrefix.size() : 0);
    const auto matches = [name](const FieldRow& row) {
      return row.field.ends_with(".*")
                 ? name.size() > row.field.size() - 1 &&
                       name.starts_with(row.field.substr(0, row.field.size() - 1))
                 : name == row.field;
    };
    const auto row = std::find_if(rows.begin(), rows.end(), matches);
    if (row == rows.end()) {
      continue;
    }
    binding.transform = row->transform;
    binding.argument = std::string(row->argument);
    if (row->field.ends_with(".*")) {
      binding.rest = std::string(name.substr(row->field.size() - 1));
    }
    if (row->transform == ConstantValue) {
      continue;
    }
    const std::string_view argument = row->argument;
    const std::size_t bar = std::min(argument.find('|'), argument.size());
    binding.path = paths_.Intern(argument.substr(0, bar));
    if (bar < argument.size()) {
      binding.second_path = paths_.Intern(argument.substr(bar + 1));
    }
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
  return MakeCell(&record.values, type, &record.arena);
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
  const Element* element = record.Find(binding.path);
  if (element == nullptr && binding.second_path != 0) {
    element = record.Find(binding.second_path);
  }
  if (element == nullptr) {
    return Value::Null();
  }
  return IsArray(*element)
             ? LeavesValue(record, *element, {}, SameKey, binding.type)
             : ScalarToValue(*element, binding.type, &record.arena);
}

Value ConstantValue(RecordView& record, const Binding& binding) {
  return TextToValue(binding.argument, binding.type, &record.arena);
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
  return TextToValue(record.arena.Copy(simdjson::minify(record.root)), binding.type, &record.arena);
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
