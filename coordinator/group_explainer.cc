#include "coordinator/group_explainer.h"

#include <algorithm>
#include <utility>

#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/exec/shown_value.h"
#include "common/exec/tail.h"
#include "common/shard/judge.h"
#include "common/shard/tick_rows.h"
#include "common/types/coding.h"

namespace weir::coordinator {
namespace {

// What a tail begins with (plan::Tail).
exec::TailRow RowOf(const GroupRule& about, const shard::Group& group, Arena* arena) {
  const plan::Window& window = *about.window;
  const shard::TickPanes panes = shard::PanesOf(*about.rule, window, about.window_end_ms);
  std::vector<std::string> states;
  const uint64_t count = group.Merge(panes.after, panes.until, &states);
  exec::TailRow row = exec::NewTailRow(about.rule->tail, arena);
  ByteReader keys(arena->Copy(group.key()));
  std::size_t slot = 0;
  for (; slot < window.keys.size(); ++slot) {
    row[slot] = DecodeValue(&keys, arena);
  }
  for (std::size_t i = 0; i < window.aggregates.size(); ++i, ++slot) {
    const auto& function = window.aggregates[i].function;
    row[slot] = function == nullptr ? Value::Long(static_cast<int64_t>(count))
                                    : function->Finish(arena->Copy(states[i]), arena);
  }
  return row;
}

// Those of the outputs that are aggregates as they were folded.
std::vector<exec::SeenValue> ColumnsOf(const GroupRule& about, const exec::TailRow& row) {
  std::vector<exec::SeenValue> columns;
  const std::size_t keys = about.window->keys.size();
  for (const plan::Tail::Output& output : about.rule->tail.outputs) {
    if (output.slot >= keys && output.slot < keys + about.window->aggregates.size()) {
      const plan::FoldAggregate& aggregate = about.window->aggregates[output.slot - keys];
      columns.push_back(
          {output.name,
           exec::ShowValue(row[output.slot], exec::MayHoldPrivateText(aggregate.text))});
    }
  }
  return columns;
}

// The key under which a hit of the group would be suppressed now; none when that is not known from a group
// that makes no row.
std::optional<Hash128> SuppressionKeyOf(const GroupRule& about, const shard::Group& group) {
  const plan::CompiledRule& rule = *about.rule;
  if (!rule.suppression.has_value()) {
    return std::nullopt;
  }
  Arena arena;
  expr::Warnings warnings;
  const Hash128 hash = shard::RuleHash(rule.source.id);
  const shard::Group* const groups[] = {&group};
  const std::vector<shard::TickRow> rows =
      shard::EvaluateTick(rule, groups, about.window_end_ms, &arena, &warnings);
  if (!rows.empty()) {
    return shard::Judge::SuppressionKeyOf(rule, hash, rows.front().row);
  }
  for (const plan::SuppressionKey& key : rule.suppression->keys) {
    if (key.slot.has_value() && *key.slot >= about.window->keys.size()) {
      return std::nullopt;
    }
  }
  return shard::Judge::SuppressionKeyOf(rule, hash, RowOf(about, group, &arena));
}

Status CheckKeys(const GroupRule& about, const std::vector<shard::KeyText>& keys) {
  for (const auto& [name, text] : keys) {
    std::vector<std::string> names;
    bool known = false;
    for (const plan::FoldKey& key : about.window->keys) {
      names.push_back(key.name);
      known = known || key.name == name;
    }
    if (!known) {
      return InvalidArgument("keys: rule '{}' does not group by '{}'; its groups have {}",
                             about.rule->source.id, name,
                             names.empty() ? "no key" : fmt::format("{}", fmt::join(names, ", ")));
    }
  }
  return OkStatus();
}

}  // namespace

Status GroupExplainer::FindRule(const std::string& rule, GroupRule* about) {
  about->rules = backend_->Rules();
  if (about->rules != nullptr) {
    for (const plan::CompiledRule& each : about->rules->rules) {
      if (each.source.id == rule || each.source.name == rule) {
        about->rule = &each;
      }
    }
  }
  if (about->rule == nullptr) {
    return NotFound("no rule with the id or name '{}' runs; `weir rules list` shows them", rule);
  }
  about->window = &about->rules->windows[about->rule->window_index];
  if (about->window->is_events) {
    return FailedPrecondition("rule '{}' counts nothing: each row is an alert, or is suppressed by one "
                              "(`weir explain event` says why an event makes no row)",
                              about->rule->source.id);
  }
  return OkStatus();
}

StatusOr<std::vector<shard::NearestGroups::Found>> GroupExplainer::Find(
    const std::vector<shard::KeyText>& keys, std::size_t limit, bool whole, GroupRule* about) {
  worker::GroupQuery query;
  query.rule_id = about->rule->source.id;
  query.version = about->rules->version;
  query.keys = keys;
  query.limit = limit;
  query.whole = whole;
  StatusOr<std::vector<worker::GroupsFound>> all = backend_->Find(query);
  if (all.status().code() == StatusCode::kFailedPrecondition) {
    return Unavailable("rules are being activated, try again in a moment: {}", Message(all.status()));
  }
  WEIR_RETURN_IF_ERROR(all.status());
  UnixMillis created_ms = INT64_MIN;
  UnixMillis closed_ms = INT64_MAX;
  for (const worker::GroupsFound& found : *all) {
    about->window_end_ms = std::max(about->window_end_ms, found.window_end_ms);
    created_ms = std::max(created_ms, found.created_ms);
    closed_ms = std::min(closed_ms, found.closed_ms);
    about->matched += found.matched;
  }
  about->closed_ms = closed_ms == INT64_MAX ? INT64_MIN : closed_ms;
  if (created_ms > 0 && created_ms > about->window_end_ms - about->rule->judge.lookback_ms) {
    about->warming_until_ms = created_ms + about->rule->judge.lookback_ms;
  }
  shard::NearestGroups nearest(about->rule, about->window, about->window_end_ms, limit, keys);
  for (const worker::GroupsFound& found : *all) {
    for (const std::string& part : found.groups) {
      WEIR_RETURN_IF_ERROR(nearest.AddEncoded(part));
    }
  }
  if (about->rule->spread) {
    about->matched = nearest.matched();   // parts of one group are one
  }
  return nearest.Take();
}

void GroupExplainer::FillCounters(GroupRule* about) {
  for (worker::RuleStatus& status : backend_->Workers().merged.rules) {
    if (status.rule_id == about->rule->source.id) {
      about->counters = std::move(status);
    }
  }
}

StatusOr<std::vector<shard::GroupView>> GroupExplainer::Top(const std::string& rule,
                                                            std::size_t limit, GroupRule* about) {
  WEIR_RETURN_IF_ERROR(FindRule(rule, about));
  WEIR_ASSIGN_OR_RETURN(const auto found, Find({}, limit, false, about));
  FillCounters(about);
  std::vector<shard::GroupView> views;
  for (const shard::NearestGroups::Found& each : found) {
    views.push_back(shard::ViewGroup(*about->rule, *each.group, about->window_end_ms));
  }
  return views;
}

StatusOr<std::vector<GroupExplanation>> GroupExplainer::Explain(
    const std::string& rule, const std::vector<shard::KeyText>& keys, std::size_t limit,
    GroupRule* about) {
  WEIR_RETURN_IF_ERROR(FindRule(rule, about));
  WEIR_RETURN_IF_ERROR(CheckKeys(*about, keys));
  WEIR_ASSIGN_OR_RETURN(const auto found, Find(keys, limit, true, about));
  FillCounters(about);
  std::vector<GroupExplanation> explanations;
  std::vector<std::optional<Hash128>> suppression_keys;
  const Hash128 hash = shard::RuleHash(about->rule->source.id);
  for (const shard::NearestGroups::Found& each : found) {
    GroupExplanation& explanation = explanations.emplace_back();
    explanation.view = shard::ViewGroup(*about->rule, *each.group, about->window_end_ms);
    explanation.rows_outside = each.group->rows_total() - explanation.view.rows;
    Arena arena;
    const exec::TailRow row = RowOf(*about, *each.group, &arena);
    explanation.columns = ColumnsOf(*about, row);
    if (explanation.view.rows != 0) {
      explanation.trace = exec::TraceTail(*about->rules, *about->rule, row, about->window_end_ms);
    }
    for (const shard::Episode& episode : each.group->episodes()) {
      if (episode.rule == hash) {
        explanation.episodes.push_back(episode);
      }
    }
    suppression_keys.push_back(SuppressionKeyOf(*about, *each.group));
  }
  WEIR_RETURN_IF_ERROR(FillCovering(*about, suppression_keys, &explanations));
  return explanations;
}

Status GroupExplainer::FillCovering(const GroupRule& about,
                                    const std::vector<std::optional<Hash128>>& keys,
                                    std::vector<GroupExplanation>* explanations) {
  worker::CoveringQuery query;
  query.rule_id = about.rule->source.id;
  query.judged_ms = about.window_end_ms;
  for (const std::optional<Hash128>& key : keys) {
    query.keys.push_back(key.value_or(Hash128()));
  }
  if (!about.rule->suppression.has_value() || query.keys.empty()) {
    return OkStatus();
  }
  WEIR_ASSIGN_OR_RETURN(const std::vector<worker::CoveringAlert> covering,
                        backend_->FindCovering(query));
  for (std::size_t i = 0; i < std::min(covering.size(), explanations->size()); ++i) {
    if (keys[i].has_value() && covering[i].alert != Hash128{}) {
      (*explanations)[i].covering = covering[i];
    }
  }
  return OkStatus();
}

}  // namespace weir::coordinator
