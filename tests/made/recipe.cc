#include "tests/made/recipe.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "common/eql/parser.h"
#include "common/esql/parser.h"
#include "common/kql/parser.h"
#include "tests/made/condition.h"
#include "tests/made/pattern.h"

namespace weir::made {
namespace {

using esql::Expression;
using esql::ExpressionKind;
using esql::Operator;

// So many events, different in one field, that also meet a condition of their own.
struct Need {
  ConditionPtr extra = Always(true);
  std::size_t count = 1;
  std::string distinct;
};

struct Wanted {
  ConditionPtr base = Always(true);
  ConditionPtr assumed = Always(true);   // what events have that rules mean, without asking for it
  std::set<std::string> keys;
  bool has_stats = false;
  std::vector<Need> needs;
};

// ---- ES|QL ---------------------------------------------------------------------------------------

class EsqlReader {
 public:
  explicit EsqlReader(const esql::Query& query) : query_(query) {}
  Wanted Read();

 private:
  void Where(const Expression& condition);
  void Stats(const esql::StatsCommand& stats);
  void Grok(const esql::GrokCommand& grok);
  bool AggregateTest(const Expression& condition);
  void AggregateNeeds(const esql::NamedExpression& aggregate, Operator op, const Expression& bound);

  const esql::Query& query_;
  Columns columns_;
  Wanted wanted_;
  std::map<std::string, const esql::NamedExpression*> aggregates_;
  std::vector<esql::ExpressionPtr> made_;
};

bool Mentions(const Expression& expression, ExpressionKind kind, std::string_view name) {
  if (expression.kind == kind && expression.name == name) {
    return true;
  }
  return std::any_of(expression.args.begin(), expression.args.end(),
                     [&](const auto& argument) { return Mentions(*argument, kind, name); });
}

void EsqlReader::Grok(const esql::GrokCommand& grok) {
  static const std::map<std::string, std::string> kSamples = {
      {"NOTSPACE", "made1"}, {"WORD", "made1"},      {"DATA", ""},      {"GREEDYDATA", ""},
      {"IP", "203.0.113.9"}, {"NUMBER", "7"},        {"INT", "7"},      {"IPV4", "203.0.113.9"},
      {"USERNAME", "made1"}, {"HOSTNAME", "made.x"}, {"UUID", "00000000-0000-0000-0000-000000000000"},
  };
  std::string plain;
  std::vector<std::string> names;
  const std::string& pattern = grok.patterns[0];
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern.compare(i, 2, "%{") == 0) {
      const std::size_t end = pattern.find('}', i);
      const std::string inside = pattern.substr(i + 2, end - i - 2);
      const std::size_t colon = inside.find(':');
      const auto sample = kSamples.find(inside.substr(0, colon));
      if (sample == kSamples.end()) {
        throw Unread{"the GROK pattern " + inside};
      }
      plain += sample->second;
      if (colon != std::string::npos) {
        names.push_back(inside.substr(colon + 1, inside.find(':', colon + 1) - colon - 1));
      }
      i = end;
      continue;
    }
    if (pattern.compare(i, 3, "(?<") == 0) {
      names.push_back(pattern.substr(i + 3, pattern.find('>', i) - i - 3));
    }
    plain += pattern[i];
  }
  const std::string sample = RegexSample(plain) + ", ";   // and then something else
  for (const std::string& name : names) {
    columns_.extracted[name] = {grok.input->name, sample};
  }
  // Rules that read a part of a text mean events that have it.
  Test test{grok.input->name, TestKind::kWildcard, {{"*" + sample + "*", true}}, false, true};
  wanted_.assumed = Both(wanted_.assumed, Tested(std::move(test)));
}

void EsqlReader::Stats(const esql::StatsCommand& stats) {
  wanted_.has_stats = true;
  for (const esql::NamedExpression& aggregate : stats.aggregates) {
    aggregates_[aggregate.name] = &aggregate;
  }
  wanted_.keys.clear();
  for (const esql::NamedExpression& group : stats.groups) {
    const Expression& value = *group.value;
    if (Mentions(value, ExpressionKind::kColumn, "@timestamp")) {
      continue;
    }
    std::vector<std::string> fields;
    try {
      fields = FieldsOf(value, columns_);
    } catch (const Unread&) {
      continue;   // of CASE: what the conditions do not decide is the same in all events
    }
    wanted_.keys.insert(fields.begin(), fields.end());
    if (group.has_alias && group.name != value.name) {
      columns_.computed[group.name] = &value;
    }
  }
}

void EsqlReader::AggregateNeeds(const esql::NamedExpression& aggregate, Operator op,
                                const Expression& bound) {
  const Expression* call = aggregate.value.get();
  if (call->kind != ExpressionKind::kCall) {
    throw Unread{"a condition on a computed aggregate"};
  }
  Need need;
  if (aggregate.filter != nullptr) {
    need.extra = FromEsql(*aggregate.filter, columns_);
  }
  if (op == Operator::kLess || op == Operator::kLessEqual || op == Operator::kNotEqual) {
    return;   // the few events there are stay below
  }
  const double value = bound.literal.type == DataType::kDouble
                           ? bound.literal.number
                           : static_cast<double>(bound.literal.integer);
  const bool above = op == Operator::kGreater;
  const auto least = static_cast<std::size_t>(value) + (above ? 1 : 0);
  const Expression* argument = call->args.empty() ? nullptr : call->args[0].get();
  if (call->name == "SUM" && argument->kind == ExpressionKind::kColumn &&
      aggregates_.contains(argument->name)) {
    return AggregateNeeds(*aggregates_.at(argument->name), op, bound);
  }
  if (call->name == "COUNT" || call->name == "COUNT_DISTINCT") {
    need.count = least;
    if (argument != nullptr && argument->kind != ExpressionKind::kStar) {
      const std::vector<std::string> fields = FieldsOf(*argument, columns_);
      if (call->name == "COUNT") {
        for (const std::string& field : fields) {
          need.extra = Both(need.extra, Tested({field, TestKind::kPresent, {}}));
        }
      } else if (fields.size() == 1) {
        need.distinct = fields[0];
      } else {
        throw Unread{"distinct values of something computed"};
      }
    }
    wanted_.needs.push_back(std::move(need));
    return;
  }
  if (call->name != "SUM" && call->name != "MAX" && call->name != "MIN" && call->name != "AVG") {
    throw Unread{"a condition on " + call->name};
  }
  if (argument->kind == ExpressionKind::kColumn && aggregates_.contains(argument->name)) {
    throw Unread{"an extreme of an aggregate"};
  }
  const Expression* definition = argument;
  if (argument->kind == ExpressionKind::kColumn && columns_.computed.contains(argument->name)) {
    definition = columns_.computed.at(argument->name);
  }
  const bool is_flag = definition->kind == ExpressionKind::kCall && definition->name == "CASE";
  // argument >= value, as ES|QL says it; of flags that are summed, so many events with 1.
  auto test = std::make_unique<Expression>();
  test->kind = ExpressionKind::kBinary;
  test->op = op;
  test->args.push_back(argument->Clone());
  test->args.push_back(bound.Clone());
  if (call->name == "SUM" && is_flag) {
    test->op = Operator::kGreaterEqual;
    test->args[1]->literal = {};
    test->args[1]->literal.type = DataType::kInteger;
    test->args[1]->literal.integer = 1;
    need.count = least;
  }
  const ConditionPtr condition = FromEsql(*test, columns_);
  made_.push_back(std::move(test));
  if (is_flag) {
    need.extra = Both(need.extra, condition);
    wanted_.needs.push_back(std::move(need));
  } else {
    wanted_.base = Both(wanted_.base, condition);
  }
}

// Whether the condition is one on an aggregate: then what it needs is noted.
bool EsqlReader::AggregateTest(const Expression& condition) {
  if (Mentions(condition, ExpressionKind::kCall, "NOW")) {
    return true;   // made events are recent
  }
  const bool reads_aggregate =
      std::any_of(aggregates_.begin(), aggregates_.end(), [&](const auto& aggregate) {
        return Mentions(condition, ExpressionKind::kColumn, aggregate.first);
      });
  if (!reads_aggregate) {
    return false;
  }
  if (condition.kind == ExpressionKind::kIsNull) {
    return true;
  }
  if (condition.kind != ExpressionKind::kBinary ||
      condition.args[0]->kind != ExpressionKind::kColumn ||
      condition.args[1]->kind != ExpressionKind::kLiteral ||
      !aggregates_.contains(condition.args[0]->name)) {
    throw Unread{"a condition on aggregates that is no comparison with a constant"};
  }
  AggregateNeeds(*aggregates_.at(condition.args[0]->name), condition.op, *condition.args[1]);
  return true;
}

void EsqlReader::Where(const Expression& condition) {
  if (condition.kind == ExpressionKind::kBinary && condition.op == Operator::kAnd) {
    Where(*condition.args[0]);
    Where(*condition.args[1]);
    return;
  }
  if (!aggregates_.empty() && AggregateTest(condition)) {
    return;
  }
  wanted_.base = Both(wanted_.base, FromEsql(condition, columns_));
}

Wanted EsqlReader::Read() {
  for (const esql::Command& command : query_.commands) {
    if (const auto* where = std::get_if<esql::WhereCommand>(&command.body)) {
      Where(*where->condition);
    } else if (const auto* eval = std::get_if<esql::EvalCommand>(&command.body)) {
      for (const esql::NamedExpression& column : eval->columns) {
        const auto known = aggregates_.find(column.name);
        if (known == aggregates_.end()) {
          columns_.computed[column.name] = column.value.get();
        }
      }
    } else if (const auto* stats = std::get_if<esql::StatsCommand>(&command.body)) {
      Stats(*stats);
    } else if (const auto* grok = std::get_if<esql::GrokCommand>(&command.body)) {
      Grok(*grok);
    } else if (std::holds_alternative<esql::RenameCommand>(command.body) ||
               std::holds_alternative<esql::DissectCommand>(command.body)) {
      throw Unread{"RENAME or DISSECT"};
    }
  }
  if (wanted_.needs.empty()) {
    wanted_.needs.emplace_back();
  }
  return std::move(wanted_);
}

// ---- all dialects --------------------------------------------------------------------------------

template <typename Parser>
auto Parsed(const rule::Rule& rule, Parser parse) {
  const esql::Source source(rule.query);
  esql::Diagnostics diagnostics(&source);
  auto parsed = parse(&diagnostics);
  if (!parsed) {
    throw Unread{"a query that does not parse"};
  }
  return parsed;
}

Wanted Read(const rule::Rule& rule) {
  Wanted wanted;
  if (rule.type == rule::RuleType::kEsql) {
    const auto query = Parsed(rule, [](auto* diagnostics) { return esql::Parse(diagnostics); });
    return EsqlReader(*query).Read();
  }
  if (rule.dialect == rule::Dialect::kEql) {
    const auto query = Parsed(rule, [](auto* diagnostics) { return eql::Parse(diagnostics); });
    wanted.base = FromEql(*query, rule.event_category_field);
  } else {
    const auto node = Parsed(
        rule, [](auto* diagnostics) { return kql::Parse(kql::Syntax::kKql, diagnostics); });
    wanted.base = FromKql(*node);
  }
  wanted.needs.emplace_back();
  if (rule.threshold.has_value()) {
    wanted.has_stats = true;
    wanted.keys = {rule.threshold->fields.begin(), rule.threshold->fields.end()};
    wanted.needs[0].count = static_cast<std::size_t>(rule.threshold->value);
    for (const auto& cardinality : rule.threshold->cardinality) {
      wanted.needs.push_back(
          {Always(true), static_cast<std::size_t>(cardinality.value), cardinality.field});
    }
  }
  return wanted;
}

ConditionPtr Pins(const Document& document, const std::set<std::string>& keys,
                  const std::string& but) {
  ConditionPtr pins = Always(true);
  for (const std::string& key : keys) {
    const auto value = document.fields.find(key);
    if (value != document.fields.end() && key != but) {
      pins = Both(pins, Tested({key, TestKind::kEquals, value->second}));
    }
  }
  return pins;
}

// Leaves out the needs that the events of another meet.
void DropMet(std::vector<Need>* needs) {
  for (std::size_t i = needs->size(); i-- > 0;) {
    const Need& need = (*needs)[i];
    bool is_met = false;
    for (std::size_t j = 0; j < needs->size(); ++j) {
      const Need& other = (*needs)[j];
      const bool says_more = !other.distinct.empty() || other.count > need.count || j < i;
      is_met = is_met || (j != i && need.distinct.empty() && says_more &&
                          need.extra->kind == ConditionKind::kTrue && other.count >= need.count);
    }
    if (is_met) {
      needs->erase(needs->begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

// The events for all needs together, of one group; empty when there are none. is_enough: whether
// there are as many as they ask for.
std::vector<Document> Events(const Wanted& wanted, const ConditionPtr& base, bool* is_enough) {
  *is_enough = true;
  std::vector<Document> events;
  ConditionPtr pins = Always(true);
  for (const Need& need : wanted.needs) {
    const ConditionPtr condition = Both(Both(base, need.extra), pins);
    const std::vector<Document> first = Solve(condition, wanted.keys, need.distinct, 1);
    if (first.empty()) {
      return {};
    }
    pins = Both(pins, Pins(first[0], wanted.keys, need.distinct));
    const std::vector<Document> more =
        Solve(Both(Both(base, need.extra), pins), wanted.keys, need.distinct, need.count);
    *is_enough = *is_enough && more.size() == need.count;
    events.insert(events.end(), more.begin(), more.end());
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].offset_ms = static_cast<int64_t>(i) * 2;
  }
  return events;
}

void AddMisses(const Wanted& wanted, Recipe* recipe) {
  bool is_enough = false;
  const auto add = [recipe](std::string what, std::vector<Document> events) {
    if (!events.empty()) {
      recipe->misses.push_back({std::move(what), std::move(events)});
    }
  };
  const std::vector<ConditionPtr> conjuncts = ConjunctsOf(wanted.base);
  for (std::size_t broken = 0; broken < conjuncts.size(); ++broken) {
    ConditionPtr base = Negated(conjuncts[broken]);
    for (std::size_t i = 0; i < conjuncts.size(); ++i) {
      base = i == broken ? base : Both(base, conjuncts[i]);
    }
    add(fmt::format("condition {} is false", broken + 1), Events(wanted, base, &is_enough));
    const Condition& conjunct = *conjuncts[broken];
    if (conjunct.kind == ConditionKind::kTest && !conjunct.test.field.starts_with("data_stream.") &&
        conjunct.test.field != "event.dataset") {
      std::vector<Document> without = recipe->events;
      for (Document& document : without) {
        document.fields.erase(conjunct.test.field);
      }
      add(conjunct.test.field + " is absent", std::move(without));
    }
  }
  for (std::size_t i = 0; i < wanted.needs.size(); ++i) {
    Wanted less = wanted;
    if (--less.needs[i].count == 0) {
      less.needs.erase(less.needs.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (wanted.needs.size() == 1) {   // of several, the events of another might do
      add(fmt::format("one event less of kind {}", i + 1), Events(less, Both(less.base, less.assumed), &is_enough));
    }
  }
}

std::string DatasetOf(const rule::Rule& rule) {
  std::vector<std::string> patterns = rule.index;
  if (rule.type == rule::RuleType::kEsql) {
    const auto query = Parsed(rule, [](auto* diagnostics) { return esql::Parse(diagnostics); });
    patterns = std::get<esql::FromCommand>(query->commands[0].body).patterns;
  }
  constexpr std::string_view kLogs = "logs-";
  for (const std::string& pattern : patterns) {
    if (pattern.starts_with(".alerts")) {
      throw Unread{"events that are alerts"};
    }
    if (pattern.starts_with(kLogs)) {
      std::string dataset = pattern.substr(kLogs.size());
      while (!dataset.empty() && (dataset.back() == '*' || dataset.back() == '-')) {
        dataset.pop_back();
      }
      dataset += dataset.ends_with(".") ? "made" : "";
      if (!dataset.empty() && dataset.find('*') == std::string::npos) {
        return dataset;
      }
    }
  }
  return "made";
}

}  // namespace

void AddDataStream(const rule::Rule& rule, Recipe* recipe) {
  const std::string dataset = DatasetOf(rule);
  const auto complete = [&dataset](std::vector<Document>* events) {
    for (Document& document : *events) {
      document.fields.insert({"data_stream.type", {{"logs", true}}});
      document.fields.insert({"data_stream.dataset", {{dataset, true}}});
      document.fields.insert({"data_stream.namespace", {{"default", true}}});
    }
  };
  complete(&recipe->events);
  for (Recipe::Miss& miss : recipe->misses) {
    complete(&miss.events);
  }
  std::vector<Document> elsewhere = recipe->events;
  for (Document& document : elsewhere) {
    document.fields["data_stream.dataset"] = {{"made.elsewhere", true}};
  }
  recipe->misses.push_back({"the data stream is another", std::move(elsewhere)});
}

Recipe RecipeFor(const rule::Rule& rule) {
  Wanted wanted = Read(rule);
  DropMet(&wanted.needs);
  Recipe recipe;
  recipe.has_stats = wanted.has_stats;
  bool is_enough = false;
  recipe.events = Events(wanted, Both(wanted.base, wanted.assumed), &is_enough);
  if (recipe.events.empty() || !is_enough) {
    throw Unread{"no values that meet all conditions"};
  }
  for (const auto& [field, values] : recipe.events[0].fields) {
    if (field.starts_with("Esql")) {
      throw Unread{"a condition on the computed column " + field};
    }
  }
  AddMisses(wanted, &recipe);
  return recipe;
}

}  // namespace weir::made
