// What a cluster was made with and keeps for ever: who disagrees may not join. The first node writes it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/meta/meta_store.h"

namespace weir::cluster {

// stored: do not renumber.
enum class ClusterClock : uint8_t { kWall = 0, kReplay = 1 };

struct ClusterSettings {
  std::string cluster_id;   // made up by the first node; the others take it over
  uint16_t shard_count = 256;
  ClusterClock clock = ClusterClock::kWall;
  int64_t lateness_ms = 0;
  int64_t future_ms = 0;
  int64_t repeat_horizon_ms = 0;
  std::string tenant;
  std::vector<std::string> producers;   // of a replay; their order is without meaning

  bool operator==(const ClusterSettings&) const = default;
};

// Versioned, docs/formats.md. stored: do not renumber.
std::string EncodeSettings(const ClusterSettings& settings);
StatusOr<ClusterSettings> DecodeSettings(std::string_view bytes);

// OK when the settings are equal but for the cluster's id; else FailedPrecondition, which names all that
// differs.
Status CompareSettings(const ClusterSettings& cluster, const ClusterSettings& own);

// Writes the settings if there are none; else compares, and gives the cluster's. kFailedPrecondition:
// something differs. kUnavailable: the store was not reached, try again. A task of the store's scheduler;
// the store lives until done was called.
void EnsureSettings(meta::MetaStore* store, ClusterSettings own,
                    std::function<void(StatusOr<ClusterSettings>)> done);

}  // namespace weir::cluster
