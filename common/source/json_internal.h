// What the normalisers share about JSON values: the DOM's types under short names, which values count
// as absent, conversion to typed values, and the search for leaves along a dotted path.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "common/base/arena.h"
#include "common/types/data_type.h"
#include "common/types/value.h"

namespace weir::source {

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;
using Array = simdjson::dom::array;
using JsonType = simdjson::dom::element_type;

inline bool IsObject(const Element& element) { return element.type() == JsonType::OBJECT; }
inline bool IsArray(const Element& element) { return element.type() == JsonType::ARRAY; }
inline bool IsText(const Element& element) { return element.type() == JsonType::STRING; }
// These REQUIRE an element of that type.
inline std::string_view TextOf(const Element& element) {
  return element.get_string().value_unsafe();
}
inline Object ObjectOf(const Element& element) { return element.get_object().value_unsafe(); }
inline Array ArrayOf(const Element& element) { return element.get_array().value_unsafe(); }
// The text of a string; empty for anything else.
inline std::string_view TextOrEmpty(const Element& element) {
  return IsText(element) ? TextOf(element) : std::string_view();
}

// The member of that name, the last one if it is repeated. False when there is none.
bool FindMember(const Object& object, std::string_view key, Element* value);
// Follows a dotted path through objects; each part is one key.
bool FindPath(const Element& root, std::string_view path, Element* value);

// Which values a pipeline drops before it maps anything.
enum class Empties : uint8_t {
  kPlain,    // null, "", and containers with nothing else in them
  kMarkers,  // also "-" and "none"
};
bool IsEmpty(const Element& element, Empties empties);

// Converts a scalar: strings are parsed to ips, dates, numbers and booleans; numbers and booleans are
// printed for keywords; a number is a date in milliseconds. Null when it cannot be done.
Value ScalarToValue(const Element& element, DataType type, Arena* arena);
Value TextToValue(std::string_view text, DataType type, Arena* arena);
// The multivalue that an index gives back: keywords and ips sorted and without duplicates, numbers
// sorted, text as it is. Reorders values.
Value MakeCell(std::vector<Value>* values, DataType type, Arena* arena);

// How a key of the record is called in the document.
using RenameKey = std::string_view (*)(std::string_view key);
inline std::string_view SameKey(std::string_view key) { return key; }

// Appends every scalar found at the dotted path below root, whether its parts are nested objects,
// dotted keys or a mixture, and through arrays.
void CollectLeaves(const Element& root, std::string_view path, RenameKey rename,
                   std::vector<Element>* leaves);

// Length in UTF-16 code units of valid UTF-8; and the longest prefix of at most that many units.
std::size_t Utf16Length(std::string_view text);
std::string_view Utf16Prefix(std::string_view text, std::size_t units_max);

}  // namespace weir::source
