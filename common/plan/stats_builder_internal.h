// Analyses one STATS command: its keys, and its aggregate expressions taken apart into single
// aggregates and what is computed from them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/agg/aggregate.h"
#include "common/plan/analyzer_internal.h"

namespace weir::plan {

class StatsBuilder {
 public:
  // Works in the analyzer's current stage; may add steps there, for keys that aggregates refer to.
  StatsBuilder(Analyzer* analyzer, const esql::StatsCommand& stats)
      : analyzer_(*analyzer), stats_(stats), diagnostics_(analyzer->diagnostics_) {}

  // Reports problems; what could not be analysed is an output of no type.
  StatsAnalysis Build();

 private:
  struct Name {
    std::string_view name;
    esql::SourceRange range;
    bool shadowed = false;
  };

  void ResolveNames();
  void AddGroup(std::size_t index);
  std::optional<std::size_t> SameColumn(bool is_column, const FoldKey& key) const;
  void SetAliases();
  bool IsNamedInAggregates(std::string_view name) const;
  void AddAggregateExpression(std::size_t index);
  bool IsComputedFromKeys(const esql::NamedExpression& item) const;
  // The filter, compiled; null when there is none or it is wrong.
  expr::ExprPtr CompileFilter(const esql::NamedExpression& item);
  void ReportNoAggregate(const esql::NamedExpression& item);
  // The expression with its aggregates and keys replaced by columns that stand for them; null after
  // an error.
  esql::ExpressionPtr Rewrite(const esql::Expression& node, const esql::NamedExpression& item,
                              const expr::ExprPtr& filter);
  esql::ExpressionPtr RewriteColumn(const esql::Expression& node);
  std::optional<std::size_t> KeyOf(const esql::Expression& node) const;
  // Index of the aggregate in the analysis, after adding it unless an equal one is there.
  std::optional<std::size_t> AddAggregate(const esql::Expression& call,
                                          const esql::NamedExpression& item,
                                          const expr::ExprPtr& filter);
  struct Arguments {
    std::vector<const esql::Expression*> columns;
    std::vector<const esql::Expression*> constants;
  };
  std::optional<Arguments> SplitArguments(const esql::Expression& call,
                                          const agg::FunctionInfo& info);
  expr::ExprPtr WithoutMultivalues(const esql::Expression& value, const esql::Expression& weight,
                                   expr::ExprPtr compiled);
  // False after an error. constants gets the compiled constant arguments.
  bool CompileArguments(const esql::Expression& call, const Arguments& arguments,
                        FoldAggregate* aggregate, AggregateFacts* facts,
                        std::vector<expr::ExprPtr>* constants);
  bool IsRowCount(const esql::Expression& call, const std::vector<expr::ExprPtr>& inputs) const;
  std::size_t Append(FoldAggregate aggregate, AggregateFacts facts);
  std::string_view Slice(const esql::Expression& node) const {
    return diagnostics_->source().Slice(node.range);
  }

  Analyzer& analyzer_;
  const esql::StatsCommand& stats_;
  esql::Diagnostics* diagnostics_;
  StatsAnalysis result_;
  std::vector<Name> names_;                       // aggregates, then groups
  std::vector<std::optional<std::size_t>> key_of_group_;
  std::vector<std::string> key_texts_;            // of each key, printed as written
};

bool ContainsAggregate(const esql::Expression& expression);

}  // namespace weir::plan
