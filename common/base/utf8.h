// Reading UTF-8 that may be broken: events carry whatever bytes their senders put in.
#pragma once

#include <string>
#include <string_view>

namespace weir {

inline constexpr char32_t kReplacementCharacter = 0xfffd;

// Takes the first code point off text. Malformed bytes (overlong, surrogate, out of range, cut short)
// give kReplacementCharacter, one per longest prefix of a valid sequence, as Unicode recommends.
// REQUIRES: text is not empty.
char32_t TakeCodePoint(std::string_view* text);

// Appends the UTF-8 form. REQUIRES: a Unicode scalar value.
void AppendCodePoint(char32_t code_point, std::string* out);

}  // namespace weir
