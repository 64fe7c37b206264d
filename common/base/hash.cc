#include "common/base/hash.h"

#include <xxhash.h>

#include "common/base/bytes.h"
#include "common/base/check.h"

namespace weir {

uint64_t Hash64(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

Hash128 HashBytes128(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

void Hash128::AppendTo(std::string* out) const {
  ByteWriter writer(out);
  writer.Fixed64BigEndian(high);
  writer.Fixed64BigEndian(low);
}

std::string Hash128::ToBytes() const {
  std::string out;
  AppendTo(&out);
  return out;
}

Hash128 Hash128::FromBytes(std::string_view bytes) {
  WEIR_CHECK(bytes.size() == 16, "{} bytes", bytes.size());
  ByteReader reader(bytes);
  Hash128 hash;
  hash.high = reader.Fixed64BigEndian();
  hash.low = reader.Fixed64BigEndian();
  return hash;
}

std::string Hash128::ToHex() const {
  return weir::ToHex(ToBytes());
}

}  // namespace weir
