#include "common/base/json_writer.h"

#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "common/base/utf8.h"

namespace weir {

namespace {

void AppendEscaped(char32_t control, std::string* out) {
  switch (control) {
    case '"':
      out->append("\\\"");
      break;
    case '\\':
      out->append("\\\\");
      break;
    case '\b':
      out->append("\\b");
      break;
    case '\f':
      out->append("\\f");
      break;
    case '\n':
      out->append("\\n");
      break;
    case '\r':
      out->append("\\r");
      break;
    case '\t':
      out->append("\\t");
      break;
    default:
      fmt::format_to(std::back_inserter(*out), "\\u{:04x}", static_cast<uint32_t>(control));
  }
}

bool IsPlain(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
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
    const char32_t code_point = TakeCodePoint(&text);
    if (code_point < 0x80) {
      AppendEscaped(code_point, out);
    } else {
      AppendCodePoint(code_point, out);
    }
  }
  out->push_back('"');
}

void JsonWriter::Separate() {
  if (comma_) {
    out_->push_back(',');
  }
  comma_ = true;
}

void JsonWriter::Open(char bracket) {
  Separate();
  out_->push_back(bracket);
  comma_ = false;
}

void JsonWriter::Close(char bracket) {
  out_->push_back(bracket);
  comma_ = true;
}

void JsonWriter::Key(std::string_view name) {
  Separate();
  AppendJsonString(name, out_);
  out_->push_back(':');
  comma_ = false;
}

void JsonWriter::String(std::string_view text) {
  Separate();
  AppendJsonString(text, out_);
}

void JsonWriter::Int(int64_t value) {
  Separate();
  fmt::format_to(std::back_inserter(*out_), "{}", value);
}

void JsonWriter::Uint(uint64_t value) {
  Separate();
  fmt::format_to(std::back_inserter(*out_), "{}", value);
}

void JsonWriter::Double(double value) {
  if (!std::isfinite(value)) {
    Null();
    return;
  }
  Separate();
  const std::string digits = fmt::format("{}", value);
  out_->append(digits);
  if (digits.find_first_of(".e") == std::string::npos) {
    out_->append(".0");
  }
}

void JsonWriter::Raw(std::string_view json) {
  Separate();
  out_->append(json);
}

}  // namespace weir
