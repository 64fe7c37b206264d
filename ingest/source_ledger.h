// What each source of events sent: last event, rate, lag, repeats and rejects by account, region, kind and
// collector, for `weir sources`. Bounded: when there are more sources than fit, the one that was silent for
// longest is forgotten, and counted. It is told once a batch and source, never once an event. Thread safe.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/source/decoder.h"

namespace weir::ingest {

// Accounts, regions and collectors are cut here.
inline constexpr std::size_t kSourceNameBytesMax = 128;

struct SourceKey {
  std::string account;     // empty: the events name none
  std::string region;      // likewise
  std::optional<source::SourceKind> kind;   // none: records that could not be read
  std::string collector;   // producer id, or the host of an OTLP call

  auto operator<=>(const SourceKey&) const = default;
};

// What one batch brought of one source.
struct SourceShare {
  SourceKey key;
  uint64_t events = 0;
  uint64_t repeats = 0;
  std::array<uint64_t, source::kRejectReasonCount> rejects{};
  UnixMillis newest_event_ms = 0;   // of its events; meaningless without any
};

struct SourceUse {
  SourceKey key;
  UnixMillis last_event_ms = 0;     // the newest event time; 0: none yet
  UnixMillis last_arrival_ms = 0;   // of a batch with events; 0: none yet
  int64_t lag_ms = 0;               // last arrival less the newest event of that batch
  double events_per_second_1m = 0;
  double events_per_second_5m = 0;
  uint64_t events = 0;
  uint64_t repeats = 0;
  std::array<uint64_t, source::kRejectReasonCount> rejects{};
  // From when on a silence is unusual: several times the longest pause of the last weeks, and never less
  // than the configured minimum. 0: it was not heard for long enough to say.
  int64_t silence_limit_ms = 0;
};

struct SourcesStatus {
  std::vector<SourceUse> sources;   // by key
  uint64_t forgotten = 0;           // sources, since the start; one that comes back counts as new
};

class SourceLedger {
 public:
  struct Options {
    std::size_t sources_max = 2000;
    int64_t silence_ms_min = 15 * kMillisPerMinute;   // 0: no silence is unusual
  };

  explicit SourceLedger(Options options) : options_(options) {}

  void Add(const SourceShare& share, UnixMillis arrival_ms);
  SourcesStatus GetStatus(UnixMillis now_ms) const;

 private:
  static constexpr int64_t kSlotMs = 10 * kMillisPerSecond;
  static constexpr std::size_t kSlots = 30;   // five minutes
  static constexpr int64_t kPauseWindowMs = 7 * kMillisPerDay;
  // Of the longest pause; and of the least silence, for how long a source has to be heard.
  static constexpr int64_t kSilenceFactor = 4;

  struct Entry {
    SourceUse use;
    std::array<uint64_t, kSlots> slots{};   // events, by slot number modulo kSlots
    int64_t newest_slot = 0;
    UnixMillis first_arrival_ms = 0;
    // The longest pause between arrivals of this window and of the one before.
    int64_t window = 0;
    int64_t longest_ms = 0;
    int64_t longest_before_ms = 0;
    std::list<SourceKey>::iterator place;   // in order_
  };

  Entry& Touch(const SourceKey& key);
  static void Count(uint64_t events, UnixMillis arrival_ms, Entry* entry);
  void NotePause(UnixMillis arrival_ms, Entry* entry) const;
  int64_t SilenceLimit(const Entry& entry) const;
  static double Rate(const Entry& entry, UnixMillis now_ms, std::size_t slots);

  const Options options_;
  mutable std::mutex mutex_;
  std::map<SourceKey, Entry> entries_;
  std::list<SourceKey> order_;              // the one silent for longest first
  uint64_t forgotten_ = 0;
};

}  // namespace weir::ingest
