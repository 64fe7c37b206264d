// A worker's process in a ClusterWorld: the real shard keeper over a made-up worker.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/meta/session.h"
#include "tests/unit/cluster/cluster_world.h"
#include "worker/shard_keeper.h"

namespace weir::worker {

// Who holds what in the whole cluster: a shard has one holder at most, at epochs that only grow.
struct Holdings {
  std::map<ShardId, std::string> holders;
  std::map<ShardId, Epoch> epochs;
};

class FakeHolder final : public ShardHolder {
 public:
  FakeHolder(std::string name, task::Scheduler* scheduler, Holdings* holdings, std::set<ShardId>* data)
      : name_(std::move(name)), scheduler_(scheduler), holdings_(holdings), data_(data) {}
  ~FakeHolder() override { SetShards({}, revision); }

  std::vector<HeldShard> shards;
  int64_t revision = 0;
  int asked = 0;
  int64_t answer_delay_ms = 0;
  std::function<void(ShardId)> after_answer;   // runs when an answer has been made

  void SetShards(std::vector<HeldShard> held, int64_t table_revision) override {
    EXPECT_GE(table_revision, revision);
    for (const HeldShard& shard : shards) {
      holdings_->holders.erase(shard.shard);
    }
    shards = std::move(held);
    revision = table_revision;
    for (const HeldShard& shard : shards) {
      const auto [holder, added] = holdings_->holders.emplace(shard.shard, name_);
      EXPECT_TRUE(added) << "shard " << shard.shard.value << " is held by " << holder->second;
      Epoch& epoch = holdings_->epochs[shard.shard];
      EXPECT_GE(shard.epoch, epoch);
      epoch = shard.epoch;
    }
  }
  void IsShardEmpty(ShardId shard, std::function<void(bool)> done) override {
    ++asked;
    scheduler_->PostAfter(answer_delay_ms, [this, alive = std::weak_ptr(alive_), shard, done, data = data_] {
      done(!data->contains(shard));
      if (!alive.expired() && after_answer != nullptr) {
        after_answer(shard);
      }
    });
  }

  // "0@1 3@2"
  std::string Text() const {
    std::string text;
    for (const HeldShard& shard : shards) {
      text += fmt::format("{}{}@{}", text.empty() ? "" : " ", shard.shard, shard.epoch);
    }
    return text;
  }

 private:
  const std::string name_;
  task::Scheduler* const scheduler_;
  Holdings* const holdings_;
  std::set<ShardId>* const data_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

struct WorkerProcess {
  // data: what the worker's disk has.
  WorkerProcess(cluster::ClusterWorld* world, const std::string& id, uint16_t shard_count,
                Holdings* holdings, std::set<ShardId>* data)
      : link(world->store(), world->scheduler()),
        session(&link, world->scheduler(), {.ttl_ms = cluster::kTtlMs}),
        holder(id, world->scheduler(), holdings, data),
        keeper({.worker_id = id, .info = {.address = id + ":1"}, .shard_count = shard_count}, &link,
               world->scheduler(), &session, &holder) {
    keeper.Start();
  }

  cluster::Link link;
  meta::Session session;
  FakeHolder holder;
  ShardKeeper keeper;
};

}  // namespace weir::worker
