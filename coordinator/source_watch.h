// Notices sources of events that have gone silent, and says so as events of its own, which a rule counts like
// others (deploy/rules/weir): so that a silence is one alert however many coordinators notice it, and one that
// survives all of them. Whoever leads asks all ingest nodes what they last heard from whom.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/task/scheduler.h"
#include "weir/cluster/v1/cluster.pb.h"

namespace weir::coordinator {

// Sources of all collectors and nodes as one: of what ingest nodes say (of the same collector on several
// nodes), added up. Times are the latest, counters and rates add up.
void AddSources(const weir::cluster::v1::GetIngestSourcesResponse& node,
                weir::cluster::v1::ListSourcesResponse* sum);

// Which sources are silent. It remembers a source for a week, so that a restart of the ingest nodes that
// heard it does not end its silence. Not thread safe.
class SilenceTracker {
 public:
  // What every ingest node says now.
  void Update(const weir::cluster::v1::ListSourcesResponse& sources, UnixMillis now_ms);
  // Those that nothing came of, through any collector, for longer than is usual.
  std::vector<weir::cluster::v1::SilentSource> Silent(UnixMillis now_ms) const;
  // Sources that were heard for long enough to notice a silence.
  std::size_t watched() const;

 private:
  struct Key {
    std::string account;
    std::string region;
    std::string source;
    auto operator<=>(const Key&) const = default;
  };
  struct Heard {
    UnixMillis last_arrival_ms = 0;
    int64_t silence_limit_ms = 0;   // 0: heard too little to say
  };

  std::map<Key, Heard> heard_;
};

class SourceWatch {
 public:
  struct Options {
    int64_t interval_ms = 30 * 1000;
    std::function<bool()> leading;
    // What all ingest nodes say, as AddSources does it. May block.
    std::function<weir::cluster::v1::ListSourcesResponse()> sources;
    // Hands what is silent to an ingest node, as events. May block.
    std::function<Status(const weir::cluster::v1::ReportSilenceRequest& request)> report;
  };

  // All outlive it; the scheduler, which it may block, is stopped before it goes.
  SourceWatch(Options options, task::Scheduler* scheduler, const Clock* clock)
      : options_(std::move(options)), scheduler_(scheduler), clock_(clock) {}

  void Start();

  // As of the last look. Thread safe.
  uint64_t watched() const { return watched_; }
  uint64_t silent() const { return silent_; }

 private:
  void Look();

  const Options options_;
  task::Scheduler* const scheduler_;
  const Clock* const clock_;
  SilenceTracker tracker_;   // of the scheduler
  std::atomic<uint64_t> watched_ = 0;
  std::atomic<uint64_t> silent_ = 0;
};

}  // namespace weir::coordinator
