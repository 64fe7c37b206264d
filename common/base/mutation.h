// Mechanisms that the simulator's tests switch off one at a time, to see that it finds out
// (docs/simulator.md). The product is built without WEIR_MUTATIONS: there the question is a constant.
#pragma once

#include <cstdint>

namespace weir {

enum class Mutation : uint8_t {
  kNone,
  kNoSync,            // log records are not synced before they are acknowledged
  kNoIdentityCheck,   // every event counts as new
  kNoEpochCheck,      // frames of an earlier epoch of a shard are taken
  kNoClosedCheck,     // frames stamped at or before the closed stamp are taken
  kSplitCheckpoint,   // a checkpoint is several writes
  kForgetJudged,      // up to where ticks were judged is not remembered
};

#ifdef WEIR_MUTATIONS
inline Mutation active_mutation = Mutation::kNone;
inline bool Mutated(Mutation mutation) {
  return active_mutation == mutation;
}
#else
constexpr bool Mutated(Mutation) {
  return false;
}
#endif

}  // namespace weir
