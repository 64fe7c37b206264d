// == != < <= > >=. Both sides are brought to one kind (whole numbers, doubles, text, others);
// against a constant the test is specialised for the kind and for a column on the other side.
#include <fmt/format.h>

#include "common/base/check.h"
#include "common/expr/operators_internal.h"

namespace weir::expr {

namespace {

using esql::Operator;

// How two values of a common type are compared.
enum class Kind : uint8_t { kWhole, kDouble, kText, kOther };

struct EqualTo {
  static bool Holds(int order) { return order == 0; }
};
struct NotEqualTo {
  static bool Holds(int order) { return order != 0; }
};
struct Less {
  static bool Holds(int order) { return order < 0; }
};
struct LessOrEqual {
  static bool Holds(int order) { return order <= 0; }
};
struct Greater {
  static bool Holds(int order) { return order > 0; }
};
struct GreaterOrEqual {
  static bool Holds(int order) { return order >= 0; }
};

template <typename T>
int Order(T left, T right) {
  return left < right ? -1 : right < left ? 1 : 0;
}

template <Kind kKind>
int OrderOf(const Value& left, const Value& right) {
  if constexpr (kKind == Kind::kWhole) {
    return Order(left.integer(), right.integer());
  } else if constexpr (kKind == Kind::kDouble) {
    return Order(left.AsDouble(), right.AsDouble());
  } else if constexpr (kKind == Kind::kText) {
    return left.text().compare(right.text());
  } else {
    return CompareValues(left, right);
  }
}

// The constant is owned by the expression kept beside its value.
template <typename Op, Kind kKind>
struct CompareConstant {
  ExprPtr owner;
  Value constant;
  bool operator()(const Value& value) const {
    return Op::Holds(OrderOf<kKind>(value, constant));
  }
};

// Equality of text looks at the lengths first.
template <bool kNegated>
struct TextEquals {
  ExprPtr owner;
  std::string_view constant;
  bool operator()(const Value& value) const { return (value.text() == constant) != kNegated; }
};

template <typename Op, Kind kKind>
struct ComparePair {
  Value operator()(const Frame& /*frame*/, Args args) const {
    return Value::Boolean(Op::Holds(OrderOf<kKind>(args[0], args[1])));
  }
};

Kind KindOf(DataType left, DataType right) {
  const auto is_whole = [](DataType type) {
    return type == DataType::kInteger || type == DataType::kLong || type == DataType::kBoolean ||
           type == DataType::kDatetime;
  };
  if (is_whole(left) && is_whole(right)) {
    return Kind::kWhole;
  }
  if (left == DataType::kDouble || right == DataType::kDouble) {
    return Kind::kDouble;
  }
  return IsString(left) ? Kind::kText : Kind::kOther;
}

template <typename Op, Kind kKind>
ExprPtr MakeCompare(Site site, const ExprPtr& left, const ExprPtr& right) {
  const Value* constant = right->constant();
  if (constant == nullptr || constant->is_multi()) {
    return MakeNode(DataType::kBoolean, std::move(site), {left, right}, ArgumentRule::kSingle,
                    ComparePair<Op, kKind>{});
  }
  if constexpr (kKind == Kind::kText && std::is_same_v<Op, EqualTo>) {
    return MakeTest(std::move(site), left, TextEquals<false>{right, constant->text()});
  } else if constexpr (kKind == Kind::kText && std::is_same_v<Op, NotEqualTo>) {
    return MakeTest(std::move(site), left, TextEquals<true>{right, constant->text()});
  } else {
    return MakeTest(std::move(site), left, CompareConstant<Op, kKind>{right, *constant});
  }
}

template <typename Op>
ExprPtr MakeCompareOf(Kind kind, Site site, const ExprPtr& left, const ExprPtr& right) {
  switch (kind) {
    case Kind::kWhole:
      return MakeCompare<Op, Kind::kWhole>(std::move(site), left, right);
    case Kind::kDouble:
      return MakeCompare<Op, Kind::kDouble>(std::move(site), left, right);
    case Kind::kText:
      return MakeCompare<Op, Kind::kText>(std::move(site), left, right);
    case Kind::kOther:
      return MakeCompare<Op, Kind::kOther>(std::move(site), left, right);
  }
  WEIR_CHECK(false, "comparison kind {}", static_cast<int>(kind));
}

// The operator with its sides exchanged.
Operator Mirror(Operator op) {
  switch (op) {
    case Operator::kLess:
      return Operator::kGreater;
    case Operator::kLessEqual:
      return Operator::kGreaterEqual;
    case Operator::kGreater:
      return Operator::kLess;
    case Operator::kGreaterEqual:
      return Operator::kLessEqual;
    default:
      return op;
  }
}

bool CheckOperand(const esql::Expression& node, const Operand& operand, std::size_t index,
                  esql::Diagnostics* diagnostics) {
  const DataType type = operand.expr->type();
  const bool equality = node.op == Operator::kEqual || node.op == Operator::kNotEqual;
  if (!IsTimespan(type) && (equality || type != DataType::kBoolean)) {
    return true;
  }
  ReportArgumentType(node, operand, index, false,
                     equality ? "boolean, datetime, ip, numeric, string or version"
                              : "datetime, ip, numeric, string or version",
                     diagnostics);
  return false;
}

// Both sides of one class, and unsigned_long only with its like.
bool CheckPair(const esql::Expression& node, const Operand& left, const Operand& right,
               esql::Diagnostics* diagnostics) {
  const DataType left_type = left.expr->type();
  const DataType right_type = right.expr->type();
  const std::string_view text = diagnostics->source().Slice(node.range);
  if (IsNumeric(left_type) && IsNumeric(right_type)) {
    if ((left_type == DataType::kUnsignedLong) == (right_type == DataType::kUnsignedLong)) {
      return true;
    }
    diagnostics->Error(
        node.range,
        fmt::format("first argument of [{}] is [{}] and second is [{}]. [unsigned_long] can only "
                    "be operated on together with another [unsigned_long]",
                    text, DataTypeName(left_type), DataTypeName(right_type)));
    return false;
  }
  if (left_type == right_type || (IsString(left_type) && IsString(right_type))) {
    return true;
  }
  const std::string_view expected = TypeClassName(left_type);
  diagnostics->Error(node.range,
                     fmt::format("first argument of [{}] is [{}] so second argument must also be "
                                 "[{}] but was [{}]",
                                 text, expected, expected, DataTypeName(right_type)));
  return false;
}

}  // namespace

ExprPtr BuildCompare(const esql::Expression& node, Operand left, Operand right,
                     esql::Diagnostics* diagnostics) {
  if (!CastLiterals(&left, &right, diagnostics)) {
    return nullptr;
  }
  const bool left_fits = CheckOperand(node, left, 0, diagnostics);
  const bool right_fits = CheckOperand(node, right, 1, diagnostics);
  if (!left_fits || !right_fits) {
    return nullptr;
  }
  if (left.expr->type() == DataType::kNull || right.expr->type() == DataType::kNull) {
    return MakeConstant(Value::Null(), DataType::kBoolean);
  }
  if (!CheckPair(node, left, right, diagnostics)) {
    return nullptr;
  }
  for (const Operand* operand : {&left, &right}) {
    if (const Value* constant = operand->expr->constant();
        constant != nullptr && constant->is_null()) {
      return MakeConstant(Value::Null(), DataType::kBoolean);
    }
  }
  Operator op = node.op;
  if (left.expr->constant() != nullptr && right.expr->constant() == nullptr) {
    std::swap(left, right);
    op = Mirror(op);
  }
  const Kind kind = KindOf(left.expr->type(), right.expr->type());
  Site site = MakeSite(node, diagnostics->source());
  switch (op) {
    case Operator::kEqual:
      return MakeCompareOf<EqualTo>(kind, std::move(site), left.expr, right.expr);
    case Operator::kNotEqual:
      return MakeCompareOf<NotEqualTo>(kind, std::move(site), left.expr, right.expr);
    case Operator::kLess:
      return MakeCompareOf<Less>(kind, std::move(site), left.expr, right.expr);
    case Operator::kLessEqual:
      return MakeCompareOf<LessOrEqual>(kind, std::move(site), left.expr, right.expr);
    case Operator::kGreater:
      return MakeCompareOf<Greater>(kind, std::move(site), left.expr, right.expr);
    case Operator::kGreaterEqual:
      return MakeCompareOf<GreaterOrEqual>(kind, std::move(site), left.expr, right.expr);
    default:
      WEIR_CHECK(false, "operator {} does not compare", esql::OperatorText(op));
  }
}

}  // namespace weir::expr
