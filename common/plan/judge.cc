// When a rule is judged. A condition is monotone when it stays true while rows are added to its
// window; only then can it be decided the moment a row is folded.
#include <algorithm>

#include <fmt/format.h>

#include "common/plan/rule_set_internal.h"

namespace weir::plan {
namespace {

// Why the rule is not monotone; empty when it is.
std::string WhyNotMonotone(const Analysis& analysis) {
  if (!analysis.keeps_rows.empty()) {
    return analysis.keeps_rows;
  }
  if (analysis.has_second_stats) {
    return "a second STATS folds rows of different groups";
  }
  if (analysis.has_limit) {
    return "LIMIT chooses among the rows of different groups";
  }
  if (analysis.reads_clock) {
    return "NOW() changes without new rows";
  }
  if (analysis.has_mv_expand) {
    return "MV_EXPAND after STATS makes the rows of a group come and go";
  }
  for (const TailConjunct& conjunct : analysis.conjuncts) {
    if (conjunct.kind == TailConjunct::Kind::kOther) {
      return fmt::format(
          "the condition [{}] is not a lower bound of one aggregate that only grows, so it may turn "
          "false again",
          conjunct.text);
    }
  }
  return "";
}

// A table without rows gives one row, too, when there are no keys: the condition must be false then.
bool HoldsWithoutRows(const Analysis& analysis) {
  if (!analysis.keys.empty()) {
    return false;
  }
  return std::none_of(
      analysis.conjuncts.begin(), analysis.conjuncts.end(), [&](const TailConjunct& conjunct) {
        if (conjunct.kind != TailConjunct::Kind::kGrowth) {
          return false;
        }
        const FoldAggregate& aggregate = analysis.aggregates[conjunct.growth.aggregate];
        const bool counts = aggregate.text.starts_with("COUNT");
        const double minimum = conjunct.growth.minimum.AsDouble();
        return !counts || minimum > 0 || (conjunct.growth.strict && minimum == 0);
      });
}

void ChooseMode(const std::string& why_not, const CompileOptions& options, Judge* judge) {
  judge->alerts = options.alerts.value_or(AlertMode::kEpisodes);
  const bool wants_schedule = options.mode == JudgeMode::kSchedule;
  if (judge->alerts == AlertMode::kParity) {
    judge->mode = JudgeMode::kSchedule;
    judge->reason = "alerts in parity with the SIEM are made at ticks";
  } else if (wants_schedule) {
    judge->mode = JudgeMode::kSchedule;
    judge->reason = "schedule was asked for";
  } else if (!judge->monotone) {
    judge->mode = JudgeMode::kSchedule;
    judge->reason = why_not;
  } else {
    judge->mode = JudgeMode::kContinuous;
    judge->reason = "every condition, once true, stays true while rows are added";
  }
}

}  // namespace

Judge DecideJudge(const Analysis& analysis, const rule::Rule& rule, const CompileOptions& options) {
  Judge judge;
  judge.interval_ms = rule.interval_ms;
  judge.lookback_ms = analysis.lookback_ms.value_or(rule.lookback_ms);
  if (analysis.is_events) {
    judge.mode = JudgeMode::kContinuous;
    judge.alerts = options.alerts.value_or(AlertMode::kEpisodes);
    judge.monotone = true;
    judge.reason = "no STATS: every matching row is an alert at once";
    return judge;
  }
  std::string why_not = WhyNotMonotone(analysis);
  if (why_not.empty() && HoldsWithoutRows(analysis)) {
    why_not = "STATS without BY gives a row when nothing happened, and the condition holds for it";
  }
  judge.monotone = why_not.empty();
  for (const TailConjunct& conjunct : analysis.conjuncts) {
    if (conjunct.after_barrier) {
      continue;
    }
    if (conjunct.kind == TailConjunct::Kind::kGrowth) {
      judge.growth.push_back(conjunct.growth);
    } else if (conjunct.kind == TailConjunct::Kind::kKeys && judge.monotone) {
      judge.key_conditions.push_back(conjunct.condition);
    }
  }
  ChooseMode(why_not, options, &judge);
  judge.tick_ms = judge.interval_ms;
  if (rule.adjustments.max_signal_ms.has_value()) {
    JudgeAtPanes("its signals have a maximum duration: judged at every pane", &judge);
  }
  return judge;
}

void JudgeAtPanes(std::string reason, Judge* judge) {
  if (judge->mode == JudgeMode::kContinuous) {
    judge->mode = JudgeMode::kSchedule;
    judge->tick_ms = ContinuousPaneMs(judge->lookback_ms);
    judge->keeps_panes = true;
    judge->reason = std::move(reason);
  }
}

void JudgeSpread(const Draft& draft, Judge* judge) {
  if (draft.rule->adjustments.storm_cap.has_value()) {
    JudgeAtPanes("storm cap: judged over all shards at every pane", judge);
  }
  if (judge->mode == JudgeMode::kContinuous) {
    judge->mode = JudgeMode::kSchedule;
    judge->tick_ms = ContinuousPaneMs(judge->lookback_ms);
    judge->reason = "spread rule: judged over all shards at every pane";
  }
  if (draft.class_kind == KeyClass::Kind::kIdentity) {
    // A group's part in one shard says nothing about the whole.
    judge->growth.clear();
  }
}

}  // namespace weir::plan
