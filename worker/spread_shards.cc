#include "worker/spread_shards.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

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

void SpreadShards::View(const std::string& rule_id, const SpreadHint& hint,
                        std::function<void(StatusOr<SpreadReport>)> done) {
  struct State {
    std::mutex mutex;
    SpreadReport report;
    Status status;
  };
  auto state = std::make_shared<State>();
  const Hash128 rule = shard::RuleHash(rule_id);
  const shard::SpreadHint told{std::max(hint.judged_ms, shard::kTimeMin),
                               std::max(hint.active_until_ms, shard::kTimeMin)};
  ForEachServed(
      [state, rule, told](shard::Shard* shard) {
        const StatusOr<shard::SpreadView> view = shard->ViewSpread(rule, told);
        const std::lock_guard lock(state->mutex);
        if (!view.ok()) {
          state->status = view.status();
          return;
        }
        state->report.shards.push_back({shard->id(), view->closed_ms, view->earliest_ms,
                                        view->latest_ms, view->judged_ms, view->has_episodes});
      },
      [this, state, done = std::move(done)] {
        rounds_->Again();   // what it was told may make a shard want closing
        if (!state->status.ok()) {
          done(state->status);
          return;
        }
        done(std::move(state->report));
      });
}

void SpreadShards::Collect(const std::string& rule_id, UnixMillis tick_ms,
                           std::function<void(StatusOr<SpreadParts>)> done) {
  struct State {
    std::mutex mutex;
    SpreadParts parts;
    Status status;
  };
  auto state = std::make_shared<State>();
  const Hash128 rule = shard::RuleHash(rule_id);
  ForEachServed(
      [state, rule, tick_ms](shard::Shard* shard) {
        StatusOr<std::vector<std::string>> groups = shard->CollectTick(rule, tick_ms);
        const std::lock_guard lock(state->mutex);
        if (!groups.ok()) {
          state->status = groups.status();
          return;
        }
        state->parts.shards.push_back(shard->id());
        for (std::string& group : *groups) {
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

}  // namespace weir::worker
