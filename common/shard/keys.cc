#include "common/shard/keys.h"

#include "common/base/bytes.h"

namespace weir::shard {

namespace {

std::string Begin(ShardId shard, char kind) {
  std::string key;
  ByteWriter writer(&key);
  writer.Fixed16BigEndian(shard.value);
  writer.U8(static_cast<uint8_t>(kind));
  return key;
}

std::string With(std::string key, const Hash128& hash) {
  hash.AppendTo(&key);
  return key;
}

std::string WithNumber(std::string key, uint64_t number) {
  ByteWriter(&key).Fixed64BigEndian(number);
  return key;
}

}  // namespace

std::string MetaKey(ShardId shard) {
  return Begin(shard, 'm');
}
std::string GroupPrefix(ShardId shard, const Hash128& window) {
  return With(Begin(shard, 'g'), window);
}
std::string GroupKey(ShardId shard, const Hash128& window, const Hash128& group) {
  return With(GroupPrefix(shard, window), group);
}
std::string CandidatePrefix(ShardId shard, const Hash128& window) {
  return With(Begin(shard, 'c'), window);
}
std::string CandidateKey(ShardId shard, const Hash128& window, const Hash128& group) {
  return With(CandidatePrefix(shard, window), group);
}
std::string TickEpisodePrefix(ShardId shard) {
  return Begin(shard, 'e');
}
std::string TickEpisodeKey(ShardId shard, const Hash128& episode) {
  return With(TickEpisodePrefix(shard), episode);
}
std::string SuppressionPrefix(ShardId shard) {
  return Begin(shard, 's');
}
std::string SuppressionKey(ShardId shard, const Hash128& suppression) {
  return With(SuppressionPrefix(shard), suppression);
}
std::string AlertPrefix(ShardId shard) {
  return Begin(shard, 'a');
}
std::string AlertKey(ShardId shard, const Hash128& alert) {
  return With(AlertPrefix(shard), alert);
}
std::string IdentityPrefix(ShardId shard) {
  return Begin(shard, 'i');
}
std::string IdentityDeltaKey(ShardId shard, uint64_t generation, uint64_t sequence) {
  std::string key = WithNumber(IdentityPrefix(shard), generation);
  key.push_back('d');
  return WithNumber(std::move(key), sequence);
}
std::string IdentityRunPrefix(ShardId shard, uint64_t generation, uint64_t run) {
  std::string key = WithNumber(IdentityPrefix(shard), generation);
  key.push_back('r');
  return WithNumber(std::move(key), run);
}
std::string IdentityBlockKey(ShardId shard, uint64_t generation, uint64_t run,
                             const Hash128& last) {
  return With(IdentityRunPrefix(shard, generation, run), last);
}

std::string LogKey(ShardId shard, LogNumber number) {
  std::string key;
  ByteWriter writer(&key);
  writer.Fixed16BigEndian(shard.value);
  writer.Fixed64BigEndian(number.value);
  return key;
}

LogNumber LogNumberOfKey(std::string_view key) {
  return LogNumber(ByteReader(key.substr(2)).Fixed64BigEndian());
}

Hash128 HashOfKey(std::string_view key) {
  return Hash128::FromBytes(key.substr(key.size() - 16));
}

}  // namespace weir::shard
