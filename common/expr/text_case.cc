#include "common/expr/text_case.h"

#include <locale.h>
#include <wctype.h>

#include <algorithm>

#include "common/base/check.h"
#include "common/expr/utf8_internal.h"

namespace weir::expr {

namespace {

// The C library's Unicode tables. glibc has C.UTF-8 built in, so that no locale need be installed.
locale_t UnicodeLocale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  WEIR_CHECK(locale != nullptr, "the locale C.UTF-8 is missing");
  return locale;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// REQUIRES: two to four bytes that IsWhole accepts.
wint_t Decode(std::string_view bytes) {
  const auto at = [&](std::size_t i) {
    return static_cast<wint_t>(static_cast<unsigned char>(bytes[i]));
  };
  switch (bytes.size()) {
    case 2:
      return ((at(0) & 0x1f) << 6) | (at(1) & 0x3f);
    case 3:
      return ((at(0) & 0x0f) << 12) | ((at(1) & 0x3f) << 6) | (at(2) & 0x3f);
    default:
      return ((at(0) & 0x07) << 18) | ((at(1) & 0x3f) << 12) | ((at(2) & 0x3f) << 6) |
             (at(3) & 0x3f);
  }
}

// True when the lead byte has all of its continuation bytes.
bool IsWhole(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes[0]);
  const std::size_t size = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return lead < 0xf5 && size == bytes.size() && size > 1;
}

char* Encode(wint_t code, char* out) {
  if (code < 0x80) {
    *out++ = static_cast<char>(code);
  } else if (code < 0x800) {
    *out++ = static_cast<char>(0xc0 | (code >> 6));
    *out++ = static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    *out++ = static_cast<char>(0xe0 | (code >> 12));
    *out++ = static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    *out++ = static_cast<char>(0x80 | (code & 0x3f));
  } else {
    *out++ = static_cast<char>(0xf0 | (code >> 18));
    *out++ = static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    *out++ = static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    *out++ = static_cast<char>(0x80 | (code & 0x3f));
  }
  return out;
}

template <bool kUpper>
char ConvertAscii(char c) {
  const char first = kUpper ? 'a' : 'A';
  return c >= first && c < first + 26 ? static_cast<char>(c ^ 0x20) : c;
}

template <bool kUpper>
std::string_view ConvertText(std::string_view text, Arena& arena) {
  const bool unchanged = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x80 || ConvertAscii<kUpper>(c) != c;
  });
  if (unchanged) {
    return text;
  }
  if (IsAscii(text)) {
    char* out = arena.Allocate(text.size());
    std::transform(text.begin(), text.end(), out, ConvertAscii<kUpper>);
    return {out, text.size()};
  }
  // A character may grow from one byte length to the next (at most three for two).
  char* out = arena.Allocate(text.size() * 2);
  char* end = out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t next = NextCodePoint(text, i);
    const std::string_view bytes = text.substr(i, next - i);
    i = next;
    if (bytes.size() == 1) {
      *end++ = ConvertAscii<kUpper>(bytes[0]);
      continue;
    }
    if (!IsWhole(bytes)) {
      end = std::copy(bytes.begin(), bytes.end(), end);
      continue;
    }
    const wint_t code = Decode(bytes);
    if (kUpper && code == 0xdf) {  // sharp s has no upper case of one character
      *end++ = 'S';
      *end++ = 'S';
      continue;
    }
    end = Encode(kUpper ? towupper_l(code, UnicodeLocale()) : towlower_l(code, UnicodeLocale()),
                 end);
  }
  return {out, static_cast<std::size_t>(end - out)};
}

}  // namespace

std::string_view ToLower(std::string_view text, Arena& arena) {
  return ConvertText<false>(text, arena);
}

std::string_view ToUpper(std::string_view text, Arena& arena) {
  return ConvertText<true>(text, arena);
}

}  // namespace weir::expr
