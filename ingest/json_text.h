// Writes JSON tokens at the end of a text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::ingest {

// In quotes and escaped; bytes that are not UTF-8 become U+FFFD.
void AppendJsonText(std::string_view text, std::string* out);
// Bytes as base64 text in quotes.
void AppendJsonBase64(std::string_view bytes, std::string* out);
// A whole number below 2^53 without a fraction, as collectors send integers as doubles; infinities and
// NaN, for which JSON has no number, as null.
void AppendJsonNumber(double value, std::string* out);
void AppendJsonNumber(int64_t value, std::string* out);

}  // namespace weir::ingest
