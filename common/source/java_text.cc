#include "common/source/java_text_internal.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "common/base/json_writer.h"

namespace weir::source {

namespace {

// Decodes one code point of valid UTF-8 and moves on.
uint32_t NextCodePoint(std::string_view text, std::size_t* position) {
  const auto byte = [&](std::size_t i) -> uint32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const std::size_t i = *position;
  const uint32_t first = byte(i);
  if (first < 0x80) {
    *position = i + 1;
    return first;
  }
  if (first < 0xe0) {
    *position = i + 2;
    return (first & 0x1f) << 6 | (byte(i + 1) & 0x3f);
  }
  if (first < 0xf0) {
    *position = i + 3;
    return (first & 0x0f) << 12 | (byte(i + 1) & 0x3f) << 6 | (byte(i + 2) & 0x3f);
  }
  *position = i + 4;
  return (first & 0x07) << 18 | (byte(i + 1) & 0x3f) << 12 | (byte(i + 2) & 0x3f) << 6 |
         (byte(i + 3) & 0x3f);
}

// Order of UTF-16 code units. It differs from the order of UTF-8 bytes where one text has a supplementary
// character and the other one from U+E000 on.
bool CodeUnitLess(std::string_view left, std::string_view right) {
  const auto [l, r] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  if (l == left.end() || r == right.end()) {
    return l == left.end() && r != right.end();
  }
  // Surrogates, the units of what UTF-8 starts with 0xf0 and more, sort before U+E000 (0xee).
  const auto left_byte = static_cast<unsigned char>(*l);
  const auto right_byte = static_cast<unsigned char>(*r);
  if ((left_byte >= 0xf0) != (right_byte >= 0xf0)) {
    return left_byte >= 0xf0 ? right_byte >= 0xee : left_byte < 0xee;
  }
  return left_byte < right_byte;
}

template <typename Number>
void AppendInteger(Number number, std::string* out) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out->append(digits, static_cast<std::size_t>(end - digits));
}

void AppendScalar(const Element& element, std::string* out) {
  switch (element.type()) {
    case JsonType::STRING:
      out->append(TextOf(element));
      break;
    case JsonType::INT64:
      AppendInteger(element.get_int64().value_unsafe(), out);
      break;
    case JsonType::UINT64:
      AppendInteger(element.get_uint64().value_unsafe(), out);
      break;
    case JsonType::DOUBLE:
      AppendJavaDouble(element.get_double().value_unsafe(), out);
      break;
    case JsonType::BOOL:
      out->append(element.get_bool().value_unsafe() ? "true" : "false");
      break;
    default:
      out->append("null");
  }
}

}  // namespace

uint32_t JavaStringHash(std::string_view key) {
  uint32_t hash = 0;
  for (std::size_t i = 0; i < key.size();) {
    const uint32_t point = NextCodePoint(key, &i);
    if (point < 0x10000) {
      hash = 31 * hash + point;
    } else {
      hash = 31 * hash + (0xd800 + ((point - 0x10000) >> 10));
      hash = 31 * hash + (0xdc00 + ((point - 0x10000) & 0x3ff));
    }
  }
  return hash;
}

uint32_t JavaBucket(uint32_t hash, std::size_t key_count) {
  std::size_t size = 16;
  while (key_count * 4 > size * 3) {
    size *= 2;
  }
  return (hash ^ (hash >> 16)) & static_cast<uint32_t>(size - 1);
}

void SortAsHashSet(std::vector<std::string_view>* texts) {
  const std::size_t count = texts->size();
  std::stable_sort(texts->begin(), texts->end(),
                   [count](std::string_view left, std::string_view right) {
                     return JavaBucket(JavaStringHash(left), count) <
                            JavaBucket(JavaStringHash(right), count);
                   });
}

void JavaTextWriter::PushMembers(const Object& object) {
  const std::size_t base = members_.size();
  for (const auto& member : object) {
    members_.push_back({JavaStringHash(member.key),
                        static_cast<uint32_t>(members_.size() - base), member.key, member.value});
  }
  // Repeated keys: sort by hash to find them without comparing every pair.
  const auto begin = members_.begin() + static_cast<std::ptrdiff_t>(base);
  const auto by_key = [](const Member& left, const Member& right) {
    return std::tie(left.order, left.key, left.index) <
           std::tie(right.order, right.key, right.index);
  };
  std::sort(begin, members_.end(), by_key);
  auto kept = begin;
  for (auto next = begin; next != members_.end(); ++next) {
    if (kept != begin && (kept - 1)->order == next->order && (kept - 1)->key == next->key) {
      (kept - 1)->value = next->value;
    } else {
      *kept++ = *next;
    }
  }
  members_.erase(kept, members_.end());
}

void JavaTextWriter::SortAsHashMap(std::size_t base) {
  const std::size_t count = members_.size() - base;
  for (std::size_t i = base; i < members_.size(); ++i) {
    members_[i].order = JavaBucket(members_[i].order, count);
  }
  std::sort(members_.begin() + static_cast<std::ptrdiff_t>(base), members_.end(),
            [](const Member& left, const Member& right) {
              return std::tie(left.order, left.index) < std::tie(right.order, right.index);
            });
}

bool JavaTextWriter::AppendMap(const Element& element, std::string_view skip_key,
                               std::string* out) {
  if (IsArray(element)) {
    const std::size_t start = out->size();
    out->push_back('[');
    for (const Element& item : ArrayOf(element)) {
      const std::size_t rewind = out->size();
      out->append(rewind == start + 1 ? "" : ", ");
      if (!AppendMap(item, {}, out)) {
        out->resize(rewind);
      }
    }
    const bool any = out->size() > start + 1;
    if (any) {
      out->push_back(']');
    } else {
      out->resize(start);
    }
    return any;
  }
  if (!IsObject(element)) {
    if (IsEmpty(element, Empties::kMarkers)) {
      return false;
    }
    AppendScalar(element, out);
    return true;
  }
  const std::size_t base = members_.size();
  PushMembers(ObjectOf(element));
  const std::size_t count = members_.size() - base;
  SortAsHashMap(base);
  const std::size_t start = out->size();
  out->push_back('{');
  for (std::size_t i = base; i < base + count; ++i) {
    const Member member = members_[i];  // a copy: the recursion may move the stack
    if (!skip_key.empty() && member.key == skip_key) {
      continue;
    }
    const std::size_t rewind = out->size();
    out->append(rewind == start + 1 ? "" : ", ");
    out->append(member.key);
    out->push_back('=');
    if (!AppendMap(member.value, {}, out)) {
      out->resize(rewind);
    }
  }
  members_.resize(base);
  const bool any = out->size() > start + 1;
  if (any) {
    out->push_back('}');
  } else {
    out->resize(start);
  }
  return any;
}

void JavaTextWriter::AppendSortedJson(const Element& element, std::string* out) {
  if (IsArray(element)) {
    out->push_back('[');
    bool first = true;
    for (const Element& item : ArrayOf(element)) {
      out->append(first ? "" : ",");
      first = false;
      AppendSortedJson(item, out);
    }
    out->push_back(']');
    return;
  }
  if (IsText(element)) {
    out->push_back('"');
    out->append(TextOf(element));
    out->push_back('"');
    return;
  }
  if (!IsObject(element)) {
    AppendScalar(element, out);
    return;
  }
  const std::size_t base = members_.size();
  PushMembers(ObjectOf(element));
  std::sort(members_.begin() + static_cast<std::ptrdiff_t>(base), members_.end(),
            [](const Member& left, const Member& right) {
              return CodeUnitLess(left.key, right.key);
            });
  const std::size_t end = members_.size();
  out->push_back('{');
  for (std::size_t i = base; i < end; ++i) {
    const Member member = members_[i];
    out->append(i == base ? "\"" : ",\"");
    out->append(member.key);
    out->append("\":");
    AppendSortedJson(member.value, out);
  }
  members_.resize(base);
  out->push_back('}');
}

void JavaTextWriter::AppendJson(const Element& element, RenameKey rename,
                                std::string_view skip_key, std::string* out) {
  if (IsArray(element)) {
    out->push_back('[');
    bool first = true;
    for (const Element& item : ArrayOf(element)) {
      out->append(first ? "" : ",");
      first = false;
      AppendJson(item, rename, {}, out);
    }
    out->push_back(']');
    return;
  }
  if (IsText(element)) {
    AppendJsonString(TextOf(element), out);
    return;
  }
  if (!IsObject(element)) {
    AppendScalar(element, out);
    return;
  }
  const std::size_t base = members_.size();
  PushMembers(ObjectOf(element));
  SortAsHashMap(base);
  const std::size_t end = members_.size();
  // The renamed members are put into another map in the order of the first.
  for (std::size_t i = base; i < end; ++i) {
    members_[i].key = rename(members_[i].key);
    members_[i].order = JavaStringHash(members_[i].key);
    members_[i].index = static_cast<uint32_t>(i - base);
  }
  SortAsHashMap(base);
  bool first = true;
  out->push_back('{');
  for (std::size_t i = base; i < end; ++i) {
    const Member member = members_[i];   // a copy: the recursion may move the stack
    if (!skip_key.empty() && member.key == skip_key) {
      continue;
    }
    out->append(first ? "" : ",");
    first = false;
    AppendJsonString(member.key, out);
    out->push_back(':');
    AppendJson(member.value, rename, {}, out);
  }
  members_.resize(base);
  out->push_back('}');
}

}  // namespace weir::source
