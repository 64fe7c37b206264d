// Keys of a shard in the store. Every key begins with the shard's number (two bytes, big endian), then
// a letter for the kind (docs/formats.md has the table). stored: do not change.
#pragma once

#include <string>
#include <string_view>

#include "common/base/hash.h"
#include "common/base/ids.h"

namespace weir::shard {

// State family.
std::string MetaKey(ShardId shard);                                   // 'm'
std::string GroupPrefix(ShardId shard, const Hash128& window);        // 'g' window
std::string GroupKey(ShardId shard, const Hash128& window, const Hash128& group);
std::string CandidatePrefix(ShardId shard, const Hash128& window);    // 'c' window
std::string CandidateKey(ShardId shard, const Hash128& window, const Hash128& group);
std::string TickEpisodePrefix(ShardId shard);                         // 'e'
std::string TickEpisodeKey(ShardId shard, const Hash128& episode);
std::string SuppressionPrefix(ShardId shard);                         // 's'
std::string SuppressionKey(ShardId shard, const Hash128& suppression);
std::string AlertPrefix(ShardId shard);                               // 'a'
std::string AlertKey(ShardId shard, const Hash128& alert);
std::string IdentityPrefix(ShardId shard);                            // 'i'
std::string IdentityDeltaKey(ShardId shard, uint64_t generation, uint64_t sequence);
std::string IdentityRunPrefix(ShardId shard, uint64_t generation, uint64_t run);
std::string IdentityBlockKey(ShardId shard, uint64_t generation, uint64_t run, const Hash128& last);

// Log family: shard, record number.
std::string LogKey(ShardId shard, LogNumber number);
LogNumber LogNumberOfKey(std::string_view key);

// The hash at the end of a key that ends in one.
Hash128 HashOfKey(std::string_view key);

}  // namespace weir::shard
