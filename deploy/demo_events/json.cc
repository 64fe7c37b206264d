#include "deploy/demo_events/json.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "common/base/json_writer.h"

namespace weir::demo {
namespace {

constexpr int kDepthMax = 64;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  StatusOr<JsonValue> Parse() {
    JsonValue value;
    if (!Value(&value, 0)) {
      return InvalidArgument("malformed JSON at byte {}", at_);
    }
    Blanks();
    if (at_ != text_.size()) {
      return InvalidArgument("text after the JSON value at byte {}", at_);
    }
    return value;
  }

 private:
  void Blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  bool Take(char expected) {
    Blanks();
    if (at_ < text_.size() && text_[at_] == expected) {
      ++at_;
      return true;
    }
    return false;
  }

  bool Word(std::string_view word, JsonValue::Kind kind, JsonValue* out) {
    if (text_.substr(at_, word.size()) != word) {
      return false;
    }
    at_ += word.size();
    out->kind = kind;
    out->text = word;
    return true;
  }

  bool Value(JsonValue* out, int depth) {
    Blanks();
    if (at_ == text_.size() || depth > kDepthMax) {
      return false;
    }
    switch (text_[at_]) {
      case '{':
        return Object(out, depth);
      case '[':
        return Array(out, depth);
      case '"':
        out->kind = JsonValue::Kind::kText;
        return String(&out->text);
      case 't':
        return Word("true", JsonValue::Kind::kBool, out);
      case 'f':
        return Word("false", JsonValue::Kind::kBool, out);
      case 'n':
        return Word("null", JsonValue::Kind::kNull, out);
      default:
        return Number(out);
    }
  }

  bool Object(JsonValue* out, int depth) {
    out->kind = JsonValue::Kind::kObject;
    ++at_;
    if (Take('}')) {
      return true;
    }
    do {
      Blanks();
      std::string key;
      JsonValue value;
      if (!String(&key) || !Take(':') || !Value(&value, depth + 1)) {
        return false;
      }
      out->members.emplace_back(std::move(key), std::move(value));
    } while (Take(','));
    return Take('}');
  }

  bool Array(JsonValue* out, int depth) {
    out->kind = JsonValue::Kind::kArray;
    ++at_;
    if (Take(']')) {
      return true;
    }
    do {
      if (!Value(&out->elements.emplace_back(), depth + 1)) {
        return false;
      }
    } while (Take(','));
    return Take(']');
  }

  bool Number(JsonValue* out) {
    const std::size_t end =
        std::min(text_.find_first_not_of("+-.0123456789eE", at_), text_.size());
    out->kind = JsonValue::Kind::kNumber;
    out->text = text_.substr(at_, end - at_);
    at_ = end;
    return !out->text.empty();
  }

  bool String(std::string* out) {
    if (at_ == text_.size() || text_[at_] != '"') {
      return false;
    }
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c == '\\' && !Escape(out)) {
        return false;
      }
      if (c != '\\') {
        out->push_back(c);
      }
    }
    return false;
  }

  // At the backslash; leaves at_ on the last character of the escape. Code points above ASCII stay
  // escaped: both sides of a comparison went through the same writer.
  bool Escape(std::string* out) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    if (++at_ == text_.size()) {
      return false;
    }
    if (const std::size_t index = kNames.find(text_[at_]); index != std::string_view::npos) {
      out->push_back(kValues[index]);
      return true;
    }
    const std::string_view digits = text_.substr(std::min(at_ + 1, text_.size()), 4);
    unsigned code = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (text_[at_] != 'u' || digits.size() != 4 || error != std::errc{} ||
        end != digits.data() + 4) {
      return false;
    }
    if (code < 0x80) {
      out->push_back(static_cast<char>(code));
    } else {
      *out += fmt::format("\\u{}", digits);
    }
    at_ += 4;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

JsonObject& JsonObject::Text(std::string_view key, std::string_view value) {
  return Raw(key, JsonText(value));
}

JsonObject& JsonObject::Number(std::string_view key, int64_t value) {
  return Raw(key, fmt::to_string(value));
}

JsonObject& JsonObject::Bool(std::string_view key, bool value) {
  return Raw(key, value ? "true" : "false");
}

JsonObject& JsonObject::Raw(std::string_view key, std::string_view value) {
  Key(key);
  text_ += value;
  return *this;
}

void JsonObject::Key(std::string_view key) {
  if (text_.size() > 1) {
    text_ += ',';
  }
  text_ += JsonText(key);
  text_ += ':';
}

std::string JsonArray(const std::vector<std::string>& elements) {
  return fmt::format("[{}]", fmt::join(elements, ","));
}

std::string JsonText(std::string_view value) {
  std::string text;
  AppendJsonString(value, &text);
  return text;
}

const JsonValue& JsonValue::operator[](std::string_view key) const {
  static const JsonValue kNothing;
  for (const auto& [name, value] : members) {
    if (name == key) {
      return value;
    }
  }
  return kNothing;
}

int64_t JsonValue::AsInteger() const {
  int64_t number = 0;
  if (kind == Kind::kNumber) {
    std::from_chars(text.data(), text.data() + text.size(), number);
  }
  return number;
}

std::string JsonValue::Display() const {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
    case Kind::kNumber:
    case Kind::kText:
      return text;
    case Kind::kArray: {
      std::vector<std::string> shown;
      for (const JsonValue& element : elements) {
        shown.push_back(element.Display());
      }
      return JsonArray(shown);
    }
    case Kind::kObject:
      break;
  }
  std::vector<std::string> shown;
  for (const auto& [name, value] : members) {
    shown.push_back(fmt::format("{}: {}", name, value.Display()));
  }
  return fmt::format("{{{}}}", fmt::join(shown, ", "));
}

StatusOr<JsonValue> ParseJson(std::string_view text) {
  return Parser(text).Parse();
}

}  // namespace weir::demo
