// What the log writer takes: by the shards it holds, their epochs, the rule set and the closed stamp.
#include "common/base/mutation.h"
#include "worker/log_writer.h"
#include "worker/log_writer_internal.h"

namespace weir::worker {

// Whether something for one shard at an epoch is taken: OK, or the answer to it.
FrameResult LogWriter::JudgePlace(ShardId shard, Epoch epoch) const {
  FrameResult result;
  if (shard.value >= slots_.size()) {
    result.status = InvalidArgument("shard {} of {}", shard, slots_.size());
    return result;
  }
  const Slot& slot = slots_[shard.value];
  if (!slot.held || slot.epoch != epoch) {
    result.reason = FrameResult::Reason::kTable;
    result.status = Aborted("shard {} is not held here at epoch {}", shard, epoch);
  } else if (slot.state != ShardState::kServing) {
    result.status = Unavailable("shard {} is not served now", shard);
  }
  return result;
}

FrameResult LogWriter::JudgeTick(const JudgedTick& tick) const {
  FrameResult result = JudgePlace(tick.home, tick.epoch);
  if (result.status.ok() && tick.version != version_) {
    result.reason = FrameResult::Reason::kVersion;
    result.status = Aborted("tick of rule set {} where {} is active", tick.version, version_);
  }
  return result;
}

// Whether a frame is taken: OK, or the answer to it.
FrameResult LogWriter::Judge(const Item& item, UnixMillis closed_ms) const {
  FrameResult result;
  result.closed_ms = closed_ms;
  result.version = version_;
  result.table_revision = table_revision_;
  const exec::Frame& frame = item.frame;
  if (options_.streams_expire && !watermarks_->IsOpen(item.stream)) {
    result.status = Aborted("stream {} is not open", item.stream);
    result.reason = FrameResult::Reason::kStream;
    return result;
  }
  for (const exec::FramePart& part : frame.parts) {
    if (part.shard.value >= slots_.size()) {
      result.status = InvalidArgument("shard {} of {}", part.shard, slots_.size());
      return result;
    }
    const Slot& slot = slots_[part.shard.value];
    if (!slot.held || (slot.epoch != part.epoch && !Mutated(Mutation::kNoEpochCheck))) {
      result.status = slot.held ? Aborted("shard {} is at epoch {}, not {}", part.shard, slot.epoch,
                                          part.epoch)
                                : Aborted("shard {} is not held here", part.shard);
      result.reason = FrameResult::Reason::kTable;
      return result;
    }
    if (slot.state != ShardState::kServing) {
      result.status = slot.state == ShardState::kRecovering
                          ? Unavailable("shard {} is recovering", part.shard)
                          : Unavailable("shard {} has failed: {}", part.shard, Message(slot.failure));
      return result;
    }
  }
  if (frame.version > version_) {
    result.status = Unavailable("rule set {} is not known here yet", frame.version);
  } else if (frame.version != version_ ||
             (!upcoming_.empty() && options_.clock == ClockMode::kWall &&
              item.stamp_ms > upcoming_.front().active_from_ms)) {
    result.version = upcoming_.empty() ? version_ : upcoming_.front().version;
    result.status = Aborted("rows of rule set {} where {} is due", frame.version, result.version);
    result.reason = FrameResult::Reason::kVersion;
  } else if (!frame.explicit_ingested && item.stamp_ms <= closed_ms &&
             !Mutated(Mutation::kNoClosedCheck)) {
    result.status = Aborted("stamp {} is not after the closed stamp {}", item.stamp_ms, closed_ms);
    result.reason = FrameResult::Reason::kClosed;
  }
  return result;
}

}  // namespace weir::worker
