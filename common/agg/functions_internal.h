// What the functions share: their makers, one per function, called by the table in aggregate.cc once
// the argument types are checked; and the order of values.
#pragma once

#include <cmath>
#include <string>
#include <string_view>

#include "common/agg/aggregate.h"
#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/types/coding.h"

namespace weir::agg {

// The order of MIN, MAX, TOP and of a VALUES result: as CompareValues, with NaN above every number.
inline int OrderValues(const Value& left, const Value& right) {
  if (left.type() == DataType::kDouble) {
    const bool left_nan = std::isnan(left.number());
    const bool right_nan = std::isnan(right.number());
    if (left_nan || right_nan) {
      return static_cast<int>(left_nan) - static_cast<int>(right_nan);
    }
  }
  return CompareValues(left, right);
}

// keyword for text, which functions never return.
inline DataType ResultTypeOf(DataType type) {
  return type == DataType::kText ? DataType::kKeyword : type;
}

// Encodes into a buffer of the thread, valid until its next use there.
inline std::string_view EncodeScratch(const Value& value) {
  thread_local std::string scratch;
  scratch.clear();
  EncodeValue(value, &scratch);
  return scratch;
}

AggregatePtr MakeCount(bool counts_rows);
AggregatePtr MakePresence(bool present);
AggregatePtr MakeCountDistinct();
AggregatePtr MakeExtreme(DataType type, bool maximum);
AggregatePtr MakeSum(DataType type);
AggregatePtr MakeAverage();
// whole: both arguments are whole numbers, so that sums beyond a long are null.
AggregatePtr MakeWeightedAverage(bool whole);
AggregatePtr MakeVariance(bool square_root);
AggregatePtr MakeValues(DataType type, uint32_t limit);
AggregatePtr MakeByTime(DataType type, bool last);
// with_output: a second column holds what is returned in place of the ordered one.
AggregatePtr MakeTop(DataType result_type, uint32_t limit, bool descending, bool with_output);
AggregatePtr MakeSample(DataType type, uint32_t limit);
AggregatePtr MakePercentile(double percent);
AggregatePtr MakeMedianAbsoluteDeviation();

}  // namespace weir::agg
