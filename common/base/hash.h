// XXH3 hashes. Routing, identities and alert ids are made of them and are stored: the seed (0) and
// the byte order of Hash128::ToBytes never change.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace weir {

uint64_t Hash64(std::string_view bytes);

// 128 bits, compared and ordered as (high, low).
struct Hash128 {
  uint64_t high = 0;
  uint64_t low = 0;

  auto operator<=>(const Hash128&) const = default;

  // Sixteen bytes, big endian, so that byte order is the order of <=>.
  std::string ToBytes() const;
  void AppendTo(std::string* out) const;
  // REQUIRES: bytes.size() == 16.
  static Hash128 FromBytes(std::string_view bytes);
  // 32 lower-case hexadecimal digits.
  std::string ToHex() const;

  template <typename H>
  friend H AbslHashValue(H state, const Hash128& hash) {
    return H::combine(std::move(state), hash.low);
  }
};

Hash128 HashBytes128(std::string_view bytes);

// For hash maps keyed by std::string and looked up by view.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return Hash64(text); }
};

}  // namespace weir

template <>
struct std::hash<weir::Hash128> {
  std::size_t operator()(const weir::Hash128& value) const noexcept { return value.low; }
};
