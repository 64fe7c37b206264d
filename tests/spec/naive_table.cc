#include "tests/spec/naive_table.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "common/base/check.h"

namespace weir::spec {

namespace {

std::vector<std::size_t> Indices(const NaiveTable& table, const std::vector<std::string>& names) {
  std::vector<std::size_t> indices;
  for (const std::string& name : names) {
    indices.push_back(table.IndexOf(name));
  }
  return indices;
}

// All choices of one value per key cell; null chooses null. Values in the cell's order, each once.
std::vector<std::vector<NaiveCell>> GroupsOf(const std::vector<NaiveCell>& row,
                                             const std::vector<std::size_t>& keys) {
  std::vector<std::vector<NaiveCell>> groups = {{}};
  for (const std::size_t key : keys) {
    std::vector<NaiveCell> choices;
    for (const NaiveItem& item : row[key]) {
      if (std::find(choices.begin(), choices.end(), NaiveCell{item}) == choices.end()) {
        choices.push_back({item});
      }
    }
    if (choices.empty()) {
      choices.emplace_back();
    }
    std::vector<std::vector<NaiveCell>> longer;
    // The first key's values vary fastest.
    for (const NaiveCell& choice : choices) {
      for (std::vector<NaiveCell> group : groups) {
        group.push_back(choice);
        longer.push_back(std::move(group));
      }
    }
    groups = std::move(longer);
  }
  return groups;
}

NaiveCell Aggregate(const NaiveTable& table, const NaiveAggregate& aggregate,
                    const std::vector<std::size_t>& rows) {
  std::vector<NaiveItem> values;
  int64_t row_count = 0;
  for (const std::size_t row : rows) {
    if (!aggregate.filter.empty()) {
      const NaiveCondition& filter = aggregate.filter.front();
      if (filter.test(table.rows[row][table.IndexOf(filter.column)]) != NaiveTruth::kTrue) {
        continue;
      }
    }
    ++row_count;
    if (aggregate.function != NaiveFunction::kCountRows) {
      const NaiveCell& cell = table.rows[row][table.IndexOf(aggregate.column)];
      values.insert(values.end(), cell.begin(), cell.end());
    }
  }
  const std::set<NaiveItem> distinct(values.begin(), values.end());
  int64_t sum = 0;
  switch (aggregate.function) {
    case NaiveFunction::kCountRows:
      return {row_count};
    case NaiveFunction::kCount:
      return {static_cast<int64_t>(values.size())};
    case NaiveFunction::kCountDistinct:
      return {static_cast<int64_t>(distinct.size())};
    case NaiveFunction::kValues:
      return {distinct.begin(), distinct.end()};
    case NaiveFunction::kMin:
      return distinct.empty() ? NaiveCell{} : NaiveCell{*distinct.begin()};
    case NaiveFunction::kMax:
      return distinct.empty() ? NaiveCell{} : NaiveCell{*distinct.rbegin()};
    case NaiveFunction::kSum:
      for (const NaiveItem& value : values) {
        sum += std::get<int64_t>(value);
      }
      return values.empty() ? NaiveCell{} : NaiveCell{sum};
  }
  return {};
}

bool ResultIsLong(const NaiveTable& table, const NaiveAggregate& aggregate) {
  switch (aggregate.function) {
    case NaiveFunction::kMin:
    case NaiveFunction::kMax:
    case NaiveFunction::kValues:
      return table.columns[table.IndexOf(aggregate.column)].is_long;
    default:
      return true;
  }
}

}  // namespace

std::size_t NaiveTable::IndexOf(const std::string& name) const {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const NaiveColumn& column) {
    return column.name == name;
  });
  WEIR_CHECK(found != columns.end(), "no column {}", name);
  return static_cast<std::size_t>(found - columns.begin());
}

void NaiveTable::Append(const NaiveColumn& column, std::vector<NaiveCell> cells) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == column.name) {
      columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(i));
      for (std::vector<NaiveCell>& row : rows) {
        row.erase(row.begin() + static_cast<std::ptrdiff_t>(i));
      }
      break;
    }
  }
  columns.push_back(column);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].push_back(std::move(cells[i]));
  }
}

bool NaiveTable::HasMultivalues() const {
  return std::any_of(rows.begin(), rows.end(), [](const std::vector<NaiveCell>& row) {
    return std::any_of(row.begin(), row.end(),
                       [](const NaiveCell& cell) { return cell.size() > 1; });
  });
}

std::string AggregateText(const NaiveAggregate& aggregate) {
  static constexpr std::string_view kFormats[] = {
      "COUNT(*)", "COUNT({})", "SUM({})", "MIN({})", "MAX({})", "COUNT_DISTINCT({})",
      "MV_SORT(VALUES({}))"};
  const std::string call =
      fmt::format(fmt::runtime(kFormats[static_cast<std::size_t>(aggregate.function)]),
                  aggregate.column);
  return fmt::format("{} = {}{}", aggregate.name, call,
                     aggregate.filter.empty() ? "" : " WHERE " + aggregate.filter.front().text);
}

void NaiveWhere(NaiveTable* table, const NaiveCondition& condition) {
  const std::size_t column = table->IndexOf(condition.column);
  std::erase_if(table->rows, [&](const std::vector<NaiveCell>& row) {
    return condition.test(row[column]) != NaiveTruth::kTrue;
  });
}

void NaiveStats(NaiveTable* table, const std::vector<NaiveAggregate>& aggregates,
                const std::vector<std::string>& keys, bool keeps_rows) {
  const std::vector<std::size_t> key_columns = Indices(*table, keys);
  std::map<std::vector<NaiveCell>, std::vector<std::size_t>> groups;
  if (keys.empty()) {
    groups[{}];
  }
  for (std::size_t row = 0; row < table->rows.size(); ++row) {
    for (const std::vector<NaiveCell>& group : GroupsOf(table->rows[row], key_columns)) {
      groups[group].push_back(row);
    }
  }
  const NaiveTable before = *table;
  NaiveTable after;
  if (keeps_rows) {
    after = before;
  } else {
    after.rows.resize(groups.size());
  }
  for (const NaiveAggregate& aggregate : aggregates) {
    std::map<std::vector<NaiveCell>, NaiveCell> results;
    std::vector<NaiveCell> cells;
    for (const auto& [group, rows] : groups) {
      results[group] = Aggregate(before, aggregate, rows);
      if (!keeps_rows) {
        cells.push_back(results[group]);
      }
    }
    if (keeps_rows) {
      for (const std::vector<NaiveCell>& row : before.rows) {
        NaiveCell cell;
        for (const std::vector<NaiveCell>& group : GroupsOf(row, key_columns)) {
          cell.insert(cell.end(), results[group].begin(), results[group].end());
        }
        cells.push_back(std::move(cell));
      }
    }
    after.Append({aggregate.name, ResultIsLong(before, aggregate)}, std::move(cells));
  }
  for (std::size_t key = 0; key < keys.size(); ++key) {
    std::vector<NaiveCell> cells;
    if (keeps_rows) {
      for (const std::vector<NaiveCell>& row : before.rows) {
        cells.push_back(row[key_columns[key]]);
      }
    } else {
      for (const auto& [group, rows] : groups) {
        cells.push_back(group[key]);
      }
    }
    after.Append(before.columns[key_columns[key]], std::move(cells));
  }
  *table = std::move(after);
}

void NaiveExpand(NaiveTable* table, const std::string& column) {
  const std::size_t index = table->IndexOf(column);
  std::vector<std::vector<NaiveCell>> rows;
  for (const std::vector<NaiveCell>& row : table->rows) {
    if (row[index].size() <= 1) {
      rows.push_back(row);
      continue;
    }
    for (const NaiveItem& item : row[index]) {
      rows.push_back(row);
      rows.back()[index] = {item};
    }
  }
  table->rows = std::move(rows);
}

void NaiveKeep(NaiveTable* table, const std::vector<std::string>& names) {
  NaiveTable kept;
  kept.rows.resize(table->rows.size());
  for (const std::string& name : names) {
    const std::size_t index = table->IndexOf(name);
    kept.columns.push_back(table->columns[index]);
    for (std::size_t row = 0; row < table->rows.size(); ++row) {
      kept.rows[row].push_back(table->rows[row][index]);
    }
  }
  *table = std::move(kept);
}

void NaiveSortAndLimit(NaiveTable* table, std::size_t limit) {
  const auto before = [](const std::vector<NaiveCell>& left, const std::vector<NaiveCell>& right) {
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (left[i] != right[i]) {
        return left[i].empty() ? false : right[i].empty() || left[i] < right[i];
      }
    }
    return false;
  };
  std::sort(table->rows.begin(), table->rows.end(), before);
  if (table->rows.size() > limit) {
    table->rows.resize(limit);
  }
}

}  // namespace weir::spec
