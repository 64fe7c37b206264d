// The keys of the metadata store (docs/formats.md). All are below the cluster's name, so that clusters can
// share a store; the prefix is given when the store is opened. stored: do not rename.
#pragma once

#include <string>
#include <string_view>

#include "common/base/ids.h"
#include "common/base/status.h"

namespace weir::cluster {

inline constexpr std::string_view kSettingsKey = "settings";
inline constexpr std::string_view kShardsPrefix = "shards/";     // shards/00042
inline constexpr std::string_view kNodesPrefix = "nodes/";       // nodes/worker/w1, with a lease
inline constexpr std::string_view kLeaderKey = "leader";         // with a lease
inline constexpr std::string_view kRulesPrefix = "rules/";       // rules/0000000000000007

std::string ShardKey(ShardId shard);
StatusOr<ShardId> ShardOfKey(std::string_view key);
std::string NodeKey(std::string_view role, std::string_view id);
std::string RuleSetKey(RuleSetVersion version);
StatusOr<RuleSetVersion> RuleSetVersionOfKey(std::string_view key);

}  // namespace weir::cluster
