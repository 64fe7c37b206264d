// What an alert counted, in words: numbers first, then how many different values, then single values.
#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "common/alert/render.h"
#include "common/alert/text_internal.h"

namespace weir::alert {

namespace {

// "Esql.inference_call_count" -> inference, call, count
std::vector<std::string> WordsOf(std::string_view column) {
  for (const std::string_view prefix : {"Esql.", "Esql_priv."}) {
    if (column.starts_with(prefix)) {
      column.remove_prefix(prefix.size());
    }
  }
  std::vector<std::string> words(1);
  for (const char c : SafeText(column)) {
    if (c == '.' || c == '_' || c == ' ' || c == '(' || c == ')' || c == '*' || c == '@') {
      if (!words.back().empty()) {
        words.emplace_back();
      }
    } else {
      words.back().push_back(c);
    }
  }
  if (words.back().empty()) {
    words.pop_back();
  }
  return words;
}

std::string Plural(std::string word) {
  const auto ends = [&](std::string_view end) { return word.ends_with(end); };
  if (ends("s") || ends("x") || ends("ch") || ends("sh")) {
    return word + "es";
  }
  if (ends("y") && !ends("ay") && !ends("ey") && !ends("oy")) {
    word.pop_back();
    return word + "ies";
  }
  return word + "s";
}

// The thing that a column of values names, two words at most: "access key".
std::string NounOf(std::string_view column, bool plural) {
  std::vector<std::string> words = WordsOf(column);
  for (const std::string_view filler : {"values", "original", "name", "id"}) {
    if (words.size() > 1 && words.back() == filler) {
      words.pop_back();
    }
  }
  if (words.empty()) {
    return plural ? "values" : "value";
  }
  if (plural) {
    words.back() = Plural(std::move(words.back()));
  }
  const auto first = words.size() > 2 ? std::prev(words.end(), 2) : words.begin();
  return fmt::format("{}", fmt::join(first, words.end(), " "));
}

std::string NumberText(const Value& value) {
  if (value.type() == DataType::kUnsignedLong) {
    return fmt::format("{}", value.unsigned_long());
  }
  if (value.type() != DataType::kDouble) {
    return fmt::format("{}", value.integer());
  }
  const double number = value.number();
  const double rounded = std::round(number * 1000) / 1000;
  return fmt::format("{}", rounded != 0 && std::abs(number) < 1e12 ? rounded : number);
}

// "5 invalid calls" of a column whose name is a plural; else "call count 5".
std::string CountText(const std::vector<std::string>& words, const Value& value) {
  const std::string name = words.empty() ? "value" : fmt::format("{}", fmt::join(words, " "));
  const bool plural = name.ends_with("s") && !name.ends_with("ss") && !name.ends_with("us") &&
                      !name.ends_with("is");
  return plural && value.type() != DataType::kDouble ? fmt::format("{} {}", NumberText(value), name)
                                                     : fmt::format("{} {}", name, NumberText(value));
}

struct Item {
  int rank;
  std::string text;
};

std::vector<Item> ItemsOf(const Alert& alert) {
  std::vector<Item> items;
  Arena arena;
  for (const NamedCell& cell : alert.columns) {
    const bool grouped =
        std::any_of(alert.group.begin(), alert.group.end(),
                    [&](const NamedCell& group) { return group.name == cell.name; });
    const Value value = CellValue(cell, &arena);
    if (grouped || value.is_null()) {
      continue;
    }
    if (value.is_multi()) {
      items.push_back({1, fmt::format("{} {}", value.count(), NounOf(cell.name, true))});
    } else if (IsNumeric(value.type())) {
      items.push_back({0, CountText(WordsOf(cell.name), value)});
    } else {
      items.push_back({2, fmt::format("{} {}", NounOf(cell.name, false),
                                      ValueText(value, {.shorten = true, .items_max = 0}))});
    }
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const Item& left, const Item& right) { return left.rank < right.rank; });
  return items;
}

}  // namespace

std::string SummarizeColumns(const Alert& alert, std::size_t width_max) {
  const std::vector<Item> items = ItemsOf(alert);
  std::string all;
  std::string fitting;   // the longest row of whole items that leaves room for ", …"
  for (const Item& item : items) {
    all.append(all.empty() ? "" : ", ").append(item.text);
    if (DisplayWidth(all) + 3 <= width_max) {
      fitting = all;
    }
  }
  if (width_max == 0 || DisplayWidth(all) <= width_max) {
    return all;
  }
  return fitting.empty() ? FitText(all, width_max) : fitting + ", …";
}

}  // namespace weir::alert
