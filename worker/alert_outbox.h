// Delivers a worker's alerts to its sinks. The outbox is the alerts themselves: each is stored with
// the number of its last change among the changes of its shard, in the same write as the change,
// and both are functions of the log. A sink remembers, for each shard, up to which number it has
// everything; after any restart the alerts that changed later are what it lacks. So nothing is lost
// or queued twice, an alert waits once however often it changes, and what waits is read from the
// store when it is sent.
//
// An alert is delivered at least once after its last change, with its id and revision; revisions
// that were replaced before they could be sent are not sent. Revisions of an alert arrive in order.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/sink/sink.h"
#include "common/state/state_store.h"
#include "worker/worker.h"

namespace weir::worker {

struct SinkSettings {
  std::string name;  // its position is kept under it
  rule::Severity severity_min = rule::Severity::kLow;
  std::vector<std::string> rules;  // ids, '*' and '?' as in shells; empty: all
  bool history = true;             // also alerts that changed last before the sink was first there
  std::size_t batch_max = 500;
  int64_t linger_ms = 1000;    // how long changes gather before they are delivered
  int64_t retry_ms_min = 500;  // the first wait after a failure; doubles, and varies by half
  int64_t retry_ms_max = 60'000;
};

struct SinkStatus {
  std::string name;
  uint64_t pending = 0;       // alerts that wait
  UnixMillis oldest_ms = 0;   // when the one that waits longest began to; 0: none waits
  uint64_t delivered = 0;     // since the start, as the counts below
  uint64_t retries = 0;       // deliveries that failed
  uint64_t withheld = 0;      // in shadow or silenced
  uint64_t filtered = 0;      // not asked for
  uint64_t gone = 0;          // forgotten by the retention before they were delivered
  uint64_t dead_letters = 0;  // refused for good, and kept
  std::string last_error;     // empty: the last delivery succeeded
  UnixMillis last_delivered_ms = 0;
};

// An alert that a sink refused for good.
struct SinkDeadLetter {
  Hash128 alert;
  uint64_t revision = 0;
  UnixMillis time_ms = 0;
  int http_status = 0;
  std::string reason;
};

class AlertOutbox final : public AlertSink {
 public:
  // An alert as it is now; NotFound when it is no longer kept.
  using Read = std::function<StatusOr<alert::Alert>(const Hash128&)>;

  // All outlive it; next is told of everything first, may be null.
  AlertOutbox(state::StateStore* store, const Clock* clock, AlertSink* next);
  ~AlertOutbox() override;  // stops

  // Before the worker starts. Reads how far the sink has come. AlreadyExists for a second sink of a
  // name.
  Status AddSink(SinkSettings settings, std::unique_ptr<sink::Sink> sink);
  // Begins to deliver, on a thread for each sink. read is called from these.
  void Start(Read read);
  // Ends deliveries; what was not taken is delivered after the next start. Idempotent.
  void Stop();

  void OnAlert(const alert::Alert& alert) override;
  void OnAlertForgotten(const Hash128& id) override;
  void OnLeftOut(const std::string& worker, const LeftOutAlerts& left_out) override;

  // In the order of AddSink. Thread safe, as the following.
  std::vector<SinkStatus> GetStatus() const;
  // By alert id; NotFound when no sink has the name.
  StatusOr<std::vector<SinkDeadLetter>> DeadLetters(const std::string& name) const;
  // Delivers all dead letters of the sink once more; says how many.
  StatusOr<uint64_t> RetryDeadLetters(const std::string& name);

 private:
  class Delivery;
  Delivery* Find(const std::string& name) const;

  state::StateStore* const store_;
  const Clock* const clock_;
  AlertSink* const next_;
  std::vector<std::unique_ptr<Delivery>> deliveries_;
};

}  // namespace weir::worker
