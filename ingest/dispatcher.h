// Brings frames to the workers that hold their shards: splits a frame by the shard table, one message a
// worker, waits for all answers and merges them. What a worker refuses because the table moved on is sent
// again by the new table, only those parts. Knows nothing of gRPC.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/cluster/shard_table.h"
#include "ingest/worker_link.h"
#include "worker/worker.h"

namespace weir::ingest {

struct DispatcherOptions {
  // How long a part may be sent again before the batch is refused as unavailable (the producer then sends
  // all of it again, which is counted once).
  int64_t resend_ms_max = 3000;
  int64_t resend_delay_ms = 50;
};

class Dispatcher {
 public:
  // Makes the link to a worker of the table.
  using MakeLink = std::function<std::unique_ptr<WorkerLink>(const std::string& worker)>;

  // Delays run on the scheduler, which outlives the dispatcher.
  Dispatcher(DispatcherOptions options, task::Scheduler* scheduler, MakeLink make_link);
  ~Dispatcher();

  // The newest table; older ones are ignored. Links to workers that are not in it are dropped. Thread safe.
  void SetTable(cluster::ShardTable table);
  // A table that gives all shards to one worker, at an epoch: the whole cluster in one process.
  static cluster::ShardTable SingleWorkerTable(uint16_t shard_count, const std::string& worker,
                                               Epoch epoch);

  // done is called once, from any thread. The result is OK when every part is; else
  //   kAborted, kClosed   at least one worker closed past the stamp; the others may have taken their
  //                       parts. parts_left then holds what was not taken, to be sent with a new stamp.
  //   kAborted, kVersion  likewise for the rule set: make the rows again (what was taken comes back as
  //                       repeats).
  //   kUnavailable        as FrameResult says.
  struct Result {
    worker::FrameResult result;
    exec::Frame parts_left;
  };
  void Submit(UnixMillis stamp_ms, exec::Frame frame, std::function<void(Result)> done);

  // Passed on to all links, also to those made later.
  void SetPromise(const Promise& promise);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace weir::ingest
