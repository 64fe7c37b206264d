#include "ingest/replay_producers.h"

#include <algorithm>
#include <limits>

#include "common/base/check.h"

namespace weir::ingest {

ReplayProducers::ReplayProducers(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    producers_[name].name = name;
  }
}

Status ReplayProducers::Join(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = producers_.find(name);
  if (found == producers_.end()) {
    std::vector<std::string> names;
    for (const auto& [known, producer] : producers_) {
      names.push_back(known);
    }
    return Error(StatusCode::kPermissionDenied,
                 "producer '{}' is not part of this replay, which expects: {} (replay.producers)", name,
                 fmt::join(names, ", "));
  }
  found->second.joined = true;
  return OkStatus();
}

void ReplayProducers::Advance(const std::string& name, std::optional<UnixMillis> watermark_ms,
                              bool end) {
  const std::lock_guard lock(mutex_);
  Producer& producer = producers_.at(name);
  WEIR_CHECK(producer.joined, "producer {} has not joined", name);
  if (watermark_ms.has_value()) {
    producer.watermark_ms = std::max(producer.watermark_ms.value_or(0), *watermark_ms);
  }
  producer.ended = producer.ended || end;
}

UnixMillis ReplayProducers::Watermark() const {
  const std::lock_guard lock(mutex_);
  UnixMillis least = std::numeric_limits<UnixMillis>::max();
  for (const auto& [name, producer] : producers_) {
    if (!producer.ended) {
      least = std::min(least, producer.joined ? producer.watermark_ms.value_or(0) : 0);
    }
  }
  return least;
}

std::map<std::string, UnixMillis> ReplayProducers::Promises() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, UnixMillis> promises;
  for (const auto& [name, producer] : producers_) {
    if (producer.ended) {
      promises[name] = std::numeric_limits<UnixMillis>::max();
    } else if (producer.watermark_ms.has_value()) {
      promises[name] = *producer.watermark_ms;
    }
  }
  return promises;
}

std::vector<ReplayProducers::Producer> ReplayProducers::Snapshot() const {
  const std::lock_guard lock(mutex_);
  std::vector<Producer> result;
  for (const auto& [name, producer] : producers_) {
    result.push_back(producer);
  }
  return result;
}

}  // namespace weir::ingest
