// The keys of the metadata store (docs/formats.md). All are below the cluster's name, so that clusters can
// share a store; the prefix is given when the store is opened. stored: do not rename.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/ids.h"
#include "common/base/status.h"

namespace weir::cluster {

inline constexpr std::string_view kSettingsKey = "settings";
inline constexpr std::string_view kShardsPrefix = "shards/";     // shards/00042
inline constexpr std::string_view kNodesPrefix = "nodes/";       // nodes/worker/w1, with a lease
inline constexpr std::string_view kLeaderKey = "leader";         // with a lease
inline constexpr std::string_view kRulesPrefix = "rules/";       // rules/0000000000000007, hexadecimal

// The roles of node keys.
inline constexpr std::string_view kIngestRole = "ingest";
inline constexpr std::string_view kWorkerRole = "worker";
inline constexpr std::string_view kCoordinatorRole = "coordinator";

std::string ShardKey(ShardId shard);
StatusOr<ShardId> ShardOfKey(std::string_view key);
std::string NodeKey(std::string_view role, std::string_view id);
struct NodeName {
  std::string role;
  std::string id;

  auto operator<=>(const NodeName&) const = default;
};
StatusOr<NodeName> NodeOfKey(std::string_view key);
// A node's id is part of its key: 1 to 64 letters, digits, '.', '_' or '-'.
Status ValidateNodeId(std::string_view id);
std::string RuleSetKey(RuleSetVersion version);
StatusOr<RuleSetVersion> RuleSetVersionOfKey(std::string_view key);
// Where the texts of a rule set are that is too long for one value: rules/0000000000000007/0002.
std::string RuleSetPartKey(RuleSetVersion version, std::size_t part);

}  // namespace weir::cluster
