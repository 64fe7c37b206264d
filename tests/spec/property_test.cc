// Random pipelines over random rows: one pass, every split and every batch size give what the naive
// evaluator gives. WEIR_PROPERTY_RUNS says how many pipelines (default 150), WEIR_PROPERTY_SEED the first.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/spec/naive_table.h"
#include "tests/spec/run.h"

namespace weir::spec {
namespace {

int64_t Setting(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoll(text, nullptr, 10);
}

std::string CellText(const NaiveCell& cell) {
  std::vector<std::string> items;
  for (const NaiveItem& item : cell) {
    items.push_back(item.index() == 0 ? fmt::format("{}", std::get<int64_t>(item))
                                      : std::get<std::string>(item));
  }
  return items.empty()       ? "null"
         : items.size() == 1 ? items.front()
                             : fmt::format("[{}]", fmt::join(items, ", "));
}

class PipelineMaker {
 public:
  explicit PipelineMaker(uint64_t seed) : random_(seed) {}

  NaiveTable MakeTable() {
    NaiveTable table;
    for (const char* name : {"a", "b", "k", "m"}) {
      table.columns.push_back({name, *name == 'a' || *name == 'b'});
    }
    const int rows = Below(25);
    for (int i = 0; i < rows; ++i) {
      std::vector<NaiveCell>& row = table.rows.emplace_back();
      for (const NaiveColumn& column : table.columns) {
        // Columns b and k may have several values.
        row.push_back(MakeCell(column.is_long, column.name == "b" || column.name == "k"));
      }
    }
    return table;
  }

  // Makes a query over the table, and the table into its result.
  std::string Make(NaiveTable* table) {
    std::string query = "FROM rows";
    const int commands = 1 + Below(6);
    for (int i = 0; i < commands; ++i) {
      query += "\n| " + AddCommand(table);
    }
    return query;
  }

 private:
  int Below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

  NaiveItem MakeItem(bool is_long) {
    return is_long ? NaiveItem(int64_t{Below(7)} - 2) : NaiveItem(std::string(1, "pqrs"[Below(4)]));
  }

  NaiveCell MakeCell(bool is_long, bool multi) {
    const int choice = Below(6);
    if (choice == 0) {
      return {};
    }
    NaiveCell cell = {MakeItem(is_long)};
    for (int more = multi && choice > 3 ? Below(3) : 0; more > 0; --more) {
      cell.push_back(MakeItem(is_long));
    }
    std::sort(cell.begin(), cell.end());
    if (!is_long) {
      cell.erase(std::unique(cell.begin(), cell.end()), cell.end());
    }
    return cell;
  }

  const NaiveColumn& AnyColumn(const NaiveTable& table) {
    return table.columns[static_cast<std::size_t>(Below(static_cast<int>(table.columns.size())))];
  }

  NaiveCondition MakeCondition(const NaiveTable& table) {
    const NaiveColumn& column = AnyColumn(table);
    const NaiveItem item = MakeItem(column.is_long);
    const std::string literal = column.is_long ? CellText({item}) : "\"" + CellText({item}) + "\"";
    const auto compare = [&](std::string_view op, auto test) {
      return NaiveCondition{fmt::format("{} {} {}", column.name, op, literal), column.name,
                            [item, test](const NaiveCell& cell) {
                              return cell.size() != 1        ? NaiveTruth::kNull
                                     : test(cell[0], item) ? NaiveTruth::kTrue
                                                             : NaiveTruth::kFalse;
                            }};
    };
    switch (Below(6)) {
      case 0:
        return compare("==", std::equal_to<>());
      case 1:
        return compare("!=", std::not_equal_to<>());
      case 2:
        return compare(">=", std::greater_equal<>());
      case 3:
        return compare("<", std::less<>());
      case 4:
        return {column.name + " IS NULL", column.name, [](const NaiveCell& cell) {
                  return cell.empty() ? NaiveTruth::kTrue : NaiveTruth::kFalse;
                }};
      default:
        return {fmt::format("NOT ({} IN ({}))", column.name, literal), column.name,
                [item](const NaiveCell& cell) {
                  return cell.size() != 1    ? NaiveTruth::kNull
                         : cell[0] == item ? NaiveTruth::kFalse
                                             : NaiveTruth::kTrue;
                }};
    }
  }

  std::string AddStats(NaiveTable* table, bool keeps_rows) {
    std::vector<NaiveAggregate> aggregates;
    std::vector<std::string> texts;
    const int count = 1 + Below(3);
    for (int i = 0; i < count; ++i) {
      NaiveAggregate aggregate;
      aggregate.name = fmt::format("x{}", Below(100));
      const bool repeated = std::any_of(
          aggregates.begin(), aggregates.end(),
          [&](const NaiveAggregate& other) { return other.name == aggregate.name; });
      if (repeated) {
        continue;
      }
      aggregate.function = static_cast<NaiveFunction>(Below(7));
      const NaiveColumn& column = AnyColumn(*table);
      aggregate.column = column.name;
      if (aggregate.function == NaiveFunction::kSum && !column.is_long) {
        aggregate.function = NaiveFunction::kMax;
      }
      if (keeps_rows && aggregate.function == NaiveFunction::kValues) {
        aggregate.function = NaiveFunction::kMin;   // MV_SORT would see the groups' values together
      }
      if (Below(3) == 0) {
        aggregate.filter.push_back(MakeCondition(*table));
      }
      texts.push_back(AggregateText(aggregate));
      aggregates.push_back(std::move(aggregate));
    }
    std::vector<std::string> keys;
    for (int wanted = Below(3); wanted > 0; --wanted) {
      const std::string& key = AnyColumn(*table).name;
      const bool taken =
          std::find(keys.begin(), keys.end(), key) != keys.end() ||
          std::any_of(aggregates.begin(), aggregates.end(),
                      [&](const NaiveAggregate& aggregate) { return aggregate.name == key; });
      if (!taken) {
        keys.push_back(key);
      }
    }
    NaiveStats(table, aggregates, keys, keeps_rows);
    return fmt::format("{}STATS {}{}{}", keeps_rows ? "INLINE " : "", fmt::join(texts, ", "),
                       keys.empty() ? "" : " BY ", fmt::join(keys, ", "));
  }

  std::string AddKeep(NaiveTable* table) {
    std::vector<std::string> names;
    for (const NaiveColumn& column : table->columns) {
      if (Below(4) != 0) {
        names.push_back(column.name);
      }
    }
    if (names.empty()) {
      names.push_back(table->columns.front().name);
    }
    std::shuffle(names.begin(), names.end(), random_);
    NaiveKeep(table, names);
    return fmt::format("KEEP {}", fmt::join(names, ", "));
  }

  std::string AddEval(NaiveTable* table) {
    const NaiveColumn source = AnyColumn(*table);
    const std::size_t index = table->IndexOf(source.name);
    const std::string name = fmt::format("e{}", Below(3));
    std::vector<NaiveCell> cells;
    const bool counts = Below(2) == 0;
    for (const std::vector<NaiveCell>& row : table->rows) {
      NaiveCell cell = row[index];
      if (counts) {
        cell = cell.empty() ? NaiveCell{} : NaiveCell{static_cast<int64_t>(cell.size())};
      } else if (cell.size() != 1) {
        cell = {};
      } else if (source.is_long) {
        cell = {std::get<int64_t>(cell[0]) * 2 + 1};
      } else {
        cell = {std::get<std::string>(cell[0]) + "z"};
      }
      cells.push_back(std::move(cell));
    }
    table->Append({name, counts || source.is_long}, std::move(cells));
    return counts           ? fmt::format("EVAL {} = TO_LONG(MV_COUNT({}))", name, source.name)
           : source.is_long ? fmt::format("EVAL {} = {} * 2 + 1", name, source.name)
                            : fmt::format("EVAL {} = CONCAT({}, \"z\")", name, source.name);
  }

  std::string AddCommand(NaiveTable* table) {
    switch (Below(8)) {
      case 0:
      case 1: {
        const NaiveCondition condition = MakeCondition(*table);
        NaiveWhere(table, condition);
        return "WHERE " + condition.text;
      }
      case 2:
        return AddStats(table, false);
      case 3:
        return AddStats(table, true);
      case 4: {
        const std::string column = AnyColumn(*table).name;
        NaiveExpand(table, column);
        return "MV_EXPAND " + column;
      }
      case 5:
        return AddKeep(table);
      case 6:
        if (!table->HasMultivalues()) {
          std::vector<std::string> keys;
          for (const NaiveColumn& column : table->columns) {
            keys.push_back(column.name);
          }
          const int limit = Below(10);
          NaiveSortAndLimit(table, static_cast<std::size_t>(limit));
          return fmt::format("SORT {}\n| LIMIT {}", fmt::join(keys, ", "), limit);
        }
        return AddEval(table);
      default:
        return AddEval(table);
    }
  }

  std::mt19937_64 random_;
};

void WriteTable(const NaiveTable& table, const std::filesystem::path& path) {
  std::ofstream file(path);
  std::vector<std::string> header;
  for (const NaiveColumn& column : table.columns) {
    header.push_back(column.name + (column.is_long ? ":long" : ":keyword"));
  }
  file << fmt::format("{}\n", fmt::join(header, ","));
  for (const std::vector<NaiveCell>& row : table.rows) {
    std::vector<std::string> cells;
    for (const NaiveCell& cell : row) {
      cells.push_back(CellText(cell));
    }
    file << fmt::format("{}\n", fmt::join(cells, ","));
  }
}

TEST(PropertyTest, RandomPipelinesGiveWhatANaiveEvaluatorGives) {
  const int64_t first = Setting("WEIR_PROPERTY_SEED", 1);
  const int64_t runs = Setting("WEIR_PROPERTY_RUNS", 150);
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / fmt::format("weir_property_{}", ::getpid());
  std::filesystem::create_directories(folder);
  for (int64_t seed = first; seed < first + runs; ++seed) {
    PipelineMaker maker(static_cast<uint64_t>(seed));
    NaiveTable table = maker.MakeTable();
    WriteTable(table, folder / "rows.csv");
    Case spec;
    spec.name = fmt::format("seed {}", seed);
    spec.ignores_order = true;
    spec.query = maker.Make(&table);
    for (const NaiveColumn& column : table.columns) {
      spec.columns.push_back({column.name, column.is_long ? "long" : "keyword"});
    }
    for (const std::vector<NaiveCell>& row : table.rows) {
      std::vector<std::string>& cells = spec.rows.emplace_back();
      for (const NaiveCell& cell : row) {
        cells.push_back(CellText(cell));
      }
    }
    const CaseResult result = SpecRunner(folder.string()).RunCase(spec);
    EXPECT_EQ(result.verdict, Verdict::kPassed)
        << "WEIR_PROPERTY_SEED=" << seed << "\n"
        << spec.query << "\n"
        << result.reason;
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace weir::spec
