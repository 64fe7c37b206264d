// A function call being compiled, and what its factory may do with it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/expr/typing_internal.h"

namespace weir::expr {

// The arguments have passed the signature's checks: types (or null), constants, count.
class Call {
 public:
  const esql::Expression* node = nullptr;
  std::vector<Operand> args;
  ArgumentRule rule = ArgumentRule::kSingle;
  const Scope* scope = nullptr;
  esql::Diagnostics* diagnostics = nullptr;

  std::size_t size() const { return args.size(); }
  bool has(std::size_t i) const { return i < args.size(); }
  const ExprPtr& arg(std::size_t i) const { return args[i].expr; }
  DataType type(std::size_t i) const { return args[i].expr->type(); }
  // The argument's value when it is a single, non-null constant.
  const Value* constant(std::size_t i) const {
    if (!has(i)) {
      return nullptr;
    }
    const Value* value = args[i].expr->constant();
    return value == nullptr || value->is_null() || value->is_multi() ? nullptr : value;
  }
  Site site() const { return MakeSite(*node, diagnostics->source()); }

  // Reports at the whole call.
  ExprPtr Error(std::string message) const {
    diagnostics->Error(node->range, std::move(message));
    return nullptr;
  }
  // "first argument of [..] must be [expected], found value [..] type [..]"
  ExprPtr TypeError(std::size_t i, std::string_view expected) const {
    ReportArgumentType(*node, args[i], i, args.size() == 1, expected, diagnostics);
    return nullptr;
  }

  // An evaluator over all arguments under the call's rule; f(const Frame&, Args) -> Value.
  template <typename F>
  ExprPtr Make(DataType result, F f) const {
    std::vector<ExprPtr> exprs;
    exprs.reserve(args.size());
    for (const Operand& operand : args) {
      exprs.push_back(operand.expr);
    }
    return MakeNode(result, site(), std::move(exprs), rule, std::move(f));
  }
};

using Factory = ExprPtr (*)(Call& call);

}  // namespace weir::expr
