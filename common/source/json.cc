#include "common/source/json_internal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "common/base/time.h"

namespace weir::source {

bool FindMember(const Object& object, std::string_view key, Element* value) {
  bool found = false;
  for (const auto& member : object) {
    if (member.key == key) {
      *value = member.value;
      found = true;
    }
  }
  return found;
}

bool FindPath(const Element& root, std::string_view path, Element* value) {
  Element current = root;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    if (!IsObject(current) || !FindMember(ObjectOf(current), path.substr(0, dot), &current)) {
      return false;
    }
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  *value = current;
  return true;
}

bool IsEmpty(const Element& element, Empties empties) {
  switch (element.type()) {
    case JsonType::NULL_VALUE:
      return true;
    case JsonType::STRING: {
      const std::string_view text = TextOf(element);
      return text.empty() || (empties == Empties::kMarkers && (text == "-" || text == "none"));
    }
    case JsonType::OBJECT:
      for (const auto& member : ObjectOf(element)) {
        if (!IsEmpty(member.value, empties)) {
          return false;
        }
      }
      return true;
    case JsonType::ARRAY:
      for (const Element& item : ArrayOf(element)) {
        if (!IsEmpty(item, empties)) {
          return false;
        }
      }
      return true;
    default:
      return false;
  }
}

namespace {

Value LongToValue(int64_t number, DataType type) {
  switch (type) {
    case DataType::kInteger:
      if (number < std::numeric_limits<int32_t>::min() ||
          number > std::numeric_limits<int32_t>::max()) {
        return Value::Null();
      }
      return Value::Integer(static_cast<int32_t>(number));
    case DataType::kLong:
      return Value::Long(number);
    case DataType::kUnsignedLong:
      return number < 0 ? Value::Null() : Value::UnsignedLong(static_cast<uint64_t>(number));
    case DataType::kDouble:
      return Value::Double(static_cast<double>(number));
    case DataType::kDatetime:
      return Value::Datetime(number);
    default:
      return Value::Null();
  }
}

// Whole-number types cut the fraction off, as Elasticsearch's coercion does.
Value DoubleToValue(double number, DataType type) {
  if (type == DataType::kDouble) {
    return Value::Double(number);
  }
  constexpr double kLongLimit = 9223372036854775808.0;
  if (std::isnan(number) || number < -kLongLimit || number >= 2 * kLongLimit) {
    return Value::Null();
  }
  if (number >= kLongLimit) {
    return type == DataType::kUnsignedLong ? Value::UnsignedLong(static_cast<uint64_t>(number))
                                           : Value::Null();
  }
  return LongToValue(static_cast<int64_t>(number), type);
}

Value UnsignedToValue(uint64_t number, DataType type) {
  if (type == DataType::kUnsignedLong) {
    return Value::UnsignedLong(number);
  }
  if (type == DataType::kDouble) {
    return Value::Double(static_cast<double>(number));
  }
  return number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())
             ? Value::Null()
             : LongToValue(static_cast<int64_t>(number), type);
}

template <typename Number>
bool ParseAll(std::string_view text, Number* number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && stop == end && !text.empty();
}

Value TextToNumber(std::string_view text, DataType type) {
  int64_t number = 0;
  if (ParseAll(text, &number)) {
    return LongToValue(number, type);
  }
  uint64_t large = 0;
  if (ParseAll(text, &large)) {
    return UnsignedToValue(large, type);
  }
  double real = 0;
  if (ParseAll(text, &real) && std::isfinite(real)) {
    return DoubleToValue(real, type);
  }
  return Value::Null();
}

std::string_view PrintNumber(const Element& element, Arena* arena) {
  char digits[24];
  std::to_chars_result result{};
  if (element.type() == JsonType::DOUBLE) {
    std::string text;
    AppendJavaDouble(element.get_double().value_unsafe(), &text);
    return arena->Copy(text);
  }
  if (element.type() == JsonType::INT64) {
    result = std::to_chars(digits, digits + sizeof digits, element.get_int64().value_unsafe());
  } else {
    result = std::to_chars(digits, digits + sizeof digits, element.get_uint64().value_unsafe());
  }
  return arena->Copy({digits, static_cast<std::size_t>(result.ptr - digits)});
}

bool IsTextual(DataType type) {
  return IsString(type) || type == DataType::kVersion;
}

}  // namespace

Value TextToValue(std::string_view text, DataType type, Arena* arena) {
  switch (type) {
    case DataType::kKeyword:
    case DataType::kText:
    case DataType::kVersion:
      return Value::String(type, text);
    case DataType::kIp: {
      char bytes[16];
      return ParseIp(text, bytes) ? Value::Ip(arena->Copy({bytes, sizeof bytes}).data())
                                  : Value::Null();
    }
    case DataType::kDatetime: {
      if (const auto time_ms = ParseTime(text)) {
        return Value::Datetime(*time_ms);
      }
      int64_t millis = 0;
      return ParseAll(text, &millis) ? Value::Datetime(millis) : Value::Null();
    }
    case DataType::kBoolean:
      return text == "true"    ? Value::Boolean(true)
             : text == "false" ? Value::Boolean(false)
                               : Value::Null();
    default:
      return IsNumeric(type) ? TextToNumber(text, type) : Value::Null();
  }
}

Value ScalarToValue(const Element& element, DataType type, Arena* arena) {
  switch (element.type()) {
    case JsonType::STRING:
      return TextToValue(TextOf(element), type, arena);
    case JsonType::BOOL: {
      const bool truth = element.get_bool().value_unsafe();
      if (IsTextual(type)) {
        return Value::String(type, truth ? "true" : "false");
      }
      return type == DataType::kBoolean ? Value::Boolean(truth) : Value::Null();
    }
    case JsonType::INT64:
      return IsTextual(type) ? Value::String(type, PrintNumber(element, arena))
                             : LongToValue(element.get_int64().value_unsafe(), type);
    case JsonType::UINT64:
      return IsTextual(type) ? Value::String(type, PrintNumber(element, arena))
                             : UnsignedToValue(element.get_uint64().value_unsafe(), type);
    case JsonType::DOUBLE:
      return IsTextual(type) ? Value::String(type, PrintNumber(element, arena))
                             : DoubleToValue(element.get_double().value_unsafe(), type);
    default:
      return Value::Null();
  }
}

Value MakeCell(std::vector<Value>* values, DataType type, Arena* arena) {
  if (values->size() > 1 && type != DataType::kText) {
    std::sort(values->begin(), values->end(), [](const Value& left, const Value& right) {
      return CompareValues(left, right) < 0;
    });
    if (IsTextual(type) || type == DataType::kIp) {
      values->erase(std::unique(values->begin(), values->end(),
                                [](const Value& left, const Value& right) {
                                  return CompareValues(left, right) == 0;
                                }),
                    values->end());
    }
  }
  return Value::MakeMulti(*values, arena);
}

void CollectLeaves(const Element& root, std::string_view path, RenameKey rename,
                   std::vector<Element>* leaves) {
  if (IsArray(root)) {
    for (const Element& item : ArrayOf(root)) {
      CollectLeaves(item, path, IsArray(item) ? SameKey : rename, leaves);
    }
    return;
  }
  if (!IsObject(root)) {
    if (path.empty() && root.type() != JsonType::NULL_VALUE) {
      leaves->push_back(root);
    }
    return;
  }
  if (path.empty()) {
    return;
  }
  const Object object = ObjectOf(root);
  for (auto member = object.begin(); member != object.end(); ++member) {
    const std::string_view key = rename(member.key());
    const bool whole = key == path;
    const bool prefix =
        key.size() < path.size() && path[key.size()] == '.' && path.substr(0, key.size()) == key;
    if (!whole && !prefix) {
      continue;
    }
    // The last of repeated keys counts.
    bool repeated = false;
    for (auto later = member; !repeated && ++later != object.end();) {
      repeated = later.key() == member.key();
    }
    if (!repeated) {
      CollectLeaves(member.value(), whole ? std::string_view() : path.substr(key.size() + 1),
                    rename, leaves);
    }
  }
}

std::size_t Utf16Length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    units += (byte & 0xc0) == 0x80 ? 0 : byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

std::string_view Utf16Prefix(std::string_view text, std::size_t units_max) {
  std::size_t units = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    units += (byte & 0xc0) == 0x80 ? 0 : byte >= 0xf0 ? 2 : 1;
    if (units > units_max) {
      return text.substr(0, i);
    }
  }
  return text;
}

}  // namespace weir::source
