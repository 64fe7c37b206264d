#include "worker/group_shards.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "common/base/bytes.h"

namespace weir::worker {
namespace {

// Groups that are looked at before rows have their turn again.
constexpr uint64_t kSliceGroups = 1024;
constexpr uint32_t kSlicesMax = 65536;

uint32_t SlicesFor(uint64_t groups) {
  uint32_t slices = 1;
  while (slices < kSlicesMax && groups / slices > kSliceGroups) {
    slices *= 2;
  }
  return slices;
}

}  // namespace

StatusOr<std::vector<GroupShards::Place>> GroupShards::Held() const {
  std::vector<Place> held;
  Status status;
  log_->Run([&] {
    for (std::size_t i = 0; i < writer_->slot_count(); ++i) {
      const ShardId id(static_cast<uint16_t>(i));
      const LogWriter::Slot& slot = writer_->slot(id);
      if (!slot.held) {
        continue;
      }
      held.push_back({id, slot.executor});
      if (slot.state != ShardState::kServing) {
        status = Unavailable("shard {} is not served now", id);
      }
    }
  });
  WEIR_RETURN_IF_ERROR(status);
  return held;
}

Status GroupShards::Ask(const Place& place,
                        const std::function<Status(shard::Shard*)>& visit) const {
  Status status = Unavailable("shard {} is not served any more", place.shard);
  place.executor->Run([&] {
    for (const auto& shard : place.executor->shards()) {
      if (shard->id() == place.shard) {
        status = visit(shard.get());
      }
    }
  });
  return status;
}

StatusOr<GroupsFound> GroupShards::Find(const GroupQuery& query) {
  const StatusOr<plan::RuleSetPtr> known = environment_->RulesOf(query.version);
  if (known.status().code() == StatusCode::kNotFound) {
    return FailedPrecondition("rule set {} is not known here yet", query.version);
  }
  WEIR_RETURN_IF_ERROR(known.status());
  const plan::RuleSetPtr& rules = *known;
  const plan::CompiledRule* rule = rules->FindRule(query.rule_id);
  if (rule == nullptr || rules->windows[rule->window_index].is_events) {
    return NotFound("rule set {} has no rule '{}' that counts groups", query.version, query.rule_id);
  }
  const plan::Window& window = rules->windows[rule->window_index];
  const Hash128 hash = shard::RuleHash(query.rule_id);
  WEIR_ASSIGN_OR_RETURN(const std::vector<Place> places, Held());
  GroupsFound found;
  std::vector<uint32_t> slices;
  UnixMillis latest_ms = INT64_MIN;
  for (const Place& place : places) {
    WEIR_RETURN_IF_ERROR(Ask(place, [&](shard::Shard* shard) -> Status {
      WEIR_ASSIGN_OR_RETURN(const shard::RuleView view, shard->ViewRule(hash, query.version));
      latest_ms = std::max(latest_ms, view.latest_ms);
      found.created_ms = std::max(found.created_ms, view.created_ms);
      found.closed_ms = std::min(found.closed_ms, view.closed_ms);
      slices.push_back(SlicesFor(view.groups));
      return OkStatus();
    }));
  }
  // In a replay the newest row stands for the clock.
  const UnixMillis now_ms = clock_ != nullptr ? clock_->Now() : latest_ms;
  found.shards = places.size();
  if (now_ms <= shard::kTimeMin) {
    return found;   // a replay without rows
  }
  found.window_end_ms = shard::OpenWindowEnd(*rule, window, now_ms);
  shard::NearestGroups nearest(rule, &window, found.window_end_ms, query.limit, query.keys);
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (uint32_t slice = 0; slice < slices[i]; ++slice) {
      WEIR_RETURN_IF_ERROR(Ask(places[i], [&](shard::Shard* shard) {
        return shard->FindGroups(hash, query.version, {slice, slices[i]}, &nearest);
      }));
    }
  }
  const int64_t until = found.window_end_ms / window.pane_ms;
  const int64_t after = until - rule->judge.lookback_ms / window.pane_ms;
  found.matched = nearest.matched();
  for (shard::NearestGroups::Found& each : nearest.TakeParts()) {
    if (!query.whole) {
      each.group->Restrict(after, until);
    }
    each.group->Encode(0, &found.groups.emplace_back());
  }
  return found;
}

StatusOr<std::vector<CoveringAlert>> GroupShards::FindCovering(const CoveringQuery& query) {
  const Hash128 hash = shard::RuleHash(query.rule_id);
  WEIR_ASSIGN_OR_RETURN(const std::vector<Place> places, Held());
  std::vector<CoveringAlert> covering(query.keys.size());
  for (const Place& place : places) {
    WEIR_RETURN_IF_ERROR(Ask(place, [&](shard::Shard* shard) {
      for (std::size_t i = 0; i < query.keys.size(); ++i) {
        const auto found = shard->FindCovering(hash, query.keys[i], query.judged_ms);
        if (found.has_value()) {
          covering[i] = {found->alert, found->until_ms};
        }
      }
      return OkStatus();
    }));
  }
  return covering;
}

StatusOr<EventsFound> GroupShards::FindEvents(const EventQuery& query) {
  WEIR_ASSIGN_OR_RETURN(const std::vector<Place> places, Held());
  EventsFound found;
  for (const exec::FramePart& part : query.parts) {
    const auto place = std::find_if(places.begin(), places.end(),
                                    [&](const Place& held) { return held.shard == part.shard; });
    if (place == places.end()) {
      continue;
    }
    WEIR_RETURN_IF_ERROR(Ask(*place, [&](shard::Shard* shard) -> Status {
      WEIR_ASSIGN_OR_RETURN(std::vector<shard::EventFate> fates,
                            shard->FindEvents(query.version, query.explicit_ingested, part.bytes,
                                              clock_ != nullptr ? clock_->Now() : 0));
      std::move(fates.begin(), fates.end(), std::back_inserter(found.fates));
      return OkStatus();
    }));
    found.shards.push_back(part.shard);
  }
  return found;
}

}  // namespace weir::worker
