// A CIDR block of addresses. Addresses are 16 bytes, IPv4 in its v4-mapped form.
#pragma once

#include <array>
#include <string_view>

namespace weir::expr {

inline constexpr int kMappedPrefixBits = 96;  // of ::ffff:0:0/96

struct IpBlock {
  std::array<char, 16> address;
  int bits = 0;

  bool Holds(std::string_view other) const;
};

// "10.0.0.0/8", "fd00::/8" or a single address.
bool ParseIpBlock(std::string_view text, IpBlock* block);

}  // namespace weir::expr
