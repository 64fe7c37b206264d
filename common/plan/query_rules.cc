#include "common/plan/query_rules_internal.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "common/eql/lower.h"
#include "common/eql/parser.h"
#include "common/esql/parser.h"
#include "common/kql/lower.h"
#include "common/kql/parser.h"
#include "common/spl/lower.h"
#include "common/spl/parser.h"

namespace weir::plan {
namespace {

// What the detection engine reads where a rule names no index.
const std::vector<std::string>& DefaultPatterns() {
  static const std::vector<std::string> kPatterns = {
      "apm-*-transaction*", "auditbeat-*", "endgame-*",   "filebeat-*",          "logs-*",
      "packetbeat-*",       "traces-apm*", "winlogbeat-*", "-*elastic-cloud-logs-*"};
  return kPatterns;
}

// What a person asks first of an event.
constexpr std::string_view kEventColumns[] = {
    "aws.cloudtrail.user_identity.arn",
    "cloud.account.id",
    "cloud.region",
    "event.action",
    "event.outcome",
    "event.provider",
    "host.name",
    "source.ip",
    "user.id",
    "user.name",
};

esql::ExpressionPtr ConditionOf(const rule::Rule& rule, const FieldCatalogue& catalogue,
                                esql::Diagnostics* diagnostics) {
  if (rule.dialect == rule::Dialect::kEql) {
    const std::optional<eql::Query> query = eql::Parse(diagnostics);
    return query.has_value() ? eql::Lower(*query, rule.event_category_field, diagnostics) : nullptr;
  }
  const kql::Syntax syntax =
      rule.dialect == rule::Dialect::kLucene ? kql::Syntax::kLucene : kql::Syntax::kKql;
  const kql::NodePtr node = kql::Parse(syntax, diagnostics);
  return node == nullptr ? nullptr : kql::Lower(*node, catalogue, diagnostics);
}

std::optional<esql::Query> SplQuery(const rule::Rule& rule, esql::Diagnostics* diagnostics) {
  static const rule::Detection kNone;
  const rule::Detection& detection = rule.detection.has_value() ? *rule.detection : kNone;
  const std::optional<spl::Search> search = spl::Parse(detection.macros, diagnostics);
  if (!search.has_value()) {
    return std::nullopt;
  }
  spl::LowerOptions options;
  options.range_ms = detection.clock_from_ms - detection.clock_to_ms;
  if (detection.by_clock) {
    options.clock = {detection.clock_interval_ms, detection.clock_to_ms, options.range_ms};
  }
  options.shown = rule.investigation_fields;
  if (rule.suppression.has_value()) {
    options.shown.insert(options.shown.end(), rule.suppression->group_by.begin(),
                         rule.suppression->group_by.end());
  }
  return spl::Lower(*search, options, diagnostics);
}

// Each value of a field is a suppression key of its own in query rules: an event with several makes a
// hit for each. In other rules an array is one key.
void ExpandSuppressionFields(const rule::Suppression& suppression, const FieldCatalogue& catalogue,
                             esql::Query* query) {
  for (const std::string& field : suppression.group_by) {
    const std::optional<DataType> type = catalogue.TypeOf(field);
    if (type.has_value() && *type != DataType::kUnsupported) {
      query->commands.push_back({esql::MvExpandCommand{field, {}}, {}});
    }
  }
}

bool IsEmptyQuery(const rule::Rule& rule) {
  return rule.query.find_first_not_of(" \t\r\n") == std::string::npos;
}

}  // namespace

std::string WhyKindUnsupported(const rule::Rule& rule) {
  switch (rule.type) {
    case rule::RuleType::kEsql:
      return "";
    case rule::RuleType::kQuery:
    case rule::RuleType::kThreshold:
      if (rule.dialect == rule::Dialect::kEql || rule.dialect == rule::Dialect::kEsql) {
        return fmt::format("rule type [{}] with language [{}] is not supported", rule.type_name,
                           rule::DialectName(rule.dialect));
      }
      return "";
    case rule::RuleType::kEql:
      return "";
    case rule::RuleType::kNewTerms:
      return "rule type [new_terms] is not supported: it compares events with what was seen in "
             "earlier weeks, which Weir does not keep";
    case rule::RuleType::kThreatMatch:
      return "rule type [threat_match] is not supported: it joins events with an index of indicators";
    case rule::RuleType::kMachineLearning:
      return "rule type [machine_learning] is not supported: it reads the results of anomaly jobs";
    case rule::RuleType::kSpl:
      return "";
    case rule::RuleType::kUnknown:
      break;
  }
  return fmt::format("rule type [{}] is not supported", rule.type_name);
}

rule::Rule AnalysedRule(const rule::Rule& rule) {
  rule::Rule analysed = rule;
  if (rule.type == rule::RuleType::kThreshold && rule.suppression.has_value() &&
      rule.threshold.has_value()) {
    analysed.suppression->group_by = rule.threshold->fields;
  }
  if (rule.type == rule::RuleType::kQuery || rule.type == rule::RuleType::kEql) {
    std::vector<std::string>& shown = analysed.investigation_fields;
    shown.insert(shown.end(), std::begin(kEventColumns), std::end(kEventColumns));
  }
  return analysed;
}

rule::Rule RuleAsJudged(const rule::Rule& rule, bool by_schedule) {
  rule::Rule judged = rule;
  if (!rule.detection.has_value()) {
    return judged;
  }
  const rule::Detection& detection = *rule.detection;
  judged.detection->by_clock = by_schedule;
  if (by_schedule) {
    judged.interval_ms = detection.clock_interval_ms;
    // The bucket's first instant is in it, where windows begin behind theirs.
    judged.lookback_ms = detection.clock_from_ms +
                         std::gcd(detection.clock_from_ms, detection.clock_interval_ms);
  } else {
    judged.lookback_ms = detection.clock_from_ms - detection.clock_to_ms;
  }
  return judged;
}

std::optional<esql::Query> QueryOfRule(const rule::Rule& rule, const FieldCatalogue& catalogue,
                                       esql::Diagnostics* diagnostics) {
  if (rule.type == rule::RuleType::kSpl) {
    return SplQuery(rule, diagnostics);
  }
  if (rule.type == rule::RuleType::kEsql) {
    std::optional<esql::Query> query = esql::Parse(diagnostics);
    if (query.has_value()) {
      LowerKqlCalls(catalogue, &*query, diagnostics);
      LowerTimeRangeCalls(&*query);
      LowerSourceCalls(&*query);
    }
    return query;
  }
  esql::Query query;
  esql::FromCommand from;
  from.patterns = rule.index.empty() ? DefaultPatterns() : rule.index;
  from.metadata = {"_id", "_index", "_version"};
  query.commands.push_back({std::move(from), {}});
  // Kibana takes an empty query for every document; a rule that reads all events is meant to
  // aggregate.
  if (rule.type != rule::RuleType::kThreshold || !IsEmptyQuery(rule)) {
    esql::ExpressionPtr condition = ConditionOf(rule, catalogue, diagnostics);
    if (condition == nullptr) {
      return std::nullopt;
    }
    const esql::SourceRange range = condition->range;
    query.commands.push_back({esql::WhereCommand{std::move(condition)}, range});
  }
  if (rule.filter.has_value()) {
    query.commands.push_back({esql::WhereCommand{ConditionOfFilter(*rule.filter, catalogue)}, {}});
  }
  if (rule.type == rule::RuleType::kThreshold) {
    AddThreshold(*rule.threshold, &query);
  } else if (rule.type == rule::RuleType::kQuery && rule.suppression.has_value()) {
    ExpandSuppressionFields(*rule.suppression, catalogue, &query);
  }
  return query;
}

}  // namespace weir::plan
