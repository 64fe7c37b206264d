// The little JSON that the demo needs: building records, and reading alerts and expectations to
// compare them. Events themselves are read by common/source, which is built for speed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace weir::demo {

// Builds an object, keys in the order of the calls.
class JsonObject {
 public:
  JsonObject& Text(std::string_view key, std::string_view value);
  JsonObject& Number(std::string_view key, int64_t value);
  JsonObject& Bool(std::string_view key, bool value);
  // value is JSON already.
  JsonObject& Raw(std::string_view key, std::string_view value);
  std::string str() const { return text_ + "}"; }

 private:
  void Key(std::string_view key);

  std::string text_ = "{";
};

// "[a,b]" of elements that are JSON already.
std::string JsonArray(const std::vector<std::string>& elements);
// The value in quotes, escaped.
std::string JsonText(std::string_view value);

// A parsed value. Numbers keep their text: the demo only compares and counts.
struct JsonValue {
  enum class Kind : uint8_t { kNull, kBool, kNumber, kText, kArray, kObject };

  Kind kind = Kind::kNull;
  std::string text;  // of a text, number or boolean
  std::vector<JsonValue> elements;
  std::vector<std::pair<std::string, JsonValue>> members;

  // The member, or a null value when this is no object or has none of that name.
  const JsonValue& operator[](std::string_view key) const;
  // The number, or 0 when this is none.
  int64_t AsInteger() const;
  // Text as it is, anything else as JSON: what a person would compare.
  std::string Display() const;
};

// InvalidArgument with the byte position for anything that is not one JSON value.
StatusOr<JsonValue> ParseJson(std::string_view text);

}  // namespace weir::demo
