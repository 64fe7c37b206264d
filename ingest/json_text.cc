#include "ingest/json_text.h"

#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "common/base/utf8.h"

namespace weir::ingest {
namespace {

constexpr double kWholeMax = 9007199254740992.0;   // 2^53
constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool IsPlain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

}  // namespace

void AppendJsonText(std::string_view text, std::string* out) {
  out->push_back('"');
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && IsPlain(text[plain])) {
      ++plain;
    }
    out->append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) {
      break;
    }
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte >= 0x80) {
      AppendCodePoint(TakeCodePoint(&text), out);
      continue;
    }
    if (byte < 0x20) {
      fmt::format_to(std::back_inserter(*out), "\\u{:04x}", byte);
    } else {
      out->push_back('\\');
      out->push_back(text.front());
    }
    text.remove_prefix(1);
  }
  out->push_back('"');
}

void AppendJsonBase64(std::string_view bytes, std::string* out) {
  out->push_back('"');
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const auto at = [&](std::size_t k) -> uint32_t {
      return k < left ? static_cast<unsigned char>(bytes[i + k]) : 0;
    };
    const uint32_t word = at(0) << 16 | at(1) << 8 | at(2);
    out->push_back(kBase64[word >> 18]);
    out->push_back(kBase64[word >> 12 & 63]);
    out->push_back(left > 1 ? kBase64[word >> 6 & 63] : '=');
    out->push_back(left > 2 ? kBase64[word & 63] : '=');
  }
  out->push_back('"');
}

void AppendJsonNumber(double value, std::string* out) {
  if (!std::isfinite(value)) {
    out->append("null");
  } else if (std::abs(value) < kWholeMax && value == std::trunc(value)) {
    AppendJsonNumber(static_cast<int64_t>(value), out);
  } else {
    fmt::format_to(std::back_inserter(*out), "{}", value);
  }
}

void AppendJsonNumber(int64_t value, std::string* out) {
  fmt::format_to(std::back_inserter(*out), "{}", value);
}

}  // namespace weir::ingest
