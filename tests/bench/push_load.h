// Producers that push pooled batches over real gRPC streams, as fast as they are taken or at a given pace,
// and add up the answers. The same load goes to the node and to the server that drops everything.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "tests/bench/records.h"

namespace weir::bench {

struct Answers {
  uint64_t accepted = 0;
  uint64_t matched = 0;
  uint64_t repeated = 0;
  uint64_t late = 0;
  uint64_t future = 0;
  uint64_t rejected = 0;
  uint64_t resent = 0;        // batches that were refused for now and sent again

  void Add(const Answers& other);
};

struct LoadResult {
  Answers answers;
  uint64_t sent = 0;          // events, each once
  uint64_t sent_matching = 0;
  double wall_s = 0;          // from the first write to the last answer
  double cpu_s = 0;           // of the whole process, servers included
};

class PushLoad {
 public:
  using Clock = std::chrono::steady_clock;
  // Called before a batch is sent; may give some of its records other principals. Called once for a
  // batch, from its stream's thread, unless the batch is refused and sent again.
  using Dress = std::function<void(uint64_t index, Clock::time_point due, PooledBatch* batch)>;

  // One producer, named "p0", "p1" and so on, for each stream. Records hold the time of day, or with
  // replay a time that advances with every batch.
  // With ecs, records are sent as the ECS documents of the same.
  PushLoad(int streams, double match, bool replay, bool ecs = false);

  // Sends this many batches and waits for their answers. batches_per_s 0: as fast as they are taken.
  // With end, replaying producers say that this was all.
  StatusOr<LoadResult> Run(const std::string& address, uint64_t batches, double batches_per_s,
                           const Dress& dress, bool end) {
    return Run(std::vector<std::string>{address}, batches, batches_per_s, dress, end);
  }
  // Streams go to the addresses in turn. REQUIRES: at least one.
  StatusOr<LoadResult> Run(const std::vector<std::string>& addresses, uint64_t batches,
                           double batches_per_s, const Dress& dress, bool end);
  // Sends one batch and waits for its answer.
  StatusOr<Answers> Send(const std::string& address, PooledBatch* batch);

  static std::vector<std::string> ProducerNames(int streams);
  // Every batch of the pools, in no particular time.
  std::vector<const PooledBatch*> Pool() const;

 private:
  UnixMillis TimeOf(uint64_t number) const;

  const int streams_;
  const bool replay_;
  std::vector<std::vector<PooledBatch>> pools_;   // of each stream
  uint64_t next_number_ = 1;
};

}  // namespace weir::bench
