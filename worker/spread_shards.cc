#include "worker/spread_shards.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "common/shard/tick_rows.h"

namespace weir::worker {

void SpreadShards::ForEachServed(std::function<void(shard::Shard*)> visit,
                                 std::function<void()> finish) {
  log_->Post([this, visit = std::move(visit), finish = std::move(finish)] {
    // Shards are asked after everything that was logged before: the executors' order sees to that.
    const std::vector<std::vector<ShardId>> served = Served();
    auto left = std::make_shared<std::atomic<std::size_t>>(executors_->size());
    for (std::size_t i = 0; i < executors_->size(); ++i) {
      Executor* executor = (*executors_)[i].get();
      executor->Post([executor, shards = served[i], visit, finish, left] {
        for (const auto& shard : executor->shards()) {
          if (std::binary_search(shards.begin(), shards.end(), shard->id())) {
            visit(shard.get());
          }
        }
        if (--*left == 0) {
          finish();
        }
      });
    }
  });
}

std::vector<std::vector<ShardId>> SpreadShards::Served() const {
  std::vector<std::vector<ShardId>> served(executors_->size());
  for (std::size_t id = 0; id < writer_->slot_count(); ++id) {
    const LogWriter::Slot& slot = writer_->slot(ShardId(static_cast<uint16_t>(id)));
    if (slot.held && slot.state == ShardState::kServing) {
      for (std::size_t i = 0; i < executors_->size(); ++i) {
        if ((*executors_)[i].get() == slot.executor) {
          served[i].emplace_back(static_cast<uint16_t>(id));
        }
      }
    }
  }
  return served;
}

void SpreadShards::View(const std::string& rule_id, RuleSetVersion version, const SpreadHint& hint,
                        std::function<void(StatusOr<SpreadReport>)> done) {
  struct State {
    std::mutex mutex;
    SpreadReport report;
    bool wants_closing = false;
    Status status;
  };
  auto state = std::make_shared<State>();
  const Hash128 rule = shard::RuleHash(rule_id);
  const shard::SpreadHint told{std::max(hint.judged_ms, shard::kTimeMin),
                               std::max(hint.active_until_ms, shard::kTimeMin)};
  ForEachServed(
      [this, state, rule, version, told](shard::Shard* shard) {
        const StatusOr<shard::SpreadView> view =
            shard->ViewSpread(rule, version, told, watermarks_->closed_ms());
        const std::lock_guard lock(state->mutex);
        if (!view.ok()) {
          state->status = view.status();
          return;
        }
        state->report.shards.push_back({shard->id(), view->closed_ms, view->earliest_ms,
                                        view->latest_ms, view->judged_ms, view->has_episodes,
                                        view->wants_closing});
        state->wants_closing = state->wants_closing || view->wants_closing;
      },
      [this, state, done = std::move(done)] {
        if (state->wants_closing) {
          rounds_->Again();   // it may be what a shard was just told
        }
        if (!state->status.ok()) {
          done(state->status);
          return;
        }
        done(std::move(state->report));
      });
}

void SpreadShards::Collect(const std::string& rule_id, RuleSetVersion version, UnixMillis tick_ms,
                           std::function<void(StatusOr<SpreadParts>)> done) {
  struct State {
    std::mutex mutex;
    SpreadParts parts;
    Status status;
  };
  auto state = std::make_shared<State>();
  const Hash128 rule = shard::RuleHash(rule_id);
  ForEachServed(
      [state, rule, version, tick_ms](shard::Shard* shard) {
        StatusOr<shard::TickParts> collected = shard->CollectTick(rule, version, tick_ms);
        const std::lock_guard lock(state->mutex);
        if (!collected.ok()) {
          state->status = collected.status();
          return;
        }
        state->parts.shards.push_back(shard->id());
        state->parts.next_ms = std::min(state->parts.next_ms, collected->next_ms);
        for (std::string& group : collected->groups) {
          state->parts.groups.push_back(std::move(group));
        }
      },
      [state, done = std::move(done)] {
        if (!state->status.ok()) {
          done(state->status);
          return;
        }
        done(std::move(state->parts));
      });
}

Status SpreadShards::Check(const JudgedTick& tick) const {
  WEIR_ASSIGN_OR_RETURN(const plan::RuleSetPtr rules, environment_->RulesOf(tick.version));
  const plan::CompiledRule* rule = rules->FindRule(tick.rule_id);
  if (rule == nullptr || !rule->spread) {
    return InvalidArgument("rule set {} has no spread rule '{}'", tick.version, tick.rule_id);
  }
  if (tick.tick_ms <= tick.previous_ms || tick.tick_ms % rule->judge.tick_ms != 0 ||
      tick.tick_ms > shard::kTimeMax) {
    return InvalidArgument("{} is no tick of rule '{}' after {}", tick.tick_ms, tick.rule_id,
                           tick.previous_ms);
  }
  if (tick.rows.size() > kTickBytesMax) {
    return Error(StatusCode::kResourceExhausted,
                 "tick {} of rule '{}' has {} bytes of rows, a log record takes {}", tick.tick_ms,
                 tick.rule_id, tick.rows.size(), kTickBytesMax);
  }
  Arena arena;
  const Status rows = shard::DecodeTickRows(*rule, tick.rows, &arena).status();
  return rows.ok() ? OkStatus()
                   : InvalidArgument("tick {} of rule '{}': {}", tick.tick_ms, tick.rule_id,
                                     Message(rows));
}

void SpreadShards::Commit(JudgedTick tick, std::function<void(Status)> done) {
  const Status status = Check(tick);
  if (!status.ok()) {
    done(status);
    return;
  }
  writer_->Commit(std::move(tick), std::move(done));
}

}  // namespace weir::worker
