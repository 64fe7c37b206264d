// Where alerts are delivered to: a file, or a server that takes HTTP requests. A sink keeps nothing
// of what it is given; who delivers to it remembers how far it has come (worker/alert_outbox.h) and
// gives an alert again until it is taken or refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/status.h"

namespace weir::sink {

// An alert that will never be taken as it is.
struct Refusal {
  std::size_t index = 0;  // in the batch
  int http_status = 0;    // 0: the sink speaks no HTTP
  std::string reason;     // bounded; what the other side said
};

struct Outcome {
  // Not OK: the alerts that are neither taken nor refused are to be delivered again, after a while.
  Status status;
  std::vector<bool> taken;  // by index; as long as the batch
  std::vector<Refusal> refused;
  // The other side said when to come again; 0: it did not.
  int64_t retry_after_ms = 0;
};

class Sink {
 public:
  virtual ~Sink() = default;
  // Delivers alerts, at most one revision of each. Blocks, for a bounded time. One thread calls it.
  virtual Outcome Deliver(const std::vector<alert::Alert>& alerts) = 0;
  // Makes a Deliver that runs, and all later ones, return soon. Thread safe.
  virtual void Stop() {}
};

}  // namespace weir::sink
