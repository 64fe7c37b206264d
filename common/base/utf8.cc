#include "common/base/utf8.h"

#include <cstdint>

namespace weir {

namespace {

// What may follow a lead byte: how many bytes, and the range of the first of them, which is what keeps
// out overlong forms, surrogates and code points past the last.
struct Lead {
  int continuations;
  uint8_t second_min;
  uint8_t second_max;
};

Lead LeadOf(uint8_t byte) {
  if (byte >= 0xc2 && byte <= 0xdf) {
    return {1, 0x80, 0xbf};
  }
  if (byte >= 0xe0 && byte <= 0xef) {
    return {2, static_cast<uint8_t>(byte == 0xe0 ? 0xa0 : 0x80),
            static_cast<uint8_t>(byte == 0xed ? 0x9f : 0xbf)};
  }
  if (byte >= 0xf0 && byte <= 0xf4) {
    return {3, static_cast<uint8_t>(byte == 0xf0 ? 0x90 : 0x80),
            static_cast<uint8_t>(byte == 0xf4 ? 0x8f : 0xbf)};
  }
  return {0, 0, 0};
}

}  // namespace

char32_t TakeCodePoint(std::string_view* text) {
  const auto first = static_cast<uint8_t>(text->front());
  text->remove_prefix(1);
  if (first < 0x80) {
    return first;
  }
  const Lead lead = LeadOf(first);
  if (lead.continuations == 0) {
    return kReplacementCharacter;
  }
  // The lead byte's payload: 5, 4 or 3 bits.
  char32_t code_point = first & (0x3fU >> lead.continuations);
  for (int i = 0; i < lead.continuations; ++i) {
    const uint8_t low = i == 0 ? lead.second_min : 0x80;
    const uint8_t high = i == 0 ? lead.second_max : 0xbf;
    if (text->empty()) {
      return kReplacementCharacter;
    }
    const auto byte = static_cast<uint8_t>(text->front());
    if (byte < low || byte > high) {
      return kReplacementCharacter;
    }
    code_point = (code_point << 6) | (byte & 0x3fU);
    text->remove_prefix(1);
  }
  return code_point;
}

void AppendCodePoint(char32_t code_point, std::string* out) {
  if (code_point < 0x80) {
    out->push_back(static_cast<char>(code_point));
    return;
  }
  if (code_point < 0x800) {
    out->push_back(static_cast<char>(0xc0 | (code_point >> 6)));
  } else {
    if (code_point < 0x10000) {
      out->push_back(static_cast<char>(0xe0 | (code_point >> 12)));
    } else {
      out->push_back(static_cast<char>(0xf0 | (code_point >> 18)));
      out->push_back(static_cast<char>(0x80 | ((code_point >> 12) & 0x3f)));
    }
    out->push_back(static_cast<char>(0x80 | ((code_point >> 6) & 0x3f)));
  }
  out->push_back(static_cast<char>(0x80 | (code_point & 0x3f)));
}

}  // namespace weir
