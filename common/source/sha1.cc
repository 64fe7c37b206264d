#include "common/source/sha1_internal.h"

#include <array>
#include <bit>
#include <cstdint>

#include <fmt/format.h>

namespace weir::source {

namespace {

using Digest = std::array<uint32_t, 5>;

void AddBlock(const unsigned char* block, Digest* digest) {
  std::array<uint32_t, 80> words{};
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned char* word = block + i * 4;
    words[i] = uint32_t{word[0]} << 24 | uint32_t{word[1]} << 16 | uint32_t{word[2]} << 8 | word[3];
  }
  for (std::size_t i = 16; i < words.size(); ++i) {
    words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  }
  auto [a, b, c, d, e] = *digest;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const uint32_t mix = i < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                         : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                         : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                                  : (b ^ c ^ d) + 0xca62c1d6;
    const uint32_t next = std::rotl(a, 5) + mix + e + words[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  (*digest)[0] += a;
  (*digest)[1] += b;
  (*digest)[2] += c;
  (*digest)[3] += d;
  (*digest)[4] += e;
}

}  // namespace

std::string Sha1Hex(std::string_view bytes) {
  std::string padded(bytes);
  padded.push_back('\x80');
  while (padded.size() % 64 != 56) {
    padded.push_back('\0');
  }
  const uint64_t bits = uint64_t{bytes.size()} * 8;
  for (int shift = 56; shift >= 0; shift -= 8) {
    padded.push_back(static_cast<char>(bits >> shift & 0xff));
  }
  Digest digest{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  for (std::size_t at = 0; at < padded.size(); at += 64) {
    AddBlock(reinterpret_cast<const unsigned char*>(padded.data()) + at, &digest);
  }
  std::string hex;
  for (const uint32_t word : digest) {
    hex += fmt::format("{:08x}", word);
  }
  return hex;
}

}  // namespace weir::source
