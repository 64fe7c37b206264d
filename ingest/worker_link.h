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

  virtual ~WorkerLink() = default;   // answers what is under way as unavailable

  // Sends a frame whose parts carry epochs. done is called once, from another thread: with the worker's
  // result, or kUnavailable when the connection broke or there is none (what happened then is unknown).
  virtual void Submit(UnixMillis stamp_ms, exec::Frame frame, Done done) = 0;

  // Tells the worker. Called every half a second, also when nothing changed; and at once when a replay's
  // promise grows.
  virtual void SetPromise(const Promise& promise) = 0;
};

// In one process.
std::unique_ptr<WorkerLink> MakeLocalLink(worker::Worker* worker);

}  // namespace weir::ingest
