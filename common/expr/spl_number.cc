// Numbers of Splunk's search language: doubles; arithmetic with null, and division by zero, is null.
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>

#include "common/expr/spl_internal.h"

namespace weir::expr {
namespace {

constexpr double kSecondsPerDay = 86400;

std::optional<double> NumberOf(const Value& cell) {
  return cell.count() == 1 ? SplNumber(cell) : std::nullopt;
}

template <typename F>
ExprPtr MakeUnary(Call& call, F f) {
  return call.Make(DataType::kDouble, [f](const Frame&, Args args) {
    const std::optional<double> number = NumberOf(args[0]);
    return number.has_value() ? SplResult(f(*number)) : Value::Null();
  });
}

template <typename F>
ExprPtr MakeBinary(Call& call, F f) {
  return call.Make(DataType::kDouble, [f](const Frame&, Args args) {
    const std::optional<double> left = NumberOf(args[0]);
    const std::optional<double> right = NumberOf(args[1]);
    return left.has_value() && right.has_value() ? SplResult(f(*left, *right)) : Value::Null();
  });
}

// Decimals beyond what a double holds change nothing.
double Round(double number, double decimals) {
  constexpr double kDecimalsMax = 15;
  const double scale = std::pow(10, std::min(std::floor(decimals), kDecimalsMax));
  const double scaled = number * scale;
  return std::isfinite(scaled) ? std::round(scaled) / scale : number;
}

std::optional<double> ParseInBase(std::string_view text, double base) {
  int64_t number = 0;
  constexpr double kBaseMin = 2;
  constexpr double kBaseMax = 36;
  if (!(base >= kBaseMin && base <= kBaseMax)) {
    return std::nullopt;
  }
  if (base == 16 && (text.starts_with("0x") || text.starts_with("0X"))) {
    text.remove_prefix(2);
  }
  const char* last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), last, number, static_cast<int>(base));
  if (error != std::errc() || stop != last) {
    return std::nullopt;
  }
  return static_cast<double>(number);
}

std::string WithCommas(double number) {
  const bool whole = number == std::floor(number);
  std::string text = whole ? fmt::format("{:.0f}", number) : fmt::format("{:.2f}", number);
  std::size_t point = std::min(text.find('.'), text.size());
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  while (point > first + 3) {
    point -= 3;
    text.insert(point, ",");
  }
  return text;
}

std::string AsDuration(double number) {
  const auto seconds = static_cast<int64_t>(std::fabs(number));
  const auto days = static_cast<int64_t>(static_cast<double>(seconds) / kSecondsPerDay);
  const std::string clock = fmt::format("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60,
                                        seconds % 60);
  return fmt::format("{}{}{}", number < 0 ? "-" : "", days > 0 ? fmt::format("{}+", days) : "",
                     clock);
}

Value ToText(const Frame& frame, const Value& item, std::string_view format) {
  const std::optional<double> number = SplNumber(item);
  constexpr double kWholeMax = 9.2e18;
  if (format.empty() || !number.has_value() || std::fabs(*number) > kWholeMax) {
    return Value::Keyword(SplText(item, frame.arena()));
  }
  if (format == "hex") {
    return frame.Text(fmt::format("0x{:X}", static_cast<int64_t>(*number)));
  }
  if (format == "commas") {
    return frame.Text(WithCommas(*number));
  }
  return format == "duration" ? frame.Text(AsDuration(*number))
                              : Value::Keyword(SplText(item, frame.arena()));
}

// Numbers are below texts.
int OrderOfMixed(const Value& left, const Value& right, Arena& arena) {
  const bool left_number = SplNumber(left).has_value();
  const bool right_number = SplNumber(right).has_value();
  return left_number == right_number ? SplCompare(left, right, arena) : left_number ? -1 : 1;
}

ExprPtr MakeExtremeOf(Call& call, int sign) {
  return call.Make(DataType::kKeyword, [sign](const Frame& frame, Args args) {
    const Value* best = nullptr;
    for (const Value& cell : args) {
      for (const Value& item : cell.items()) {
        if (best == nullptr || OrderOfMixed(item, *best, frame.arena()) * sign > 0) {
          best = &item;
        }
      }
    }
    return best == nullptr ? Value::Null() : Value::Keyword(SplText(*best, frame.arena()));
  });
}

// From the population's variance of n values to the sample's; of one value 0.
double SampleVariance(double variance, double n) {
  return n <= 1 ? 0 : variance * n / (n - 1);
}

}  // namespace

ExprPtr MakeSplAdd(Call& call) {
  const bool numbers = IsNumeric(call.type(0)) && IsNumeric(call.type(1));
  return call.Make(numbers ? DataType::kDouble : DataType::kKeyword,
                   [numbers](const Frame& frame, Args args) {
                     if (args[0].count() != 1 || args[1].count() != 1) {
                       return Value::Null();
                     }
                     const std::optional<double> left = SplNumber(args[0]);
                     const std::optional<double> right = SplNumber(args[1]);
                     if (left.has_value() && right.has_value()) {
                       const Value sum = SplResult(*left + *right);
                       return numbers || sum.is_null()
                                  ? sum
                                  : Value::Keyword(SplText(sum, frame.arena()));
                     }
                     // A number and a text have no sum.
                     if (left.has_value() != right.has_value()) {
                       return Value::Null();
                     }
                     std::string text(SplText(args[0], frame.arena()));
                     text += SplText(args[1], frame.arena());
                     return frame.Text(text);
                   });
}

ExprPtr MakeSplSubtract(Call& call) {
  return MakeBinary(call, [](double left, double right) { return left - right; });
}
ExprPtr MakeSplMultiply(Call& call) {
  return MakeBinary(call, [](double left, double right) { return left * right; });
}
ExprPtr MakeSplDivide(Call& call) {
  return MakeBinary(call, [](double left, double right) { return left / right; });
}
ExprPtr MakeSplModulo(Call& call) {
  return MakeBinary(call, [](double left, double right) { return std::fmod(left, right); });
}
ExprPtr MakeSplPow(Call& call) {
  return MakeBinary(call, [](double left, double right) { return std::pow(left, right); });
}
ExprPtr MakeSplBin(Call& call) {
  return MakeBinary(call, [](double number, double span) {
    return span > 0 ? std::floor(number / span) * span : std::numeric_limits<double>::quiet_NaN();
  });
}
ExprPtr MakeSplSampleVariance(Call& call) {
  return MakeBinary(call, SampleVariance);
}
ExprPtr MakeSplSampleDeviation(Call& call) {
  return MakeBinary(call, [](double variance, double n) {
    return std::sqrt(SampleVariance(variance, n));
  });
}
ExprPtr MakeSplFloor(Call& call) {
  return MakeUnary(call, [](double number) { return std::floor(number); });
}
ExprPtr MakeSplCeil(Call& call) {
  return MakeUnary(call, [](double number) { return std::ceil(number); });
}
ExprPtr MakeSplAbs(Call& call) {
  return MakeUnary(call, [](double number) { return std::fabs(number); });
}
ExprPtr MakeSplSqrt(Call& call) {
  return MakeUnary(call, [](double number) { return std::sqrt(number); });
}
ExprPtr MakeSplExp(Call& call) {
  return MakeUnary(call, [](double number) { return std::exp(number); });
}
ExprPtr MakeSplLn(Call& call) {
  return MakeUnary(call, [](double number) { return std::log(number); });
}
ExprPtr MakeSplLog(Call& call) {
  if (call.size() == 1) {
    return MakeUnary(call, [](double number) { return std::log10(number); });
  }
  return MakeBinary(call, [](double number, double base) {
    return std::log(number) / std::log(base);
  });
}
ExprPtr MakeSplPi(Call& call) {
  return call.Make(DataType::kDouble,
                   [](const Frame&, Args) { return Value::Double(std::numbers::pi); });
}
ExprPtr MakeSplRound(Call& call) {
  if (call.size() == 1) {
    return MakeUnary(call, [](double number) { return std::round(number); });
  }
  return MakeBinary(call, Round);
}

ExprPtr MakeSplToNumber(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    if (args[0].count() != 1 || (args.size() > 1 && args[1].count() != 1)) {
      return Value::Null();
    }
    const std::optional<double> base = args.size() > 1 ? SplNumber(args[1]) : 10;
    const std::optional<double> number =
        base == 10 ? SplNumber(args[0])
                   : ParseInBase(SplText(args[0], frame.arena()), base.value_or(0));
    return number.has_value() ? Value::Double(*number) : Value::Null();
  });
}

ExprPtr MakeSplToString(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    const std::string_view format = args.size() > 1 && !args[1].is_null()
                                        ? SplText(args[1].items().front(), frame.arena())
                                        : std::string_view();
    return MapItems(args[0], frame.arena(), [&](const Value& item) {
      if (item.type() == DataType::kBoolean) {
        return Value::Keyword(item.boolean() ? "True" : "False");
      }
      return ToText(frame, item, format);
    });
  });
}

ExprPtr MakeSplMin(Call& call) { return MakeExtremeOf(call, -1); }
ExprPtr MakeSplMax(Call& call) { return MakeExtremeOf(call, 1); }

}  // namespace weir::expr
