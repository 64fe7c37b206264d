#include "common/source/document_internal.h"

#include <algorithm>
#include <unordered_map>

#include "common/base/json_writer.h"
#include "common/base/time.h"

namespace weir::source {

void Document::Put(std::string_view name, std::string_view json) {
  Node* node = &root_;
  std::string_view rest = name;
  while (true) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    const std::string_view key = rest.substr(0, dot);
    const bool last = dot == rest.size();
    const auto child = std::find_if(node->children.begin(), node->children.end(),
                                    [key](const Node& c) { return c.key == key; });
    if (child == node->children.end()) {
      node->children.push_back({std::string(key), last ? std::string(json) : std::string(), {}});
      if (last) {
        return;
      }
      node = &node->children.back();
    } else if (child->json.empty() && !last) {
      node = &*child;
    } else {
      const auto same = [rest](const Node& c) { return c.key == rest && !c.json.empty(); };
      if (std::none_of(node->children.begin(), node->children.end(), same)) {
        node->children.push_back({std::string(rest), std::string(json), {}});
      }
      return;
    }
    rest.remove_prefix(dot + 1);
  }
}

void Document::PutMembers(std::string_view name, const Element& element) {
  if (!IsObject(element) || ObjectOf(element).size() == 0) {
    std::string json;
    if (!AppendCleanJson(element, Empties::kPlain, SameKey, &json)) {
      json = simdjson::minify(element);
    }
    Put(name, json);
    return;
  }
  for (const auto& member : ObjectOf(element)) {
    std::string path(name);
    path.append(name.empty() ? "" : ".").append(member.key);
    PutMembers(path, member.value);
  }
}

void Document::Append(const Node& node, std::string* out) {
  if (!node.json.empty()) {
    out->append(node.json);
    return;
  }
  out->push_back('{');
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    out->append(i == 0 ? "" : ",");
    AppendJsonString(node.children[i].key, out);
    out->push_back(':');
    Append(node.children[i], out);
  }
  out->push_back('}');
}

void Document::AppendTo(std::string* out) const {
  Append(root_, out);
}

bool AppendCleanObject(const Object& object, Empties empties, RenameKey rename,
                       RenameKey rename_below, std::string* out) {
  std::vector<std::pair<std::string_view, Element>> members;
  std::unordered_map<std::string_view, std::size_t> places;
  for (const auto& member : object) {
    const std::string_view key = rename(member.key);
    const auto [place, added] = places.try_emplace(key, members.size());
    if (added) {
      members.emplace_back(key, member.value);
    } else {
      members[place->second].second = member.value;
    }
  }
  const std::size_t start = out->size();
  out->push_back('{');
  for (const auto& [key, value] : members) {
    const std::size_t rewind = out->size();
    out->append(rewind == start + 1 ? "" : ",");
    AppendJsonString(key, out);
    out->push_back(':');
    if (!AppendCleanJson(value, empties, rename_below, out)) {
      out->resize(rewind);
    }
  }
  out->push_back('}');
  if (out->size() == start + 2) {
    out->resize(start);
    return false;
  }
  return true;
}

bool AppendCleanJson(const Element& element, Empties empties, RenameKey rename, std::string* out) {
  JsonWriter writer(out);
  switch (element.type()) {
    case JsonType::NULL_VALUE:
      return false;
    case JsonType::STRING:
      if (IsEmpty(element, empties)) {
        return false;
      }
      writer.String(TextOf(element));
      return true;
    case JsonType::BOOL:
      writer.Bool(element.get_bool().value_unsafe());
      return true;
    case JsonType::INT64:
      writer.Int(element.get_int64().value_unsafe());
      return true;
    case JsonType::UINT64:
      writer.Uint(element.get_uint64().value_unsafe());
      return true;
    case JsonType::DOUBLE:
      writer.Double(element.get_double().value_unsafe());
      return true;
    case JsonType::OBJECT:
      return AppendCleanObject(ObjectOf(element), empties, rename, rename, out);
    case JsonType::ARRAY:
      break;
  }
  const std::size_t start = out->size();
  out->push_back('[');
  for (const Element& item : ArrayOf(element)) {
    const std::size_t rewind = out->size();
    out->append(rewind == start + 1 ? "" : ",");
    if (!AppendCleanJson(item, empties, IsArray(item) ? SameKey : rename, out)) {
      out->resize(rewind);
    }
  }
  out->push_back(']');
  if (out->size() == start + 2) {
    out->resize(start);
    return false;
  }
  return true;
}

bool AppendValueJson(const Value& value, std::string* out) {
  if (value.is_multi()) {
    out->push_back('[');
    for (const Value& item : value.items()) {
      out->append(out->back() == '[' ? "" : ",");
      AppendValueJson(item, out);
    }
    out->push_back(']');
    return true;
  }
  JsonWriter writer(out);
  switch (value.type()) {
    case DataType::kNull:
      return false;
    case DataType::kKeyword:
    case DataType::kText:
    case DataType::kVersion:
      if (value.text().empty()) {
        return false;
      }
      writer.String(value.text());
      return true;
    case DataType::kDatetime:
      writer.String(FormatTime(value.integer()));
      return true;
    case DataType::kBoolean:
      writer.Bool(value.boolean());
      return true;
    case DataType::kInteger:
    case DataType::kLong:
      writer.Int(value.integer());
      return true;
    case DataType::kUnsignedLong:
      writer.Uint(value.unsigned_long());
      return true;
    case DataType::kDouble:
      writer.Double(value.number());
      return true;
    default:
      writer.String(ValueToString(value));
      return true;
  }
}

}  // namespace weir::source
