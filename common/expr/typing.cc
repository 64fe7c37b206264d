#include <array>

#include <fmt/format.h>

#include "common/expr/conversion_internal.h"
#include "common/expr/typing_internal.h"

namespace weir::expr {

namespace {

class WidenNode final : public Expr {
 public:
  WidenNode(DataType type, ExprPtr operand) : Expr(type), operand_(std::move(operand)) {}

  Value Eval(EvalContext& context) const override {
    return MapItems(operand_->Eval(context), *context.arena,
                    [this](const Value& item) { return WidenItem(item, type()); });
  }

 private:
  ExprPtr operand_;
};

int NumericRank(DataType type) {
  return type == DataType::kDouble ? 2 : type == DataType::kLong ? 1 : 0;
}

// The one type of two, kNull when they do not go together.
std::optional<DataType> CommonType(DataType left, DataType right) {
  left = ResultType(left);
  right = ResultType(right);
  if (left == right || right == DataType::kNull) {
    return left;
  }
  if (left == DataType::kNull) {
    return right;
  }
  const bool mixes_unsigned =
      (left == DataType::kUnsignedLong) != (right == DataType::kUnsignedLong);
  if (IsNumeric(left) && IsNumeric(right) && !mixes_unsigned) {
    return WiderNumeric(left, right);
  }
  return std::nullopt;
}

}  // namespace

DataType WiderNumeric(DataType left, DataType right) {
  return NumericRank(left) >= NumericRank(right) ? left : right;
}

Value WidenItem(const Value& item, DataType type) {
  if (item.is_null() || item.type() == type) {
    return item;
  }
  if (type == DataType::kDouble) {
    return Value::Double(item.AsDouble());
  }
  return type == DataType::kLong ? Value::Long(item.integer()) : item;
}

ExprPtr Widen(const ExprPtr& expression, DataType type) {
  const DataType from = expression->type();
  if (from == type || (IsString(from) && IsString(type))) {
    return expression;
  }
  if (from == DataType::kNull) {
    return expression->constant() != nullptr ? MakeConstant(Value::Null(), type) : expression;
  }
  auto widened = std::make_shared<WidenNode>(type, expression);
  return expression->constant() != nullptr ? Fold(std::move(widened)) : ExprPtr(widened);
}

bool IsStringLiteral(const esql::Expression& expression) {
  if (expression.kind == esql::ExpressionKind::kList) {
    return !expression.args.empty() && IsStringLiteral(*expression.args.front());
  }
  return expression.kind == esql::ExpressionKind::kLiteral && IsString(expression.literal.type);
}

ExprPtr CastLiteral(const Operand& operand, DataType type, esql::Diagnostics* diagnostics) {
  Arena arena;
  std::vector<Value> items;
  const Value text = *operand.expr->constant();
  for (const Value& item : text.items()) {
    Value converted;
    ConversionError error;
    if (!ConvertItem(item, type, arena, &converted, &error)) {
      std::string target(DataTypeName(type));
      for (char& c : target) {
        c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
      }
      diagnostics->Error(operand.source->range,
                         fmt::format("Cannot convert string [{}] to [{}], error [{}]", item.text(),
                                     target, error.message));
      return nullptr;
    }
    items.push_back(converted);
  }
  return MakeConstant(Value::MakeMulti(items, &arena), type);
}

bool CastLiterals(Operand* left, Operand* right, esql::Diagnostics* diagnostics) {
  for (auto [literal, other] : {std::pair(left, right), std::pair(right, left)}) {
    if (IsStringLiteral(*literal->source) && IsString(literal->expr->type()) &&
        AttractsStringLiteral(other->expr->type())) {
      literal->expr = CastLiteral(*literal, other->expr->type(), diagnostics);
      return literal->expr != nullptr;
    }
  }
  return true;
}

std::optional<DataType> UnifyTypes(const esql::Expression& call, std::vector<Operand>* operands,
                                   const std::vector<std::size_t>& positions,
                                   esql::Diagnostics* diagnostics) {
  DataType attractor = DataType::kNull;
  for (const Operand& operand : *operands) {
    if (AttractsStringLiteral(operand.expr->type())) {
      attractor = operand.expr->type();
      break;
    }
  }
  DataType common = DataType::kNull;
  bool fits = true;
  for (std::size_t i = 0; i < operands->size(); ++i) {
    Operand& operand = (*operands)[i];
    if (attractor != DataType::kNull && IsStringLiteral(*operand.source) &&
        IsString(operand.expr->type())) {
      ExprPtr cast = CastLiteral(operand, attractor, diagnostics);
      if (cast == nullptr) {
        fits = false;
        continue;
      }
      operand.expr = std::move(cast);
    }
    const std::optional<DataType> merged = CommonType(common, operand.expr->type());
    if (!merged.has_value()) {
      ReportArgumentType(call, operand, positions[i], false, DataTypeName(common), diagnostics);
      fits = false;
      continue;
    }
    common = *merged;
  }
  if (!fits) {
    return std::nullopt;
  }
  for (Operand& operand : *operands) {
    operand.expr = Widen(operand.expr, common);
  }
  return common;
}

std::string_view Ordinal(std::size_t index) {
  static constexpr std::array<std::string_view, 5> kOrdinals = {"first", "second", "third",
                                                                "fourth", "fifth"};
  return index < kOrdinals.size() ? kOrdinals[index] : std::string_view();
}

std::string_view TypeClassName(DataType type) {
  return IsNumeric(type) ? "numeric" : DataTypeName(type);
}

void ReportArgumentType(const esql::Expression& call, const Operand& operand, std::size_t index,
                        bool only_argument, std::string_view expected,
                        esql::Diagnostics* diagnostics) {
  const std::string_view ordinal = only_argument ? std::string_view() : Ordinal(index);
  const esql::Source& source = diagnostics->source();
  diagnostics->Error(
      operand.source->range,
      fmt::format("{}{}argument of [{}] must be [{}], found value [{}] type [{}]", ordinal,
                  ordinal.empty() ? "" : " ", source.Slice(call.range), expected,
                  source.Slice(operand.source->range), DataTypeName(operand.expr->type())));
}

}  // namespace weir::expr
