#include "tests/spec/compare.h"

#include <algorithm>

#include "tests/spec/table.h"

namespace weir::spec {

namespace {

std::string Columns(const Case& spec) {
  std::string text;
  for (const ExpectedColumn& column : spec.columns) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : " | ", column.name, column.type);
  }
  return text;
}

std::string Columns(const Answer& answer) {
  std::string text;
  for (const AnswerColumn& column : answer.columns) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : " | ", column.name,
                        DataTypeName(column.type));
  }
  return text;
}

std::string RowText(const std::vector<Value>& row) {
  std::string text;
  for (const Value& cell : row) {
    text += (text.empty() ? "" : " | ") + ValueToString(cell);
  }
  return text;
}

// Parts a list at commas that no backslash precedes.
std::vector<std::string> ListItems(std::string_view list) {
  std::vector<std::string> items(1);
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '\\' && i + 1 < list.size() &&
        std::string_view(",[]").find(list[i + 1]) != std::string_view::npos) {
      items.back().push_back(list[++i]);
    } else if (list[i] == ',') {
      items.emplace_back();
    } else {
      items.back().push_back(list[i]);
    }
  }
  return items;
}

// The cell as the expected table writes it; empty when its text is no value of the type.
std::optional<Value> ExpectedCell(DataType type, const std::string& text, Arena* arena) {
  if (text == "null" || (text.empty() && !IsString(type))) {
    return Value::Null();
  }
  if (type == DataType::kNull) {
    return std::nullopt;
  }
  if (!(text.starts_with('[') && text.ends_with(']'))) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool escapes = text[i] == '\\' && i + 1 < text.size() &&
                           std::string_view(",[]").find(text[i + 1]) != std::string_view::npos;
      plain.push_back(text[escapes ? ++i : i]);
    }
    return ParseItem(type, plain, arena);
  }
  std::vector<Value> items;
  for (const std::string& item : ListItems(std::string_view(text).substr(1, text.size() - 2))) {
    std::optional<Value> value = ParseItem(type, TrimBlanks(item), arena);
    if (!value.has_value()) {
      return std::nullopt;
    }
    items.push_back(*value);
  }
  return Value::MakeMulti(items, arena);
}

bool SameCell(const Value& expected, const Value& actual) {
  // An empty cell of the table stands for null as well as for the empty text.
  if (!expected.is_multi() && IsString(expected.type()) && expected.text().empty() &&
      actual.is_null()) {
    return true;
  }
  return CellsEqual(expected, actual);
}

bool SameRow(const std::vector<Value>& expected, const std::vector<Value>& actual) {
  return std::equal(expected.begin(), expected.end(), actual.begin(), actual.end(), SameCell);
}

std::string CompareInOrder(const std::vector<std::vector<Value>>& expected, const Answer& answer) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!SameRow(expected[i], answer.rows[i])) {
      return fmt::format("row {} is [{}] instead of [{}]", i + 1, RowText(answer.rows[i]),
                         RowText(expected[i]));
    }
  }
  return "";
}

std::string CompareAsSets(const std::vector<std::vector<Value>>& expected, const Answer& answer) {
  std::vector<bool> taken(answer.rows.size());
  for (const std::vector<Value>& row : expected) {
    std::size_t i = 0;
    while (i < taken.size() && (taken[i] || !SameRow(row, answer.rows[i]))) {
      ++i;
    }
    if (i == taken.size()) {
      const auto other = std::find(taken.begin(), taken.end(), false);
      return fmt::format("row [{}] is missing; there is [{}]", RowText(row),
                         RowText(answer.rows[static_cast<std::size_t>(other - taken.begin())]));
    }
    taken[i] = true;
  }
  return "";
}

}  // namespace

std::string Compare(const Case& spec, const Answer& answer) {
  bool same_columns = spec.columns.size() == answer.columns.size();
  std::vector<DataType> types;
  for (std::size_t i = 0; same_columns && i < spec.columns.size(); ++i) {
    const std::optional<DataType> type = ParseColumnType(spec.columns[i].type);
    same_columns = spec.columns[i].name == answer.columns[i].name && type.has_value() &&
                   *type == answer.columns[i].type;
    types.push_back(answer.columns[i].type);
  }
  if (!same_columns) {
    return fmt::format("columns are [{}] instead of [{}]", Columns(answer), Columns(spec));
  }
  Arena arena;
  std::vector<std::vector<Value>> expected;
  for (const std::vector<std::string>& row : spec.rows) {
    std::vector<Value>& cells = expected.emplace_back();
    if (row.size() != types.size()) {
      return fmt::format("an expected row has {} cells for {} columns", row.size(), types.size());
    }
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::optional<Value> cell = ExpectedCell(types[i], row[i], &arena);
      if (!cell.has_value()) {
        return fmt::format("the expected cell [{}] is no {}", row[i], DataTypeName(types[i]));
      }
      cells.push_back(*cell);
    }
  }
  if (expected.size() != answer.rows.size()) {
    return fmt::format("{} rows instead of {}; the first is [{}]", answer.rows.size(),
                       expected.size(), answer.rows.empty() ? "" : RowText(answer.rows.front()));
  }
  return spec.ignores_order ? CompareAsSets(expected, answer) : CompareInOrder(expected, answer);
}

}  // namespace weir::spec
