#include "worker/closing_rounds.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace weir::worker {

void ClosingRounds::CloseUpTo(UnixMillis closed_ms) {
  {
    const std::lock_guard lock(mutex_);
    wanted_ms_ = std::max(wanted_ms_, closed_ms);
    if (closing_ || wanted_ms_ <= reached_ms_) {
      return;
    }
    closing_ = true;
    closed_ms = wanted_ms_;
  }
  Run(closed_ms);
}

void ClosingRounds::Again() {
  UnixMillis closed_ms = 0;
  {
    const std::lock_guard lock(mutex_);
    if (closing_ || wanted_ms_ == INT64_MIN) {
      return;
    }
    closing_ = true;
    closed_ms = wanted_ms_;
  }
  Run(closed_ms);
}

void ClosingRounds::Run(UnixMillis closed_ms) {
  struct Round {
    std::atomic<std::size_t> left;
    std::mutex mutex;
    std::vector<ShardId> shards;
  };
  auto round = std::make_shared<Round>();
  round->left = executors_->size();
  for (const auto& executor : *executors_) {
    executor->Post([this, round, closed_ms, owner = executor.get()] {
      std::vector<ShardId> wanting;
      for (const auto& shard : owner->shards()) {
        if (shard->WantsClosing(std::min(closed_ms, shard::kTimeMax))) {
          wanting.push_back(shard->id());
        }
      }
      {
        const std::lock_guard lock(round->mutex);
        round->shards.insert(round->shards.end(), wanting.begin(), wanting.end());
      }
      if (--round->left != 0) {
        return;
      }
      if (round->shards.empty()) {
        End(closed_ms);
        return;
      }
      writer_->Close(std::move(round->shards),
                     [this, closed_ms](const Status&) { End(closed_ms); });
    });
  }
}

void ClosingRounds::End(UnixMillis closed_ms) {
  bool again = false;
  {
    const std::lock_guard lock(mutex_);
    reached_ms_ = std::max(reached_ms_, closed_ms);
    again = wanted_ms_ > reached_ms_;
    closing_ = again;
    closed_ms = wanted_ms_;
  }
  if (again) {
    Run(closed_ms);
  } else {
    done_.notify_all();
  }
}

void ClosingRounds::Drain(UnixMillis closed_ms) {
  // Rows logged before this call are applied before a task posted after them; a round that began
  // before they were applied may have passed them by, so one more is run.
  for (const auto& executor : *executors_) {
    executor->Run([] {});
  }
  {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return !closing_; });
    closing_ = true;
    wanted_ms_ = std::max(wanted_ms_, closed_ms);
  }
  Run(closed_ms);
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return !closing_; });
}

}  // namespace weir::worker
