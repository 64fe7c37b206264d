// JSON_EXTRACT(_source, "path"): the document is not kept, but a constant path is known before any
// event comes, so that what stands there is a field like any other.
#include <algorithm>

#include "common/esql/any_value.h"
#include "common/plan/query_rules_internal.h"

namespace weir::plan {
namespace {

constexpr std::string_view kSource = "_source";

// The keys that the path begins with, parted by dots, and the rest from the first bracket on. Both
// empty when the path is none of keys.
struct SplitPath {
  std::string keys;
  std::string rest;
};

SplitPath Split(std::string_view path) {
  if (path.starts_with("$.")) {
    path.remove_prefix(2);
  }
  const std::string_view keys = path.substr(0, path.find('['));
  if (keys.empty() || keys.front() == '.' || keys.back() == '.' || keys.front() == '$' ||
      keys.find("..") != std::string_view::npos) {
    return {};
  }
  return {std::string(keys), std::string(path.substr(keys.size()))};
}

void Lower(esql::ExpressionPtr* expression) {
  esql::Expression& node = **expression;
  for (esql::ExpressionPtr& argument : node.args) {
    Lower(&argument);
  }
  const bool reads_source =
      node.kind == esql::ExpressionKind::kCall && node.name == "JSON_EXTRACT" &&
      node.args.size() == 2 && node.args[0]->kind == esql::ExpressionKind::kColumn &&
      node.args[0]->name == kSource && node.args[1]->kind == esql::ExpressionKind::kLiteral &&
      IsString(node.args[1]->literal.type);
  if (!reads_source) {
    return;
  }
  const SplitPath path = Split(node.args[1]->literal.text);
  if (path.keys.empty()) {
    return;
  }
  esql::ExpressionPtr column =
      esql::MakeColumnNode(std::string(kSourcePrefix) + path.keys, node.range);
  if (path.rest.empty()) {
    *expression = std::move(column);
    return;
  }
  node.args[0] = std::move(column);
  node.args[1] = esql::MakeKeywordNode(path.rest, node.args[1]->range);
}

void Lower(std::vector<esql::NamedExpression>* columns) {
  for (esql::NamedExpression& column : *columns) {
    Lower(&column.value);
    if (column.filter != nullptr) {
      Lower(&column.filter);
    }
  }
}

bool AsksForSource(const esql::Query& query) {
  const auto* from = std::get_if<esql::FromCommand>(&query.commands.front().body);
  return from != nullptr &&
         std::find(from->metadata.begin(), from->metadata.end(), kSource) != from->metadata.end();
}

}  // namespace

void LowerSourceCalls(esql::Query* query) {
  if (!AsksForSource(*query)) {
    return;
  }
  for (esql::Command& command : query->commands) {
    if (auto* where = std::get_if<esql::WhereCommand>(&command.body)) {
      Lower(&where->condition);
    } else if (auto* eval = std::get_if<esql::EvalCommand>(&command.body)) {
      Lower(&eval->columns);
    } else if (auto* stats = std::get_if<esql::StatsCommand>(&command.body)) {
      Lower(&stats->aggregates);
      Lower(&stats->groups);
    }
  }
}

}  // namespace weir::plan
