// + - * / % and signs: checked whole-number arithmetic after Java's rules, finite doubles, and
// datetimes moved by timespans.
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/expr/calendar.h"
#include "common/expr/operators_internal.h"

namespace weir::expr {

namespace {

using esql::Operator;

constexpr std::string_view kDivisionByZero = "java.lang.ArithmeticException: / by zero";

// Whole-number results of type T: int32_t (kept as int64_t), int64_t or uint64_t.
template <typename T>
constexpr DataType WholeType() {
  return std::is_same_v<T, int32_t>   ? DataType::kInteger
         : std::is_same_v<T, int64_t> ? DataType::kLong
                                      : DataType::kUnsignedLong;
}

template <typename T>
Value MakeWhole(T number) {
  if constexpr (std::is_same_v<T, int32_t>) {
    return Value::Integer(number);
  } else if constexpr (std::is_same_v<T, int64_t>) {
    return Value::Long(number);
  } else {
    return Value::UnsignedLong(number);
  }
}

Value Overflow(const Frame& frame, DataType type) {
  return frame.Fail(
      fmt::format("java.lang.ArithmeticException: {} overflow", DataTypeName(type)));
}

// False on overflow. REQUIRES: right is not 0 for division.
template <typename T, Operator kOp>
bool ComputeWhole(T left, T right, T* result) {
  if constexpr (kOp == Operator::kAdd) {
    return !__builtin_add_overflow(left, right, result);
  } else if constexpr (kOp == Operator::kSubtract) {
    return !__builtin_sub_overflow(left, right, result);
  } else if constexpr (kOp == Operator::kMultiply) {
    return !__builtin_mul_overflow(left, right, result);
  } else if constexpr (std::is_signed_v<T>) {
    if (right == -1) {  // the least value divided by -1 wraps in Java, and traps in C++
      *result = kOp == Operator::kModulo
                    ? T{0}
                    : static_cast<T>(std::make_unsigned_t<T>{0} -
                                     static_cast<std::make_unsigned_t<T>>(left));
      return true;
    }
    *result = static_cast<T>(kOp == Operator::kDivide ? left / right : left % right);
    return true;
  } else {
    *result = kOp == Operator::kDivide ? left / right : left % right;
    return true;
  }
}

template <typename T, Operator kOp>
struct WholeArithmetic {
  Value operator()(const Frame& frame, Args args) const {
    const T left = static_cast<T>(args[0].integer());
    const T right = static_cast<T>(args[1].integer());
    if constexpr (kOp == Operator::kDivide || kOp == Operator::kModulo) {
      if (right == 0) [[unlikely]] {
        return frame.Fail(kDivisionByZero);
      }
    }
    T result = 0;
    if (!ComputeWhole<T, kOp>(left, right, &result)) [[unlikely]] {
      return Overflow(frame, WholeType<T>());
    }
    return MakeWhole(result);
  }
};

template <Operator kOp>
struct DoubleArithmetic {
  Value operator()(const Frame& frame, Args args) const {
    const double left = args[0].AsDouble();
    const double right = args[1].AsDouble();
    double result = 0;
    if constexpr (kOp == Operator::kAdd) {
      result = left + right;
    } else if constexpr (kOp == Operator::kSubtract) {
      result = left - right;
    } else if constexpr (kOp == Operator::kMultiply) {
      result = left * right;
    } else if constexpr (kOp == Operator::kDivide) {
      result = left / right;
    } else {
      result = std::fmod(left, right);
    }
    if (!std::isfinite(result)) [[unlikely]] {
      if constexpr (kOp == Operator::kDivide || kOp == Operator::kModulo) {
        return frame.Fail(kDivisionByZero);
      }
      std::string text;
      AppendJavaDouble(result, &text);
      return frame.Fail("java.lang.ArithmeticException: not a finite double number: " + text);
    }
    return Value::Double(result);
  }
};

template <Operator kOp>
ExprPtr MakeArithmetic(DataType type, Site site, const ExprPtr& left, const ExprPtr& right) {
  std::vector<ExprPtr> args = {left, right};
  const auto make = [&](auto f) {
    return MakeNode(type, std::move(site), std::move(args), ArgumentRule::kSingle, f);
  };
  switch (type) {
    case DataType::kInteger:
      return make(WholeArithmetic<int32_t, kOp>{});
    case DataType::kLong:
      return make(WholeArithmetic<int64_t, kOp>{});
    case DataType::kUnsignedLong:
      return make(WholeArithmetic<uint64_t, kOp>{});
    default:
      return make(DoubleArithmetic<kOp>{});
  }
}

struct MoveDatetime {
  bool backwards;
  Value operator()(const Frame& frame, Args args) const {
    const Value& date = args[0].type() == DataType::kDatetime ? args[0] : args[1];
    const Value& span = args[0].type() == DataType::kDatetime ? args[1] : args[0];
    const auto moved = AddTimespan(date.integer(), span, backwards);
    return moved.has_value() ? Value::Datetime(*moved) : Overflow(frame, DataType::kLong);
  }
};

struct AddSpans {
  bool backwards;
  Value operator()(const Frame& frame, Args args) const {
    const auto sum = AddTimespans(args[0], args[1], backwards);
    return sum.has_value() ? *sum : Overflow(frame, DataType::kLong);
  }
};

bool Incompatible(const esql::Expression& node, const Operand& left, const Operand& right,
                  esql::Diagnostics* diagnostics) {
  diagnostics->Error(
      node.range,
      fmt::format("[{}] has arguments with incompatible types [{}] and [{}]",
                  esql::OperatorText(node.op), DataTypeName(left.expr->type()),
                  DataTypeName(right.expr->type())));
  return false;
}

bool CheckOperands(const esql::Expression& node, const Operand& left, const Operand& right,
                   bool dates, esql::Diagnostics* diagnostics) {
  bool fits = true;
  std::size_t index = 0;
  for (const Operand* operand : {&left, &right}) {
    const DataType type = operand->expr->type();
    if (!(IsNumeric(type) || type == DataType::kNull ||
          (dates && (type == DataType::kDatetime || IsTimespan(type))))) {
      ReportArgumentType(node, *operand, index, false,
                         dates ? "date_nanos, datetime or numeric" : "numeric", diagnostics);
      fits = false;
    }
    ++index;
  }
  if (!fits) {
    return false;
  }
  const DataType left_type = left.expr->type();
  const DataType right_type = right.expr->type();
  if (!IsNumeric(left_type) || !IsNumeric(right_type) ||
      (left_type == DataType::kUnsignedLong) == (right_type == DataType::kUnsignedLong)) {
    return true;
  }
  diagnostics->Error(
      node.range,
      fmt::format("first argument of [{}] is [{}] and second is [{}]. [unsigned_long] can only be "
                  "operated on together with another [unsigned_long]",
                  diagnostics->source().Slice(node.range), DataTypeName(left_type),
                  DataTypeName(right_type)));
  return false;
}

// + and - where a side is a datetime or a timespan.
ExprPtr BuildDateArithmetic(const esql::Expression& node, const Operand& left,
                            const Operand& right, esql::Diagnostics* diagnostics) {
  const DataType left_type = left.expr->type();
  const DataType right_type = right.expr->type();
  const bool backwards = node.op == Operator::kSubtract;
  Site site = MakeSite(node, diagnostics->source());
  const bool left_date = left_type == DataType::kDatetime;
  const bool right_date = right_type == DataType::kDatetime;
  if (left_type == DataType::kNull || right_type == DataType::kNull) {
    const DataType other = left_type == DataType::kNull ? right_type : left_type;
    return MakeConstant(Value::Null(), IsTimespan(other) ? DataType::kDatetime : other);
  }
  if ((left_date && IsTimespan(right_type)) ||
      (right_date && IsTimespan(left_type) && !backwards)) {
    return MakeNode(DataType::kDatetime, std::move(site), {left.expr, right.expr},
                    ArgumentRule::kSingle, MoveDatetime{backwards});
  }
  if (left_type == right_type && IsTimespan(left_type)) {
    return MakeNode(left_type, std::move(site), {left.expr, right.expr}, ArgumentRule::kSingle,
                    AddSpans{backwards});
  }
  Incompatible(node, left, right, diagnostics);
  return nullptr;
}

// A string literal beside a timespan is a datetime.
bool CastDateLiteral(Operand* literal, const Operand& other, esql::Diagnostics* diagnostics) {
  if (!IsStringLiteral(*literal->source) || !IsTimespan(other.expr->type())) {
    return true;
  }
  literal->expr = CastLiteral(*literal, DataType::kDatetime, diagnostics);
  return literal->expr != nullptr;
}

struct NegateValue {
  Value operator()(const Frame& frame, Args args) const {
    const Value& value = args[0];
    int64_t result = 0;
    switch (value.type()) {
      case DataType::kDouble:
        return Value::Double(-value.number());
      case DataType::kInteger:
        if (value.integer() == std::numeric_limits<int32_t>::min()) {
          return Overflow(frame, DataType::kInteger);
        }
        return Value::Integer(static_cast<int32_t>(-value.integer()));
      case DataType::kDatePeriod:
        return Value::DatePeriod(-value.period_months(), -value.period_days());
      default:
        if (__builtin_sub_overflow(int64_t{0}, value.integer(), &result)) {
          return Overflow(frame, DataType::kLong);
        }
        return value.type() == DataType::kTimeDuration ? Value::TimeDuration(result)
                                                       : Value::Long(result);
    }
  }
};

// -2147483648 and -9223372036854775808: the number alone is one too large for its type.
const Value* LeastLiteral(const esql::Expression& node) {
  static const Value kLeastInteger = Value::Integer(std::numeric_limits<int32_t>::min());
  static const Value kLeastLong = Value::Long(std::numeric_limits<int64_t>::min());
  const esql::Expression& operand = *node.args[0];
  if (operand.kind != esql::ExpressionKind::kLiteral) {
    return nullptr;
  }
  const esql::Literal& literal = operand.literal;
  if (literal.type == DataType::kLong && literal.integer == int64_t{1} << 31) {
    return &kLeastInteger;
  }
  if (literal.type == DataType::kUnsignedLong &&
      literal.integer == std::numeric_limits<int64_t>::min()) {
    return &kLeastLong;
  }
  return nullptr;
}

}  // namespace

ExprPtr BuildArithmetic(const esql::Expression& node, Operand left, Operand right,
                        esql::Diagnostics* diagnostics) {
  const bool dates = node.op == Operator::kAdd || node.op == Operator::kSubtract;
  if (dates && (!CastDateLiteral(&left, right, diagnostics) ||
                !CastDateLiteral(&right, left, diagnostics))) {
    return nullptr;
  }
  if (!CheckOperands(node, left, right, dates, diagnostics)) {
    return nullptr;
  }
  DataType type = left.expr->type();
  const DataType right_type = right.expr->type();
  const auto is_date = [](DataType t) { return t == DataType::kDatetime || IsTimespan(t); };
  if (is_date(type) || is_date(right_type)) {
    return BuildDateArithmetic(node, left, right, diagnostics);
  }
  if (type == DataType::kNull || right_type == DataType::kNull) {
    return MakeConstant(Value::Null(), type == DataType::kNull ? right_type : type);
  }
  type = WiderNumeric(type, right_type);
  Site site = MakeSite(node, diagnostics->source());
  // integer and long read alike, and doubles are read through AsDouble: no widening step is needed.
  switch (node.op) {
    case Operator::kAdd:
      return MakeArithmetic<Operator::kAdd>(type, std::move(site), left.expr, right.expr);
    case Operator::kSubtract:
      return MakeArithmetic<Operator::kSubtract>(type, std::move(site), left.expr, right.expr);
    case Operator::kMultiply:
      return MakeArithmetic<Operator::kMultiply>(type, std::move(site), left.expr, right.expr);
    case Operator::kDivide:
      return MakeArithmetic<Operator::kDivide>(type, std::move(site), left.expr, right.expr);
    case Operator::kModulo:
      return MakeArithmetic<Operator::kModulo>(type, std::move(site), left.expr, right.expr);
    default:
      WEIR_CHECK(false, "operator {} is no arithmetic", esql::OperatorText(node.op));
  }
}

ExprPtr BuildSign(const esql::Expression& node, Operand operand, esql::Diagnostics* diagnostics) {
  if (node.op == Operator::kNegate) {
    if (const Value* least = LeastLiteral(node)) {
      return MakeConstant(*least);
    }
  }
  const DataType type = operand.expr->type();
  const bool unsigned_negation = type == DataType::kUnsignedLong && node.op == Operator::kNegate;
  if ((!IsNumeric(type) && !IsTimespan(type) && type != DataType::kNull) || unsigned_negation) {
    ReportArgumentType(node, operand, 0, true,
                       "date_period, numeric (except unsigned_long) or time_duration",
                       diagnostics);
    return nullptr;
  }
  if (node.op == Operator::kPlus || type == DataType::kNull) {
    return operand.expr;
  }
  return MakeNode(type, MakeSite(node, diagnostics->source()), {operand.expr},
                  ArgumentRule::kSingle, NegateValue{});
}

}  // namespace weir::expr
