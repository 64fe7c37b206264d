// Members of an invocation log that its documents have in another shape: the system prompt and messages
// that some models take at the top level, and images in base64, of which large ones are only named.
#include "common/base/json_writer.h"
#include "common/source/bedrock_internal.h"
#include "common/source/document_internal.h"
#include "common/source/sha1_internal.h"

namespace weir::source::bedrock {

namespace {

constexpr std::size_t kArtifactUnits = 32766;

// What stands for the text of an item that has none: its content, else all that it has but its type.
std::string ItemText(const Element& item) {
  Element found;
  std::string text;
  JavaTextWriter java;
  if (FindMember(ObjectOf(item), "text", &found) && !TextOrEmpty(found).empty()) {
    return std::string(TextOf(found));
  }
  if (!FindMember(ObjectOf(item), "content", &found)) {
    java.AppendJson(item, DocumentKey, "type", &text);
  } else if (IsText(found)) {
    text = TextOf(found);
  } else {
    java.AppendJson(found, DocumentKey, {}, &text);
  }
  return text;
}

void AppendTextItem(std::string_view text, JsonWriter* writer) {
  writer->BeginObject();
  writer->Key("type");
  writer->String("text");
  if (!text.empty()) {
    writer->Key("text");
    writer->String(text);
  }
  writer->EndObject();
}

// An object as one of type and text.
void AppendItem(const Element& item, JsonWriter* writer) {
  const std::string text = ItemText(item);
  Element type;
  if (!FindMember(ObjectOf(item), "type", &type)) {
    AppendTextItem(text, writer);
    return;
  }
  writer->BeginObject();
  std::string json;
  if (AppendCleanJson(type, Empties::kPlain, DocumentKey, &json)) {
    writer->Key("type");
    writer->Raw(json);
  }
  if (!text.empty()) {
    writer->Key("text");
    writer->String(text);
  }
  writer->EndObject();
}

// What a message's content becomes: a text an item, objects items, anything else itself. False, and
// nothing appended, when that is nothing.
bool AppendContent(const Element& content, std::string* out) {
  JsonWriter writer(out);
  if (IsText(content)) {
    AppendTextItem(TextOf(content), &writer);
    return true;
  }
  if (IsObject(content)) {
    AppendItem(content, &writer);
    return true;
  }
  if (!IsArray(content)) {
    return AppendCleanJson(content, Empties::kPlain, DocumentKey, out);
  }
  const std::size_t start = out->size();
  writer.BeginArray();
  for (const Element& item : ArrayOf(content)) {
    std::string json;
    if (IsObject(item)) {
      AppendItem(item, &writer);
    } else if (AppendCleanJson(item, Empties::kPlain, DocumentKey, &json)) {
      writer.Raw(json);
    }
  }
  writer.EndArray();
  if (out->size() > start + 2) {
    return true;
  }
  out->resize(start);
  return false;
}

bool AppendMessage(const Element& message, std::string* out) {
  if (!IsObject(message)) {
    return AppendCleanJson(message, Empties::kPlain, DocumentKey, out);
  }
  const std::size_t start = out->size();
  JsonWriter writer(out);
  writer.BeginObject();
  for (const auto& member : ObjectOf(message)) {
    std::string json;
    if (member.key == "content" ? AppendContent(member.value, &json)
                                : AppendCleanJson(member.value, Empties::kPlain, DocumentKey, &json)) {
      writer.Key(DocumentKey(member.key));
      writer.Raw(json);
    }
  }
  writer.EndObject();
  if (out->size() > start + 2) {
    return true;
  }
  out->resize(start);
  return false;
}

bool AppendArtifact(const Element& artifact, std::string* out) {
  if (!IsObject(artifact) || IsEmpty(artifact, Empties::kPlain)) {
    return AppendCleanJson(artifact, Empties::kPlain, DocumentKey, out);
  }
  JsonWriter writer(out);
  writer.BeginObject();
  for (const auto& member : ObjectOf(artifact)) {
    const std::string_view text = TextOrEmpty(member.value);
    std::string json;
    if (member.key == "base64" && Utf16Length(text) > kArtifactUnits) {
      writer.Key("base64_massive_hash");
      writer.String(Sha1Hex(text));
      writer.Key("base64_massive_length");
      writer.Uint(Utf16Length(text));
    } else if (AppendCleanJson(member.value, Empties::kPlain, DocumentKey, &json)) {
      writer.Key(DocumentKey(member.key));
      writer.Raw(json);
    }
  }
  writer.EndObject();
  return true;
}

using AppendElement = bool (*)(const Element& element, std::string* out);

bool AppendList(const Array& list, AppendElement append, std::string* out) {
  const std::size_t start = out->size();
  JsonWriter writer(out);
  writer.BeginArray();
  for (const Element& item : list) {
    if (std::string json; append(item, &json)) {
      writer.Raw(json);
    }
  }
  writer.EndArray();
  if (out->size() > start + 2) {
    return true;
  }
  out->resize(start);
  return false;
}

}  // namespace

bool IsReshaped(std::string_view name) {
  return name == "system" || name == "messages" || name == "artifacts";
}

bool AppendReshaped(std::string_view name, const Element& element, std::string* out) {
  if (name == "system" && IsText(element)) {
    JsonWriter writer(out);
    AppendTextItem(TextOf(element), &writer);
    return true;
  }
  if (name == "messages") {
    return IsArray(element) ? AppendList(ArrayOf(element), AppendMessage, out)
                            : AppendMessage(element, out);
  }
  if (name == "artifacts" && IsArray(element)) {
    return AppendList(ArrayOf(element), AppendArtifact, out);
  }
  return AppendCleanJson(element, Empties::kPlain, DocumentKey, out);
}

}  // namespace weir::source::bedrock
