// Brings closed stamps into the logs: asks every executor which of its shards want one, and logs it there.
// One round at a time; a newer stamp waits for the round under way. Thread safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "common/base/time.h"
#include "worker/executor.h"
#include "worker/log_writer.h"

namespace weir::worker {

class ClosingRounds {
 public:
  // executors and writer outlive the rounds.
  ClosingRounds(const std::vector<std::unique_ptr<Executor>>* executors, LogWriter* writer)
      : executors_(executors), writer_(writer) {}

  void CloseUpTo(UnixMillis closed_ms);
  // Asks again, because shards may want what they did not want before.
  void Again();
  // Waits until everything up to the stamp has been logged and judged. Not from an executor.
  void Drain(UnixMillis closed_ms);

 private:
  void Run(UnixMillis closed_ms);
  void End(UnixMillis closed_ms);

  const std::vector<std::unique_ptr<Executor>>* const executors_;
  LogWriter* const writer_;
  std::mutex mutex_;
  std::condition_variable done_;
  bool closing_ = false;
  UnixMillis wanted_ms_ = INT64_MIN;    // newest stamp asked for
  UnixMillis reached_ms_ = INT64_MIN;   // newest stamp whose round ended
};

}  // namespace weir::worker
