// Steps through UTF-8 text by code points. Malformed bytes count as one code point each.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir::expr {

constexpr bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The offset after the code point at position. REQUIRES: position < text.size().
inline std::size_t NextCodePoint(std::string_view text, std::size_t position) {
  const auto lead = static_cast<unsigned char>(text[position]);
  const std::size_t more = lead < 0xc0 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  ++position;
  for (std::size_t i = 0; i < more && position < text.size() && IsContinuation(text[position]);
       ++i) {
    ++position;
  }
  return position;
}

// The offset of the code point before position. REQUIRES: position > 0.
inline std::size_t PreviousCodePoint(std::string_view text, std::size_t position) {
  std::size_t start = position - 1;
  while (start > 0 && position - start < 4 && IsContinuation(text[start])) {
    --start;
  }
  return NextCodePoint(text, start) == position ? start : position - 1;
}

inline std::size_t CountCodePoints(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); i = NextCodePoint(text, i)) {
    ++count;
  }
  return count;
}

// The offset of the code point with this number; text.size() when there are fewer.
inline std::size_t OffsetOfCodePoint(std::string_view text, std::size_t number) {
  std::size_t offset = 0;
  for (; number > 0 && offset < text.size(); --number) {
    offset = NextCodePoint(text, offset);
  }
  return offset;
}

}  // namespace weir::expr
