// Every function, over random cells: any split into partial states, merged in any order and tree,
// finishes to the bytes of the single pass.
#include <algorithm>
#include <random>

#include "agg_testing.h"

namespace weir::agg {
namespace {

constexpr uint64_t kSeed = 20240611;

class CellMaker {
 public:
  CellMaker(uint64_t seed, uint32_t range) : random_(seed), range_(range) {}

  Value Cell(DataType type) {
    const uint32_t kind = Below(10);
    if (type == DataType::kNull || kind == 0) {
      return Value::Null();
    }
    if (kind > 2) {
      return Single(type);
    }
    std::vector<Value> items;
    const uint32_t count = 2 + Below(3);
    for (uint32_t i = 0; i < count; ++i) {
      items.push_back(Single(type));
    }
    return Many(std::move(items));
  }

  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random_() % bound); }

 private:
  Value Single(DataType type) {
    const uint32_t pick = Below(range_);
    switch (type) {
      case DataType::kBoolean:
        return Value::Boolean(pick % 2 != 0);
      case DataType::kInteger:
        return Value::Integer(static_cast<int32_t>(pick) - 7);
      case DataType::kLong:
        return Value::Long((static_cast<int64_t>(pick) - 7) * int64_t{1'000'000'000'000});
      case DataType::kUnsignedLong:
        return Value::UnsignedLong(~uint64_t{0} - pick);
      case DataType::kDouble:
        return RandomDouble(pick);
      case DataType::kDatetime:
        return Value::Datetime(1'700'000'000'000 + pick);
      case DataType::kIp: {
        std::string bytes(16, '\0');
        bytes[15] = static_cast<char>(pick);
        bytes[14] = static_cast<char>(pick >> 8);
        return Value::Ip(Keep(bytes).data());
      }
      case DataType::kVersion:
        return Value::String(type, Keep("1." + std::to_string(pick)));
      default:
        return Value::String(type, Keep(std::string(pick % 23, 'x') + std::to_string(pick)));
    }
  }

  // Of very different sizes and both signs, so that any rounding on the way would show.
  Value RandomDouble(uint32_t pick) {
    static constexpr double kScales[] = {1, 0.1, 1e-20, 1e18, 3.7e9, 1e300};
    const double sign = Below(2) == 0 ? -1 : 1;
    return Value::Double(sign * (pick + 0.1) * kScales[Below(6)]);
  }

  std::string_view Keep(std::string text) { return kept_.emplace_back(std::move(text)); }

  std::mt19937_64 random_;
  const uint32_t range_;
  std::deque<std::string> kept_;
};

std::string MergeTree(const Aggregate& aggregate, std::vector<std::string> parts, CellMaker* random) {
  while (parts.size() > 1) {
    const uint32_t from = random->Below(static_cast<uint32_t>(parts.size()));
    const std::string taken = parts[from];
    parts.erase(parts.begin() + from);
    const uint32_t into = random->Below(static_cast<uint32_t>(parts.size()));
    aggregate.Merge(&parts[into], taken);
  }
  return parts[0];
}

void CheckCall(const Call& call, uint32_t row_count, uint32_t range) {
  SCOPED_TRACE(testing::Message() << call.name << " of " << row_count << " rows, range " << range
                                  << (call.columns.empty() ? "" : " of ")
                                  << (call.columns.empty() ? "" : DataTypeName(call.columns[0])));
  const AggregatePtr aggregate = Make(call);
  ASSERT_NE(aggregate, nullptr);
  CellMaker random(kSeed + row_count + range, range);
  std::vector<Row> rows;
  for (uint32_t i = 0; i < row_count; ++i) {
    Row row;
    for (const DataType type : call.columns) {
      row.cells.push_back(random.Cell(type));
    }
    row.identity = HashBytes128(std::to_string(i));
    rows.push_back(std::move(row));
  }
  const std::string single = Fold(*aggregate, rows);
  const std::string expected = FinishBytes(*aggregate, single);
  for (const uint32_t parts : {1u, 2u, 3u, 7u}) {
    std::vector<Row> shuffled = rows;
    for (std::size_t i = shuffled.size(); i > 1; --i) {
      std::swap(shuffled[i - 1], shuffled[random.Below(static_cast<uint32_t>(i))]);
    }
    std::vector<std::string> states(parts);
    for (const Row& row : shuffled) {
      aggregate->Add(&states[random.Below(parts)], row.cells, row.identity);
    }
    const std::string merged = MergeTree(*aggregate, states, &random);
    EXPECT_EQ(FinishBytes(*aggregate, merged), expected)
        << parts << " parts: " << FinishText(*aggregate, merged) << " for "
        << FinishText(*aggregate, single);
    EXPECT_EQ(aggregate->approximate(merged), aggregate->approximate(single));
  }
  // The empty state is the identity on both sides.
  std::string left = single;
  aggregate->Merge(&left, "");
  std::string right;
  aggregate->Merge(&right, single);
  EXPECT_EQ(left, single);
  EXPECT_EQ(right, single);
}

const DataType kAllTypes[] = {DataType::kNull,    DataType::kBoolean,      DataType::kInteger,
                              DataType::kLong,    DataType::kUnsignedLong, DataType::kDouble,
                              DataType::kKeyword, DataType::kText,         DataType::kDatetime,
                              DataType::kIp,      DataType::kVersion};
const DataType kNumberTypes[] = {DataType::kNull, DataType::kInteger, DataType::kLong,
                                 DataType::kDouble};

// Both extremes: few distinct values and nearly all distinct; no rows, few, many.
void CheckShapes(const Call& call) {
  for (const uint32_t rows : {0u, 1u, 5u, 60u, 700u}) {
    CheckCall(call, rows, 6);
    CheckCall(call, rows, 5000);
  }
}

TEST(AggMergeTest, FunctionsOfAnyType) {
  for (const DataType type : kAllTypes) {
    for (const std::string_view name :
         {"ABSENT", "COUNT", "COUNT_DISTINCT", "MAX", "MIN", "PRESENT", "VALUES"}) {
      CheckShapes({name, {type}, {}, 0});
    }
    for (const uint32_t limit : {1u, 5u, 16u, 40u}) {
      CheckShapes({"VALUES", {type}, {}, limit});
    }
    for (const std::string_view order : {"asc", "DESC"}) {
      CheckShapes({"TOP", {type}, {Value::Integer(7), Value::Keyword(order)}, 0});
      CheckShapes({"TOP",
                   {type, DataType::kKeyword},
                   {Value::Integer(3), Value::Keyword(order)},
                   0});
    }
    CheckShapes({"SAMPLE", {type}, {Value::Integer(4)}, 0});
    for (const DataType by : {DataType::kDatetime, DataType::kNull, DataType::kBoolean}) {
      CheckShapes({"FIRST", {type, by}, {}, 0});
      CheckShapes({"LAST", {type, by}, {}, 0});
    }
  }
  CheckShapes({"COUNT", {}, {}, 0});
}

TEST(AggMergeTest, FunctionsOfNumbers) {
  for (const DataType type : kNumberTypes) {
    for (const std::string_view name :
         {"SUM", "AVG", "MEDIAN", "MEDIAN_ABSOLUTE_DEVIATION", "STD_DEV", "VARIANCE"}) {
      CheckShapes({name, {type}, {}, 0});
    }
    CheckShapes({"PERCENTILE", {type}, {Value::Double(99.5)}, 0});
    for (const DataType weight : kNumberTypes) {
      CheckShapes({"WEIGHTED_AVG", {type, weight}, {}, 0});
    }
  }
}

TEST(AggMergeTest, SketchesBeyondTheExactCounts) {
  for (const DataType type : {DataType::kInteger, DataType::kDouble}) {
    for (const std::string_view name : {"MEDIAN", "MEDIAN_ABSOLUTE_DEVIATION"}) {
      CheckCall({name, {type}, {}, 0}, 1200, 5000);
      CheckCall({name, {type}, {}, 0}, 3000, 100);
    }
    CheckCall({"PERCENTILE", {type}, {Value::Integer(1)}, 0}, 3000, 5000);
  }
  CheckCall({"COUNT_DISTINCT", {DataType::kKeyword}, {}, 0}, 9'000, 10'500);
  CheckCall({"COUNT_DISTINCT", {DataType::kKeyword}, {}, 0}, 20'000, 1'000'000'000);
  CheckCall({"VALUES", {DataType::kKeyword}, {}, 1000}, 5'000, 1'000'000'000);
}

// A value that is merged twice, as after a repeated hand-over of the same partial state, changes
// nothing for the functions that are sets.
TEST(AggMergeTest, SetsAreIdempotent) {
  for (const uint32_t limit : {0u, 3u, 30u}) {
    const AggregatePtr values = Make({"VALUES", {DataType::kLong}, {}, limit});
    std::string state;
    for (int64_t i = 0; i < 50; ++i) {
      values->Add(&state, Cells{Value::Long(i)}, {});
    }
    std::string twice = state;
    values->Merge(&twice, state);
    EXPECT_EQ(FinishBytes(*values, twice), FinishBytes(*values, state));
    EXPECT_EQ(values->approximate(twice), limit != 0);
  }
}

}  // namespace
}  // namespace weir::agg
