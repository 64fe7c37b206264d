// CIDR_MATCH and IP_PREFIX. Addresses are 16 bytes, IPv4 in its v4-mapped form.
#include <cstring>

#include <fmt/format.h>

#include "common/expr/conversion_internal.h"
#include "common/expr/functions_internal.h"
#include "common/expr/ip_block_internal.h"

namespace weir::expr {

bool IpBlock::Holds(std::string_view other) const {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (std::memcmp(address.data(), other.data(), whole) != 0) {
    return false;
  }
  const int rest = bits % 8;
  if (rest == 0) {
    return true;
  }
  const int difference =
      static_cast<unsigned char>(address[whole]) ^ static_cast<unsigned char>(other[whole]);
  return (difference >> (8 - rest)) == 0;
}

bool ParseIpBlock(std::string_view text, IpBlock* block) {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  if (!ParseIp(address, block->address.data())) {
    return false;
  }
  const bool v4 = address.find(':') == std::string_view::npos;
  block->bits = 128;
  if (slash == std::string_view::npos) {
    return true;
  }
  const auto bits = ParseWhole(text.substr(slash + 1));
  if (!bits.has_value() || *bits < 0 || *bits > (v4 ? 32 : 128)) {
    return false;
  }
  block->bits = static_cast<int>(*bits) + (v4 ? kMappedPrefixBits : 0);
  return true;
}

namespace {

bool IsMapped(std::string_view address) {
  static constexpr std::string_view kPrefix("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  return address.substr(0, 12) == kPrefix;
}

struct InBlocks {
  std::vector<IpBlock> blocks;
  bool operator()(const Value& value) const {
    for (const IpBlock& block : blocks) {
      if (block.Holds(value.text())) {
        return true;
      }
    }
    return false;
  }
};

Value MatchBlocks(const Frame& frame, Args args) {
  for (const Value& arg : args.subspan(1)) {
    IpBlock block;
    if (!ParseIpBlock(arg.text(), &block)) {
      return frame.Fail(fmt::format(
          "java.lang.IllegalArgumentException: '{}' is not an IP string literal.", arg.text()));
    }
    if (block.Holds(args[0].text())) {
      return Value::Boolean(true);
    }
  }
  return Value::Boolean(false);
}

Value Prefix(const Frame& frame, Args args) {
  const int64_t v4_bits = args[1].integer();
  const int64_t v6_bits = args[2].integer();
  if (v4_bits < 0 || v4_bits > 32) {
    return frame.Fail(fmt::format("java.lang.IllegalArgumentException: Prefix length v4 must be in "
                                  "range [0, 32], found {}",
                                  v4_bits));
  }
  if (v6_bits < 0 || v6_bits > 128) {
    return frame.Fail(fmt::format("java.lang.IllegalArgumentException: Prefix length v6 must be in "
                                  "range [0, 128], found {}",
                                  v6_bits));
  }
  const std::string_view address = args[0].text();
  const int64_t bits = IsMapped(address) ? v4_bits + kMappedPrefixBits : v6_bits;
  char* out = frame.arena().Allocate(16);
  for (int64_t i = 0; i < 16; ++i) {
    const int64_t kept = std::min<int64_t>(std::max<int64_t>(bits - i * 8, 0), 8);
    const int mask = (0xff << (8 - kept)) & 0xff;
    out[i] = static_cast<char>(address[static_cast<std::size_t>(i)] & mask);
  }
  return Value::Ip(out);
}

}  // namespace

ExprPtr MakeCidrMatch(Call& call) {
  InBlocks test;
  bool fits = true;
  bool constants = true;
  for (std::size_t i = 1; i < call.size(); ++i) {
    const Value* constant = call.constant(i);
    constants = constants && constant != nullptr;
    IpBlock block;
    if (constant != nullptr && !ParseIpBlock(constant->text(), &block)) {
      call.diagnostics->Error(call.args[i].source->range,
                              fmt::format("invalid CIDR block [{}] in [{}]", constant->text(),
                                          call.site().text));
      fits = false;
      continue;
    }
    test.blocks.push_back(block);
  }
  if (!fits) {
    return nullptr;
  }
  return constants ? MakeTest(call.site(), call.arg(0), std::move(test))
                   : call.Make(DataType::kBoolean, MatchBlocks);
}

ExprPtr MakeIpPrefix(Call& call) {
  return call.Make(DataType::kIp, Prefix);
}

}  // namespace weir::expr
