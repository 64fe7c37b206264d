// spath: JSON text read by path. A part of a path is a key, which may hold dots; {} behind it is every
// element of the array there, {n} the one at a 0-based position. {} of an object is the object itself,
// as authors write it. Arrays and objects come out as their text.
#include <charconv>

#include <simdjson.h>

#include "common/expr/spl_internal.h"

namespace weir::expr {
namespace {

using Element = simdjson::dom::element;
using JsonType = simdjson::dom::element_type;

constexpr std::size_t kDepthMax = 64;

class PathReader {
 public:
  explicit PathReader(const Frame& frame) : frame_(frame) {}

  void Read(const Element& element, std::string_view path);
  Value Take() { return Value::MakeMulti(found_, &frame_.arena()); }

 private:
  void ReadBraces(const Element& element, std::string_view path);
  void ReadMembers(const Element& element, std::string_view path);
  void Add(const Element& element);

  const Frame& frame_;
  std::vector<Value> found_;
};

void PathReader::Add(const Element& element) {
  if (element.is_null()) {
    return;
  }
  if (element.is_string()) {
    found_.push_back(frame_.Text(element.get_string().value_unsafe()));
  } else if (element.is_double()) {
    found_.push_back(Value::Keyword(
        SplText(Value::Double(element.get_double().value_unsafe()), frame_.arena())));
  } else {
    found_.push_back(frame_.Text(simdjson::minify(element)));
  }
}

// path begins with '{'.
void PathReader::ReadBraces(const Element& element, std::string_view path) {
  const std::size_t close = path.find('}');
  if (close == std::string_view::npos) {
    return;
  }
  const std::string_view index = path.substr(1, close - 1);
  const std::string_view rest = path.substr(close + 1);
  if (element.is_object() && index.empty()) {
    Read(element, rest);
    return;
  }
  if (!element.is_array()) {
    return;
  }
  std::size_t wanted = 0;
  if (!index.empty()) {
    const auto [stop, error] = std::from_chars(index.data(), index.data() + index.size(), wanted);
    if (error != std::errc() || stop != index.data() + index.size()) {
      return;
    }
  }
  std::size_t position = 0;
  const simdjson::dom::array items = element.get_array().value_unsafe();
  for (const Element& item : items) {
    if (index.empty() || position == wanted) {
      Read(item, rest);
    }
    ++position;
  }
}

void PathReader::ReadMembers(const Element& element, std::string_view path) {
  const simdjson::dom::object object = element.get_object().value_unsafe();
  for (const auto& member : object) {
    const std::string_view key = member.key;
    if (!path.starts_with(key) || key.empty()) {
      continue;
    }
    const std::string_view rest = path.substr(key.size());
    if (rest.empty() || rest.front() == '.' || rest.front() == '{') {
      Read(member.value, rest);
    }
  }
}

void PathReader::Read(const Element& element, std::string_view path) {
  if (path.empty()) {
    Add(element);
  } else if (path.front() == '{') {
    ReadBraces(element, path);
  } else if (element.is_object()) {
    ReadMembers(element, path.front() == '.' ? path.substr(1) : path);
  }
}

}  // namespace

ExprPtr MakeSplSpath(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    if (args[0].is_null() || args[1].is_null()) {
      return Value::Null();
    }
    thread_local simdjson::dom::parser parser;
    const std::string_view path = SplText(args[1].items().front(), frame.arena());
    PathReader reader(frame);
    for (const Value& item : args[0].items()) {
      const simdjson::padded_string text(SplText(item, frame.arena()));
      Element root;
      if (parser.allocate(std::max<std::size_t>(text.size(), 64), kDepthMax) == simdjson::SUCCESS &&
          parser.parse(text).get(root) == simdjson::SUCCESS) {
        reader.Read(root, path);
      }
    }
    return reader.Take();
  });
}

}  // namespace weir::expr
