// What proves to a webhook's server that a request is Weir's and whole (docs/sinks.md shows how to
// check it).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::sink {

inline constexpr char kSignatureHeader[] = "Weir-Signature";

// HMAC-SHA256, as 64 lower-case hex digits.
std::string HmacSha256Hex(std::string_view key, std::string_view message);

// "t=1700000000,v1=<hex>": the HMAC of the time in seconds, a full stop and the body.
std::string SignatureOf(std::string_view key, int64_t time_s, std::string_view body);

}  // namespace weir::sink
