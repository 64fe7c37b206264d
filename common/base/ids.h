// Strong types for the numbers that name things, so that a shard is never passed where an epoch is due.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

#include <fmt/format.h>

namespace weir {

template <typename Tag, typename Number>
struct StrongId {
  Number value = 0;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Number number) : value(number) {}
  constexpr auto operator<=>(const StrongId&) const = default;
};

// A virtual shard, 0 .. shard_count-1. stored: do not renumber.
using ShardId = StrongId<struct ShardIdTag, uint16_t>;
// Position in one shard's log; the first record is 1.
using LogNumber = StrongId<struct LogNumberTag, uint64_t>;
// Version of a shard's ownership; grows when the owner changes.
using Epoch = StrongId<struct EpochTag, uint64_t>;
// Version of the rule set; grows with every activation.
using RuleSetVersion = StrongId<struct RuleSetVersionTag, uint64_t>;

}  // namespace weir

template <typename Tag, typename Number>
struct fmt::formatter<weir::StrongId<Tag, Number>> : fmt::formatter<Number> {
  template <typename Context>
  auto format(const weir::StrongId<Tag, Number>& id, Context& context) const {
    return fmt::formatter<Number>::format(id.value, context);
  }
};

template <typename Tag, typename Number>
struct std::hash<weir::StrongId<Tag, Number>> {
  std::size_t operator()(const weir::StrongId<Tag, Number>& id) const noexcept {
    return std::hash<Number>()(id.value);
  }
};
