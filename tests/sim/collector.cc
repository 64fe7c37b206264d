#include "tests/sim/collector.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

namespace weir::sim {
namespace {

constexpr int64_t kTimeoutMs = 4500;
constexpr int64_t kRetryMs = 250;

}  // namespace

Event Collectors::MakeEvent(int number, int64_t happens_ms) {
  static const std::vector<std::string> kActions = {"read", "list", "write", "delete", "create"};
  Random& random = world_->random();
  Event event;
  // Some at the edges of seconds and ticks.
  event.time_ms = kBeginMs + (random.OneIn(4) ? happens_ms / 1000 * 1000 : happens_ms);
  event.id = random.OneIn(20) ? "" : fmt::format("e{}", number);
  event.user = static_cast<int>(random.Between(0, 4));
  event.account = static_cast<int>(random.Between(0, 2));
  event.action = random.Pick(kActions);
  event.failed = random.OneIn(3);
  event.address = static_cast<int>(random.Between(1, 4));
  return event;
}

void Collectors::Plan(int events, int64_t until_ms, bool replay) {
  replay_ = replay;
  Random& random = world_->random();
  const std::vector<std::string> producers = Producers();
  std::set<UnixMillis> times;
  std::vector<std::vector<Due>> due(replay ? producers.size() : 1);
  for (int i = 0; i < events; ++i) {
    const int64_t happens_ms = random.Between(0, until_ms);
    Event event = MakeEvent(i, happens_ms);
    while (!times.insert(event.time_ms).second) {
      ++event.time_ms;
    }
    const int64_t delay_ms = random.OneIn(6) ? random.Between(0, 60'000) : random.Between(0, 1500);
    due[random.Below(due.size())].push_back({happens_ms + delay_ms, events_.size()});
    events_.push_back(std::move(event));
  }
  acknowledged_.assign(events_.size(), false);
  for (std::size_t i = 0; i < due.size(); ++i) {
    std::sort(due[i].begin(), due[i].end());
    PlanBatches(due[i], until_ms, replay ? &producers[i] : nullptr);
  }
  unacknowledged_ = sendings_.size();
}

void Collectors::PlanBatches(const std::vector<Due>& due, int64_t until_ms,
                             const std::string* producer) {
  Random& random = world_->random();
  for (std::size_t at = 0; at < due.size();) {
    const std::size_t size = std::min(due.size() - at, random.OneIn(3) ? 1 : 1 + random.Below(8));
    std::vector<std::size_t> batch;
    for (std::size_t i = 0; i < size; ++i) {
      batch.push_back(due[at + i].event);
    }
    const int64_t send_ms = std::min(due[at + size - 1].send_ms, until_ms + 2000);
    // What has an id may come in a second batch too, as collectors that overlap send it.
    if (random.OneIn(8)) {
      std::vector<std::size_t> twice;
      for (const std::size_t event : batch) {
        if (!events_[event].id.empty() && random.OneIn(2)) {
          twice.push_back(event);
        }
      }
      if (!twice.empty()) {
        AddBatch(std::move(twice), send_ms + random.Between(0, 8000), producer);
      }
    }
    AddBatch(std::move(batch), send_ms, producer);
    at += size;
  }
}

void Collectors::AddBatch(std::vector<std::size_t> events, int64_t send_ms,
                          const std::string* producer) {
  Sending sending;
  sending.batch.producer_id = producer != nullptr ? *producer : Producers()[sendings_.size() % 3];
  sending.batch.sequence = sendings_.size() + 1;
  for (const std::size_t event : events) {
    const std::string record = ToRecord(events_[event], std::nullopt);
    sending.batch.payload += record;
    sending.batch.record_sizes.push_back(static_cast<uint32_t>(record.size()));
  }
  sending.events = std::move(events);
  sending.send_ms = send_ms;
  sendings_.push_back(std::move(sending));
}

void Collectors::Start() {
  for (std::size_t index = 0; index < sendings_.size(); ++index) {
    world_->At(sendings_[index].send_ms, [this, index] { Send(index); });
  }
  if (replay_) {
    Promise();
  }
}

// Every collector says, to any node, that nothing is to come before its first event that is not
// acknowledged; a node that starts anew knows nothing of what was promised before.
void Collectors::Promise() {
  for (const std::string& producer : Producers()) {
    UnixMillis watermark_ms = INT64_MAX;
    for (const Sending& sending : sendings_) {
      if (!sending.acknowledged && sending.batch.producer_id == producer) {
        for (const std::size_t event : sending.events) {
          watermark_ms = std::min(watermark_ms, events_[event].time_ms - 1);
        }
      }
    }
    IngestNode* const node = world_->random().Pick(nodes_);
    world_->At(network_->Delay(), [node, producer, watermark_ms] {
      node->Advance(producer, watermark_ms);
    });
  }
  world_->At(400, [this] { Promise(); });
}

void Collectors::Send(std::size_t index) {
  Sending& sending = sendings_[index];
  const uint64_t attempt = ++sending.attempt;
  IngestNode* const node = world_->random().Pick(nodes_);
  const auto lost = [this] { return !quiet_ && network_->Loses(); };
  world_->At(network_->Delay(), [this, index, attempt, node, lost] {
    if (!node->running() || lost()) {
      return;
    }
    node->Submit(sendings_[index].batch,
                 [this, index, attempt, lost, process = node->process()](ingest::BatchResult result) {
                   if (process->dead || lost()) {
                     return;
                   }
                   world_->At(network_->Delay(), [this, index, attempt, result = std::move(result)] {
                     TakeAnswer(index, attempt, result);
                   });
                 });
  });
  world_->At(kTimeoutMs, [this, index, attempt] {
    if (sendings_[index].attempt == attempt && !sendings_[index].acknowledged) {
      Send(index);
    }
  });
}

void Collectors::TakeAnswer(std::size_t index, uint64_t attempt, const ingest::BatchResult& result) {
  Sending& sending = sendings_[index];
  if (!result.status.ok()) {
    if (sending.attempt == attempt && !sending.acknowledged) {
      world_->At(kRetryMs, [this, index, attempt] {
        if (sendings_[index].attempt == attempt) {
          Send(index);
        }
      });
    }
    return;
  }
  if (result.rejected + result.late + result.future != 0) {
    observer_->Fail(fmt::format("batch {}: {} events rejected, {} late, {} in the future", index + 1,
                                result.rejected, result.late, result.future));
  }
  if (sending.acknowledged) {
    return;
  }
  sending.acknowledged = true;
  --unacknowledged_;
  world_->Log("collect", fmt::format("batch {} acknowledged: {} events, attempt {}", index + 1,
                                     sending.events.size(), attempt));
  for (const std::size_t event : sending.events) {
    acknowledged_[event] = true;
  }
  if (!quiet_ && !sending.again && world_->random().OneIn(10)) {
    sending.again = true;
    world_->At(world_->random().Between(0, 5000), [this, index] { Send(index); });
  }
}

}  // namespace weir::sim
