// NETWORK_DIRECTION: which way traffic goes, seen from networks that count as internal.
#include <array>

#include <fmt/format.h>

#include "common/expr/conversion_internal.h"
#include "common/expr/functions_internal.h"
#include "common/expr/ip_block_internal.h"

namespace weir::expr {

namespace {

// The blocks of a range that has a name. "public" is what is in none of "private".
struct NamedRange {
  std::string_view name;
  std::array<std::string_view, 4> blocks;
};
constexpr NamedRange kNamedRanges[] = {
    {"loopback", {"127.0.0.0/8", "::1/128"}},
    {"multicast", {"224.0.0.0/4", "ff00::/8"}},
    {"interface_local_multicast", {"ff01::/16"}},
    {"link_local_unicast", {"169.254.0.0/16", "fe80::/10"}},
    {"link_local_multicast", {"224.0.0.0/24", "ff02::/16"}},
    {"private", {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"}},
    {"unspecified", {"0.0.0.0/32", "::/128"}},
};

const NamedRange* FindRange(std::string_view name) {
  for (const NamedRange& range : kNamedRanges) {
    if (range.name == name) {
      return &range;
    }
  }
  return nullptr;
}

bool InBlock(std::string_view block_text, std::string_view address) {
  IpBlock block;
  return ParseIpBlock(block_text, &block) && block.Holds(address);
}

bool InRange(std::string_view name, std::string_view address) {
  const NamedRange* range = FindRange(name);
  return std::any_of(range->blocks.begin(), range->blocks.end(), [&](std::string_view block) {
    return !block.empty() && InBlock(block, address);
  });
}

bool IsKnownNetwork(std::string_view network) {
  IpBlock block;
  return FindRange(network) != nullptr || network == "public" || network == "unicast" ||
         network == "global_unicast" || ParseIpBlock(network, &block);
}

bool IsUnicast(std::string_view address) {
  return !InRange("multicast", address) && !InRange("unspecified", address) &&
         !InBlock("255.255.255.255/32", address);
}

// REQUIRES: IsKnownNetwork(network).
bool InNetwork(std::string_view network, std::string_view address) {
  if (network == "public") {
    return !InRange("private", address) && !InRange("loopback", address) &&
           !InRange("link_local_unicast", address) && IsUnicast(address);
  }
  if (network == "unicast" || network == "global_unicast") {
    const bool global = network == "global_unicast";
    return IsUnicast(address) && (!global || (!InRange("loopback", address) &&
                                              !InRange("link_local_unicast", address)));
  }
  return FindRange(network) != nullptr ? InRange(network, address) : InBlock(network, address);
}

// The 16 bytes of an address, or of a text that is one; false for others.
bool TakeAddress(const Value& value, std::array<char, 16>* address) {
  if (value.type() == DataType::kIp) {
    std::copy(value.text().begin(), value.text().end(), address->begin());
    return true;
  }
  return ParseIp(value.text(), address->data());
}

Value Direction(const Frame& frame, Args args) {
  if (args[0].is_null() || args[1].is_null() || args[2].is_null()) {
    return Value::Null();
  }
  if (args[0].is_multi() || args[1].is_multi()) {
    return frame.Fail(kMultivalueWarning);
  }
  bool inside[2] = {false, false};
  for (std::size_t i = 0; i < 2; ++i) {
    std::array<char, 16> address;
    if (!TakeAddress(args[i], &address)) {
      return frame.Fail(fmt::format(
          "java.lang.IllegalArgumentException: '{}' is not an IP string literal.", args[i].text()));
    }
    const std::string_view bytes(address.data(), address.size());
    for (const Value& network : args[2].items()) {
      if (!IsKnownNetwork(network.text())) {
        return frame.Fail(fmt::format(
            "java.lang.IllegalArgumentException: '{}' is not an IP string literal.",
            network.text()));
      }
      inside[i] = inside[i] || InNetwork(network.text(), bytes);
    }
  }
  if (inside[0] == inside[1]) {
    return Value::Keyword(inside[0] ? "internal" : "external");
  }
  return Value::Keyword(inside[0] ? "outbound" : "inbound");
}

}  // namespace

ExprPtr MakeNetworkDirection(Call& call) {
  return call.Make(DataType::kKeyword, Direction);
}

}  // namespace weir::expr
