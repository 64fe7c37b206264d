#include "tests/spec/table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>

#include "common/base/time.h"
#include "common/plan/query.h"
#include "tests/spec/csv_spec.h"

namespace weir::spec {

namespace {

// Data files part cells by commas, outside of brackets and double quotes.
std::vector<std::string> SplitRow(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  bool bracketed = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && i + 1 < line.size()) {
      if (line[i + 1] != ',' || bracketed) {
        cells.back().push_back(c);
      }
      cells.back().push_back(line[++i]);
    } else if (c == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
        cells.back().push_back('"');
        ++i;
      } else {
        quoted = !quoted;
      }
    } else if (c == ',' && !quoted && !bracketed) {
      cells.emplace_back();
    } else {
      bracketed = !quoted && (c == '[' ? TrimBlanks(cells.back()).empty()
                                       : bracketed && c != ']');
      cells.back().push_back(c);
    }
  }
  return cells;
}

std::vector<std::string> SplitItems(std::string_view list) {
  std::vector<std::string> items(1);
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '\\' && i + 1 < list.size() && list[i + 1] == ',') {
      items.back().push_back(',');
      ++i;
    } else if (list[i] == ',') {
      items.emplace_back();
    } else {
      items.back().push_back(list[i]);
    }
  }
  return items;
}

// A double as a narrow index type keeps it.
double NarrowHalf(double number) {
  if (number == 0 || !std::isfinite(number)) {
    return number;
  }
  int exponent = 0;
  std::frexp(number, &exponent);
  const double unit = std::ldexp(1.0, std::max(exponent - 11, -24));
  return std::nearbyint(number / unit) * unit;
}

double Narrow(std::string_view type_name, double number) {
  if (type_name == "float") {
    return static_cast<double>(static_cast<float>(number));
  }
  if (type_name == "half_float") {
    return NarrowHalf(number);
  }
  if (type_name == "scaled_float") {
    return std::round(number * 100) * (1 / 100.0);   // stored as a whole number
  }
  return number;
}

// As an index gives a multivalue back: in order, keywords without repeats; text as written.
Value MakeCell(DataType type, std::vector<Value> items, Arena* arena) {
  if (type != DataType::kText) {
    std::stable_sort(items.begin(), items.end(), [](const Value& left, const Value& right) {
      return CompareValues(left, right) < 0;
    });
  }
  if (type == DataType::kKeyword || type == DataType::kIp || type == DataType::kVersion) {
    items.erase(std::unique(items.begin(), items.end(),
                            [](const Value& left, const Value& right) {
                              return CompareValues(left, right) == 0;
                            }),
                items.end());
  }
  return Value::MakeMulti(items, arena);
}

StatusOr<Value> ParseDataCell(DataType type, std::string_view type_name, std::string_view text,
                              Arena* arena) {
  text = TrimBlanks(text);
  std::vector<std::string> items = {std::string(text)};
  if (text.starts_with('[') && text.ends_with(']')) {
    items = SplitItems(text.substr(1, text.size() - 2));
  }
  std::vector<Value> values;
  for (const std::string& item : items) {
    const std::string_view trimmed = TrimBlanks(item);
    if (trimmed.empty() || trimmed == "null") {
      continue;
    }
    std::optional<Value> value = ParseItem(type, trimmed, arena);
    if (!value.has_value()) {
      return InvalidArgument("[{}] is no {}", trimmed, type_name);
    }
    if (type == DataType::kDouble) {
      *value = Value::Double(Narrow(type_name, value->number()));
    }
    values.push_back(*value);
  }
  return MakeCell(type, std::move(values), arena);
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [position, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && position == end ? std::optional(number) : std::nullopt;
}

std::optional<Value> ParseDate(std::string_view text) {
  if (const std::optional<int64_t> millis = ParseNumber<int64_t>(text);
      millis.has_value() && text.size() > 4) {
    return Value::Datetime(*millis);
  }
  if (text.starts_with('-')) {
    // A year before 0: 400 years have the same calendar at any time.
    constexpr int64_t kCycleYears = 400;
    constexpr int64_t kCycleMs = 146'097 * kMillisPerDay;
    const std::size_t end = text.find('-', 1);
    const auto year = ParseNumber<int64_t>(text.substr(0, end));
    if (!year.has_value() || end == std::string_view::npos) {
      return std::nullopt;
    }
    const int64_t cycles = -FloorDiv(*year, kCycleYears);
    const std::optional<UnixMillis> shifted =
        ParseTime(fmt::format("{:04}{}", *year + cycles * kCycleYears, text.substr(end)));
    return shifted ? std::optional(Value::Datetime(*shifted - cycles * kCycleMs)) : std::nullopt;
  }
  const std::optional<UnixMillis> time = ParseTime(text);
  return time.has_value() ? std::optional(Value::Datetime(*time)) : std::nullopt;
}

}  // namespace

std::optional<Value> ParseItem(DataType type, std::string_view text, Arena* arena) {
  switch (type) {
    case DataType::kBoolean:
      return text == "true"    ? std::optional(Value::Boolean(true))
             : text == "false" ? std::optional(Value::Boolean(false))
                               : std::nullopt;
    case DataType::kInteger: {
      const auto number = ParseNumber<int32_t>(text);
      return number ? std::optional(Value::Integer(*number)) : std::nullopt;
    }
    case DataType::kLong: {
      const auto number = ParseNumber<int64_t>(text);
      return number ? std::optional(Value::Long(*number)) : std::nullopt;
    }
    case DataType::kUnsignedLong: {
      const auto number = ParseNumber<uint64_t>(text);
      return number ? std::optional(Value::UnsignedLong(*number)) : std::nullopt;
    }
    case DataType::kDouble: {
      const auto number = ParseNumber<double>(text);
      return number ? std::optional(Value::Double(*number)) : std::nullopt;
    }
    case DataType::kDatetime:
      return ParseDate(text);
    case DataType::kIp: {
      char* bytes = arena->Allocate(16);
      return ParseIp(text, bytes) ? std::optional(Value::Ip(bytes)) : std::nullopt;
    }
    case DataType::kKeyword:
    case DataType::kText:
    case DataType::kVersion:
      return Value::String(type, arena->Copy(text));
    default:
      return std::nullopt;
  }
}

std::optional<DataType> Table::TypeOf(std::string_view field) const {
  for (const Column& column : columns_) {
    if (column.name == field) {
      return column.type;
    }
  }
  return std::nullopt;
}

void Table::AddColumn(const Column& column) {
  columns_.push_back(column);
}

void Table::SortNames() {
  for (const Column& column : columns_) {
    names_.push_back(column.name);
  }
  std::sort(names_.begin(), names_.end());
}

Value Table::Cell(std::size_t row, std::string_view column) const {
  if (column == plan::kRowOrdinalField) {
    return Value::Long(static_cast<int64_t>(row));
  }
  if (column == "_index") {
    return Value::Keyword(indices_.empty() ? index_ : indices_[row]);
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].name == column) {
      return rows_[row][i];
    }
  }
  return Value::Null();
}

StatusOr<TablePtr> LoadTable(const std::string& path, const std::string& index) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) {
    return NotFound("reading {}: it cannot be read or is empty", path);
  }
  auto table = std::make_shared<Table>();
  table->index_ = index;
  std::vector<std::string> type_names;
  for (const std::string& cell : SplitRow(line)) {
    const std::string_view header = TrimBlanks(cell);
    const std::size_t colon = header.rfind(':');
    const std::string_view type_name =
        colon == std::string_view::npos ? "keyword" : TrimBlanks(header.substr(colon + 1));
    const std::optional<DataType> type = ParseColumnType(type_name);
    type_names.emplace_back(type_name);
    table->AddColumn({std::string(TrimBlanks(header.substr(0, colon))),
                      type.value_or(DataType::kUnsupported)});
  }
  for (int number = 2; std::getline(file, line); ++number) {
    if (TrimBlanks(line).empty() || line.starts_with("//")) {
      continue;
    }
    const std::vector<std::string> cells = SplitRow(line);
    std::vector<Value> row;
    for (std::size_t i = 0; i < table->columns_.size(); ++i) {
      if (i >= cells.size() || table->columns_[i].type == DataType::kUnsupported) {
        row.push_back(Value::Null());
        continue;
      }
      StatusOr<Value> cell =
          ParseDataCell(table->columns_[i].type, type_names[i], cells[i], table->arena_.get());
      if (!cell.ok()) {
        return Annotate(cell.status(), fmt::format("reading {}:{}", path, number));
      }
      row.push_back(*cell);
    }
    table->rows_.push_back(std::move(row));
  }
  // What the original indices hold as a constant beside the rows of the file.
  const std::string_view event_type = index == "event_alerts"  ? "alert"
                                      : index == "event_logs" ? "login"
                                                              : "";
  if (!event_type.empty()) {
    table->AddColumn({"event_type", DataType::kKeyword});
    for (std::vector<Value>& row : table->rows_) {
      row.push_back(Value::Keyword(event_type));
    }
  }
  table->SortNames();
  return TablePtr(std::move(table));
}

StatusOr<TablePtr> UniteTables(const std::vector<TablePtr>& tables) {
  if (tables.size() == 1) {
    return tables.front();
  }
  auto united = std::make_shared<Table>();
  united->parts_ = tables;
  for (const TablePtr& part : tables) {
    for (const Table::Column& column : part->columns_) {
      const std::optional<DataType> known = united->TypeOf(column.name);
      if (!known.has_value()) {
        united->AddColumn(column);
      } else if (*known != column.type) {
        return InvalidArgument("indices of one query map [{}] to [{}] and [{}], which is not supported",
                               column.name, DataTypeName(*known), DataTypeName(column.type));
      }
    }
  }
  for (const TablePtr& part : tables) {
    for (std::size_t row = 0; row < part->row_count(); ++row) {
      std::vector<Value> cells;
      for (const Table::Column& column : united->columns_) {
        cells.push_back(part->Cell(row, column.name));
      }
      united->rows_.push_back(std::move(cells));
      united->indices_.push_back(part->index_);
    }
  }
  united->SortNames();
  return TablePtr(std::move(united));
}

Value TableRow::Load(FieldId id) {
  const std::string& name = fields_->field(id).name;
  if (table_ == nullptr) {
    return name == plan::kRowOrdinalField ? Value::Long(0) : Value::Null();
  }
  return table_->Cell(row_, name);
}

}  // namespace weir::spec
