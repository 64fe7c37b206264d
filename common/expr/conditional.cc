// CASE, COALESCE, GREATEST, LEAST and CLAMP.
#include <fmt/format.h>

#include "common/expr/functions_internal.h"

namespace weir::expr {

namespace {

// Evaluates conditions in order and only the value of the first that is true.
class CaseNode final : public Node {
 public:
  CaseNode(DataType type, Site site, std::vector<ExprPtr> conditions, std::vector<ExprPtr> values)
      : Node(type, std::move(site)),
        conditions_(std::move(conditions)),
        values_(std::move(values)) {}

  Value Eval(EvalContext& context) const override {
    for (std::size_t i = 0; i < conditions_.size(); ++i) {
      const Value condition = conditions_[i]->Eval(context);
      if (condition.is_multi()) [[unlikely]] {
        Begin(context).Warn(kMultivalueWarning, "false");
      } else if (!condition.is_null() && condition.boolean()) {
        return values_[i]->Eval(context);
      }
    }
    return values_.size() > conditions_.size() ? values_.back()->Eval(context) : Value::Null();
  }

 private:
  std::vector<ExprPtr> conditions_;
  std::vector<ExprPtr> values_;  // one a condition, then perhaps the else
};

class CoalesceNode final : public Expr {
 public:
  CoalesceNode(DataType type, std::vector<ExprPtr> values)
      : Expr(type), values_(std::move(values)) {}

  Value Eval(EvalContext& context) const override {
    for (const ExprPtr& value : values_) {
      const Value result = value->Eval(context);
      if (!result.is_null()) {
        return result;
      }
    }
    return Value::Null();
  }

 private:
  std::vector<ExprPtr> values_;
};

// Unifies all arguments from the first on; their common type, or empty after an error.
std::optional<DataType> UnifyAll(Call& call) {
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < call.size(); ++i) {
    positions.push_back(i);
  }
  return UnifyTypes(*call.node, &call.args, positions, call.diagnostics);
}

std::vector<ExprPtr> Exprs(const std::vector<Operand>& operands) {
  std::vector<ExprPtr> exprs;
  for (const Operand& operand : operands) {
    exprs.push_back(operand.expr);
  }
  return exprs;
}

// The greatest (sign 1) or least (sign -1) of all values of all arguments.
struct Extreme {
  int sign;
  Value operator()(const Frame& /*frame*/, Args args) const {
    Value best;
    for (const Value& cell : args) {
      if (cell.is_null()) {
        return cell;
      }
      for (const Value& item : cell.items()) {
        if (best.is_null() || CompareValues(item, best) * sign > 0) {
          best = item;
        }
      }
    }
    return best;
  }
};

ExprPtr MakeExtreme(Call& call, int sign) {
  const auto type = UnifyAll(call);
  return type.has_value() ? call.Make(*type, Extreme{sign}) : nullptr;
}

// CLAMP_MIN and CLAMP_MAX keep the greater or lesser of two single values.
struct ClampOne {
  int sign;
  Value operator()(const Frame& /*frame*/, Args args) const {
    return CompareValues(args[1], args[0]) * sign > 0 ? args[1] : args[0];
  }
};

}  // namespace

ExprPtr MakeCase(Call& call) {
  std::vector<Operand> conditions;
  std::vector<Operand> values;
  std::vector<std::size_t> positions;
  bool fits = true;
  for (std::size_t i = 0; i < call.size(); ++i) {
    if (i % 2 == 1 || i + 1 == call.size()) {
      values.push_back(call.args[i]);
      positions.push_back(i);
      continue;
    }
    Operand condition = call.args[i];
    if (IsStringLiteral(*condition.source) && IsString(condition.expr->type())) {
      condition.expr = CastLiteral(condition, DataType::kBoolean, call.diagnostics);
      fits = fits && condition.expr != nullptr;
    } else if (condition.expr->type() != DataType::kBoolean &&
               condition.expr->type() != DataType::kNull) {
      call.TypeError(i, "boolean");
      fits = false;
    }
    conditions.push_back(std::move(condition));
  }
  const auto type = UnifyTypes(*call.node, &values, positions, call.diagnostics);
  if (!fits || !type.has_value()) {
    return nullptr;
  }
  return std::make_shared<CaseNode>(*type, call.site(), Exprs(conditions), Exprs(values));
}

ExprPtr MakeCoalesce(Call& call) {
  const auto type = UnifyAll(call);
  if (!type.has_value()) {
    return nullptr;
  }
  return std::make_shared<CoalesceNode>(*type, Exprs(call.args));
}

ExprPtr MakeGreatest(Call& call) {
  return MakeExtreme(call, 1);
}

ExprPtr MakeLeast(Call& call) {
  return MakeExtreme(call, -1);
}

ExprPtr MakeRoundTo(Call& call) {
  const auto type = UnifyAll(call);
  if (!type.has_value()) {
    return nullptr;
  }
  return call.Make(*type, [](const Frame&, Args args) {
    const Value* below = nullptr;
    const Value* least = &args[1];
    for (const Value& point : args.subspan(1)) {
      if (CompareValues(point, args[0]) <= 0 &&
          (below == nullptr || CompareValues(point, *below) > 0)) {
        below = &point;
      }
      least = CompareValues(point, *least) < 0 ? &point : least;
    }
    return below != nullptr ? *below : *least;
  });
}

ExprPtr MakeClamp(Call& call) {
  const auto type = UnifyAll(call);
  if (!type.has_value()) {
    return nullptr;
  }
  return call.Make(*type, [](const Frame&, Args args) {
    const Value& raised = CompareValues(args[1], args[0]) > 0 ? args[1] : args[0];
    return CompareValues(args[2], raised) < 0 ? args[2] : raised;
  });
}

ExprPtr MakeClampMin(Call& call) {
  const auto type = UnifyAll(call);
  return type.has_value() ? call.Make(*type, ClampOne{1}) : nullptr;
}

ExprPtr MakeClampMax(Call& call) {
  const auto type = UnifyAll(call);
  return type.has_value() ? call.Make(*type, ClampOne{-1}) : nullptr;
}

}  // namespace weir::expr
