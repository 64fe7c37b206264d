#include "common/agg/aggregate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "agg_testing.h"

namespace weir::agg {
namespace {

constexpr DataType kI = DataType::kInteger;
constexpr DataType kL = DataType::kLong;
constexpr DataType kD = DataType::kDouble;
constexpr DataType kK = DataType::kKeyword;
constexpr DataType kT = DataType::kDatetime;
constexpr DataType kN = DataType::kNull;
constexpr int64_t kLongMax = std::numeric_limits<int64_t>::max();

struct Case {
  Call call;
  std::vector<Cells> rows;
  std::string result;
  DataType type;
};

std::string RunCase(const Case& test) {
  const AggregatePtr aggregate = Make(test.call);
  if (aggregate == nullptr) {
    return "error";
  }
  EXPECT_EQ(aggregate->result_type(), test.type) << test.call.name;
  std::vector<Row> rows;
  uint64_t number = 0;
  for (const Cells& cells : test.rows) {
    rows.push_back({cells, Hash128{0, ++number}});
  }
  const std::string state = Fold(*aggregate, rows);
  Arena arena;
  const Value result = aggregate->Finish(state, &arena);
  if (!result.is_null()) {
    EXPECT_EQ(result.type(), test.type) << test.call.name;
  }
  return ValueToString(result);
}

void RunCases(const std::vector<Case>& cases) {
  for (const Case& test : cases) {
    EXPECT_EQ(RunCase(test), test.result) << test.call.name << " of " << test.rows.size() << " rows";
  }
}

Value K(std::string_view text) { return Value::Keyword(text); }
Value L(int64_t number) { return Value::Long(number); }
Value D(double number) { return Value::Double(number); }

TEST(AggregateTest, Counts) {
  const Value null;
  RunCases({
      {{"COUNT", {}, {}}, {}, "0", kL},
      {{"COUNT", {}, {}}, {{}, {}, {}}, "3", kL},
      {{"COUNT", {kI}, {}}, {{Ints({1, 2, 3})}, {null}, {Ints({4})}}, "4", kL},
      {{"COUNT", {kN}, {}}, {{null}}, "0", kL},
      {{"COUNT_DISTINCT", {kI}, {}}, {{Ints({-1, 0, 3, 1, -1, 3})}}, "4", kL},
      {{"COUNT_DISTINCT", {kI}, {Value::Integer(5)}}, {{Ints({-1, 0, 3, 1, -1, 3})}}, "4", kL},
      {{"COUNT_DISTINCT", {kN}, {}}, {{null}}, "0", kL},
      {{"COUNT_DISTINCT", {kD}, {}}, {{Doubles({0.0, -0.0})}}, "1", kL},
      {{"PRESENT", {kK}, {}}, {}, "false", DataType::kBoolean},
      {{"PRESENT", {kK}, {}}, {{null}, {K("")}}, "true", DataType::kBoolean},
      {{"ABSENT", {kK}, {}}, {{null}}, "true", DataType::kBoolean},
      {{"ABSENT", {kK}, {}}, {{K("a")}}, "false", DataType::kBoolean},
  });
}

TEST(AggregateTest, SumsAndMeans) {
  const Value null;
  RunCases({
      {{"SUM", {kI}, {}}, {}, "null", kL},
      {{"SUM", {kI}, {}}, {{null}}, "null", kL},
      {{"SUM", {kN}, {}}, {{null}}, "null", kN},
      {{"SUM", {kI}, {}}, {{Ints({-1, 0, 3})}, {Ints({-2})}}, "0", kL},
      {{"SUM", {kL}, {}}, {{L(kLongMax)}, {L(kLongMax)}}, "null", kL},
      {{"SUM", {kL}, {}}, {{L(-kLongMax)}, {L(-1)}}, "-9223372036854775808", kL},
      {{"SUM", {kL}, {}}, {{L(kLongMax)}, {L(1)}, {L(-1)}}, "9223372036854775807", kL},
      {{"SUM", {kD}, {}}, {{D(1e16)}, {D(1)}, {D(-1e16)}}, "1.0", kD},
      {{"AVG", {kI}, {}}, {{Ints({1, 2, 3})}, {Ints({6})}}, "3.0", kD},
      {{"AVG", {kI}, {}}, {{null}}, "null", kD},
      {{"AVG", {kN}, {}}, {{null}}, "null", kD},
      {{"AVG", {kL}, {}}, {{L(kLongMax)}, {L(kLongMax)}}, "9.223372036854776E18", kD},
      {{"WEIGHTED_AVG", {kI, kI}, {}}, {{Ints({1, 2, 3}), Ints({1})}}, "2.0", kD},
      {{"WEIGHTED_AVG", {kI, kI}, {}},
       {{Ints({6}), Ints({6})}, {Ints({10}), Ints({10})}},
       "8.5",
       kD},
      {{"WEIGHTED_AVG", {kI, kI}, {}}, {{Ints({6}), Ints({0})}}, "null", kD},
      {{"WEIGHTED_AVG", {kI, kI}, {}}, {{Ints({6}), Ints({1, 2})}}, "null", kD},
      {{"WEIGHTED_AVG", {kL, kI}, {}},
       {{L(kLongMax), Ints({1})}, {L(kLongMax), Ints({1})}},
       "null",
       kD},
      {{"WEIGHTED_AVG", {kD, kI}, {}}, {{D(0.5), Ints({1})}, {D(1), Ints({3})}}, "0.875", kD},
      {{"WEIGHTED_AVG", {kN, kI}, {}}, {{null, Ints({2})}}, "null", kD},
  });
}

TEST(AggregateTest, SpreadsAndQuantiles) {
  const Value null;
  RunCases({
      {{"VARIANCE", {kI}, {}}, {{Ints({2, 4, 4, 4, 5, 5, 7, 9})}}, "4.0", kD},
      {{"STD_DEV", {kI}, {}}, {{Ints({2, 4, 4, 4})}, {Ints({5, 5, 7, 9})}}, "2.0", kD},
      {{"STD_DEV", {kI}, {}}, {{Ints({2})}, {Ints({2})}}, "0.0", kD},
      {{"STD_DEV", {kD}, {}}, {{null}}, "null", kD},
      {{"VARIANCE", {kD}, {}}, {{D(0.1)}, {D(0.1)}, {D(0.1)}}, "0.0", kD},
      {{"MEDIAN", {kI}, {}}, {{Ints({0})}, {Ints({1})}}, "0.5", kD},
      {{"MEDIAN", {kI}, {}}, {{Ints({3, 1, 2})}}, "2.0", kD},
      {{"MEDIAN", {kN}, {}}, {{null}}, "null", kD},
      {{"PERCENTILE", {kI}, {Value::Integer(0)}}, {{Ints({5, 1, 9})}}, "1.0", kD},
      {{"PERCENTILE", {kI}, {Value::Integer(100)}}, {{Ints({5, 1, 9})}}, "9.0", kD},
      {{"PERCENTILE", {kI}, {Value::Double(75)}}, {{Ints({5, 1, 9})}}, "7.0", kD},
      {{"MEDIAN_ABSOLUTE_DEVIATION", {kI}, {}}, {{Ints({1, 3, 4, 7, 11, 18})}}, "3.5", kD},
      {{"MEDIAN_ABSOLUTE_DEVIATION", {kI}, {}}, {{Ints({3, 11, 14, 25})}}, "5.5", kD},
      {{"MEDIAN_ABSOLUTE_DEVIATION", {kI}, {}}, {{Ints({1, 3})}}, "1.0", kD},
  });
}

TEST(AggregateTest, ExtremesAndSets) {
  const Value null;
  const Value v10 = Value::String(DataType::kVersion, "1.10");
  const Value v9 = Value::String(DataType::kVersion, "1.9");
  const Value text = Value::String(DataType::kText, "t");
  RunCases({
      {{"MIN", {kI}, {}}, {{Ints({3, -4})}, {null}, {Ints({2})}}, "-4", kI},
      {{"MAX", {kI}, {}}, {{Ints({3, -4})}, {null}, {Ints({2})}}, "3", kI},
      {{"MAX", {kN}, {}}, {{null}}, "null", kN},
      {{"MAX", {kK}, {}}, {{K("a")}, {K("B")}}, "a", kK},
      {{"MIN", {DataType::kText}, {}}, {{text}}, "t", kK},
      {{"MAX", {DataType::kVersion}, {}}, {{v9}, {v10}}, "1.10", DataType::kVersion},
      {{"MIN", {DataType::kBoolean}, {}},
       {{Value::Boolean(true)}, {Value::Boolean(false)}},
       "false",
       DataType::kBoolean},
      {{"MAX", {kT}, {}}, {{Value::Datetime(0)}, {Value::Datetime(1000)}},
       "1970-01-01T00:00:01.000Z", kT},
      {{"VALUES", {kK}, {}}, {}, "null", kK},
      {{"VALUES", {kK}, {}}, {{K("a")}, {K("a")}, {null}}, "a", kK},
      {{"VALUES", {kK}, {}}, {{K("b")}, {Many({K("c"), K("a")})}}, "[a, b, c]", kK},
      {{"VALUES", {DataType::kText}, {}}, {{text}}, "t", kK},
      {{"VALUES", {kI}, {}}, {{Ints({10, 9, -1})}}, "[-1, 9, 10]", kI},
  });
}

TEST(AggregateTest, OrderedChoices) {
  const Value null;
  const Value two = Value::Integer(2);
  const auto at = [](int64_t time) { return Value::Datetime(time); };
  RunCases({
      {{"TOP", {kI}, {two, K("asc")}}, {{Ints({3, 1})}, {Ints({1, 2})}}, "[1, 1]", kI},
      {{"TOP", {kI}, {two, K("DESC")}}, {{Ints({3, 1})}, {Ints({1, 2})}}, "[3, 2]", kI},
      {{"TOP", {kI}, {Value::Integer(1), K("desc")}}, {{Ints({3, 1})}}, "3", kI},
      {{"TOP", {kI, kK}, {two, K("asc")}},
       {{Ints({3}), K("c")}, {Ints({1}), K("z")}, {Ints({2}), K("b")}},
       "[z, b]",
       kK},
      {{"TOP", {kI, kN}, {two, K("asc")}}, {{Ints({3}), null}}, "null", kN},
      {{"FIRST", {kK, kT}, {}}, {{K("b"), at(2)}, {K("a"), at(1)}, {null, at(0)}}, "a", kK},
      {{"LAST", {kK, kT}, {}}, {{K("b"), at(2)}, {K("a"), at(1)}, {null, at(3)}}, "b", kK},
      {{"FIRST", {kK, kT}, {}}, {{K("b"), at(1)}, {K("a"), at(1)}}, "b", kK},
      {{"LAST", {kK, kT}, {}}, {{K("b"), at(1)}, {K("a"), at(1)}}, "a", kK},
      {{"LAST", {kI, kN}, {}}, {{Ints({10001}), null}, {Ints({10002}), null}}, "10001", kI},
      {{"FIRST", {kK, kT}, {}}, {{K("n"), null}, {K("a"), at(9)}}, "a", kK},
      {{"FIRST", {kN, kT}, {}}, {{null, at(9)}}, "null", kN},
      {{"FIRST", {kI, kT}, {}}, {{Ints({2, 1}), at(1)}}, "[2, 1]", kI},
      {{"SAMPLE", {kI}, {two}}, {{Ints({7})}}, "7", kI},
  });
}

TEST(AggregateTest, SampleTakesTheNumberAskedFor) {
  const AggregatePtr sample = Make({"SAMPLE", {kI}, {Value::Integer(5)}});
  std::string state;
  for (int32_t i = 0; i < 100; ++i) {
    sample->Add(&state, Cells{Value::Integer(i)}, HashBytes128(std::to_string(i)));
  }
  Arena arena;
  EXPECT_EQ(sample->Finish(state, &arena).count(), 5u);
  EXPECT_TRUE(sample->approximate(state));
  EXPECT_FALSE(sample->approximate(""));
}

TEST(AggregateTest, CountDistinctKeepsItsStatedError) {
  const AggregatePtr aggregate = Make({"COUNT_DISTINCT", {kL}, {}});
  std::string state;
  int64_t before = 0;
  int64_t number = 0;
  for (const int64_t count : {16, 17, 9'999, 10'000, 10'001, 20'000, 100'000, 400'000}) {
    for (; number < count; ++number) {
      aggregate->Add(&state, Cells{L(number)}, {});
    }
    Arena arena;
    const int64_t result = aggregate->Finish(state, &arena).integer();
    EXPECT_GE(result, before) << count;
    before = result;
    if (count <= 10'000) {
      EXPECT_EQ(result, count);
      EXPECT_FALSE(aggregate->approximate(state));
    } else {
      // Four standard errors.
      EXPECT_NEAR(static_cast<double>(result), static_cast<double>(count),
                  0.0081 * 4 * static_cast<double>(count));
      EXPECT_TRUE(aggregate->approximate(state));
    }
  }
}

TEST(AggregateTest, PercentileKeepsItsStatedError) {
  for (const double percent : {0.0, 1.0, 25.0, 50.0, 90.0, 99.9, 100.0}) {
    const AggregatePtr aggregate = Make({"PERCENTILE", {kD}, {D(percent)}});
    std::string state;
    std::vector<double> all;
    for (int i = 0; i < 5000; ++i) {
      const double number = std::exp((i * 7919 % 5000) / 300.0) - 20;
      all.push_back(number);
      aggregate->Add(&state, Cells{D(number)}, {});
      EXPECT_EQ(aggregate->approximate(state), i >= 1000);
    }
    std::sort(all.begin(), all.end());
    const double rank = percent / 100 * 4999;
    const auto low = static_cast<std::size_t>(rank);
    const double exact = all[low] + (low + 1 < all.size() ? (all[low + 1] - all[low]) *
                                                                (rank - static_cast<double>(low))
                                                          : 0);
    Arena arena;
    const double result = aggregate->Finish(state, &arena).number();
    const double allowed =
        percent == 0 || percent == 100 ? 0 : 0.002 * std::max(std::fabs(all[low]), std::fabs(exact));
    EXPECT_NEAR(result, exact, allowed) << percent;
  }
}

TEST(AggregateTest, SmallWholeNumbersStayExactInTheSketch) {
  const AggregatePtr aggregate = Make({"MEDIAN", {kI}, {}});
  std::string state;
  for (int32_t i = 0; i < 2000; ++i) {
    aggregate->Add(&state, Cells{Value::Integer(i % 11)}, {});
  }
  EXPECT_EQ(FinishText(*aggregate, state), "5.0");
}

TEST(AggregateTest, ShortStatesNeedNoAllocation) {
  const Value address = K("alice@corp");
  const struct {
    Call call;
    Cells cells;
    int repeats;
    std::size_t bytes_max;
  } cases[] = {
      {{"COUNT", {kK}, {}}, {address}, 100'000, 3},
      {{"SUM", {kL}, {}}, {L(123'456'789)}, 1000, 10},
      {{"SUM", {kD}, {}}, {D(0.1)}, 1000, 14},
      {{"MIN", {kK}, {}}, {address}, 10, 12},
      {{"MAX", {kT}, {}}, {Value::Datetime(1'700'000'000'000)}, 10, 7},
      {{"VALUES", {kK}, {}}, {address}, 10, 15},
      {{"COUNT_DISTINCT", {kK}, {}}, {address}, 10, 15},
      {{"PRESENT", {kK}, {}}, {address}, 10, 1},
      {{"AVG", {kL}, {}}, {L(5)}, 100, 7},
  };
  for (const auto& test : cases) {
    const AggregatePtr aggregate = Make(test.call);
    std::string state;
    for (int i = 0; i < test.repeats; ++i) {
      aggregate->Add(&state, test.cells, Hash128{1, static_cast<uint64_t>(i)});
    }
    EXPECT_LE(state.size(), test.bytes_max) << test.call.name;
    EXPECT_GE(state.size(), 1u) << test.call.name;
  }
}

TEST(AggregateTest, LargeStatesStayBounded) {
  const AggregatePtr distinct = Make({"COUNT_DISTINCT", {kL}, {}});
  const AggregatePtr sample = Make({"VALUES", {kL}, {}, 1000});
  const AggregatePtr median = Make({"MEDIAN", {kL}, {}});
  std::string states[3];
  for (int64_t i = 0; i < 30'000; ++i) {
    distinct->Add(&states[0], Cells{L(i)}, {});
    sample->Add(&states[1], Cells{L(i)}, {});
    median->Add(&states[2], Cells{L(i)}, {});
  }
  EXPECT_LE(states[0].size(), 16'385u);
  EXPECT_LE(states[1].size(), 18'000u);
  EXPECT_LE(states[2].size(), 10'000u);
}

TEST(AggregateTest, OnlyMonotoneFunctionsGrow) {
  std::vector<std::string> growing;
  for (const FunctionInfo& info : Functions()) {
    Call call{info.name, std::vector<DataType>(static_cast<std::size_t>(info.columns_max), kI), {}};
    if (info.constants_max > 0 && info.name != "COUNT_DISTINCT") {
      call.constants.push_back(Value::Integer(1));
    }
    if (info.constants_max == 2) {
      call.constants.push_back(K("asc"));
    }
    if (Make(call)->grows()) {
      growing.emplace_back(info.name);
    }
  }
  EXPECT_THAT(growing, testing::ElementsAre("COUNT", "COUNT_DISTINCT", "MAX", "PRESENT"));
}

TEST(AggregateTest, TableIsSortedAndFound) {
  std::string_view before;
  for (const FunctionInfo& info : Functions()) {
    EXPECT_LT(before, info.name);
    EXPECT_EQ(FindFunction(info.name), &info);
    before = info.name;
  }
  EXPECT_EQ(FindFunction("sum"), nullptr);
  EXPECT_EQ(FindFunction("NOPE"), nullptr);
}

TEST(AggregateTest, ErrorsHaveTheWordingOfElasticsearch) {
  const DataType kU = DataType::kUnsignedLong;
  const struct {
    std::string_view name;
    std::vector<DataType> columns;
    std::vector<Value> constants;
    std::string_view error;
  } cases[] = {
      {"SUM", {kK}, {},
       "argument of [call(x)] must be [numeric except unsigned_long or counter types], found value "
       "[x] type [keyword]"},
      {"AVG", {kU}, {},
       "argument of [call(x)] must be [numeric except unsigned_long or counter types], found value "
       "[x] type [unsigned_long]"},
      {"WEIGHTED_AVG", {kI, kK}, {},
       "second argument of [call(x)] must be [numeric except unsigned_long or counter types], found "
       "value [y] type [keyword]"},
      {"MAX", {DataType::kUnsupported}, {},
       "argument of [call(x)] must be [any type except unsupported types and timespans], found "
       "value [x] type [unsupported]"},
      {"COUNT_DISTINCT", {kK}, {K("a")},
       "second argument of [call(x)] must be [whole number except unsigned_long or counter types], "
       "found value [y] type [keyword]"},
      {"PERCENTILE", {kI}, {Value::Integer(101)},
       "second argument of [call(x)] must be between 0 and 100, found [y]"},
      {"TOP", {kI}, {Value::Integer(0), K("asc")},
       "Limit must be greater than 0 in [call(x)], found [0]"},
      {"TOP", {kI}, {Value::Integer(1), K("up")},
       "Invalid order value in [call(x)], expected [ASC, DESC] but got [up]"},
      {"TOP", {kI}, {K("asc"), Value::Integer(1)},
       "second argument of [call(x)] must be [integer], found value [y] type [keyword]"},
      {"SUM", {}, {}, "error building [sum]: expects exactly one argument"},
      {"COUNT_DISTINCT", {}, {}, "error building [count_distinct]: expects one or two arguments"},
      {"PERCENTILE", {kI}, {}, "error building [percentile]: expects exactly two arguments"},
      {"NOPE", {kI}, {}, "Unknown function [NOPE]"},
  };
  const std::string_view arguments[] = {"x", "y"};
  for (const auto& test : cases) {
    std::string error;
    EXPECT_EQ(MakeAggregate(test.name, test.columns, test.constants, {}, "call(x)", arguments, &error),
              nullptr);
    EXPECT_EQ(error, test.error);
  }
}

}  // namespace
}  // namespace weir::agg
