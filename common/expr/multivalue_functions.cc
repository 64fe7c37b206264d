// MV_ functions. A single value is a list of one; null stays null.
#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "common/expr/functions_internal.h"

namespace weir::expr {

namespace {

bool Before(const Value& left, const Value& right) {
  return CompareValues(left, right) < 0;
}

bool Same(const Value& left, const Value& right) {
  return CompareValues(left, right) == 0;
}

bool Contains(Args items, const Value& value) {
  return std::any_of(items.begin(), items.end(),
                     [&](const Value& item) { return Same(item, value); });
}

std::span<Value> SortedCopy(const Value& cell, Arena& arena) {
  auto* items = arena.AllocateArray<Value>(cell.count());
  std::copy(cell.items().begin(), cell.items().end(), items);
  std::sort(items, items + cell.count(), Before);
  return {items, cell.count()};
}

Value ListOf(std::span<const Value> items) {
  return items.empty() ? Value::Null() : items.size() == 1 ? items[0] : Value::Multi(items);
}

// Keeps the first of equal values.
Value Dedupe(const Frame& frame, Args args) {
  auto* items = frame.arena().AllocateArray<Value>(args[0].count());
  std::size_t count = 0;
  for (const Value& item : args[0].items()) {
    if (!Contains({items, count}, item)) {
      items[count++] = item;
    }
  }
  return ListOf({items, count});
}

// The distinct values of the first cell that are, or are not, in the second.
Value Choose(const Frame& frame, Args args, bool in_second) {
  auto* items = frame.arena().AllocateArray<Value>(args[0].count());
  std::size_t count = 0;
  for (const Value& item : args[0].items()) {
    if (Contains(args[1].items(), item) == in_second && !Contains({items, count}, item)) {
      items[count++] = item;
    }
  }
  return ListOf({items, count});
}

Value Union(const Frame& frame, Args args) {
  auto* items = frame.arena().AllocateArray<Value>(args[0].count() + args[1].count());
  std::size_t count = 0;
  for (const Value& cell : args) {
    for (const Value& item : cell.items()) {
      if (!Contains({items, count}, item)) {
        items[count++] = item;
      }
    }
  }
  return ListOf({items, count});
}

Value Sum(const Frame& frame, Args args) {
  const DataType type = args[0].type();
  if (type == DataType::kDouble) {
    double sum = 0;
    double lost = 0;  // Kahan's compensation
    for (const Value& item : args[0].items()) {
      const double addend = item.number() - lost;
      const double next = sum + addend;
      lost = (next - sum) - addend;
      sum = next;
    }
    return std::isfinite(sum)
               ? Value::Double(sum)
               : frame.Fail("java.lang.ArithmeticException: not a finite double number: " +
                            ValueToString(Value::Double(sum)));
  }
  Int128 sum = 0;
  for (const Value& item : args[0].items()) {
    sum += type == DataType::kUnsignedLong ? Int128{item.unsigned_long()}
                                           : Int128{item.integer()};
  }
  if (type == DataType::kInteger && sum == static_cast<int32_t>(sum)) {
    return Value::Integer(static_cast<int32_t>(sum));
  }
  if (type == DataType::kLong && sum == static_cast<int64_t>(sum)) {
    return Value::Long(static_cast<int64_t>(sum));
  }
  if (type == DataType::kUnsignedLong && sum == static_cast<Int128>(static_cast<uint64_t>(sum))) {
    return Value::UnsignedLong(static_cast<uint64_t>(sum));
  }
  return frame.Fail(
      fmt::format("java.lang.ArithmeticException: {} overflow", DataTypeName(type)));
}

double Average(const Value& cell) {
  double sum = 0;
  for (const Value& item : cell.items()) {
    sum += item.AsDouble();
  }
  return sum / static_cast<double>(cell.count());
}

// The mean of the middle two of an even count; whole numbers round down.
Value MiddleOf(const Value& low, const Value& high) {
  switch (low.type()) {
    case DataType::kDouble:
      return Value::Double((low.number() + high.number()) / 2);
    case DataType::kUnsignedLong:
      return Value::UnsignedLong(low.unsigned_long() +
                                 (high.unsigned_long() - low.unsigned_long()) / 2);
    default: {
      const Int128 sum = Int128{low.integer()} + high.integer();
      const auto mean = static_cast<int64_t>(sum >= 0 ? sum / 2 : -((1 - sum) / 2));
      return low.type() == DataType::kInteger ? Value::Integer(static_cast<int32_t>(mean))
                                              : Value::Long(mean);
    }
  }
}

Value Median(std::span<const Value> sorted) {
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : MiddleOf(sorted[middle - 1], sorted[middle]);
}

Value Percentile(const Frame& frame, Args args) {
  const double percent = args[1].AsDouble();
  if (!(percent >= 0 && percent <= 100)) {
    return frame.Fail(fmt::format(
        "java.lang.IllegalArgumentException: Percentile parameter must be a number between 0 and "
        "100, found [{}]",
        ValueToString(Value::Double(percent))));
  }
  const auto sorted = SortedCopy(args[0], frame.arena());
  const double place = percent / 100.0 * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(place);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  const double fraction = place - static_cast<double>(low);
  const double low_number = sorted[low].AsDouble();
  const double number = low_number + (sorted[high].AsDouble() - low_number) * fraction;
  if (args[0].type() == DataType::kDouble) {
    return Value::Double(number);
  }
  if (fraction == 0) {
    return sorted[low];
  }
  return args[0].type() == DataType::kInteger ? Value::Integer(static_cast<int32_t>(number))
                                              : Value::Long(static_cast<int64_t>(number));
}

Value Join(const Frame& frame, Args args) {
  const std::string_view separator = args[1].text();
  std::size_t size = separator.size() * (args[0].count() - 1);
  for (const Value& item : args[0].items()) {
    size += item.text().size();
  }
  char* out = frame.arena().Allocate(size);
  char* end = out;
  for (const Value& item : args[0].items()) {
    if (&item != args[0].items().data()) {
      end = std::copy(separator.begin(), separator.end(), end);
    }
    end = std::copy(item.text().begin(), item.text().end(), end);
  }
  return Value::Keyword({out, size});
}

// Both ends are counted in; negative ones from the end.
Value Slice(const Frame& frame, Args args) {
  const auto count = static_cast<int64_t>(args[0].count());
  int64_t from = args[1].integer();
  int64_t to = args.size() > 2 ? args[2].integer() : from;
  if (from > to && (from >= 0) == (to >= 0)) {
    return frame.Fail(fmt::format(
        "org.elasticsearch.xpack.esql.core.InvalidArgumentException: Start offset is greater than "
        "end offset"));
  }
  from = from < 0 ? std::max<int64_t>(from + count, 0) : from;
  to = to < 0 ? to + count : std::min(to, count - 1);
  if (from >= count || to < from) {
    return Value::Null();
  }
  return Value::MakeMulti(args[0].items().subspan(static_cast<std::size_t>(from),
                                                  static_cast<std::size_t>(to - from + 1)),
                          &frame.arena());
}

Value Append(const Frame& frame, Args args) {
  if (args[0].is_null() || args[1].is_null()) {
    return Value::Null();
  }
  const std::size_t count = args[0].count() + args[1].count();
  auto* items = frame.arena().AllocateArray<Value>(count);
  const auto* end = std::copy(args[0].items().begin(), args[0].items().end(), items);
  std::copy(args[1].items().begin(), args[1].items().end(), items + (end - items));
  return Value::Multi({items, count});
}

// Pairs joined by the separator; the longer list's rest stays as it is.
Value Zip(const Frame& frame, Args args) {
  const Args left = args[0].items();
  const Args right = args[1].items();
  std::string_view separator = ",";
  if (args.size() > 2) {
    const Value given = frame.Single(args[2]);
    if (given.is_null()) {
      return given;
    }
    separator = given.text();
  }
  const std::size_t count = std::max(left.size(), right.size());
  if (count == 0) {
    return Value::Null();
  }
  auto* items = frame.arena().AllocateArray<Value>(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i >= left.size() || i >= right.size()) {
      items[i] = i < left.size() ? left[i] : right[i];
      continue;
    }
    const std::string_view a = left[i].text();
    const std::string_view b = right[i].text();
    const std::size_t size = a.size() + separator.size() + b.size();
    char* out = frame.arena().Allocate(size);
    char* end = std::copy(a.begin(), a.end(), out);
    end = std::copy(separator.begin(), separator.end(), end);
    std::copy(b.begin(), b.end(), end);
    items[i] = Value::Keyword({out, size});
  }
  return ListOf({items, count});
}

Value Deviation(const Frame& frame, Args args) {
  const auto sorted = SortedCopy(args[0], frame.arena());
  const Value median = Median(sorted);
  for (Value& item : sorted) {
    switch (item.type()) {
      case DataType::kDouble:
        item = Value::Double(std::fabs(item.number() - median.number()));
        break;
      case DataType::kUnsignedLong:
        item = Value::UnsignedLong(Before(item, median)
                                       ? median.unsigned_long() - item.unsigned_long()
                                       : item.unsigned_long() - median.unsigned_long());
        break;
      default: {
        int64_t difference = 0;
        if (__builtin_sub_overflow(item.integer(), median.integer(), &difference) ||
            difference == INT64_MIN ||
            (item.type() == DataType::kInteger && std::abs(difference) > INT32_MAX)) {
          return frame.Fail(fmt::format("java.lang.ArithmeticException: {} overflow",
                                        DataTypeName(item.type())));
        }
        difference = std::abs(difference);
        item = item.type() == DataType::kInteger
                   ? Value::Integer(static_cast<int32_t>(difference))
                   : Value::Long(difference);
      }
    }
  }
  std::sort(sorted.begin(), sorted.end(), Before);
  return Median(sorted);
}

bool IsSortOrder(std::string_view order, bool* descending) {
  *descending = order == "DESC" || order == "desc";
  return *descending || order == "ASC" || order == "asc";
}

// Arguments of one type (both to the wider number); null after reporting.
bool Unify(Call& call) {
  return UnifyTypes(*call.node, &call.args, {0, 1}, call.diagnostics).has_value();
}

}  // namespace

ExprPtr MakeMvCount(Call& call) {
  return call.Make(DataType::kInteger, [](const Frame&, Args args) {
    return Value::Integer(static_cast<int32_t>(args[0].count()));
  });
}

ExprPtr MakeMvDedupe(Call& call) {
  return call.Make(ResultType(call.type(0)), Dedupe);
}

ExprPtr MakeMvMin(Call& call) {
  return call.Make(ResultType(call.type(0)), [](const Frame&, Args args) {
    return *std::min_element(args[0].items().begin(), args[0].items().end(), Before);
  });
}

ExprPtr MakeMvMax(Call& call) {
  return call.Make(ResultType(call.type(0)), [](const Frame&, Args args) {
    return *std::max_element(args[0].items().begin(), args[0].items().end(), Before);
  });
}

ExprPtr MakeMvFirst(Call& call) {
  return call.Make(ResultType(call.type(0)),
                   [](const Frame&, Args args) { return args[0].items().front(); });
}

ExprPtr MakeMvLast(Call& call) {
  return call.Make(ResultType(call.type(0)),
                   [](const Frame&, Args args) { return args[0].items().back(); });
}

ExprPtr MakeMvSum(Call& call) {
  return call.Make(call.type(0), Sum);
}

ExprPtr MakeMvAvg(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    const double average = Average(args[0]);
    return std::isfinite(average)
               ? Value::Double(average)
               : frame.Fail("java.lang.ArithmeticException: not a finite double number: " +
                            ValueToString(Value::Double(average)));
  });
}

ExprPtr MakeMvMedian(Call& call) {
  return call.Make(call.type(0), [](const Frame& frame, Args args) {
    return Median(SortedCopy(args[0], frame.arena()));
  });
}

ExprPtr MakeMvMedianAbsoluteDeviation(Call& call) {
  return call.Make(call.type(0), Deviation);
}

ExprPtr MakeMvPercentile(Call& call) {
  return call.Make(call.type(0), Percentile);
}

ExprPtr MakeMvConcat(Call& call) {
  return call.Make(DataType::kKeyword, Join);
}

ExprPtr MakeMvSort(Call& call) {
  bool descending = false;
  if (call.has(1)) {
    const Value* order = call.constant(1);
    if (order == nullptr || !IsSortOrder(order->text(), &descending)) {
      return call.Error(fmt::format("Invalid order value in [{}], expected one of [ASC, DESC] but "
                                    "got [{}]",
                                    call.site().text,
                                    order == nullptr ? "null" : std::string(order->text())));
    }
  }
  return call.Make(ResultType(call.type(0)), [descending](const Frame& frame, Args args) {
    const auto sorted = SortedCopy(args[0], frame.arena());
    if (descending) {
      std::reverse(sorted.begin(), sorted.end());
    }
    return ListOf(sorted);
  });
}

ExprPtr MakeMvSlice(Call& call) {
  return call.Make(ResultType(call.type(0)), Slice);
}

ExprPtr MakeMvAppend(Call& call) {
  return Unify(call) ? call.Make(ResultType(call.type(0)), Append) : nullptr;
}

ExprPtr MakeMvZip(Call& call) {
  return call.Make(DataType::kKeyword, Zip);
}

// Never null: nothing is missing when there is nothing to look for.
ExprPtr MakeMvContains(Call& call) {
  if (!Unify(call)) {
    return nullptr;
  }
  return call.Make(DataType::kBoolean, [](const Frame&, Args args) {
    const Args superset = args[0].items();
    const Args subset = args[1].items();
    return Value::Boolean(std::all_of(subset.begin(), subset.end(), [&](const Value& item) {
      return Contains(superset, item);
    }));
  });
}

ExprPtr MakeMvIntersects(Call& call) {
  if (!Unify(call)) {
    return nullptr;
  }
  return call.Make(DataType::kBoolean, [](const Frame&, Args args) {
    const Args first = args[0].items();
    return Value::Boolean(std::any_of(first.begin(), first.end(), [&](const Value& item) {
      return Contains(args[1].items(), item);
    }));
  });
}

ExprPtr MakeMvIntersection(Call& call) {
  return Unify(call) ? call.Make(ResultType(call.type(0)),
                                 [](const Frame& frame, Args args) {
                                   return Choose(frame, args, true);
                                 })
                     : nullptr;
}

ExprPtr MakeMvDifference(Call& call) {
  return Unify(call) ? call.Make(ResultType(call.type(0)),
                                 [](const Frame& frame, Args args) {
                                   return Choose(frame, args, false);
                                 })
                     : nullptr;
}

ExprPtr MakeMvPseriesWeightedSum(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    const double p = args[1].AsDouble();
    double sum = 0;
    double lost = 0;   // to rounding, as Kahan counts it
    double position = 1;
    for (const Value& item : args[0].items()) {
      const double term = item.AsDouble() / std::pow(position++, p) - lost;
      const double next = sum + term;
      lost = (next - sum) - term;
      sum = next;
    }
    return std::isfinite(sum) ? Value::Double(sum)
                              : frame.Fail("java.lang.ArithmeticException: double overflow");
  });
}

ExprPtr MakeMvUnion(Call& call) {
  return Unify(call) ? call.Make(ResultType(call.type(0)), Union) : nullptr;
}

}  // namespace weir::expr
