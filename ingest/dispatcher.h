// Brings frames to the workers that hold their shards: splits a frame by the shard table, one message a
// worker, waits for all answers and merges them. What a worker refuses because the table moved on is sent
// again by the new table, only those parts. Knows nothing of gRPC.
//
// Repeats. A part that is sent again after its answer was lost may have been taken the first time, and
// then all of its events come back as repeats. Those are this node's own doing and not the producer's, so
// repeats that answer such a part are left out of the result.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/cluster/shard_table.h"
#include "common/task/scheduler.h"
#include "ingest/worker_link.h"
#include "worker/worker.h"

namespace weir::ingest {

struct DispatcherOptions {
  // How long a part may be sent again before the batch is refused as unavailable (the producer then sends
  // all of it again, which is counted once).
  int64_t resend_ms_max = 3000;
  int64_t resend_delay_ms = 50;
};

// Counters since the start.
struct DispatcherStatus {
  uint64_t frames_split = 0;   // went to more than one worker
  uint64_t resends = 0;        // messages sent again
  uint64_t given_up = 0;       // messages that nobody took within resend_ms_max
  uint64_t waiting = 0;        // messages that wait to be sent again, now
};

// Adds verdicts, keeping them sorted, an event once (a repeat wins).
void MergeExceptions(std::vector<worker::FrameResult::Exception> from,
                     std::vector<worker::FrameResult::Exception>* to);

class Dispatcher {
 public:
  // Makes the link to a worker of the table.
  using MakeLink = std::function<std::unique_ptr<WorkerLink>(const std::string& worker)>;

  // Delays run on the scheduler, which outlives the dispatcher.
  Dispatcher(DispatcherOptions options, task::Scheduler* scheduler, MakeLink make_link);
  ~Dispatcher();   // stops

  // The newest table; older ones are ignored. Links to workers that are not in it are dropped. Thread safe.
  void SetTable(cluster::ShardTable table);
  // A table that gives all shards to one worker, at an epoch: the whole cluster in one process.
  static cluster::ShardTable SingleWorkerTable(uint16_t shard_count, const std::string& worker,
                                               Epoch epoch);

  // done is called once, from any thread, also from within the call. The result is OK when every part is;
  // else
  //   kAborted, kClosed   at least one worker closed past the stamp; the others may have taken their
  //                       parts. parts_left then holds what was not taken, to be sent with a new stamp.
  //   kAborted, kVersion  likewise for the rule set: make the rows again (what was taken comes back as
  //                       repeats).
  //   kUnavailable        as FrameResult says.
  // Of a result that is not OK, exceptions are those of the parts that were taken.
  struct Result {
    worker::FrameResult result;
    exec::Frame parts_left;
    // Some parts were taken, or may have been, though the result is not OK. Whoever makes the rows again
    // leaves out the repeats that come back: they need not be the producer's.
    bool partly_taken = false;
    // Likewise for parts_left: they were refused when sent again after a lost answer.
    bool left_maybe_taken = false;
  };
  using Done = std::function<void(Result)>;
  // Thread safe. REQUIRES: the frame has parts.
  void Submit(UnixMillis stamp_ms, exec::Frame frame, Done done);

  // Passed on to all links, also to those made later.
  void SetPromise(const Promise& promise);

  // Drops all links; everything under way, and all that comes later, is answered as unavailable. What
  // has been posted to the scheduler finds nothing to do any more. Idempotent.
  void Stop();

  DispatcherStatus GetStatus() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace weir::ingest
