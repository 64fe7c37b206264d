// Cells and calls for the tests of aggregates.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/agg/aggregate.h"
#include "common/types/coding.h"

namespace weir::agg {

using Cells = std::vector<Value>;
struct Row {
  Cells cells;
  Hash128 identity;
};

// A multivalue that lives as long as the process.
inline Value Many(std::vector<Value> items) {
  static std::deque<std::vector<Value>> kept;
  if (items.size() < 2) {
    return items.empty() ? Value::Null() : items[0];
  }
  kept.push_back(std::move(items));
  return Value::Multi(kept.back());
}

inline Value Longs(const std::vector<int64_t>& numbers) {
  std::vector<Value> items;
  for (const int64_t number : numbers) {
    items.push_back(Value::Long(number));
  }
  return Many(std::move(items));
}

inline Value Doubles(const std::vector<double>& numbers) {
  std::vector<Value> items;
  for (const double number : numbers) {
    items.push_back(Value::Double(number));
  }
  return Many(std::move(items));
}

inline Value Ints(const std::vector<int32_t>& numbers) {
  std::vector<Value> items;
  for (const int32_t number : numbers) {
    items.push_back(Value::Integer(number));
  }
  return Many(std::move(items));
}

struct Call {
  std::string_view name;
  std::vector<DataType> columns;
  std::vector<Value> constants;
  uint32_t values_limit = 0;
};

inline AggregatePtr Make(const Call& call) {
  std::string error;
  AggregatePtr aggregate = MakeAggregate(call.name, call.columns, call.constants,
                                         Options{call.values_limit}, "call", {}, &error);
  EXPECT_NE(aggregate, nullptr) << call.name << ": " << error;
  return aggregate;
}

inline std::string Fold(const Aggregate& aggregate, const std::vector<Row>& rows) {
  std::string state;
  for (const Row& row : rows) {
    aggregate.Add(&state, row.cells, row.identity);
  }
  return state;
}

// The result's canonical bytes: equal bytes mean equal to the last bit.
inline std::string FinishBytes(const Aggregate& aggregate, std::string_view state) {
  Arena arena;
  std::string bytes;
  EncodeValue(aggregate.Finish(state, &arena), &bytes);
  return bytes;
}

inline std::string FinishText(const Aggregate& aggregate, std::string_view state) {
  Arena arena;
  return ValueToString(aggregate.Finish(state, &arena));
}

}  // namespace weir::agg
