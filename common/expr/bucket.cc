// BUCKET and TBUCKET: the grouping functions that are scalars in disguise.
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "common/expr/calendar.h"
#include "common/expr/functions_internal.h"

namespace weir::expr {

namespace {

// Intervals a person would choose, the longest first.
const std::array<Value, 20>& RoundIntervals() {
  static const std::array<Value, 20> kIntervals = {
      Value::DatePeriod(12, 0),
      Value::DatePeriod(1, 0),
      Value::DatePeriod(0, 7),
      Value::DatePeriod(0, 1),
      Value::TimeDuration(12 * kMillisPerHour),
      Value::TimeDuration(3 * kMillisPerHour),
      Value::TimeDuration(kMillisPerHour),
      Value::TimeDuration(30 * kMillisPerMinute),
      Value::TimeDuration(10 * kMillisPerMinute),
      Value::TimeDuration(5 * kMillisPerMinute),
      Value::TimeDuration(kMillisPerMinute),
      Value::TimeDuration(30 * kMillisPerSecond),
      Value::TimeDuration(10 * kMillisPerSecond),
      Value::TimeDuration(5 * kMillisPerSecond),
      Value::TimeDuration(kMillisPerSecond),
      Value::TimeDuration(100),
      Value::TimeDuration(50),
      Value::TimeDuration(10),
      Value::TimeDuration(5),
      Value::TimeDuration(1),
  };
  return kIntervals;
}

// How many intervals from the one that holds from_ms cover everything before to_ms.
int64_t BucketCount(const Value& span, UnixMillis from_ms, UnixMillis to_ms) {
  const UnixMillis start_ms = Truncation::FromSpan(span)->Apply(from_ms);
  if (span.type() == DataType::kDatePeriod && span.period_months() > 0) {
    const int64_t whole = MonthsBetween(start_ms, to_ms - 1) / span.period_months();
    return whole + 1;
  }
  const int64_t width =
      span.type() == DataType::kTimeDuration ? span.integer() : span.period_days() * kMillisPerDay;
  return CeilDiv(to_ms - start_ms, width);
}

// The shortest round interval that needs no more buckets than asked for, seeking from the longest.
Value PickInterval(int64_t buckets, UnixMillis from_ms, UnixMillis to_ms) {
  Value picked = RoundIntervals().front();
  for (std::size_t i = 1; i < RoundIntervals().size(); ++i) {
    const Value& interval = RoundIntervals()[i];
    if (BucketCount(interval, from_ms, to_ms) > buckets) {
      break;
    }
    picked = interval;
  }
  return picked;
}

ExprPtr MakeDateBucket(const Call& call, const ExprPtr& date, const Value& span) {
  const auto truncation = Truncation::FromSpan(span);
  if (!truncation.has_value()) {
    return call.Error(fmt::format("Zero, negative or mixed time interval is not supported in [{}]",
                                  call.site().text));
  }
  return MakeNode(DataType::kDatetime, call.site(), {date}, ArgumentRule::kSingle,
                  [truncation = *truncation](const Frame&, Args args) {
                    return Value::Datetime(truncation.Apply(args[0].integer()));
                  });
}

ExprPtr MakeNumberBucket(const Call& call, double width) {
  if (!(width > 0) || !std::isfinite(width)) {
    return call.Error(fmt::format("the width of the buckets of [{}] must be positive",
                                  call.site().text));
  }
  return MakeNode(DataType::kDouble, call.site(), {call.arg(0)}, ArgumentRule::kSingle,
                  [width](const Frame&, Args args) {
                    return Value::Double(std::floor(args[0].AsDouble() / width) * width);
                  });
}

// A bound of the range: a datetime, text of one, or milliseconds; numbers for numeric buckets.
bool TakeBound(Call& call, std::size_t i, bool date, double* number, UnixMillis* time_ms) {
  Operand& bound = call.args[i];
  if (date && IsStringLiteral(*bound.source)) {
    bound.expr = CastLiteral(bound, DataType::kDatetime, call.diagnostics);
    if (bound.expr == nullptr) {
      return false;
    }
  }
  const DataType type = bound.expr->type();
  if (!IsNumeric(type) && !(date && type == DataType::kDatetime)) {
    call.TypeError(i, date ? "datetime or string" : "numeric");
    return false;
  }
  const Value* value = call.constant(i);
  if (value == nullptr) {
    call.Error(fmt::format("{} argument of [{}] must be a constant, received [{}]", Ordinal(i),
                           call.site().text,
                           call.diagnostics->source().Slice(bound.source->range)));
    return false;
  }
  *number = value->AsDouble();
  *time_ms = type == DataType::kDouble ? static_cast<int64_t>(*number) : value->integer();
  return true;
}

ExprPtr MakeRangeBucket(Call& call, bool date) {
  const Value* count = call.constant(1);
  if (count == nullptr || !IsNumeric(call.type(1)) || !(count->AsDouble() >= 1)) {
    return call.TypeError(1, "integer");
  }
  if (call.size() != 4) {
    return call.Error(fmt::format("function [{}] expects two or four arguments", call.site().text));
  }
  double from = 0;
  double to = 0;
  UnixMillis from_ms = 0;
  UnixMillis to_ms = 0;
  const bool from_fits = TakeBound(call, 2, date, &from, &from_ms);
  if (!TakeBound(call, 3, date, &to, &to_ms) || !from_fits) {
    return nullptr;
  }
  if (date) {
    const auto buckets = static_cast<int64_t>(count->AsDouble());
    return MakeDateBucket(call, call.arg(0), PickInterval(buckets, from_ms, to_ms));
  }
  const double precise = (to - from) / count->AsDouble();
  const double power = std::pow(10.0, std::ceil(std::log10(precise)));
  return MakeNumberBucket(call, precise < power / 2 ? power / 2 : power);
}

}  // namespace

ExprPtr MakeBucket(Call& call) {
  Operand& field = call.args[0];
  const bool date = field.expr->type() == DataType::kDatetime;
  Operand& second = call.args[1];
  if (date && IsStringLiteral(*second.source)) {
    // "1 day" and its like.
    const DataType span_type = DataType::kDatePeriod;
    esql::Diagnostics quiet(&call.diagnostics->source());
    ExprPtr span = CastLiteral(second, span_type, &quiet);
    second.expr = span != nullptr ? span
                                  : CastLiteral(second, DataType::kTimeDuration, call.diagnostics);
    if (second.expr == nullptr) {
      return nullptr;
    }
  }
  if (field.expr->type() == DataType::kNull) {
    return MakeConstant(Value::Null(),
                        IsTimespan(call.type(1)) ? DataType::kDatetime : DataType::kDouble);
  }
  if (call.size() == 2 && date && IsTimespan(call.type(1)) && call.constant(1) != nullptr) {
    return MakeDateBucket(call, call.arg(0), *call.constant(1));
  }
  if (call.size() == 2 && date) {
    return call.TypeError(1, "date_period or time_duration");
  }
  if (call.size() == 2 && call.constant(1) != nullptr && IsNumeric(call.type(1))) {
    return MakeNumberBucket(call, call.constant(1)->AsDouble());
  }
  if (call.size() == 2) {
    return call.TypeError(1, "numeric");
  }
  return MakeRangeBucket(call, date);
}

ExprPtr MakeTbucket(Call& call) {
  const auto column = call.scope->Resolve("@timestamp");
  if (!column.has_value() || column->type != DataType::kDatetime) {
    return call.Error(fmt::format("[{}] needs a column [@timestamp] of type [datetime]",
                                  call.site().text));
  }
  const Value* span = call.constant(0);
  return span == nullptr ? MakeConstant(Value::Null(), DataType::kDatetime)
                         : MakeDateBucket(call, MakeColumn(*column), *span);
}

}  // namespace weir::expr
