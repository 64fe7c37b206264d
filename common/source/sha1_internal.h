// SHA-1, by which the pipelines name what is too large to keep. No use for security.
#pragma once

#include <string>
#include <string_view>

namespace weir::source {

// 40 hexadecimal digits.
std::string Sha1Hex(std::string_view bytes);

}  // namespace weir::source
