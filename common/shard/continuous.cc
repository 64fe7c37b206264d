// Judging as rows are folded: a group's firing windows, joined into episodes, one alert an episode.
#include <algorithm>
#include <limits>
#include <tuple>

#include "common/alert/lifecycle.h"
#include "common/shard/growth.h"
#include "common/shard/judge.h"

namespace weir::shard {

namespace {

struct Span {
  int64_t first;
  int64_t last;
  int stored;   // position among the group's episodes, or -1 for a run just found
};

// What fires from then on is no part of the episode. True when it changed.
bool EndAt(UnixMillis cut_ms, int64_t pane_ms, Episode* episode) {
  const UnixMillis end_ms = std::max(
      episode->start_ms, std::min(episode->end_ms, CeilDiv(cut_ms, pane_ms) * pane_ms));
  const bool changed = !episode->recovered || episode->end_ms != end_ms;
  episode->recovered = true;
  episode->end_ms = end_ms;
  return changed;
}

}  // namespace

bool Judge::Rejudge(RuleState* rule, const Hash128& group_hash, Group* group,
                    const Instant& instant, std::vector<NewEpisode>* found) {
  const plan::CompiledRule& compiled = *rule->rule;
  const plan::Window& window = group->window();
  const int64_t pane_ms = window.pane_ms;
  std::vector<Episode>& episodes = group->episodes();
  std::vector<Span> spans;
  bool changed = false;
  int64_t cut = std::numeric_limits<int64_t>::min();   // up to it, panes belong to what a person ended
  for (std::size_t i = 0; i < episodes.size(); ++i) {
    if (episodes[i].rule != rule->hash) {
      continue;
    }
    const std::optional<UnixMillis> cut_ms = alerts_->CutOf(episodes[i].alert);
    if (cut_ms.has_value()) {
      changed = EndAt(*cut_ms, pane_ms, &episodes[i]) || changed;
      cut = std::max(cut, CeilDiv(*cut_ms, pane_ms));
      continue;
    }
    spans.push_back(
        {episodes[i].start_ms / pane_ms, episodes[i].end_ms / pane_ms, static_cast<int>(i)});
  }
  if (GrowthMayHold(compiled, *group)) {
    const int64_t first_judged =
        FloorIndex(window, instant.closed_ms) + window.lookback_ms_max / pane_ms;
    for (const window::FiringRun& run : FiringRuns(compiled, *group, first_judged)) {
      if (run.last > cut) {
        spans.push_back({std::max(run.first, cut + 1), run.last, -1});
      }
    }
  }
  if (spans.empty()) {
    return changed;
  }
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return std::tie(a.first, a.last, a.stored) < std::tie(b.first, b.last, b.stored);
  });
  const int64_t gap = compiled.judge.interval_ms / pane_ms;
  std::vector<bool> absorbed(episodes.size(), false);
  for (std::size_t i = 0; i < spans.size();) {
    Span joined = spans[i];
    std::vector<int> members;
    for (; i < spans.size() && (spans[i].first - joined.last <= gap); ++i) {
      joined.last = std::max(joined.last, spans[i].last);
      if (spans[i].stored >= 0) {
        members.push_back(spans[i].stored);
      }
    }
    if (members.empty()) {
      found->push_back({rule, group_hash, joined.first * pane_ms, joined.last * pane_ms});
      continue;
    }
    Episode& kept = episodes[static_cast<std::size_t>(members.front())];
    for (std::size_t m = 1; m < members.size(); ++m) {
      const Episode& other = episodes[static_cast<std::size_t>(members[m])];
      absorbed[static_cast<std::size_t>(members[m])] = true;
      changed = true;
      if (!other.owns_alert) {
        continue;
      }
      StatusOr<alert::Alert> alert = alerts_->Get(other.alert);
      if (alert.ok()) {
        alert->flags |= alert::kContinues | alert::kLate;
        alerts_->Put(std::move(*alert));
      }
    }
    const bool grew = kept.start_ms != joined.first * pane_ms || kept.end_ms != joined.last * pane_ms;
    kept.start_ms = joined.first * pane_ms;
    kept.end_ms = joined.last * pane_ms;
    const bool reopened =
        kept.recovered && kept.end_ms + compiled.judge.interval_ms > instant.closed_ms;
    kept.recovered = kept.recovered && !reopened;
    changed = changed || grew || reopened;
    if (!kept.owns_alert) {
      continue;
    }
    if (!kept.recovered) {
      alerts_->SetDue(kept.alert, kept.end_ms + compiled.judge.interval_ms);
    }
    if (grew || reopened) {
      StatusOr<alert::Alert> alert = alerts_->Get(kept.alert);
      if (alert.ok()) {
        alert->episode_start_ms = kept.start_ms;
        alert->episode_end_ms = kept.end_ms;
        alert->window_start_ms = kept.start_ms - compiled.judge.lookback_ms;
        alert->window_end_ms = kept.start_ms;
        if (reopened) {
          alert::GoOn(std::max(alerts_->time_ms(), alert->recovered_at_ms), &*alert);
          alert->flags |= alert::kLate;
        }
        alerts_->Put(std::move(*alert));
      }
    }
  }
  for (std::size_t i = absorbed.size(); i-- > 0;) {
    if (absorbed[i]) {
      episodes.erase(episodes.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  return changed;
}

Status Judge::Begin(const NewEpisode& episode, Group* group, const Instant& instant) {
  RuleState* rule = episode.rule;
  const plan::CompiledRule& compiled = *rule->rule;
  const plan::Window& window = group->window();
  const int64_t first = episode.start_ms / window.pane_ms;
  const int64_t width = compiled.judge.lookback_ms / window.pane_ms;
  Episode stored;
  stored.rule = rule->hash;
  stored.start_ms = episode.start_ms;
  stored.end_ms = episode.end_ms;

  arena_.Reset();
  const Group* const groups[] = {group};
  const std::vector<TickRow> rows =
      EvaluateTick(compiled, groups, episode.start_ms, &arena_, &warnings_);
  if (rows.empty()) {
    // The tail's conditions on keys leave this group out, now and always.
    group->episodes().push_back(stored);
    return OkStatus();
  }
  const exec::TailRow& row = rows.front().row;
  const std::optional<Hash128> key = SuppressionKeyOf(*rule, row);
  const int64_t duration_ms =
      key.has_value() ? compiled.suppression->duration_ms.value_or(compiled.judge.interval_ms) : 0;
  if (key.has_value()) {
    const std::optional<Hash128> covering =
        suppression_->Find(*key, episode.start_ms, duration_ms);
    if (covering.has_value()) {
      stored.alert = *covering;
      group->episodes().push_back(stored);
      return FoldInto(*covering, rule);
    }
  }
  alert::Alert alert = NewAlert(*rule, row, instant, episode.start_ms);
  alert.id = AlertId(compiled, GroupBytes(compiled.tail, row), episode.start_ms, 0);
  alert.episode_end_ms = episode.end_ms;
  alert.window_id = window.id;
  alert.group_hash = episode.group_hash;
  if (rows.front().approximate) {
    alert.flags |= alert::kApproximate;
  }
  UnixMillis first_event_ms = 0;
  if (alert.arrived_at_ms == 0) {
    // Replay knows no arrival: the event that completed the condition stands for it.
    group->EventTimes(first - width, first, &first_event_ms, &alert.arrived_at_ms);
  }
  WEIR_RETURN_IF_ERROR(Refresh(compiled, *group, &alert));
  if (key.has_value()) {
    suppression_->Made(*key, alert.id, episode.start_ms, duration_ms);
  }
  stored.alert = alert.id;
  stored.owns_alert = true;
  group->episodes().push_back(stored);
  alerts_->SetDue(alert.id, episode.end_ms + compiled.judge.interval_ms);
  ++rule->alerts;
  alerts_->Put(std::move(alert));
  return OkStatus();
}

Status Judge::Refresh(const plan::CompiledRule& rule, const Group& group, alert::Alert* alert) {
  const plan::Window& window = group.window();
  const int64_t width = rule.judge.lookback_ms / window.pane_ms;
  const int64_t first = alert->episode_start_ms / window.pane_ms;
  const int64_t last = alert->episode_end_ms / window.pane_ms;
  // The newest pane with rows inside the episode: what its window holds is what the alert says.
  int64_t newest = first;
  for (const Pane& pane : group.panes()) {
    if (pane.index <= last) {
      newest = std::max(newest, pane.index);
    }
  }
  const Group* const groups[] = {&group};
  const std::vector<TickRow> rows =
      EvaluateTick(rule, groups, newest * window.pane_ms, &arena_, &warnings_);
  if (rows.empty()) {
    return OkStatus();
  }
  FillColumns(rule.tail, rows.front().row, alert);
  FillEvents(group, newest - width, newest, alert);
  UnixMillis first_event = 0;
  UnixMillis last_event = 0;
  if (group.EventTimes(first - width, newest, &first_event, &last_event)) {
    alert->first_event_ms = alert->first_event_ms == 0
                                ? first_event
                                : std::min(alert->first_event_ms, first_event);
    alert->last_event_ms = std::max(alert->last_event_ms, last_event);
  }
  return OkStatus();
}

bool Judge::ForgetEpisodes(const RuleState& rule, Group* group, UnixMillis closed_ms) {
  const int64_t keep_ms = rule.rule->judge.interval_ms + options_.lateness_ms;
  return std::erase_if(group->episodes(), [&](const Episode& episode) {
           return episode.rule == rule.hash && (episode.recovered || !episode.owns_alert) &&
                  episode.end_ms + keep_ms < closed_ms;
         }) != 0;
}

}  // namespace weir::shard
