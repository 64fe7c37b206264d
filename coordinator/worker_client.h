// What a coordinator asks of the workers: their alerts, followed for as long as they live; one alert with
// its columns of now; the state of all of them as if they were one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/hash.h"
#include "common/base/status.h"
#include "common/task/scheduler.h"
#include "worker/worker.h"

namespace grpc {
class ChannelCredentials;
}

namespace weir::coordinator {

// A worker that is alive, as the metadata store says.
struct WorkerPeer {
  std::string id;
  std::string address;         // host:port
  uint64_t incarnation = 0;    // another one is followed anew

  bool operator==(const WorkerPeer&) const = default;
};

// The state of several workers.
struct WorkersStatus {
  // Counters are sums, lists are joined; a rule is judged up to where the last of them is.
  worker::WorkerStatus merged;
  struct Missing {
    std::string worker;
    Status reason;
  };
  std::vector<Missing> missing;   // those that did not answer, by id
};

struct NamedWorkerStatus {
  std::string worker;
  worker::WorkerStatus status;
};
worker::WorkerStatus MergeStatus(const std::vector<NamedWorkerStatus>& all);

class WorkerClient {
 public:
  struct Options {
    std::string cluster_id;
    int64_t call_timeout_ms = 5000;     // of GetAlert and GetStatus
    int64_t search_timeout_ms = 30 * 1000;   // of FindAlerts, FindGroups and UpdateAlerts
    int64_t reconnect_ms_min = 200;     // of a watch that broke; doubled up to
    int64_t reconnect_ms_max = 3000;
    std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr;   // null: not encrypted
  };

  // Every alert that a worker holds, makes or changes goes to sink (coordinator::AlertIndex), from gRPC's
  // threads. scheduler (for delays) and sink outlive the client.
  WorkerClient(Options options, task::Scheduler* scheduler, worker::AlertSink* sink);
  ~WorkerClient();   // stops

  // Follows exactly these workers from now on. Thread safe, returns at once.
  void SetWorkers(const std::vector<WorkerPeer>& workers);

  // The rest ask all workers at once and block until they have answered; thread safe.

  // NotFound when all workers say so; Unavailable when one that may have it did not answer.
  StatusOr<alert::Alert> GetAlert(const Hash128& id);
  // The same with what is shown beside it.
  StatusOr<alert::AlertDetails> ShowAlert(const Hash128& id);
  // What the workers found, in no order between them; shards says how many were looked through. Unavailable
  // names a worker that did not answer.
  StatusOr<worker::AlertsFound> FindAlerts(const worker::AlertQuery& query, bool keys_only);
  WorkersStatus GetStatus();
  // Waits until every worker has judged what it has closed. Unavailable names the worker that did not
  // answer, DeadlineExceeded comes after timeout_ms.
  Status WaitJudged(int64_t timeout_ms);

  // What each worker found (worker::Worker::FindGroups). Unavailable names one that did not answer; other
  // errors are a worker's.
  StatusOr<std::vector<worker::GroupsFound>> FindGroups(const worker::GroupQuery& query);
  // As many as keys, from whatever worker has one. Unavailable as above.
  StatusOr<std::vector<worker::CoveringAlert>> FindCovering(const worker::CoveringQuery& query);
  // Of all workers together (worker::Worker::FindEvents). Errors as of FindGroups.
  StatusOr<worker::EventsFound> FindEvents(const worker::EventQuery& query);

  // Does the same action to alerts of one worker; blocks. As many results, in their order.
  std::vector<worker::AlertUpdateResult> UpdateAlerts(
      const std::string& worker, const std::vector<worker::AlertUpdate>& updates);

  // Ends all watches and waits for their last callback. Idempotent.
  void Stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace weir::coordinator
