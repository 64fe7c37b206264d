#include "common/backtest/tune.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/backtest/expectation.h"
#include "common/backtest/pass_internal.h"
#include "common/base/arena.h"
#include "common/overlay/overlay.h"
#include "common/types/coding.h"

namespace weir::backtest {

namespace {

constexpr char kChangePrefix[] = "thresholds.";
// Of the groups' greatest values.
constexpr double kQuantiles[] = {0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1};

// A number as a rule's author would write it: whole ones without a point.
std::string NumberText(double value) {
  return std::floor(value) == value && std::abs(value) < 9e15
             ? fmt::format("{}", static_cast<int64_t>(value))
             : fmt::format("{}", value);
}

std::optional<double> NumberOf(const alert::NamedCell& cell) {
  Arena arena;
  ByteReader reader(cell.encoded);
  const Value value = DecodeValue(&reader, &arena);
  switch (value.is_multi() ? DataType::kNull : value.type()) {
    case DataType::kInteger:
    case DataType::kLong:
      return static_cast<double>(value.integer());
    case DataType::kUnsignedLong:
      return static_cast<double>(value.unsigned_long());
    case DataType::kDouble:
      return value.number();
    default:
      return std::nullopt;
  }
}

class Alerts final : public shard::Environment {
 public:
  explicit Alerts(plan::RuleSetPtr rules) : rules_(std::move(rules)) {}
  StatusOr<plan::RuleSetPtr> RulesOf(RuleSetVersion) override { return rules_; }
  void OnAlert(const alert::Alert& alert) override { alerts_.insert_or_assign(alert.id, alert); }

  const std::map<Hash128, alert::Alert>& all() const { return alerts_; }

 private:
  plan::RuleSetPtr rules_;
  std::map<Hash128, alert::Alert> alerts_;
};

class Tuner {
 public:
  explicit Tuner(const TuneOptions& options) : options_(options) {}

  StatusOr<TuneResult> Run() {
    WEIR_RETURN_IF_ERROR(LoadRule());
    WEIR_RETURN_IF_ERROR(FindColumn());
    WEIR_ASSIGN_OR_RETURN(const plan::RuleSetPtr rules, Compile(std::nullopt, options_.pass));
    WEIR_ASSIGN_OR_RETURN(rows_, ReadRows(options_.pass, rules, &result_.pass));
    std::set<double> values(options_.values.begin(), options_.values.end());
    if (values.empty()) {
      WEIR_RETURN_IF_ERROR(AddFromEvents(&values));
    }
    if (present_.has_value()) {
      values.insert(*present_);
    }
    for (const double value : values) {
      WEIR_RETURN_IF_ERROR(Try(value));
    }
    return std::move(result_);
  }

 private:
  Status LoadRule() {
    WEIR_ASSIGN_OR_RETURN(const std::vector<rule::LoadResult> loaded,
                          rule::LoadRules(options_.pass.rule_paths, options_.pass.load));
    std::vector<rule::Rule> rules;
    for (const rule::LoadResult& file : loaded) {
      if (!file.rule.has_value()) {
        return InvalidArgument("{} holds no rule that can be read; see `weir rules check`",
                               file.path);
      }
      rules.push_back(*file.rule);
    }
    if (rules.size() != 1) {
      return InvalidArgument("one rule is tuned at a time, and there are {}", rules.size());
    }
    WEIR_ASSIGN_OR_RETURN(std::vector<overlay::Overlay> overlays,
                          overlay::LoadOverlays(options_.pass.overlay_paths));
    overlay::Apply(&overlays, &rules);
    rule_ = std::move(rules.front());
    rule_.enabled = true;
    result_.rule_id = rule_.id;
    return OkStatus();
  }

  // The rule with another threshold; empty: as it is.
  StatusOr<plan::RuleSetPtr> Compile(std::optional<double> value, const Options& pass) const {
    rule::Rule rule = rule_;
    if (value.has_value()) {
      SetThreshold(result_.column, *value, &rule);
    }
    plan::CompileOptions options;
    options.mode = pass.mode;
    options.alerts = pass.alerts;
    options.evidence = pass.evidence;
    plan::CompileResult compiled =
        plan::CompileRules({rule}, options, source::Catalogue(), RuleSetVersion(1));
    if (compiled.rules->rules.empty()) {
      return InvalidArgument("rule {} does not run; see `weir rules check`", rule_.id);
    }
    return compiled.rules;
  }

  static void SetThreshold(const std::string& column, double value, rule::Rule* rule) {
    std::erase_if(rule->adjustments.thresholds,
                  [&](const rule::ThresholdChange& change) { return change.column == column; });
    rule->adjustments.thresholds.push_back({column, value, NumberText(value), {}});
  }

  // The constant that the column is compared with, as it is written; empty: there is none, or
  // several.
  std::optional<std::string> PresentText(const std::string& column) const {
    rule::Rule rule = rule_;
    SetThreshold(column, 0, &rule);
    const plan::CompileResult compiled =
        plan::CompileRules({rule}, {}, source::Catalogue(), RuleSetVersion(1));
    for (const plan::CompiledRule& one : compiled.rules->rules) {
      for (const rule::Change& change : one.source.adjustments.changes) {
        if (change.field == kChangePrefix + column) {
          return change.vendor;
        }
      }
    }
    return std::nullopt;
  }

  Status FindColumn() {
    WEIR_ASSIGN_OR_RETURN(const plan::RuleSetPtr rules, Compile(std::nullopt, options_.pass));
    std::vector<std::pair<std::string, std::string>> found;  // column, constant
    if (options_.column.empty()) {
      for (const plan::Tail::Output& output : rules->rules[0].tail.outputs) {
        if (const auto text = PresentText(output.name); text.has_value()) {
          found.emplace_back(output.name, *text);
        }
      }
    } else if (const auto text = PresentText(options_.column); text.has_value()) {
      found.emplace_back(options_.column, *text);
    }
    if (found.size() != 1) {
      std::string names;
      for (const auto& [column, text] : found) {
        names += fmt::format("{}{}", names.empty() ? "" : ", ", column);
      }
      return found.empty()
                 ? InvalidArgument(
                       "rule {} compares {} with one constant after STATS, so there is no "
                       "threshold to tune",
                       rule_.id,
                       options_.column.empty() ? "no column of its output"
                                               : "no column " + options_.column)
                 : InvalidArgument("rule {} has several thresholds; choose one of {}", rule_.id,
                                   names);
    }
    result_.column = found[0].first;
    present_ = PresentValue(found[0].second);
    return OkStatus();
  }

  // An overlay's threshold is what holds now.
  std::optional<double> PresentValue(const std::string& text) const {
    for (const rule::ThresholdChange& change : rule_.adjustments.thresholds) {
      if (change.column == result_.column) {
        return change.value;
      }
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                    : std::nullopt;
  }

  // Every row of every tick, with a threshold that nearly all pass, tells what values there are.
  Status AddFromEvents(std::set<double>* values) {
    Options ticks = options_.pass;
    ticks.mode = plan::JudgeMode::kSchedule;
    ticks.alerts = plan::AlertMode::kParity;
    WEIR_ASSIGN_OR_RETURN(const plan::RuleSetPtr rules, Compile(0, ticks));
    Alerts alerts(rules);
    Result counts;
    WEIR_RETURN_IF_ERROR(FoldRows(ticks, rows_, &alerts, &counts));
    std::map<std::string, double> greatest;  // by group
    for (const auto& [id, alert] : alerts.all()) {
      for (const alert::NamedCell& cell : alert.columns) {
        const std::optional<double> value =
            cell.name == result_.column ? NumberOf(cell) : std::nullopt;
        if (value.has_value()) {
          double& known = greatest.try_emplace(DescribeGroup(alert), *value).first->second;
          known = std::max(known, *value);
        }
      }
    }
    std::vector<double> sorted;
    for (const auto& [group, value] : greatest) {
      sorted.push_back(value);
    }
    std::sort(sorted.begin(), sorted.end());
    result_.groups_seen = sorted.size();
    for (const double quantile : kQuantiles) {
      if (!sorted.empty()) {
        const double rank = quantile * static_cast<double>(sorted.size() - 1);
        values->insert(sorted[static_cast<std::size_t>(std::lround(rank))]);
      }
    }
    return OkStatus();
  }

  Status Try(double value) {
    WEIR_ASSIGN_OR_RETURN(const plan::RuleSetPtr rules, Compile(value, options_.pass));
    Alerts alerts(rules);
    Result counts;
    WEIR_RETURN_IF_ERROR(FoldRows(options_.pass, rows_, &alerts, &counts));
    TuneCandidate& candidate = result_.candidates.emplace_back();
    candidate.value = value;
    candidate.is_present = present_ == value;
    candidate.alerts = alerts.all().size();
    candidate.suppressed = counts.suppressed;
    for (const auto& [id, alert] : alerts.all()) {
      ++candidate.groups[DescribeGroup(alert)];
    }
    return OkStatus();
  }

  const TuneOptions& options_;
  rule::Rule rule_;
  std::optional<double> present_;
  std::vector<TimedRows> rows_;
  TuneResult result_;
};

}  // namespace

StatusOr<TuneResult> Tune(const TuneOptions& options) {
  return Tuner(options).Run();
}

}  // namespace weir::backtest
