// What waits for the log writer, and what one of its writes holds.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "worker/log_writer.h"

namespace weir::worker {

// A frame, activation or closing on its way: answered when its last part is applied.
struct LogWriter::Pending {
  std::function<void(FrameResult)> done;
  std::atomic<int> parts{0};
  std::mutex mutex;
  FrameResult result;
  shard::ActionOutcome action;   // of kAction

  void Add(std::vector<FrameResult::Exception> exceptions) {
    if (exceptions.empty()) {
      return;
    }
    const std::lock_guard lock(mutex);
    result.exceptions.insert(result.exceptions.end(), exceptions.begin(), exceptions.end());
  }

  void PartDone(const Status& status) {
    if (!status.ok()) {
      const std::lock_guard lock(mutex);
      result.status = status;
    }
    if (--parts > 0) {
      return;
    }
    // An event can come back from several classes; a repeat outweighs the rest.
    auto& all = result.exceptions;
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
      return std::tie(a.event_index, a.verdict) < std::tie(b.event_index, b.verdict);
    });
    all.erase(std::unique(all.begin(), all.end(),
                          [](const auto& a, const auto& b) { return a.event_index == b.event_index; }),
              all.end());
    done(std::move(result));
  }

  void Answer(FrameResult with) {
    result = std::move(with);
    done(std::move(result));
  }
};

struct LogWriter::Item {
  enum class Kind : uint8_t { kFrame, kActivate, kClose, kTick, kAction, kForget };

  Kind kind = Kind::kFrame;
  std::shared_ptr<Pending> pending;
  StreamId stream = 0;
  UnixMillis stamp_ms = 0;
  exec::Frame frame;
  uint64_t bytes = 0;
  RuleSetVersion version;          // of kActivate
  bool everywhere = false;         // of kActivate: all served shards, not only `shards`
  std::vector<ShardId> shards;     // of every kind but kFrame
  JudgedTick tick;                 // of kTick
  Epoch epoch;                     // of kAction
  shard::AlertAction action;       // of kAction
  UnixMillis forget_before_ms = 0; // of kForget
};

// The records of one write.
class LogWriter::WriteSet {
 public:
  struct ShardRecord {
    ShardId shard;
    std::size_t bytes = 0;                           // of the sub-batches
    std::vector<std::pair<const Item*, const exec::FramePart*>> parts;
    // One per sub-batch or action, then those without any.
    std::vector<std::shared_ptr<Pending>> frames;
    std::vector<const Item*> actions;
    std::string record;
  };

  explicit WriteSet(std::size_t shard_count) : position_(shard_count, 0) {}

  ShardRecord& Of(ShardId shard) {
    uint32_t& position = position_[shard.value];
    if (position == 0) {
      records_.emplace_back().shard = shard;
      position = static_cast<uint32_t>(records_.size());
    }
    return records_[position - 1];
  }
  std::vector<ShardRecord>& records() { return records_; }

 private:
  std::vector<uint32_t> position_;   // in records_, from 1
  std::vector<ShardRecord> records_;
};

}  // namespace weir::worker
