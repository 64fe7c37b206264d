// Collectors: they send batches of events to ingest nodes and send them again, to any node, until they
// are acknowledged; sometimes also after that.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/sim/events.h"
#include "tests/sim/nodes.h"

namespace weir::sim {

class Collectors {
 public:
  Collectors(World* world, Network* network, Observer* observer, std::vector<IngestNode*> nodes)
      : world_(world), network_(network), observer_(observer), nodes_(std::move(nodes)) {}

  // Makes events and the times at which they are sent, up to a time. In a replay each event is of one
  // collector, which promises again and again how far it has come.
  void Plan(int events, int64_t until_ms, bool replay);
  void Start();
  // Sends nothing on its own accord any more; what was sent is sent again until acknowledged.
  void set_quiet() { quiet_ = true; }

  const std::vector<Event>& events() const { return events_; }
  std::size_t unacknowledged() const { return unacknowledged_; }
  // Of each event: whether a batch with it was acknowledged.
  const std::vector<bool>& acknowledged() const { return acknowledged_; }

 private:
  struct Sending {
    ingest::Batch batch;
    std::vector<std::size_t> events;
    int64_t send_ms = 0;
    uint64_t attempt = 0;
    bool acknowledged = false;
    bool again = false;   // sent once more although acknowledged
  };

  struct Due {
    int64_t send_ms;
    std::size_t event;

    auto operator<=>(const Due&) const = default;
  };

  Event MakeEvent(int number, int64_t happens_ms);
  void PlanBatches(const std::vector<Due>& due, int64_t until_ms, const std::string* producer);
  void AddBatch(std::vector<std::size_t> events, int64_t send_ms, const std::string* producer);
  void Promise();
  void Send(std::size_t index);
  void TakeAnswer(std::size_t index, uint64_t attempt, const ingest::BatchResult& result);

  World* const world_;
  Network* const network_;
  Observer* const observer_;
  const std::vector<IngestNode*> nodes_;
  std::vector<Event> events_;
  std::vector<bool> acknowledged_;
  std::vector<Sending> sendings_;
  std::size_t unacknowledged_ = 0;
  bool quiet_ = false;
  bool replay_ = false;
};

}  // namespace weir::sim
