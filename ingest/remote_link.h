// The link to a worker in another process: one weir.worker.v1.WorkerService.Feed stream, opened again
// whenever it breaks. A worker that answers no promise for silence_ms_max is taken for dead: a paused
// process or a cut network is noticed as surely as a closed connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/task/scheduler.h"
#include "ingest/worker_link.h"

namespace grpc {
class ChannelCredentials;
}

namespace weir::ingest {

struct RemoteLinkOptions {
  std::string cluster_id;
  std::string worker_id;
  std::string ingest_id;
  uint64_t incarnation = 0;                      // of this process
  uint64_t inflight_bytes_max = 64ULL << 20;     // frames without an answer; one frame may always be
  int64_t send_pause_ms = 40;                    // for how long a frame waits for company under load
  int64_t promise_interval_ms = 500;             // the last promise is repeated, as a sign of life
  int64_t silence_ms_max = 3000;
  int64_t reconnect_ms_min = 100;                // doubled up to
  int64_t reconnect_ms_max = 2000;
  std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr;   // null: not encrypted
};

// address is asked at every attempt to connect and a few times a second while connected; empty: not known
// now. A new address replaces the connection at once. It is called in tasks of the scheduler, which
// outlives the link.
std::unique_ptr<WorkerLink> MakeRemoteLink(RemoteLinkOptions options, task::Scheduler* scheduler,
                                           std::function<std::string()> address);

}  // namespace weir::ingest
