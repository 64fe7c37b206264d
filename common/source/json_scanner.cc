#include "common/source/json_scanner_internal.h"

#include <algorithm>

#include <simdjson.h>

namespace weir::source {

namespace {

bool IsBlank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsScalarChar(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || c == 'E' || c == '+' || c == '-' || c == '.';
}

bool IsHex(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::string_view TakeDigits(std::string_view* text) {
  const std::size_t end =
      static_cast<std::size_t>(std::find_if_not(text->begin(), text->end(), IsDigit) -
                               text->begin());
  const std::string_view digits = text->substr(0, end);
  text->remove_prefix(end);
  return digits;
}

bool IsNumber(std::string_view text) {
  if (text.starts_with('-')) {
    text.remove_prefix(1);
  }
  const std::string_view whole = TakeDigits(&text);
  if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (TakeDigits(&text).empty()) {
      return false;
    }
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) {
      text.remove_prefix(1);
    }
    if (TakeDigits(&text).empty()) {
      return false;
    }
  }
  return text.empty();
}

}  // namespace

void JsonScanner::EndValue() {
  done_ = open_.empty();
  expect_ = Expect::kCommaOrEnd;
}

// Goes on inside a string; false at a character that cannot be in one.
bool JsonScanner::ScanString(std::string_view text) {
  while (position_ < text.size()) {
    const char c = text[position_];
    if (hex_left_ > 0) {
      if (!IsHex(c)) {
        return false;
      }
      --hex_left_;
    } else if (escaped_) {
      if (std::string_view("\"\\/bfnrtu").find(c) == std::string_view::npos) {
        return false;
      }
      escaped_ = false;
      hex_left_ = c == 'u' ? 4 : 0;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      ++position_;
      if (string_is_key_) {
        records_key_ = open_.size() == 1 &&
                       text.substr(token_, position_ - token_) == "\"Records\"";
        expect_ = Expect::kColon;
      } else {
        EndValue();
      }
      return true;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      return false;
    }
    ++position_;
  }
  return true;
}

// Goes on inside a literal or number, which ends before the first other character.
bool JsonScanner::ScanScalar(std::string_view text, bool* complete) {
  while (position_ < text.size() && IsScalarChar(text[position_])) {
    ++position_;
  }
  *complete = position_ < text.size();
  if (!*complete) {
    return true;
  }
  const std::string_view scalar = text.substr(token_, position_ - token_);
  if (scalar != "true" && scalar != "false" && scalar != "null" && !IsNumber(scalar)) {
    position_ = token_;
    return false;
  }
  EndValue();
  return true;
}

// Takes one character between values; false when it cannot stand there.
bool JsonScanner::TakeStructure(char c) {
  const bool wants_value = expect_ == Expect::kValue || expect_ == Expect::kValueOrEnd;
  const bool wants_key = expect_ == Expect::kKey || expect_ == Expect::kKeyOrEnd;
  if (c == '"' && (wants_value || wants_key)) {
    string_is_key_ = wants_key;
    token_ = position_;
    expect_ = Expect::kInString;
    return true;
  }
  if ((c == '{' || c == '[') && wants_value) {
    open_.push_back(c);
    expect_ = c == '{' ? Expect::kKeyOrEnd : Expect::kValueOrEnd;
    return open_.size() <= kDepthMax;
  }
  if (c == '}' || c == ']') {
    const bool may_end = expect_ == Expect::kCommaOrEnd ||
                         expect_ == (c == '}' ? Expect::kKeyOrEnd : Expect::kValueOrEnd);
    if (!may_end || open_.empty() || open_.back() != (c == '}' ? '{' : '[')) {
      return false;
    }
    open_.pop_back();
    EndValue();
    return true;
  }
  if (c == ',' && expect_ == Expect::kCommaOrEnd && !open_.empty()) {
    expect_ = open_.back() == '{' ? Expect::kKey : Expect::kValue;
    return true;
  }
  if (c == ':' && expect_ == Expect::kColon) {
    expect_ = Expect::kValue;
    return true;
  }
  return false;
}

JsonScanner::Result JsonScanner::Scan(std::string_view text) {
  while (position_ < text.size()) {
    const char c = text[position_];
    if (expect_ == Expect::kInString) {
      if (!ScanString(text)) {
        return Result::kBad;
      }
    } else if (expect_ == Expect::kInScalar) {
      bool complete = false;
      if (!ScanScalar(text, &complete)) {
        return Result::kBad;
      }
      if (!complete) {
        return Result::kMore;
      }
    } else if (IsBlank(c)) {
      ++position_;
    } else if (c == '[' && stop_at_records_ && expect_ == Expect::kValue && records_key_ && open_.size() == 1 &&
               open_.back() == '{') {
      return Result::kRecords;
    } else if (IsScalarChar(c) &&
               (expect_ == Expect::kValue || expect_ == Expect::kValueOrEnd)) {
      token_ = position_;
      expect_ = Expect::kInScalar;
    } else if (TakeStructure(c)) {
      ++position_;
    } else {
      return Result::kBad;
    }
    if (done_) {
      return Result::kDone;
    }
  }
  return Result::kMore;
}

void JsonScanner::SkipRecords() {
  position_ = 0;
  records_key_ = false;
  EndValue();
}

namespace {

// The length of the character that begins the text; 0 when it is not valid UTF-8.
std::size_t CharacterSize(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return size <= text.size() && simdjson::validate_utf8(text.data(), size) ? size : 0;
}

std::size_t ValidUtf8Size(std::string_view text) {
  std::size_t position = 0;
  while (position < text.size()) {
    const std::size_t size = CharacterSize(text.substr(position));
    if (size == 0) {
      break;
    }
    position += size;
  }
  return position;
}

}  // namespace

std::size_t FindJsonError(std::string_view text) {
  const std::size_t valid =
      simdjson::validate_utf8(text.data(), text.size()) ? text.size() : ValidUtf8Size(text);
  // The blank at the end completes a number.
  const std::string scanned = std::string(text.substr(0, valid)) + " ";
  std::size_t start = 0;
  while (start < valid && IsBlank(scanned[start])) {
    ++start;
  }
  JsonScanner scanner(false);
  const JsonScanner::Result result = scanner.Scan(std::string_view(scanned).substr(start));
  std::size_t position = start + scanner.position();
  while (result == JsonScanner::Result::kDone && position < valid && IsBlank(scanned[position])) {
    ++position;
  }
  return std::min(position, valid);
}

}  // namespace weir::source
