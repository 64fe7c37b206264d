// JSON_EXTRACT: one value out of a text of JSON, by a path of keys and indices.
#include <charconv>
#include <variant>

#include <simdjson.h>

#include <fmt/format.h>

#include "common/expr/functions_internal.h"

namespace weir::expr {

namespace {

using Segment = std::variant<std::string, std::size_t>;   // a key or an index
using Path = std::vector<Segment>;

constexpr std::string_view kBlanks = " \t";

// `['key']`, `["key"]` or `[3]`; takes it off the text.
bool ReadBracket(std::string_view* text, Path* path) {
  text->remove_prefix(1);
  text->remove_prefix(std::min(text->find_first_not_of(kBlanks), text->size()));
  if (text->empty()) {
    return false;
  }
  const char quote = text->front();
  if (quote == '\'' || quote == '"') {
    std::string key;
    std::size_t i = 1;
    for (; i < text->size() && (*text)[i] != quote; ++i) {
      if ((*text)[i] == '\\' && i + 1 < text->size()) {
        ++i;
      }
      key.push_back((*text)[i]);
    }
    if (i == text->size()) {
      return false;
    }
    text->remove_prefix(i + 1);
    path->emplace_back(std::move(key));
  } else {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), index);
    if (error != std::errc()) {
      return false;
    }
    text->remove_prefix(static_cast<std::size_t>(end - text->data()));
    path->emplace_back(index);
  }
  text->remove_prefix(std::min(text->find_first_not_of(kBlanks), text->size()));
  if (!text->starts_with(']')) {
    return false;
  }
  text->remove_prefix(1);
  return true;
}

// `$`, if any, then keys parted by dots, and brackets. Empty when the text is no path.
std::optional<Path> ParsePath(std::string_view text) {
  Path path;
  if (text == "$" || text.starts_with("$.") || text.starts_with("$[")) {
    text.remove_prefix(1);
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      if (text.empty()) {
        return std::nullopt;
      }
    }
  }
  bool wants_key = false;
  while (!text.empty()) {
    if (text.front() == '[' && !wants_key) {
      if (!ReadBracket(&text, &path)) {
        return std::nullopt;
      }
    } else {
      const std::size_t end = std::min(text.find_first_of(".["), text.size());
      if (end == 0) {
        return std::nullopt;
      }
      path.emplace_back(std::string(text.substr(0, end)));
      text.remove_prefix(end);
    }
    wants_key = text.starts_with('.');
    text.remove_prefix(wants_key ? 1 : 0);
    if (!wants_key && !text.empty() && text.front() != '[') {
      return std::nullopt;
    }
  }
  return wants_key ? std::nullopt : std::optional(std::move(path));
}

// One document being read. Its parser and buffer are the thread's.
class Document {
 public:
  explicit Document(std::string_view text) {
    thread_local std::string buffer;
    thread_local simdjson::ondemand::parser parser;
    buffer.assign(text);
    buffer.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    error_ = parser.iterate(buffer.data(), text.size(), buffer.capacity()).get(document_);
  }

  // False when the text is no JSON or has nothing at the path. A JSON null leaves *out null.
  bool Extract(const Path& path, Arena* arena, Value* out) {
    if (error_ != simdjson::SUCCESS) {
      return false;
    }
    simdjson::ondemand::json_type type{};
    if (document_.type().get(type) != simdjson::SUCCESS) {
      return false;
    }
    const bool is_scalar = type != simdjson::ondemand::json_type::object &&
                           type != simdjson::ondemand::json_type::array;
    if (is_scalar) {
      return path.empty() && ReadText(&document_, type, arena, out);
    }
    simdjson::ondemand::value value;
    if (document_.get_value().get(value) != simdjson::SUCCESS) {
      return false;
    }
    for (const Segment& segment : path) {
      if (!Step(segment, &value)) {
        return false;
      }
    }
    return value.type().get(type) == simdjson::SUCCESS && ReadText(&value, type, arena, out);
  }

 private:
  static bool Step(const Segment& segment, simdjson::ondemand::value* value) {
    simdjson::ondemand::value next;
    if (const auto* key = std::get_if<std::string>(&segment)) {
      simdjson::ondemand::object object;
      if (value->get_object().get(object) != simdjson::SUCCESS ||
          object.find_field_unordered(*key).get(next) != simdjson::SUCCESS) {
        return false;
      }
    } else {
      simdjson::ondemand::array array;
      if (value->get_array().get(array) != simdjson::SUCCESS ||
          array.at(std::get<std::size_t>(segment)).get(next) != simdjson::SUCCESS) {
        return false;
      }
    }
    *value = next;
    return true;
  }

  // Texts without quotes, numbers as they stand, objects and arrays without blanks.
  template <typename Json>
  static bool ReadText(Json* json, simdjson::ondemand::json_type type, Arena* arena, Value* out) {
    std::string_view text;
    switch (type) {
      case simdjson::ondemand::json_type::null:
        *out = Value::Null();
        return json->is_null();
      case simdjson::ondemand::json_type::string:
        if (json->get_string().get(text) != simdjson::SUCCESS) {
          return false;
        }
        break;
      case simdjson::ondemand::json_type::object:
      case simdjson::ondemand::json_type::array: {
        if (RawJson(json).get(text) != simdjson::SUCCESS) {
          return false;
        }
        char* compact = arena->Allocate(text.size() + simdjson::SIMDJSON_PADDING);
        std::size_t size = 0;
        if (simdjson::minify(text.data(), text.size(), compact, size) != simdjson::SUCCESS) {
          return false;
        }
        *out = Value::Keyword({compact, size});
        return true;
      }
      default:
        if (RawToken(json).get(text) != simdjson::SUCCESS) {
          return false;
        }
        text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
        break;
    }
    *out = Value::Keyword(arena->Copy(text));
    return true;
  }

  static simdjson::simdjson_result<std::string_view> RawJson(simdjson::ondemand::value* value) {
    if (value->type() == simdjson::ondemand::json_type::object) {
      simdjson::ondemand::object object;
      return value->get_object().get(object) == simdjson::SUCCESS
                 ? object.raw_json()
                 : simdjson::simdjson_result<std::string_view>(simdjson::TAPE_ERROR);
    }
    simdjson::ondemand::array array;
    return value->get_array().get(array) == simdjson::SUCCESS
               ? array.raw_json()
               : simdjson::simdjson_result<std::string_view>(simdjson::TAPE_ERROR);
  }
  static simdjson::simdjson_result<std::string_view> RawJson(
      simdjson::ondemand::document* /*scalar*/) {
    return simdjson::TAPE_ERROR;
  }
  static simdjson::simdjson_result<std::string_view> RawToken(simdjson::ondemand::value* value) {
    return value->raw_json_token();
  }
  static simdjson::simdjson_result<std::string_view> RawToken(
      simdjson::ondemand::document* document) {
    return document->raw_json_token();
  }

  simdjson::ondemand::document document_;
  simdjson::error_code error_ = simdjson::SUCCESS;
};

Value Extract(const Frame& frame, std::string_view json, const std::optional<Path>& path,
              std::string_view path_text) {
  if (!path.has_value()) {
    return frame.Fail(
        fmt::format("java.lang.IllegalArgumentException: Invalid JSON path [{}]", path_text));
  }
  Value value;
  if (!Document(json).Extract(*path, &frame.arena(), &value)) {
    return frame.Fail(fmt::format(
        "java.lang.IllegalArgumentException: path [{}] does not exist or the input is no JSON",
        path_text));
  }
  return value;
}

}  // namespace

ExprPtr MakeJsonExtract(Call& call) {
  if (const Value* constant = call.constant(1); constant != nullptr) {
    std::string text(constant->text());
    std::optional<Path> path = ParsePath(text);
    if (!path.has_value()) {
      return call.Error(fmt::format("Invalid JSON path [{}] in [{}]", text, call.site().text));
    }
    return call.Make(DataType::kKeyword, [path = std::move(path), text = std::move(text)](
                                             const Frame& frame, Args args) {
      return Extract(frame, args[0].text(), path, text);
    });
  }
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    return Extract(frame, args[0].text(), ParsePath(args[1].text()), args[1].text());
  });
}

}  // namespace weir::expr
