// How a day's records reach a collector: some minutes late, in files of half an hour of delivery, a
// few records twice and whole files again. One folder, whose names sort in the order of delivery.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/base/time.h"
#include "deploy/demo_events/random.h"

namespace weir::demo {

// The demo's day is 2026-03-10, UTC.
inline constexpr UnixMillis kDayStartMs = 1773100800000;

// Time of that day.
constexpr UnixMillis At(int hour, int minute, int second = 0) {
  return kDayStartMs + hour * kMillisPerHour + minute * kMillisPerMinute +
         second * kMillisPerSecond;
}

enum class Source : uint8_t { kCloudTrail, kBedrock };

struct Record {
  UnixMillis time_ms = 0;
  Source source = Source::kCloudTrail;
  std::string region;
  std::string json;
};

// A file that is delivered a second time, soon after the first and within the allowed lateness.
struct Redelivery {
  Source source = Source::kCloudTrail;
  std::string region;
  UnixMillis time_ms = 0;  // any moment of the half hour whose file it is
};

struct Day {
  std::vector<Record> records;
  std::vector<Redelivery> redeliveries;
};

struct DeliveryFile {
  std::string name;
  std::string content;  // not compressed yet
  bool compressed = true;
  int64_t records = 0;
};

// Cuts a day into files, sorted by name.
std::vector<DeliveryFile> Deliver(const Day& day, Random* random);

// The bytes as gzip makes them, with no time and no name inside.
StatusOr<std::string> Gzip(const std::string& content);

// Writes into the folder, which is created; names ending in .gz are compressed.
Status WriteFiles(const std::vector<DeliveryFile>& files, const std::string& folder);

// Writes or replaces one file.
Status WriteFile(const std::string& path, const std::string& content);

}  // namespace weir::demo
