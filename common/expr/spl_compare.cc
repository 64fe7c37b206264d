// Values of Splunk's search language as numbers and texts, and their comparison in eval and where.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/expr/spl_internal.h"

namespace weir::expr {
namespace {

constexpr double kMillis = 1000;

enum class Order : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

bool Holds(Order order, int sign) {
  switch (order) {
    case Order::kEqual:
      return sign == 0;
    case Order::kNotEqual:
      return sign != 0;
    case Order::kLess:
      return sign < 0;
    case Order::kLessEqual:
      return sign <= 0;
    case Order::kGreater:
      return sign > 0;
    case Order::kGreaterEqual:
      return sign >= 0;
  }
  return false;
}

bool AnyHolds(Order order, const Value& left, const Value& right, Arena& arena) {
  return std::any_of(left.items().begin(), left.items().end(), [&](const Value& one) {
    return std::any_of(right.items().begin(), right.items().end(), [&](const Value& other) {
      return Holds(order, SplCompare(one, other, arena));
    });
  });
}

// Any value matches; != holds when none is equal.
template <Order kOrder>
ExprPtr MakeOrder(Call& call) {
  return call.Make(DataType::kBoolean, [](const Frame& frame, Args args) {
    if (args[0].is_null() || args[1].is_null()) {
      return Value::Null();
    }
    if constexpr (kOrder == Order::kNotEqual) {
      return Value::Boolean(!AnyHolds(Order::kEqual, args[0], args[1], frame.arena()));
    }
    return Value::Boolean(AnyHolds(kOrder, args[0], args[1], frame.arena()));
  });
}

template <typename Test>
ExprPtr MakeLook(Call& call, Test test) {
  return call.Make(DataType::kBoolean, [test](const Frame&, Args args) {
    return Value::Boolean(!args[0].is_null() && test(SplNumber(args[0].items().front())));
  });
}

}  // namespace

std::optional<double> SplNumber(const Value& item) {
  if (IsNumeric(item.type())) {
    return item.AsDouble();
  }
  if (item.type() == DataType::kDatetime) {
    return static_cast<double>(item.integer()) / kMillis;
  }
  if (!IsString(item.type())) {
    return std::nullopt;
  }
  const std::string_view text = item.text();
  double number = 0;
  const char* last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || stop != last || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

std::string_view SplText(const Value& item, Arena& arena) {
  if (IsString(item.type()) || item.type() == DataType::kVersion) {
    return item.text();
  }
  if (item.type() == DataType::kDouble || item.type() == DataType::kDatetime) {
    const double number = *SplNumber(item);
    constexpr double kPlainMax = 1e15;
    char digits[64];
    const std::to_chars_result result =
        std::fabs(number) < kPlainMax
            ? std::to_chars(digits, digits + sizeof digits, number, std::chars_format::fixed)
            : std::to_chars(digits, digits + sizeof digits, number);
    return arena.Copy({digits, static_cast<std::size_t>(result.ptr - digits)});
  }
  return arena.Copy(ValueToString(item));
}

int SplCompare(const Value& left, const Value& right, Arena& arena) {
  const std::optional<double> left_number = SplNumber(left);
  const std::optional<double> right_number = left_number ? SplNumber(right) : std::nullopt;
  if (right_number.has_value()) {
    return (*left_number > *right_number) - (*left_number < *right_number);
  }
  return SplText(left, arena).compare(SplText(right, arena));
}

Value SplResult(double number) {
  return std::isfinite(number) ? Value::Double(number) : Value::Null();
}

ExprPtr MakeSplText(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    return MapItems(args[0], frame.arena(), [&](const Value& item) {
      return Value::Keyword(SplText(item, frame.arena()));
    });
  });
}

ExprPtr MakeSplNumber(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    return MapItems(args[0], frame.arena(), [](const Value& item) {
      const std::optional<double> number = SplNumber(item);
      return number.has_value() ? Value::Double(*number) : Value::Null();
    });
  });
}

ExprPtr MakeSplSortText(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    return args[0].is_null() ? Value::Null()
                             : Value::Keyword(SplText(args[0].items().front(), frame.arena()));
  });
}

ExprPtr MakeSplEqual(Call& call) { return MakeOrder<Order::kEqual>(call); }
ExprPtr MakeSplNotEqual(Call& call) { return MakeOrder<Order::kNotEqual>(call); }
ExprPtr MakeSplLess(Call& call) { return MakeOrder<Order::kLess>(call); }
ExprPtr MakeSplLessEqual(Call& call) { return MakeOrder<Order::kLessEqual>(call); }
ExprPtr MakeSplGreater(Call& call) { return MakeOrder<Order::kGreater>(call); }
ExprPtr MakeSplGreaterEqual(Call& call) { return MakeOrder<Order::kGreaterEqual>(call); }

ExprPtr MakeSplIn(Call& call) {
  return call.Make(DataType::kBoolean, [](const Frame& frame, Args args) {
    if (args[0].is_null()) {
      return Value::Null();
    }
    return Value::Boolean(std::any_of(args.begin() + 1, args.end(), [&](const Value& other) {
      return AnyHolds(Order::kEqual, args[0], other, frame.arena());
    }));
  });
}

ExprPtr MakeSplIsNumber(Call& call) {
  return MakeLook(call, [](std::optional<double> number) { return number.has_value(); });
}

ExprPtr MakeSplIsInteger(Call& call) {
  return MakeLook(call, [](std::optional<double> number) {
    return number.has_value() && *number == std::floor(*number);
  });
}

ExprPtr MakeSplIsText(Call& call) {
  return MakeLook(call, [](std::optional<double> number) { return !number.has_value(); });
}

ExprPtr MakeSplKeysPresent(Call& call) {
  return call.Make(DataType::kBoolean, [](const Frame&, Args args) {
    return Value::Boolean(std::none_of(args.begin(), args.end(),
                                       [](const Value& key) { return key.is_null(); }));
  });
}

}  // namespace weir::expr
