// What ingest needs of a worker: directly in one process, over gRPC between processes, through a made-up
// network in the simulator.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/exec/router.h"
#include "worker/worker.h"

namespace weir::ingest {

// What has been promised so far. Wall clock: stamp; replay: producers.
struct Promise {
  UnixMillis stamp_ms = 0;                       // every stamp from now on is greater
  std::map<std::string, UnixMillis> producers;   // INT64_MAX: ended
};

// One node's connection to one worker. Keeps it open by itself: when it breaks it opens another, beginning
// with the last promise. Thread safe.
class WorkerLink {
 public:
  using Done = std::function<void(worker::FrameResult)>;

  // What is under way is answered as unavailable, perhaps after it returned.
  virtual ~WorkerLink() = default;

  // Sends a frame whose parts carry epochs. done is called once, from any thread: with the worker's result,
  // or kUnavailable when there is no connection, or it broke (then maybe_taken is set: what became of the
  // frame is unknown). A refusal that resending may mend hands the frame back. The caller holds no locks
  // that done takes.
  virtual void Submit(UnixMillis stamp_ms, exec::Frame frame, Done done) = 0;

  // Tells the worker. Called every half a second, also when nothing changed; and at once when a replay's
  // promise grows, or when the worker answered kStream. Lower values than before are ignored.
  virtual void SetPromise(const Promise& promise) = 0;
};

// In one process. The worker outlives the link, and answers everything before it stops.
std::unique_ptr<WorkerLink> MakeLocalLink(worker::Worker* worker);

}  // namespace weir::ingest
