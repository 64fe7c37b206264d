#include "common/cluster/keys.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace weir::cluster {
namespace {

constexpr std::size_t kShardDigits = 5;
constexpr std::size_t kVersionDigits = 16;
constexpr std::size_t kNodeIdBytesMax = 64;

// What follows the prefix, if it is a number of exactly so many digits.
std::optional<uint64_t> NumberAfter(std::string_view key, std::string_view prefix,
                                    std::size_t digits, int base) {
  if (!key.starts_with(prefix) || key.size() != prefix.size() + digits) {
    return std::nullopt;
  }
  key.remove_prefix(prefix.size());
  const bool lower = std::none_of(key.begin(), key.end(), [](char c) { return c >= 'A' && c <= 'F'; });
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number, base);
  if (error != std::errc() || end != key.data() + key.size() || !lower) {
    return std::nullopt;
  }
  return number;
}

bool IsIdChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

std::string ShardKey(ShardId shard) {
  return fmt::format("{}{:05}", kShardsPrefix, shard.value);
}

StatusOr<ShardId> ShardOfKey(std::string_view key) {
  const std::optional<uint64_t> shard = NumberAfter(key, kShardsPrefix, kShardDigits, 10);
  if (!shard.has_value() || *shard > std::numeric_limits<uint16_t>::max()) {
    return InvalidArgument("'{}' is not the key of a shard", key);
  }
  return ShardId(static_cast<uint16_t>(*shard));
}

std::string NodeKey(std::string_view role, std::string_view id) {
  return fmt::format("{}{}/{}", kNodesPrefix, role, id);
}

StatusOr<NodeName> NodeOfKey(std::string_view key) {
  if (key.starts_with(kNodesPrefix)) {
    const std::string_view name = key.substr(kNodesPrefix.size());
    const std::size_t slash = name.find('/');
    if (slash != std::string_view::npos && slash > 0 && ValidateNodeId(name.substr(slash + 1)).ok()) {
      return NodeName{std::string(name.substr(0, slash)), std::string(name.substr(slash + 1))};
    }
  }
  return InvalidArgument("'{}' is not the key of a node", key);
}

Status ValidateNodeId(std::string_view id) {
  if (id.empty() || id.size() > kNodeIdBytesMax || !std::all_of(id.begin(), id.end(), IsIdChar)) {
    return InvalidArgument("node id '{}' is not 1 to {} letters, digits, '.', '_' or '-'", id,
                           kNodeIdBytesMax);
  }
  return OkStatus();
}

std::string RuleSetKey(RuleSetVersion version) {
  return fmt::format("{}{:016x}", kRulesPrefix, version.value);
}

StatusOr<RuleSetVersion> RuleSetVersionOfKey(std::string_view key) {
  const std::optional<uint64_t> version = NumberAfter(key, kRulesPrefix, kVersionDigits, 16);
  if (!version.has_value()) {
    return InvalidArgument("'{}' is not the key of a rule set", key);
  }
  return RuleSetVersion(*version);
}

std::string RuleSetPartKey(RuleSetVersion version, std::size_t part) {
  return fmt::format("{}/{:04}", RuleSetKey(version), part);
}

}  // namespace weir::cluster
