// Functions on numbers. A double result that is not finite is null with a warning.
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>

#include "common/expr/functions_internal.h"

namespace weir::expr {

namespace {

Value Finite(const Frame& frame, double number) {
  if (std::isfinite(number)) {
    return Value::Double(number);
  }
  std::string text;
  AppendJavaDouble(number, &text);
  return frame.Fail("java.lang.ArithmeticException: not a finite double number: " + text);
}

// A function from a double to a double.
template <typename F>
ExprPtr MakeReal(Call& call, F f) {
  return call.Make(DataType::kDouble, [f](const Frame& frame, Args args) {
    return Finite(frame, f(args[0].AsDouble()));
  });
}

Value Fail(const Frame& frame, std::string_view text) {
  return frame.Fail(fmt::format("java.lang.ArithmeticException: {}", text));
}

// 10 to the power of digits; exact up to 22.
double PowerOfTen(int64_t digits) {
  return std::pow(10.0, static_cast<double>(digits));
}

// Half away from zero at the given number of decimals.
Value RoundDouble(const Frame& frame, double number, int64_t digits) {
  const double scale = PowerOfTen(digits);
  const double scaled = number * scale;
  // Beyond 2^52 there is no fraction left to round.
  if (!std::isfinite(scaled) || std::fabs(scaled) >= 4503599627370496.0 || scale == 0) {
    return Finite(frame, scale == 0 ? 0.0 : number);
  }
  return Finite(frame, std::copysign(std::floor(std::fabs(scaled) + 0.5) / scale, number));
}

// Rounds a whole number to tens, hundreds, ...; digits is negative.
Int128 RoundWhole(Int128 number, int64_t digits) {
  if (digits < -20) {
    return 0;
  }
  Int128 scale = 1;
  for (int64_t i = 0; i > digits; --i) {
    scale *= 10;
  }
  const Int128 magnitude = number < 0 ? -number : number;
  const Int128 rounded = (magnitude + scale / 2) / scale * scale;
  return number < 0 ? -rounded : rounded;
}

Value Round(const Frame& frame, Args args) {
  const Value& value = args[0];
  const int64_t digits = args.size() > 1 ? args[1].integer() : 0;
  if (value.type() == DataType::kDouble) {
    return RoundDouble(frame, value.number(), digits);
  }
  if (digits >= 0) {
    return value;
  }
  if (value.type() == DataType::kUnsignedLong) {
    const Int128 rounded = RoundWhole(value.unsigned_long(), digits);
    return rounded <= std::numeric_limits<uint64_t>::max()
               ? Value::UnsignedLong(static_cast<uint64_t>(rounded))
               : Fail(frame, "unsigned_long overflow");
  }
  const Int128 rounded = RoundWhole(value.integer(), digits);
  if (value.type() == DataType::kInteger) {
    return rounded == static_cast<int32_t>(rounded) ? Value::Integer(static_cast<int32_t>(rounded))
                                                    : Fail(frame, "integer overflow");
  }
  return rounded == static_cast<int64_t>(rounded) ? Value::Long(static_cast<int64_t>(rounded))
                                                  : Fail(frame, "long overflow");
}

Value Abs(const Frame& frame, Args args) {
  const Value& value = args[0];
  switch (value.type()) {
    case DataType::kDouble:
      return Value::Double(std::fabs(value.number()));
    case DataType::kInteger:
      return value.integer() == std::numeric_limits<int32_t>::min()
                 ? Fail(frame, "Overflow to represent absolute value of Integer.MIN_VALUE")
                 : Value::Integer(static_cast<int32_t>(std::abs(value.integer())));
    default:
      return value.integer() == std::numeric_limits<int64_t>::min()
                 ? Fail(frame, "Overflow to represent absolute value of Long.MIN_VALUE")
                 : Value::Long(std::abs(value.integer()));
  }
}

// Worked out wider and rounded once: the library's own is off in the last bit for some numbers.
double Log10(double number) {
  return static_cast<double>(std::log10(static_cast<long double>(number)));
}

Value Log(const Frame& frame, Args args) {
  const double number = args.back().AsDouble();
  if (number <= 0) {
    return Fail(frame, "Log of non-positive number");
  }
  if (args.size() == 1) {
    return Finite(frame, std::log(number));
  }
  const double base = args[0].AsDouble();
  if (base <= 0) {
    return Fail(frame, "Log of non-positive number");
  }
  if (base == 1) {
    return Fail(frame, "/ by zero");
  }
  return Finite(frame, Log10(number) / Log10(base));
}

// Whole numbers are their own ceiling and floor, whatever their count.
template <typename F>
ExprPtr MakeWholeOrReal(Call& call, F f) {
  return call.type(0) == DataType::kDouble ? MakeReal(call, f) : call.arg(0);
}

}  // namespace

ExprPtr MakeAbs(Call& call) {
  return call.type(0) == DataType::kUnsignedLong ? call.arg(0) : call.Make(call.type(0), Abs);
}

ExprPtr MakeCeil(Call& call) {
  return MakeWholeOrReal(call, [](double x) { return std::ceil(x); });
}

ExprPtr MakeFloor(Call& call) {
  return MakeWholeOrReal(call, [](double x) { return std::floor(x); });
}

ExprPtr MakeRound(Call& call) {
  if (call.size() == 1 && call.type(0) != DataType::kDouble) {
    return call.arg(0);
  }
  return call.Make(call.type(0), Round);
}

ExprPtr MakePow(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    return Finite(frame, std::pow(args[0].AsDouble(), args[1].AsDouble()));
  });
}

ExprPtr MakeSqrt(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    const double number = args[0].AsDouble();
    return number < 0 ? Fail(frame, "Square root of negative") : Value::Double(std::sqrt(number));
  });
}

ExprPtr MakeCbrt(Call& call) {
  return MakeReal(call, [](double x) {
    const double root = std::cbrt(x);
    const double whole = std::round(root);  // the C library may miss an exact root by one bit
    return whole * whole * whole == x ? whole : root;
  });
}

ExprPtr MakeExp(Call& call) {
  return MakeReal(call, [](double x) { return std::exp(x); });
}

ExprPtr MakeLog(Call& call) {
  return call.Make(DataType::kDouble, Log);
}

ExprPtr MakeLog10(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    const double number = args[0].AsDouble();
    return number <= 0 ? Fail(frame, "Log of non-positive number")
                       : Value::Double(Log10(number));
  });
}

ExprPtr MakeSignum(Call& call) {
  return MakeReal(call, [](double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : x; });
}

ExprPtr MakeSin(Call& call) {
  return MakeReal(call, [](double x) { return std::sin(x); });
}

ExprPtr MakeCos(Call& call) {
  return MakeReal(call, [](double x) { return std::cos(x); });
}

ExprPtr MakeTan(Call& call) {
  return MakeReal(call, [](double x) { return std::tan(x); });
}

ExprPtr MakeAsin(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    const double x = args[0].AsDouble();
    return std::fabs(x) > 1 ? Fail(frame, "Asin input out of range")
                            : Value::Double(std::asin(x));
  });
}

ExprPtr MakeAcos(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    const double x = args[0].AsDouble();
    return std::fabs(x) > 1 ? Fail(frame, "Acos input out of range")
                            : Value::Double(std::acos(x));
  });
}

ExprPtr MakeAtan(Call& call) {
  return MakeReal(call, [](double x) { return std::atan(x); });
}

ExprPtr MakeAtan2(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    return Finite(frame, std::atan2(args[0].AsDouble(), args[1].AsDouble()));
  });
}

ExprPtr MakeSinh(Call& call) {
  return MakeReal(call, [](double x) { return std::sinh(x); });
}

ExprPtr MakeCosh(Call& call) {
  return MakeReal(call, [](double x) { return std::cosh(x); });
}

ExprPtr MakeTanh(Call& call) {
  return MakeReal(call, [](double x) { return std::tanh(x); });
}

ExprPtr MakeHypot(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    return Finite(frame, std::hypot(args[0].AsDouble(), args[1].AsDouble()));
  });
}

ExprPtr MakeToDegrees(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    return MapItems(args[0], frame.arena(), [&](const Value& item) {
      return Finite(frame, item.AsDouble() * 180.0 / std::numbers::pi);
    });
  });
}

ExprPtr MakeAsinh(Call& call) {
  return MakeReal(call, [](double number) { return std::asinh(number); });
}

ExprPtr MakeAcosh(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    const double number = args[0].AsDouble();
    return number < 1 ? Fail(frame, "Acosh input out of range") : Finite(frame, std::acosh(number));
  });
}

ExprPtr MakeAtanh(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    const double number = args[0].AsDouble();
    return std::fabs(number) >= 1 ? Fail(frame, "Atanh input out of range")
                                  : Finite(frame, std::atanh(number));
  });
}

ExprPtr MakeCopySign(Call& call) {
  const DataType type = call.type(0);
  return call.Make(type, [type](const Frame& frame, Args args) {
    const bool negative = std::signbit(args[1].AsDouble());
    if (type == DataType::kDouble) {
      return Value::Double(std::copysign(args[0].number(), negative ? -1.0 : 1.0));
    }
    if (type == DataType::kUnsignedLong) {
      return negative ? Fail(frame, "unsigned_long overflow") : args[0];
    }
    const Int128 magnitude = args[0].integer() < 0 ? -Int128{args[0].integer()}
                                                   : Int128{args[0].integer()};
    const Int128 result = negative ? -magnitude : magnitude;
    const bool is_integer = type == DataType::kInteger;
    if (result > (is_integer ? Int128{std::numeric_limits<int32_t>::max()}
                             : Int128{std::numeric_limits<int64_t>::max()})) {
      return Fail(frame, is_integer ? "integer overflow" : "long overflow");
    }
    return is_integer ? Value::Integer(static_cast<int32_t>(result))
                      : Value::Long(static_cast<int64_t>(result));
  });
}

ExprPtr MakeScalb(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    return Finite(frame, std::scalbn(args[0].AsDouble(), static_cast<int>(args[1].integer())));
  });
}

ExprPtr MakeToRadians(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    return MapItems(args[0], frame.arena(), [&](const Value& item) {
      return Finite(frame, item.AsDouble() / 180.0 * std::numbers::pi);
    });
  });
}

ExprPtr MakePi(Call& /*call*/) {
  return MakeConstant(Value::Double(std::numbers::pi));
}

ExprPtr MakeE(Call& /*call*/) {
  return MakeConstant(Value::Double(std::numbers::e));
}

ExprPtr MakeTau(Call& /*call*/) {
  return MakeConstant(Value::Double(2 * std::numbers::pi));
}

}  // namespace weir::expr
