// The lowering of one search: stage by stage, with the fields visible at each of them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/esql/ast.h"
#include "common/spl/functions.h"
#include "common/spl/lower.h"

namespace weir::spl {

using NodePtr = esql::ExpressionPtr;

// A lowered expression; node is null after an error.
struct Typed {
  NodePtr node;
  Type type = Type::kNull;
  bool never_null = false;
};

// What a field of the search is at some point: a column of the ES|QL query, or nothing.
struct Field {
  std::string column;        // empty: the field is missing in every row
  Type type = Type::kText;
  bool never_null = false;
  std::size_t layer = 0;     // how many layers were there when it got its value
};

// A stage that gives values to fields nobody has named yet, as they are read: each name that it fits
// takes the layer's value where there is one.
struct Layer {
  // rename from AS to, each with one '*'; or all leaves of JSON text in a column.
  std::string from;
  std::string to;
  std::string json_column;
};

class Lowering {
 public:
  Lowering(const Search& search, const LowerOptions& options, esql::Diagnostics* diagnostics)
      : search_(search), options_(options), diagnostics_(diagnostics) {}

  std::optional<esql::Query> Run();

  void operator()(const SearchStage& stage);
  void operator()(const WhereStage& stage);
  void operator()(const EvalStage& stage);
  void operator()(const RenameStage& stage);
  void operator()(const FillnullStage& stage);
  void operator()(const FieldsStage& stage);
  void operator()(const ConvertStage& stage);
  void operator()(const StatsStage& stage);
  void operator()(const BinStage& stage);
  void operator()(const DedupStage& stage);
  void operator()(const SortStage& stage);
  void operator()(const HeadStage& stage);
  void operator()(const SpathStage& stage);
  void operator()(const MvexpandStage& stage);
  void operator()(const RexStage& stage);
  void operator()(const RegexStage& stage);
  void operator()(const AddinfoStage& stage);

 private:
  // lower.cc: fields and columns
  Field Find(const std::string& name);
  Field SourceField(const std::string& name) const;
  std::optional<std::string> LayerColumn(const Layer& layer, const std::string& name);
  Typed Column(const Field& field, SourceRange range) const;
  Typed Column(const std::string& name, SourceRange range) { return Column(Find(name), range); }
  // A name no column has; the field's own if it is free.
  std::string NewColumn(const std::string& name);
  std::string EmitColumn(const std::string& name, NodePtr value);
  void Assign(const std::string& name, Typed value);
  void Define(const std::string& name, Field field);
  void Remove(const std::string& name);
  void Emit(esql::CommandBody body) { query_.commands.push_back({std::move(body), range_}); }
  void EmitWhere(NodePtr condition);
  std::vector<std::string> NamesAfter() const;
  void FinishOutputs();
  void EmitClockFilter();
  Typed Refuse(SourceRange range, std::string message, std::string hint = "") {
    diagnostics_->Error(range, std::move(message), std::move(hint));
    return {};
  }
  NodePtr Call(std::string_view name, SourceRange range,
                           std::vector<NodePtr> args) const;
  static NodePtr Number(double value, SourceRange range);
  // Seconds since 1970: the end of the judged range, less so many milliseconds.
  NodePtr RangeEnd(SourceRange range, int64_t before_ms = 0) const;
  static std::vector<NodePtr> List(NodePtr first, NodePtr second = nullptr,
                                   NodePtr third = nullptr, NodePtr fourth = nullptr);
  NodePtr AllPresent(const std::vector<std::string>& columns) const;

  // lower_search.cc: never null
  NodePtr LowerSearch(const SearchNode& node);
  NodePtr LowerComparison(const SearchNode& node);
  NodePtr LowerMetadata(const SearchNode& node, bool* handled);

  // lower_expression.cc
  Typed Lower(const Expression& node);
  Typed LowerBinary(const Expression& node);
  void WarnOfDottedName(const Expression& node);
  Typed LowerComparison(const Expression& node, Typed left, Typed right);
  Typed LowerCall(const Expression& node);
  Typed LowerValues(const Expression& node, const FunctionRow& row, std::vector<Typed> args);
  Typed LowerMultivalueMap(const Expression& node, const FunctionRow& row);
  Typed LowerSpecial(const Expression& node, const FunctionRow& row, std::vector<Typed> args);
  bool RequireBoolean(const Expression& node, const Typed& value);
  bool LowerArguments(const Expression& node, std::vector<Typed>* args);

  // lower_stats.cc
  Typed LowerAggregate(const Aggregate& aggregate, NodePtr* filter);
  Typed LowerCount(const Aggregate& aggregate, NodePtr* filter);
  Typed LowerSpread(const Aggregate& aggregate, const Typed& number);
  Typed LowerByTime(const Aggregate& aggregate, Typed value);
  Typed LowerExtreme(const Aggregate& aggregate, Typed value);
  std::vector<Aggregate> ExpandWildcard(const Aggregate& aggregate, const std::vector<Name>& by);
  void EachAggregate(const StatsStage& stage,
                     const std::function<void(const Aggregate&)>& visit);
  struct StatsParts;
  std::string FreshColumn(const std::string& name, const std::string& own, StatsParts* parts) const;
  void AddKeys(const std::vector<Name>& by, StatsParts* parts);
  void AddAggregate(const Aggregate& aggregate, StatsParts* parts);
  void EmitStats(StatsParts parts, bool by_clock);
  void LowerStats(const StatsStage& stage);
  void LowerEventstats(const StatsStage& stage);

  // lower_stage.cc
  void RenameByPattern(const RenameStage::Item& item);
  void KeepOnly(const std::vector<Name>& names);
  void EmitSort(const std::vector<SortStage::Key>& keys);
  std::vector<std::string> Matching(const std::string& pattern) const;

  const Search& search_;
  const LowerOptions& options_;
  esql::Diagnostics* diagnostics_;
  esql::Query query_;
  SourceRange range_;                       // of the current stage
  std::size_t stage_index_ = 0;
  bool open_ = true;                        // fields of the events are visible
  bool folded_ = false;                     // a stats has been
  bool expanded_ = false;                   // an event may have several rows
  bool clock_filtered_ = false;
  std::map<std::string, Field> fields_;
  std::vector<std::string> order_;          // of the fields, as tables show them
  std::vector<Layer> layers_;
  std::set<std::string> columns_ = {"_id", "_index", "_version", "@timestamp"};
  std::vector<std::string> group_;          // fields of the last stats' BY
  std::vector<SortStage::Key> sort_;        // asked for, and not yet needed
  std::map<std::string, std::pair<std::string, Type>> items_;   // placeholders of mvfilter and mvmap
};

bool LooksNumeric(std::string_view text);
// What the '*' of a pattern stands for in a name; empty when it does not fit.
std::optional<std::string> MatchStar(std::string_view pattern, std::string_view name);

}  // namespace weir::spl
