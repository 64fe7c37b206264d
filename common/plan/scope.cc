#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "common/plan/definition_internal.h"
#include "common/plan/scope_internal.h"

namespace weir::plan {
namespace {

// METADATA columns, by name; none is a field unless FROM asks for it.
const std::map<std::string_view, DataType>& MetadataTypes() {
  static const std::map<std::string_view, DataType> kTypes = {
      {"_id", DataType::kKeyword},       {"_index", DataType::kKeyword},
      {"_version", DataType::kLong},     {"_ignored", DataType::kKeyword},
      {"_score", DataType::kDouble},     {"_source", DataType::kUnsupported},
      {"_index_mode", DataType::kKeyword}, {"_tier", DataType::kKeyword},
  };
  return kTypes;
}

std::optional<DataType> MetadataType(std::string_view name) {
  const auto type = MetadataTypes().find(name);
  if (type == MetadataTypes().end()) {
    return std::nullopt;
  }
  return type->second;
}

bool MatchesAny(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return MatchesWildcard(pattern, name);
  });
}

bool IsEverything(std::string_view pattern) {
  return pattern.find_first_not_of('*') == std::string_view::npos;
}

}  // namespace

bool MatchesWildcard(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

void PlanScope::Open(const std::vector<std::string>& metadata) {
  reads_fields_ = true;
  metadata_.insert(metadata.begin(), metadata.end());
}

void PlanScope::List(const std::vector<std::string>& fields) {
  for (const std::string& field : fields) {
    Put(FieldColumn(field));
  }
}

bool PlanScope::is_open() const {
  return reads_fields_ &&
         std::all_of(kept_patterns_.begin(), kept_patterns_.end(), [](const auto& patterns) {
           return std::any_of(patterns.begin(), patterns.end(), IsEverything);
         });
}

bool PlanScope::ShowsUnlisted() const {
  return reads_fields_ && std::none_of(kept_patterns_.begin(), kept_patterns_.end(),
                                       [](const auto& patterns) { return patterns.empty(); });
}

bool PlanScope::IsKnownField(std::string_view name) const {
  return catalogue_->TypeOf(name).has_value();
}

DataType PlanScope::FieldType(std::string_view name) const {
  if (const std::optional<DataType> metadata = MetadataType(name); metadata.has_value()) {
    return *metadata;
  }
  const std::optional<DataType> known = catalogue_->TypeOf(name);
  return known.has_value() ? *known : AssumedType(name).value_or(DataType::kKeyword);
}

std::optional<DataType> PlanScope::AssumedType(std::string_view name) const {
  return MetadataType(name).has_value() || catalogue_->TypeOf(name).has_value()
             ? std::nullopt
             : catalogue_->AssumedTypeOf(name);
}

bool PlanScope::IsVisibleField(std::string_view name) const {
  if (!reads_fields_ || hidden_.contains(name) || MatchesAny(hidden_patterns_, name) ||
      (MetadataType(name).has_value() && !metadata_.contains(name))) {
    return false;
  }
  return std::all_of(kept_patterns_.begin(), kept_patterns_.end(),
                     [&](const auto& patterns) { return MatchesAny(patterns, name); });
}

Column PlanScope::FieldColumn(std::string_view name) const {
  Column column;
  column.name = name;
  column.field = name;
  column.ref.kind = expr::ColumnRef::Kind::kField;
  column.ref.type = FieldType(name);
  column.definition = ColumnDefinition(name);
  if (allocate_) {
    column.ref = {expr::ColumnRef::Kind::kSlot, allocate_(column), column.ref.type};
    column.field.clear();
  }
  return column;
}

std::optional<Column> PlanScope::Find(std::string_view name) const {
  for (const std::vector<Column>* columns : {&aliases_, &columns_}) {
    const auto found = std::find_if(columns->begin(), columns->end(),
                                    [&](const Column& column) { return column.name == name; });
    if (found != columns->end()) {
      return *found;
    }
  }
  if (IsVisibleField(name) &&
      (!forgiving_ || IsKnownField(name) || MetadataType(name).has_value())) {
    return FieldColumn(name);
  }
  if (forgiving_) {
    Column column;
    column.name = name;
    column.definition = ColumnDefinition(name);
    return column;
  }
  return std::nullopt;
}

std::optional<expr::ColumnRef> PlanScope::Resolve(std::string_view name) const {
  const std::optional<Column> column = Find(name);
  if (!column.has_value()) {
    return std::nullopt;
  }
  expr::ColumnRef ref = column->ref;
  if (!column->field.empty()) {
    ref.index = fields_->Intern(column->field, ref.type);
  }
  return ref;
}

expr::ExprPtr PlanScope::ConstantOf(std::string_view name) const {
  for (const std::vector<Column>* columns : {&aliases_, &columns_}) {
    for (const Column& column : *columns) {
      if (column.name == name) {
        return column.constant;
      }
    }
  }
  return nullptr;
}

std::vector<std::string> PlanScope::ColumnNames() const {
  std::vector<std::string> names;
  for (const std::vector<Column>* columns : {&aliases_, &columns_}) {
    for (const Column& column : *columns) {
      names.push_back(column.name);
    }
  }
  for (std::string& name : FieldsMatching("*")) {
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> PlanScope::FieldsMatching(std::string_view pattern) const {
  std::set<std::string> names;
  if (reads_fields_) {
    const auto add = [&](const std::string& name) {
      if (MatchesWildcard(pattern, name) && IsVisibleField(name)) {
        names.insert(name);
      }
    };
    std::for_each(catalogue_->Names().begin(), catalogue_->Names().end(), add);
    std::for_each(warned_.begin(), warned_.end(), add);
  }
  return {names.begin(), names.end()};
}

void PlanScope::Put(Column column) {
  std::erase_if(columns_, [&](const Column& other) { return other.name == column.name; });
  columns_.push_back(std::move(column));
}

void PlanScope::PutInPlace(Column column) {
  const auto place = std::find_if(columns_.begin(), columns_.end(), [&](const Column& other) {
    return other.name == column.name;
  });
  if (place == columns_.end()) {
    columns_.push_back(std::move(column));
  } else {
    *place = std::move(column);
  }
}

void PlanScope::Hide(std::string_view name) {
  std::erase_if(columns_, [&](const Column& column) { return column.name == name; });
  hidden_.emplace(name);
}

void PlanScope::WarnIfUnknown(std::string_view name, esql::SourceRange range,
                              esql::Diagnostics* diagnostics) {
  const std::optional<Column> column = Find(name);
  if (!column.has_value() || forgiving_) {
    return;
  }
  std::string field = column->field;
  const auto is_named = [&](const Column& other) { return other.name == name; };
  if (allocate_ && std::none_of(aliases_.begin(), aliases_.end(), is_named) &&
      std::none_of(columns_.begin(), columns_.end(), is_named)) {
    field = name;   // of the events that the rows have left
  }
  if (field.empty() || MetadataType(field).has_value() || IsKnownField(field) ||
      !warned_.insert(field).second) {
    return;
  }
  diagnostics->Warning(
      range, fmt::format("field [{}] is not known in any data stream Weir normalises", field),
      esql::DidYouMean(field, catalogue_->Names()));
}

void PlanScope::ReportUnknownColumn(std::string_view name, esql::SourceRange range,
                                    esql::Diagnostics* diagnostics) const {
  const std::string near = esql::DidYouMean(name, ColumnNames());
  diagnostics->Error(range, near.empty() ? fmt::format("Unknown column [{}]", name)
                                         : fmt::format("Unknown column [{}], {}", name, near));
}

void PlanScope::Keep(const esql::KeepCommand& keep, esql::Diagnostics* diagnostics) {
  // 2 an exact name, 1 a wildcard with other characters, 0 "*": the better match places the column,
  // among equals the rightmost.
  struct Place {
    Column column;
    int rank = 0;
    std::size_t item = 0;
    std::size_t order = 0;
  };
  std::vector<Place> places;
  std::size_t placed = 0;
  const auto place = [&](Column column, int rank, std::size_t item) {
    const auto found = std::find_if(places.begin(), places.end(), [&](const Place& other) {
      return other.column.name == column.name;
    });
    if (found == places.end()) {
      places.push_back({std::move(column), rank, item, placed++});
    } else if (rank >= found->rank) {
      found->rank = rank;
      found->item = item;
      found->order = placed++;
    }
  };
  std::vector<std::string> patterns;
  const bool shows_unlisted = ShowsUnlisted();
  for (std::size_t i = 0; i < keep.patterns.size(); ++i) {
    const esql::NamePattern& pattern = keep.patterns[i];
    if (!pattern.has_wildcard) {
      if (std::optional<Column> column = Find(pattern.text); column.has_value()) {
        WarnIfUnknown(pattern.text, pattern.range, diagnostics);
        place(std::move(*column), 2, i);
      } else {
        ReportUnknownColumn(pattern.text, pattern.range, diagnostics);
      }
      continue;
    }
    const bool everything = IsEverything(pattern.text);
    patterns.push_back(pattern.text);
    bool matched = everything && is_open();
    if (!matched) {
      for (const std::string& name : FieldsMatching(pattern.text)) {
        place(*Find(name), 1, i);
        matched = true;
      }
    }
    for (const Column& column : columns_) {
      if (MatchesWildcard(pattern.text, column.name)) {
        place(column, everything ? 0 : 1, i);
        matched = true;
      }
    }
    if (!matched && shows_unlisted) {
      diagnostics->Warning(pattern.range, fmt::format("no known field matches pattern [{}]",
                                                      pattern.text));
    } else if (!matched && !forgiving_) {
      diagnostics->Error(pattern.range, fmt::format("No matches found for pattern [{}]",
                                                    pattern.text));
    }
  }
  std::stable_sort(places.begin(), places.end(), [](const Place& left, const Place& right) {
    return left.item != right.item ? left.item < right.item : left.order < right.order;
  });
  columns_.clear();
  for (Place& kept : places) {
    columns_.push_back(std::move(kept.column));
  }
  kept_patterns_.push_back(std::move(patterns));
}

void PlanScope::Drop(const esql::DropCommand& drop, esql::Diagnostics* diagnostics) {
  // Repeats are legal, so that names are looked up as they were before the command.
  const PlanScope before = *this;
  for (const esql::NamePattern& pattern : drop.patterns) {
    if (!pattern.has_wildcard) {
      if (before.Find(pattern.text).has_value()) {
        WarnIfUnknown(pattern.text, pattern.range, diagnostics);
        Hide(pattern.text);
      } else {
        ReportUnknownColumn(pattern.text, pattern.range, diagnostics);
      }
      continue;
    }
    const auto matches = [&](const Column& column) {
      return MatchesWildcard(pattern.text, column.name);
    };
    const bool matched =
        ShowsUnlisted() ||
        std::any_of(before.columns_.begin(), before.columns_.end(), matches);
    if (!matched && !forgiving_) {
      diagnostics->Error(pattern.range, fmt::format("No matches found for pattern [{}]",
                                                    pattern.text));
    }
    std::erase_if(columns_, matches);
    hidden_patterns_.push_back(pattern.text);
  }
}

void PlanScope::Rename(const esql::RenameCommand& rename, esql::Diagnostics* diagnostics) {
  std::map<std::string, std::string> renamed;   // old name -> new name, within this command
  for (const esql::RenameCommand::Item& item : rename.items) {
    std::optional<Column> column = Find(item.from);
    const auto gone = renamed.find(item.from);
    if (gone != renamed.end() && (!column.has_value() || forgiving_)) {
      diagnostics->Error(item.range,
                         fmt::format("Column [{}] renamed to [{}] and is no longer available [{}]",
                                     item.from, gone->second,
                                     diagnostics->source().Slice(item.range)));
      continue;
    }
    if (!column.has_value()) {
      ReportUnknownColumn(item.from, item.from_range, diagnostics);
      continue;
    }
    WarnIfUnknown(item.from, item.from_range, diagnostics);
    if (item.from == item.to) {
      continue;
    }
    renamed[item.from] = item.to;
    renamed.erase(item.to);
    const auto place = std::find_if(columns_.begin(), columns_.end(), [&](const Column& other) {
      return other.name == item.from;
    });
    column->name = item.to;
    if (place == columns_.end()) {
      Hide(item.from);
      Put(std::move(*column));
      continue;
    }
    *place = *column;
    const std::size_t index = static_cast<std::size_t>(place - columns_.begin());
    std::size_t at = 0;
    std::erase_if(columns_, [&](const Column& other) {
      return at++ != index && other.name == item.to;
    });
    hidden_.insert(item.from);
  }
}

}  // namespace weir::plan
