// Base64 as AWS puts it around compressed log events.
#pragma once

#include <string>
#include <string_view>

namespace weir::source {

// What base64 of gzip data begins with; no JSON does.
inline constexpr std::string_view kBase64OfGzip = "H4sI";

// Decodes the standard alphabet, padded or not, into *bytes. False for any other character.
bool DecodeBase64(std::string_view text, std::string* bytes);

}  // namespace weir::source
