// KQL("...") and QSTR("...") within an ES|QL query.
#include <fmt/format.h>

#include "common/kql/lower.h"
#include "common/kql/parser.h"
#include "common/plan/query_rules_internal.h"

namespace weir::plan {
namespace {

class KqlCalls {
 public:
  KqlCalls(const FieldCatalogue& catalogue, esql::Diagnostics* diagnostics)
      : catalogue_(catalogue), diagnostics_(diagnostics) {}

  void In(esql::ExpressionPtr* expression);
  void In(std::vector<esql::NamedExpression>* columns);

 private:
  esql::ExpressionPtr Lowered(const esql::Expression& call);
  void Report(const esql::Diagnostic& inner, esql::SourceRange range);

  const FieldCatalogue& catalogue_;
  esql::Diagnostics* diagnostics_;
};

void SetRange(esql::SourceRange range, esql::Expression* expression) {
  expression->range = range;
  for (const esql::ExpressionPtr& argument : expression->args) {
    SetRange(range, argument.get());
  }
}

void KqlCalls::Report(const esql::Diagnostic& inner, esql::SourceRange range) {
  const std::string message =
      fmt::format("in KQL at {}:{}: {}", inner.line, inner.column, inner.message);
  if (inner.severity == esql::Severity::kError) {
    diagnostics_->Error(range, message, inner.hint);
  } else {
    diagnostics_->Warning(range, message, inner.hint);
  }
}

esql::ExpressionPtr KqlCalls::Lowered(const esql::Expression& call) {
  const bool fits = call.args.size() == 1 &&
                    call.args[0]->kind == esql::ExpressionKind::kLiteral &&
                    IsString(call.args[0]->literal.type);
  if (!fits) {
    diagnostics_->Error(call.range,
                        fmt::format("function [{}] takes one argument, a constant string",
                                    call.name == "KQL" ? "kql" : "qstr"));
    return nullptr;
  }
  const esql::SourceRange range = call.args[0]->range;
  const esql::Source source(call.args[0]->literal.text);
  esql::Diagnostics inner(&source);
  const kql::NodePtr node =
      kql::Parse(call.name == "KQL" ? kql::Syntax::kKql : kql::Syntax::kLucene, &inner);
  esql::ExpressionPtr lowered = node == nullptr ? nullptr : kql::Lower(*node, catalogue_, &inner);
  for (const esql::Diagnostic& diagnostic : inner.list()) {
    Report(diagnostic, range);
  }
  if (lowered != nullptr) {
    SetRange(range, lowered.get());
  }
  return lowered;
}

void KqlCalls::In(esql::ExpressionPtr* expression) {
  esql::Expression& node = **expression;
  if (node.kind == esql::ExpressionKind::kCall && (node.name == "KQL" || node.name == "QSTR")) {
    esql::ExpressionPtr lowered = Lowered(node);
    if (lowered != nullptr) {
      *expression = std::move(lowered);
    }
    return;
  }
  for (esql::ExpressionPtr& argument : node.args) {
    In(&argument);
  }
}

void KqlCalls::In(std::vector<esql::NamedExpression>* columns) {
  for (esql::NamedExpression& column : *columns) {
    In(&column.value);
    if (column.filter != nullptr) {
      In(&column.filter);
    }
  }
}

}  // namespace

void LowerKqlCalls(const FieldCatalogue& catalogue, esql::Query* query,
                   esql::Diagnostics* diagnostics) {
  KqlCalls calls(catalogue, diagnostics);
  for (esql::Command& command : query->commands) {
    if (auto* where = std::get_if<esql::WhereCommand>(&command.body)) {
      calls.In(&where->condition);
    } else if (auto* eval = std::get_if<esql::EvalCommand>(&command.body)) {
      calls.In(&eval->columns);
    } else if (auto* stats = std::get_if<esql::StatsCommand>(&command.body)) {
      calls.In(&stats->aggregates);
      calls.In(&stats->groups);
    }
  }
}

}  // namespace weir::plan
