// Bounds on a TOML text, checked before it is parsed: the parser's tables are freed recursively, so a
// key of a hundred thousand parts would end the process although it is legal TOML.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir::rule {

inline constexpr std::size_t kFileBytesMax = 4 * 1024 * 1024;
inline constexpr std::size_t kKeyPartsMax = 64;

// The line of the first key or table header with more than kKeyPartsMax dots; 0 when there is none.
// Strings and comments are skipped.
int FindDeepKey(std::string_view text);

}  // namespace weir::rule
