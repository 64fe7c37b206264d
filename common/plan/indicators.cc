#include "common/plan/indicators.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "common/esql/any_value.h"
#include "common/esql/printer.h"
#include "common/grok/grok.h"
#include "common/plan/query_rules_internal.h"

namespace weir::plan {
namespace {

using esql::Expression;
using esql::ExpressionKind;
using esql::ExpressionPtr;
using esql::Operator;

// A column that is made of columns that are made of columns stays a name beyond this size.
constexpr std::size_t kDefinitionNodesMax = 400;

struct CallKind {
  std::string_view function;
  std::string_view kind;
};
constexpr CallKind kCallKinds[] = {
    {esql::kAnyEquals, "eq"},           {esql::kAnyEqualsCi, "eq_ci"},
    {esql::kAnyWord, "match"},          {esql::kAnyPhrase, "match"},
    {esql::kAnyLike, "like"},           {esql::kAnyLikeCi, "like_ci"},
    {esql::kAnyRegex, "rlike"},         {esql::kAnyRegexCi, "rlike_ci"},
    {esql::kAnyLess, "lt"},             {esql::kAnyLessEqual, "le"},
    {esql::kAnyGreater, "gt"},          {esql::kAnyGreaterEqual, "ge"},
    {esql::kAnyContains, "contains"},   {esql::kAnyContainsCi, "contains_ci"},
    {esql::kAnyStarts, "starts_with"},  {esql::kAnyStartsCi, "starts_with_ci"},
    {esql::kAnyEnds, "ends_with"},      {esql::kAnyEndsCi, "ends_with_ci"},
    {esql::kAnyCidr, "cidr"},           {"STARTS_WITH", "starts_with"},
    {"ENDS_WITH", "ends_with"},         {"CONTAINS", "contains"},
    {"CIDR_MATCH", "cidr"},             {"MV_CONTAINS", "eq"},
    {"MATCH", "match"},                 {"MATCH_PHRASE", "match"},
};

std::string_view KindOfCall(std::string_view function) {
  const auto* found = std::find_if(std::begin(kCallKinds), std::end(kCallKinds),
                                   [&](const CallKind& row) { return row.function == function; });
  return found == std::end(kCallKinds) ? std::string_view() : found->kind;
}

std::string_view KindOfComparison(Operator op) {
  switch (op) {
    case Operator::kEqual:
    case Operator::kNotEqual:
      return "eq";
    case Operator::kLess:
      return "lt";
    case Operator::kLessEqual:
      return "le";
    case Operator::kGreater:
      return "gt";
    case Operator::kGreaterEqual:
      return "ge";
    default:
      return "";
  }
}

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

bool IsRange(std::string_view kind) {
  return kind == "lt" || kind == "le" || kind == "gt" || kind == "ge";
}

bool IsConstant(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kColumn:
    case ExpressionKind::kStar:
      return false;
    case ExpressionKind::kCall:
      if (expression.args.empty()) {
        return false;   // NOW()
      }
      break;
    default:
      break;
  }
  return std::all_of(expression.args.begin(), expression.args.end(),
                     [](const ExpressionPtr& arg) { return IsConstant(*arg); });
}

std::string ValueText(const Expression& expression) {
  const bool is_text =
      expression.kind == ExpressionKind::kLiteral && IsString(expression.literal.type);
  return is_text ? expression.literal.text : esql::Print(expression);
}

void AddValues(const Expression& expression, std::vector<std::string>* values) {
  if (expression.kind != ExpressionKind::kList) {
    values->push_back(ValueText(expression));
    return;
  }
  for (const ExpressionPtr& item : expression.args) {
    AddValues(*item, values);
  }
}

std::size_t CountNodes(const Expression& expression) {
  std::size_t count = 1;
  for (const ExpressionPtr& arg : expression.args) {
    count += CountNodes(*arg);
  }
  return count;
}

void CollectColumns(const Expression& expression, std::vector<std::string>* names) {
  if (expression.kind == ExpressionKind::kColumn &&
      std::find(names->begin(), names->end(), expression.name) == names->end()) {
    names->push_back(expression.name);
  }
  for (const ExpressionPtr& arg : expression.args) {
    CollectColumns(*arg, names);
  }
}

struct Definition {
  ExpressionPtr value;      // over fields
  std::string filter;       // of an aggregate; may be empty
  bool is_result = false;   // made by a STATS of many rows
};

class Reader {
 public:
  QueryFacts Read(const esql::Query& query);

 private:
  struct Resolved {
    ExpressionPtr value;
    bool is_result = false;
  };
  // The expression over fields: columns are replaced by what they are made of.
  Resolved Resolve(const Expression& expression) const;
  void Replace(Expression* expression, std::size_t* nodes, bool* is_result) const;

  void Define(const std::string& name, const Expression& value);
  void Run(const esql::WhereCommand& command);
  void Run(const esql::EvalCommand& command);
  void Run(const esql::StatsCommand& command);
  void Run(const esql::RenameCommand& command);
  void Run(const esql::GrokCommand& command);
  void Run(const esql::DissectCommand& command);
  void Run(const esql::FromCommand& command) { facts_.from = command.patterns; }
  template <typename Command>
  void Run(const Command& /*command*/) {}
  void DefineCaptures(std::string_view command, const Expression& input,
                      const std::vector<grok::OutputColumn>& columns);

  std::vector<Indicator> Tests(const Expression& condition, bool negated) const;
  std::vector<Indicator> Junction(const Expression& condition, bool negated) const;
  Indicator Test(const Expression& condition, bool negated) const;
  Indicator Compared(const Expression& operand, std::string_view kind, bool negated) const;
  Indicator Other(const Expression& condition, bool negated) const;
  std::string DefinitionText(const Definition& definition) const;

  QueryFacts facts_;
  std::map<std::string, Definition> definitions_;
};

QueryFacts Reader::Read(const esql::Query& query) {
  for (const esql::Command& command : query.commands) {
    std::visit([this](const auto& body) { Run(body); }, command.body);
  }
  for (const auto& [name, definition] : definitions_) {
    std::string text = DefinitionText(definition);
    if (text != name) {
      facts_.definitions.emplace(name, std::move(text));
    }
  }
  // Canonical text has no line breaks within a command.
  std::string_view text;
  const std::string printed = esql::Print(query);
  for (text = printed; !text.empty();) {
    constexpr std::string_view kSeparator = "\n| ";
    const std::size_t end = std::min(text.find(kSeparator), text.size());
    facts_.commands.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + kSeparator.size(), text.size()));
  }
  return std::move(facts_);
}

std::string Reader::DefinitionText(const Definition& definition) const {
  std::string text = definition.value->kind == ExpressionKind::kColumn
                         ? definition.value->name
                         : esql::Print(*definition.value);
  return definition.filter.empty() ? text : text + " WHERE " + definition.filter;
}

Reader::Resolved Reader::Resolve(const Expression& expression) const {
  Resolved resolved{expression.Clone()};
  std::size_t nodes = CountNodes(expression);
  Replace(resolved.value.get(), &nodes, &resolved.is_result);
  return resolved;
}

void Reader::Replace(Expression* expression, std::size_t* nodes, bool* is_result) const {
  if (expression->kind != ExpressionKind::kColumn) {
    for (const ExpressionPtr& arg : expression->args) {
      Replace(arg.get(), nodes, is_result);
    }
    return;
  }
  const auto found = definitions_.find(expression->name);
  if (found == definitions_.end()) {
    return;
  }
  *is_result = *is_result || found->second.is_result;
  const std::size_t added = CountNodes(*found->second.value);
  if (*nodes + added <= kDefinitionNodesMax) {
    *nodes += added;
    *expression = std::move(*found->second.value->Clone());
  }
}

void Reader::Define(const std::string& name, const Expression& value) {
  Resolved resolved = Resolve(value);
  definitions_[name] = {std::move(resolved.value), "", resolved.is_result};
}

void Reader::Run(const esql::WhereCommand& command) {
  std::vector<Indicator> tests = Tests(*command.condition, false);
  std::move(tests.begin(), tests.end(), std::back_inserter(facts_.indicators));
}

void Reader::Run(const esql::EvalCommand& command) {
  for (const esql::NamedExpression& column : command.columns) {
    Define(column.name, *column.value);
  }
}

void Reader::Run(const esql::StatsCommand& command) {
  std::map<std::string, Definition> made;
  facts_.group_by.clear();
  for (const esql::NamedExpression& group : command.groups) {
    Resolved resolved = Resolve(*group.value);
    Definition definition{std::move(resolved.value), "", resolved.is_result};
    const std::string text = DefinitionText(definition);
    facts_.group_by.push_back(text == group.name || !group.has_alias
                                  ? text
                                  : fmt::format("{} = {}", group.name, text));
    made[group.name] = std::move(definition);
  }
  for (const esql::NamedExpression& aggregate : command.aggregates) {
    std::string filter;
    if (aggregate.filter != nullptr) {
      filter = esql::Print(*Resolve(*aggregate.filter).value);
    }
    made[aggregate.name] = {Resolve(*aggregate.value).value, std::move(filter), true};
  }
  if (!command.is_inline) {
    definitions_.clear();
  }
  for (auto& [name, definition] : made) {
    definitions_[name] = std::move(definition);
  }
}

void Reader::Run(const esql::RenameCommand& command) {
  for (const esql::RenameCommand::Item& item : command.items) {
    const auto found = definitions_.find(item.from);
    if (found == definitions_.end()) {
      definitions_[item.to] = {esql::MakeColumnNode(item.from, item.range), "", false};
      continue;
    }
    Definition moved = std::move(found->second);
    definitions_.erase(found);
    definitions_[item.to] = std::move(moved);
  }
}

void Reader::DefineCaptures(std::string_view command, const Expression& input,
                            const std::vector<grok::OutputColumn>& columns) {
  ExpressionPtr capture = esql::MakeCallNode(command, input.range);
  capture->args.push_back(input.Clone());
  const Resolved resolved = Resolve(*capture);
  for (const grok::OutputColumn& column : columns) {
    definitions_[column.name] = {resolved.value->Clone(), "", resolved.is_result};
  }
}

void Reader::Run(const esql::GrokCommand& command) {
  if (const StatusOr<grok::GrokPtr> grok = grok::CompileGrok(command.patterns); grok.ok()) {
    DefineCaptures("GROK", *command.input, (*grok)->columns());
  }
}

void Reader::Run(const esql::DissectCommand& command) {
  const StatusOr<grok::DissectPtr> dissect =
      grok::CompileDissect(command.pattern, command.append_separator);
  if (dissect.ok()) {
    DefineCaptures("DISSECT", *command.input, (*dissect)->columns());
  }
}

// Tests of one field of one kind, of which any may hold, are one with several values.
void Merge(Indicator test, std::vector<Indicator>* tests) {
  const auto found = std::find_if(tests->begin(), tests->end(), [&](const Indicator& other) {
    return !IsRange(test.kind) && !test.values.empty() && test.kind != "condition" &&
           other.kind == test.kind && other.field == test.field &&
           other.expression == test.expression && other.on_results == test.on_results;
  });
  if (found == tests->end()) {
    tests->push_back(std::move(test));
  } else {
    std::move(test.values.begin(), test.values.end(), std::back_inserter(found->values));
  }
}

void NameLists(std::vector<Indicator>* tests) {
  for (Indicator& test : *tests) {
    if (test.values.size() > 1) {
      test.kind = test.kind == "eq"       ? "in"
                  : test.kind == "not_eq" ? "not_in"
                  : test.kind == "eq_ci"  ? "in_ci"
                  : test.kind == "not_eq_ci" ? "not_in_ci"
                                             : test.kind;
    }
  }
}

std::vector<Indicator> Reader::Tests(const Expression& condition, bool negated) const {
  std::vector<Indicator> tests = Junction(condition, negated);
  NameLists(&tests);
  return tests;
}

std::vector<Indicator> Reader::Junction(const Expression& condition, bool negated) const {
  if (condition.kind == ExpressionKind::kUnary && condition.op == Operator::kNot) {
    return Junction(*condition.args[0], !negated);
  }
  // EQL's "true or nothing".
  if (condition.kind == ExpressionKind::kCall && condition.name == "COALESCE" &&
      condition.args.size() == 2 && condition.args[1]->kind == ExpressionKind::kLiteral &&
      condition.args[1]->literal.type == DataType::kBoolean) {
    return Junction(*condition.args[0], negated);
  }
  if (condition.kind != ExpressionKind::kBinary ||
      (condition.op != Operator::kAnd && condition.op != Operator::kOr)) {
    return {Test(condition, negated)};
  }
  std::vector<Indicator> tests = Junction(*condition.args[0], negated);
  for (Indicator& test : Junction(*condition.args[1], negated)) {
    // not (a or b): neither, which "not_in" says as "in" says either.
    if (condition.op == Operator::kOr) {
      Merge(std::move(test), &tests);
    } else {
      tests.push_back(std::move(test));
    }
  }
  return tests;
}

Indicator Reader::Compared(const Expression& operand, std::string_view kind, bool negated) const {
  const Resolved resolved = Resolve(operand);
  Indicator test;
  test.on_results = resolved.is_result;
  test.kind = (negated ? "not_" : "") + std::string(kind);
  std::vector<std::string> fields;
  CollectColumns(*resolved.value, &fields);
  if (resolved.value->kind == ExpressionKind::kColumn) {
    test.field = resolved.value->name;
    return test;
  }
  const bool is_column = operand.kind == ExpressionKind::kColumn;
  const auto definition = definitions_.find(operand.name);
  test.expression = is_column && definition != definitions_.end()
                        ? DefinitionText(definition->second)
                        : esql::Print(*resolved.value);
  if (is_column && (resolved.is_result || fields.size() != 1)) {
    test.field = operand.name;
  } else if (fields.size() == 1) {
    test.field = fields.front();
  }
  return test;
}

Indicator Reader::Other(const Expression& condition, bool negated) const {
  const Resolved resolved = Resolve(condition);
  std::vector<std::string> fields;
  CollectColumns(*resolved.value, &fields);
  Indicator test;
  test.field = fields.empty() ? "" : fields.front();
  test.kind = "condition";
  test.on_results = resolved.is_result;
  test.values.push_back((negated ? "NOT " : "") + esql::Print(*resolved.value));
  return test;
}

Indicator Reader::Test(const Expression& condition, bool negated) const {
  const auto rest_is_constant = [&condition] {
    return condition.args.size() > 1 &&
           std::all_of(condition.args.begin() + 1, condition.args.end(),
                       [](const ExpressionPtr& arg) { return IsConstant(*arg); });
  };
  const auto listed = [&](std::string_view kind, bool is_negated) {
    Indicator test = Compared(*condition.args[0], kind, is_negated);
    for (std::size_t i = 1; i < condition.args.size(); ++i) {
      AddValues(*condition.args[i], &test.values);
    }
    return test;
  };
  switch (condition.kind) {
    case ExpressionKind::kColumn: {
      Indicator test = Compared(condition, "eq", negated);
      test.values.emplace_back("true");
      return test;
    }
    case ExpressionKind::kIsNull:
      return Compared(*condition.args[0],
                      negated == condition.negated ? "is_null" : "is_not_null", false);
    case ExpressionKind::kIn:
    case ExpressionKind::kLike:
    case ExpressionKind::kRlike:
    case ExpressionKind::kMatch:
      if (!rest_is_constant()) {
        break;
      }
      return listed(condition.kind == ExpressionKind::kIn      ? "eq"
                    : condition.kind == ExpressionKind::kLike  ? "like"
                    : condition.kind == ExpressionKind::kRlike ? "rlike"
                                                               : "match",
                    negated != condition.negated);
    case ExpressionKind::kCall:
      if (const std::string_view kind = KindOfCall(condition.name);
          !kind.empty() && rest_is_constant()) {
        return listed(kind, negated);
      }
      break;
    case ExpressionKind::kBinary: {
      const bool mirrored = IsConstant(*condition.args[0]);
      const Expression& operand = *condition.args[mirrored ? 1 : 0];
      const Expression& constant = *condition.args[mirrored ? 0 : 1];
      const std::string_view kind =
          KindOfComparison(mirrored ? Mirror(condition.op) : condition.op);
      if (kind.empty() || !IsConstant(constant) || IsConstant(operand)) {
        break;
      }
      Indicator test =
          Compared(operand, kind, negated != (condition.op == Operator::kNotEqual));
      AddValues(constant, &test.values);
      return test;
    }
    default:
      break;
  }
  return Other(condition, negated);
}

// eq and in ask the same of a field, so do their forms that ignore case.
std::string_view Family(std::string_view kind) {
  if (kind == "in" || kind == "eq_ci" || kind == "in_ci") {
    return "eq";
  }
  if (kind == "not_in" || kind == "not_eq_ci" || kind == "not_in_ci") {
    return "not_eq";
  }
  return kind;
}

}  // namespace

QueryFacts FactsOf(const esql::Query& query) {
  return Reader().Read(query);
}

std::optional<QueryFacts> FactsOf(const rule::Rule& rule, const FieldCatalogue& catalogue) {
  const esql::Source source(rule.query, rule.path, rule.query_line - 1);
  esql::Diagnostics diagnostics(&source);
  std::optional<esql::Query> query = QueryOfRule(rule, catalogue, &diagnostics);
  if (!query.has_value() || diagnostics.has_errors()) {
    return std::nullopt;
  }
  std::vector<rule::Finding> unfit;   // compiling names them
  ChangeThresholds(rule, &*query, &unfit);
  return FactsOf(*query);
}

bool LooksForTheSame(const Indicator& a, const Indicator& b) {
  if (a.field != b.field || a.expression != b.expression || Family(a.kind) != Family(b.kind)) {
    return false;
  }
  return (a.values.empty() && b.values.empty()) ||
         std::any_of(a.values.begin(), a.values.end(), [&b](const std::string& value) {
           return std::find(b.values.begin(), b.values.end(), value) != b.values.end();
         });
}

std::vector<std::string> WantedValues(const QueryFacts& facts, std::string_view field) {
  std::vector<std::string> values;
  for (const Indicator& indicator : facts.indicators) {
    if (indicator.field == field && Family(indicator.kind) == "eq") {
      values.insert(values.end(), indicator.values.begin(), indicator.values.end());
    }
  }
  return values;
}

}  // namespace weir::plan
