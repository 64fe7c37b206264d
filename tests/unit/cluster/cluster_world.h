// A cluster on time that the test moves: one embedded store, and processes that reach it over links
// which can be cut, held up and made to lose answers.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/cluster/keys.h"
#include "common/cluster/shard_table.h"
#include "common/meta/embedded_store.h"
#include "common/meta/meta_store.h"
#include "common/task/manual_scheduler.h"

namespace weir::cluster {

inline constexpr int64_t kTtlMs = 3000;
inline constexpr int64_t kDeadlineMs = 1000;

// One process's way to the store.
class Link final : public meta::MetaStore {
 public:
  Link(meta::MetaStore* store, task::ManualScheduler* scheduler) : store_(store), scheduler_(scheduler) {}

  bool cut = false;             // calls do nothing and fail at their deadline; watches are silent
  bool lose_answers = false;    // commits happen, but look as if they had failed
  bool hold_commits = false;    // commits are on the way until Release
  int commits = 0;

  void Get(std::string key, GetDone done) override {
    if (Passes(done)) {
      store_->Get(std::move(key), std::move(done));
    }
  }
  void List(std::string prefix, GetDone done) override {
    if (Passes(done)) {
      store_->List(std::move(prefix), std::move(done));
    }
  }
  void Commit(meta::Txn txn, CommitDone done) override {
    ++commits;
    if (hold_commits) {
      held_.push_back(std::move(txn));
      scheduler_->PostAfter(kDeadlineMs, [done] { done(Unavailable("no answer in time")); });
    } else if (lose_answers) {
      store_->Commit(std::move(txn), [scheduler = scheduler_, done](const StatusOr<meta::TxnResult>&) {
        // By now the process may have died, and this link with it.
        scheduler->PostAfter(kDeadlineMs, [done] { done(Unavailable("the answer was lost")); });
      });
    } else if (Passes(done)) {
      store_->Commit(std::move(txn), std::move(done));
    }
  }
  std::unique_ptr<meta::WatchHandle> Watch(std::string prefix, meta::Revision from, OnEvents on_events,
                                           OnLost on_lost) override {
    auto state = std::make_shared<WatchState>();
    state->on_lost = std::move(on_lost);
    watches_.push_back(state);
    auto handle = std::make_unique<Handle>();
    handle->state = state;
    handle->inner = store_->Watch(
        std::move(prefix), from,
        [this, state, on_events](std::vector<meta::Event> events, meta::Revision revision) {
          if (cut) {
            state->waiting.emplace_back([on_events, events, revision] { on_events(events, revision); });
          } else if (!state->lost) {
            on_events(std::move(events), revision);
          }
        },
        [state](const Status& status) { state->Lose(status); });
    return handle;
  }
  void GrantLease(int64_t ttl_ms, LeaseDone done) override {
    if (Passes(done)) {
      store_->GrantLease(ttl_ms, std::move(done));
    }
  }
  void KeepAlive(meta::LeaseId lease, Done done) override {
    if (Passes(done)) {
      store_->KeepAlive(lease, std::move(done));
    }
  }
  void Revoke(meta::LeaseId lease, Done done) override {
    if (Passes(done)) {
      store_->Revoke(lease, std::move(done));
    }
  }

  // Lets the watches tell what they have seen meanwhile.
  void Mend() {
    cut = false;
    for (const std::weak_ptr<WatchState>& weak : std::vector(watches_)) {
      if (const auto state = weak.lock(); state != nullptr && !state->lost) {
        for (const task::Task& task : std::exchange(state->waiting, {})) {
          task();
        }
      }
    }
  }
  // Ends all watches, whatever they have not told.
  void LoseWatches() {
    for (const std::weak_ptr<WatchState>& weak : std::vector(watches_)) {
      if (const auto state = weak.lock(); state != nullptr) {
        state->Lose(Error(StatusCode::kOutOfRange, "history is gone"));
      }
    }
  }
  // What was held up reaches the store. Whether each transaction did something.
  std::vector<bool> Release() {
    hold_commits = false;
    auto results = std::make_shared<std::vector<bool>>();
    for (meta::Txn& txn : std::exchange(held_, {})) {
      store_->Commit(std::move(txn), [results](const StatusOr<meta::TxnResult>& result) {
        results->push_back(result.ok() && result->succeeded);
      });
    }
    scheduler_->RunPosted();
    return *results;
  }

 private:
  struct WatchState {
    OnLost on_lost;
    bool lost = false;
    std::vector<task::Task> waiting;

    void Lose(const Status& status) {
      if (!std::exchange(lost, true)) {
        on_lost(status);
      }
    }
  };
  struct Handle final : meta::WatchHandle {
    std::shared_ptr<WatchState> state;
    std::unique_ptr<meta::WatchHandle> inner;
    ~Handle() override { state->lost = true; }
  };

  template <typename Callback>
  bool Passes(const Callback& done) {
    if (cut) {
      scheduler_->PostAfter(kDeadlineMs, [done] { done(Unavailable("not reached")); });
    }
    return !cut;
  }

  meta::MetaStore* const store_;
  task::ManualScheduler* const scheduler_;
  std::vector<meta::Txn> held_;
  std::vector<std::weak_ptr<WatchState>> watches_;
};

class ClusterWorld {
 public:
  ClusterWorld() : store_(*meta::OpenEmbeddedStore(&scheduler_, {})) {}

  task::ManualScheduler* scheduler() { return &scheduler_; }
  meta::MetaStore* store() { return store_.get(); }
  void Advance(int64_t delta_ms) { scheduler_.Advance(delta_ms); }

  std::map<std::string, meta::KeyValue> List(const std::string& prefix) {
    std::map<std::string, meta::KeyValue> kvs;
    store_->List(prefix, [&kvs](const StatusOr<meta::GetResult>& result) {
      for (const meta::KeyValue& kv : result->kvs) {
        kvs.emplace(kv.key, kv);
      }
    });
    scheduler_.RunPosted();
    return kvs;
  }
  bool Commit(const meta::Txn& txn) {
    bool succeeded = false;
    store_->Commit(txn, [&succeeded](const StatusOr<meta::TxnResult>& result) {
      succeeded = result.ok() && result->succeeded;
    });
    scheduler_.RunPosted();
    return succeeded;
  }
  void PutEntry(uint16_t shard, const ShardEntry& entry) {
    EXPECT_TRUE(Commit({{}, {meta::Op::Put(ShardKey(ShardId(shard)), EncodeShardEntry(entry))}}));
  }
  // "w1@3" or "w1@3>w2"; "" when there is none.
  std::string Entry(uint16_t shard) {
    const auto kvs = List(ShardKey(ShardId(shard)));
    if (kvs.empty()) {
      return "";
    }
    const ShardEntry entry = *DecodeShardEntry(kvs.begin()->second.value);
    return fmt::format("{}@{}{}{}", entry.worker, entry.epoch, entry.successor.empty() ? "" : ">",
                       entry.successor);
  }
  std::vector<std::string> Entries(uint16_t count) {
    std::vector<std::string> entries;
    for (uint16_t shard = 0; shard < count; ++shard) {
      entries.push_back(Entry(shard));
    }
    return entries;
  }

 private:
  task::ManualScheduler scheduler_;
  std::unique_ptr<meta::MetaStore> store_;
};

}  // namespace weir::cluster
