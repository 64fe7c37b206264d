// Members of an invocation log that its documents have in another shape: the system prompt and messages
// that some models take at the top level, and images in base64, of which large ones are only named.
#include "common/base/json_writer.h"
#include "common/source/bedrock_internal.h"
#include "common/source/document_internal.h"
#include "common/source/sha1_internal.h"

namespace weir::source::bedrock {

namespace {

constexpr std::size_t kArtifactUnits = 32766;

// What stands for the text of an item that has none: its content, else all that it has.
std::string ItemText(const Element& item) {
  Element found;
  std::string text;
  if (!IsObject(item)) {
    return IsText(item) ? std::string(TextOf(item)) : simdjson::minify(item);
  }
  const Object object = ObjectOf(item);
  if (FindMember(object, "text", &found) || FindMember(object, "content", &found)) {
    return IsText(found) ? std::string(TextOf(found)) : simdjson::minify(found);
  }
  for (const auto& member : HashMapOrder(object)) {
    if (member.first != "type") {
      text.append(text.empty() ? "{" : ",");
      AppendJsonString(member.first, &text);
      text.append(":").append(simdjson::minify(member.second));
    }
  }
  return text.empty() ? text : text + "}";
}

void AppendItem(const Element& item, JsonWriter* writer) {
  Element type;
  const bool typed = IsObject(item) && FindMember(ObjectOf(item), "type", &type);
  writer->BeginObject();
  writer->Key("type");
  writer->String(typed ? TextOrEmpty(type) : "text");
  if (const std::string text = ItemText(item); !text.empty()) {
    writer->Key("text");
    writer->String(text);
  }
  writer->EndObject();
}

void AppendMessage(const Object& message, JsonWriter* writer) {
  writer->BeginObject();
  for (const auto& member : message) {
    std::string json;
    if (member.key != "content") {
      if (AppendCleanJson(member.value, Empties::kPlain, DocumentKey, &json)) {
        writer->Key(DocumentKey(member.key));
        writer->Raw(json);
      }
      continue;
    }
    if (IsEmpty(member.value, Empties::kPlain)) {
      continue;
    }
    writer->Key("content");
    if (!IsArray(member.value)) {
      AppendItem(member.value, writer);
      continue;
    }
    writer->BeginArray();
    for (const Element& item : ArrayOf(member.value)) {
      if (!IsEmpty(item, Empties::kPlain)) {
        AppendItem(item, writer);
      }
    }
    writer->EndArray();
  }
  writer->EndObject();
}

void AppendArtifact(const Object& artifact, JsonWriter* writer) {
  writer->BeginObject();
  for (const auto& member : artifact) {
    const std::string_view text = TextOrEmpty(member.value);
    std::string json;
    if (member.key == "base64" && Utf16Length(text) > kArtifactUnits) {
      writer->Key("base64_massive_hash");
      writer->String(Sha1Hex(text));
      writer->Key("base64_massive_length");
      writer->Uint(Utf16Length(text));
    } else if (AppendCleanJson(member.value, Empties::kPlain, DocumentKey, &json)) {
      writer->Key(DocumentKey(member.key));
      writer->Raw(json);
    }
  }
  writer->EndObject();
}

}  // namespace

bool IsReshaped(std::string_view name) {
  return name == "system" || name == "messages" || name == "artifacts";
}

bool AppendReshaped(std::string_view name, const Element& element, std::string* out) {
  if (IsEmpty(element, Empties::kPlain)) {
    return false;
  }
  JsonWriter writer(out);
  if (name == "system" && IsText(element)) {
    AppendItem(element, &writer);
    return true;
  }
  if (name == "system" || !IsArray(element)) {
    return AppendCleanJson(element, Empties::kPlain, DocumentKey, out);
  }
  writer.BeginArray();
  for (const Element& item : ArrayOf(element)) {
    if (IsEmpty(item, Empties::kPlain)) {
      continue;
    }
    std::string json;
    if (!IsObject(item)) {
      AppendCleanJson(item, Empties::kPlain, DocumentKey, &json);
      writer.Raw(json);
    } else if (name == "messages") {
      AppendMessage(ObjectOf(item), &writer);
    } else {
      AppendArtifact(ObjectOf(item), &writer);
    }
  }
  writer.EndArray();
  return true;
}

}  // namespace weir::source::bedrock
