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

void Collectors::Plan(int events, int64_t until_ms) {
  Random& random = world_->random();
  const std::vector<std::string> actions = {"read", "list", "write", "delete", "create"};
  std::set<UnixMillis> times;
  std::vector<std::pair<int64_t, std::size_t>> due;   // when to send, event
  for (int i = 0; i < events; ++i) {
    Event event;
    const int64_t happens_ms = random.Between(0, until_ms);
    // Some at the edges of seconds and ticks.
    event.time_ms = kBeginMs + (random.OneIn(4) ? happens_ms / 1000 * 1000 : happens_ms);
    while (!times.insert(event.time_ms).second) {
      ++event.time_ms;
    }
    event.id = random.OneIn(20) ? "" : fmt::format("e{}", i);
    event.user = static_cast<int>(random.Between(0, 4));
    event.account = static_cast<int>(random.Between(0, 2));
    event.action = random.Pick(actions);
    event.failed = random.OneIn(3);
    event.address = static_cast<int>(random.Between(1, 4));
    const int64_t delay_ms = random.OneIn(6) ? random.Between(0, 60'000) : random.Between(0, 1500);
    due.emplace_back(happens_ms + delay_ms, events_.size());
    events_.push_back(std::move(event));
  }
  acknowledged_.assign(events_.size(), false);
  std::sort(due.begin(), due.end());
  for (std::size_t at = 0; at < due.size();) {
    const std::size_t size = std::min(due.size() - at, random.OneIn(3) ? 1 : 1 + random.Below(8));
    std::vector<std::size_t> batch;
    for (std::size_t i = 0; i < size; ++i) {
      batch.push_back(due[at + i].second);
    }
    const int64_t send_ms = std::min(due[at + size - 1].first, until_ms + 2000);
    // What has an id may come in a second batch too, as collectors that overlap send it.
    if (random.OneIn(8)) {
      std::vector<std::size_t> twice;
      for (const std::size_t event : batch) {
        if (!events_[event].id.empty() && random.OneIn(2)) {
          twice.push_back(event);
        }
      }
      if (!twice.empty()) {
        AddBatch(std::move(twice), send_ms + random.Between(0, 8000));
      }
    }
    AddBatch(std::move(batch), send_ms);
    at += size;
  }
  unacknowledged_ = sendings_.size();
}

void Collectors::AddBatch(std::vector<std::size_t> events, int64_t send_ms) {
  Sending sending;
  sending.batch.producer_id = fmt::format("collector-{}", sendings_.size() % 3);
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
