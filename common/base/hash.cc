#include "common/base/hash.h"

#include <bit>
#include <cstring>

#include <xxhash.h>

#include "common/base/bytes.h"
#include "common/base/check.h"

namespace weir {

static_assert(std::endian::native == std::endian::little);

uint64_t Hash64(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

Hash128 HashBytes128(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

void Hash128::AppendTo(std::string* out) const {
  const uint64_t words[2] = {__builtin_bswap64(high), __builtin_bswap64(low)};
  char bytes[16];
  std::memcpy(bytes, words, sizeof(bytes));
  out->append(bytes, sizeof(bytes));
}

std::string Hash128::ToBytes() const {
  std::string out;
  AppendTo(&out);
  return out;
}

Hash128 Hash128::FromBytes(std::string_view bytes) {
  WEIR_CHECK(bytes.size() == 16, "{} bytes", bytes.size());
  uint64_t words[2];
  std::memcpy(words, bytes.data(), sizeof(words));
  return {__builtin_bswap64(words[0]), __builtin_bswap64(words[1])};
}

std::string Hash128::ToHex() const {
  return weir::ToHex(ToBytes());
}

}  // namespace weir
