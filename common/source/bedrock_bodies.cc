// What the Bedrock mapping reads from the request and response bodies.
#include <algorithm>

#include "common/source/bedrock_internal.h"
#include "common/source/document_internal.h"
#include "common/source/sha1_internal.h"

namespace weir::source::bedrock {

namespace {

constexpr std::size_t kTextUnits = 32766;

std::string_view Member(const Element& element, std::string_view path) {
  Element found;
  return FindPath(element, path, &found) ? TextOrEmpty(found) : std::string_view();
}

bool IsChunkList(const RecordView& record) {
  const Element* body = record.Known(kOutputBody);
  return body != nullptr && IsArray(*body);
}

// The first chunk of a stream that begins a message.
std::string_view MessageStart(const RecordView& record, std::string_view path) {
  for (const Element& chunk : OutputBodies(record)) {
    if (!Member(chunk, "message.id").empty()) {
      return Member(chunk, path);
    }
  }
  return {};
}

void AppendScalarText(RecordView& record, const Element& element, std::string* out) {
  if (const Value text = ScalarToValue(element, DataType::kKeyword, &record.arena);
      !text.is_null()) {
    out->append(text.text());
  }
}

// Appends the texts of a list's items.
void AppendItemTexts(RecordView& record, const Element& list, std::string* out) {
  for (const Element& item : ArrayOf(list)) {
    if (Element text; FindPath(item, "text", &text)) {
      AppendScalarText(record, text, out);
    }
  }
}

// What a chunk of a stream adds to the answer, in the shapes of the models' vendors.
void AppendChunkText(RecordView& record, const Element& chunk, std::string* out) {
  Element found;
  if (FindPath(chunk, "delta.text", &found)) {
    AppendScalarText(record, found, out);
  } else if (FindPath(chunk, "outputs", &found) && IsArray(found)) {
    AppendItemTexts(record, found, out);
  } else if (FindPath(chunk, "generation", &found) || FindPath(chunk, "outputText", &found)) {
    AppendScalarText(record, found, out);
  }
}

bool IsMassive(std::string_view text) {
  return text.size() > kTextUnits && Utf16Length(text) > kTextUnits;
}

// The two bodies as compact JSON with sorted keys, into record.text. False when there is none.
bool RenderBody(RecordView& record, const Binding& binding) {
  const Element* body = record.normaliser->paths().Find(binding.path);
  record.text.clear();
  if (body == nullptr || body->type() == JsonType::NULL_VALUE) {
    return false;
  }
  record.java.AppendSortedJson(*body, &record.text);
  return true;
}

}  // namespace

std::vector<Element> OutputBodies(const RecordView& record) {
  std::vector<Element> bodies;
  const Element* body = record.Known(kOutputBody);
  if (body != nullptr && IsArray(*body)) {
    for (const Element& chunk : ArrayOf(*body)) {
      bodies.push_back(chunk);
    }
  } else if (body != nullptr) {
    bodies.push_back(*body);
  }
  return bodies;
}

// The model's vendor: the text before the first dot of its id.
Value ModelTypeValue(RecordView& record, const Binding& binding) {
  const std::string_view model = record.KnownText(kModelId);
  const std::size_t dot = model.find('.');
  const Element* body = record.normaliser->paths().Find(record.normaliser->known(kInputBody));
  return dot == std::string_view::npos || body == nullptr || body->type() == JsonType::NULL_VALUE
             ? Value::Null()
             : OptionalText(record, binding, model.substr(0, dot));
}

// The member of the request body that is called after the vendor: "anthropic_version".
Value ModelVersionValue(RecordView& record, const Binding& binding) {
  const std::string_view model = record.KnownText(kModelId);
  const Element* body = record.Known(kInputBody);
  const std::size_t dot = model.find('.');
  Element version;
  if (dot == std::string_view::npos || body == nullptr || !IsObject(*body) ||
      !FindMember(ObjectOf(*body), std::string(model.substr(0, dot)) + "_version", &version)) {
    return Value::Null();
  }
  return OptionalText(record, binding, TextOrEmpty(version));
}

Value RoleValue(RecordView& record, const Binding& binding) {
  const Element* body = record.Known(kOutputBody);
  return body == nullptr ? Value::Null()
                         : OptionalText(record, binding,
                                        IsArray(*body) ? MessageStart(record, "message.role")
                                                       : Member(*body, "output.message.role"));
}

Value ResponseIdValue(RecordView& record, const Binding& binding) {
  const Element* body = record.Known(kOutputBody);
  return body == nullptr ? Value::Null()
                         : OptionalText(record, binding,
                                        IsArray(*body) ? MessageStart(record, "message.id")
                                                       : Member(*body, "id"));
}

// The argument names the metric of the last chunk that has an invocation latency.
Value LatencyValue(RecordView& record, const Binding& binding) {
  constexpr std::string_view kMetrics = "amazon-bedrock-invocationMetrics";
  if (!IsChunkList(record)) {
    return Value::Null();
  }
  Value latency;
  for (const Element& chunk : OutputBodies(record)) {
    Element metrics;
    Element found;
    if (FindPath(chunk, kMetrics, &metrics) && FindPath(metrics, "invocationLatency", &found) &&
        found.type() != JsonType::NULL_VALUE) {
      latency = FindPath(metrics, binding.argument, &found)
                    ? ScalarToValue(found, binding.type, &record.arena)
                    : Value::Null();
    }
  }
  return latency;
}

Value BodyTextValue(RecordView& record, const Binding& binding) {
  if (!RenderBody(record, binding) || IsMassive(record.text)) {
    return Value::Null();
  }
  return TextToValue(record.arena.Copy(record.text), binding.type, &record.arena);
}

Value MassiveHashValue(RecordView& record, const Binding& binding) {
  if (!RenderBody(record, binding) || !IsMassive(record.text)) {
    return Value::Null();
  }
  return TextToValue(record.arena.Copy(Sha1Hex(record.text)), binding.type, &record.arena);
}

Value SizedOriginalValue(RecordView& record, const Binding& binding) {
  const Value original = OriginalValue(record, binding);
  if (original.is_null() || !IsString(binding.type) || !IsMassive(original.text())) {
    return original;
  }
  record.text = "sha1-" + Sha1Hex(original.text()) + ":" +
                std::to_string(Utf16Length(original.text()));
  return TextToValue(record.arena.Copy(record.text), binding.type, &record.arena);
}

Value BodySizeValue(RecordView& record, const Binding& binding) {
  const std::size_t units = RenderBody(record, binding) ? Utf16Length(record.text) : 0;
  if (IsString(binding.type)) {
    return TextToValue(record.arena.Copy(std::to_string(units)), binding.type, &record.arena);
  }
  return TextToValue(std::to_string(units), binding.type, &record.arena);
}

// A leaf of gen_ai.input.messages or gen_ai.output.messages.
Value MessagesValue(RecordView& record, const Binding& binding) {
  const Element* messages = record.Find(binding.path);
  return messages == nullptr
             ? Value::Null()
             : LeavesValue(record, *messages, binding.rest, DocumentKey, binding.type);
}

void InputMessagesSubtree(RecordView& record, const Binding& binding, Document* document) {
  const Element* messages = record.Find(binding.path);
  std::string json;
  if (messages != nullptr && IsArray(*messages) &&
      AppendCleanJson(*messages, Empties::kPlain, DocumentKey, &json)) {
    document->Put(binding.rest, json);
  }
}

void OutputMessagesSubtree(RecordView& record, const Binding& binding, Document* document) {
  const Element* message = record.Find(binding.path);
  std::string json = "[";
  if (message != nullptr && AppendCleanJson(*message, Empties::kPlain, DocumentKey, &json)) {
    document->Put(binding.rest, json + "]");
  }
}

// A document has the kinds in the order of a HashSet.
Value ContentKindsValue(RecordView& record, const Binding& binding) {
  const Element* messages = record.Known(kInputMessages);
  if (messages == nullptr || !IsArray(*messages)) {
    return Value::Null();
  }
  std::vector<std::string_view> kinds;
  const auto add_kind = [&kinds](std::string_view kind) {
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
      kinds.push_back(kind);
    }
  };
  for (const Element& message : ArrayOf(*messages)) {
    Element content;
    if (!FindPath(message, "content", &content) || !IsArray(content)) {
      continue;
    }
    for (const Element& item : ArrayOf(content)) {
      Element found;
      if (FindPath(item, "text", &found)) {
        add_kind("text");
      } else if (FindPath(item, "document", &found)) {
        const std::string_view format = Member(found, "format");
        add_kind(format.empty() ? std::string_view("document")
                                : record.arena.Copy("document/" + std::string(format)));
      }
    }
  }
  SortAsHashSet(&kinds);
  return TextsValue(record, kinds, binding.type);
}

Value CompletionTextValue(RecordView& record, const Binding& binding) {
  const Element* body = record.Known(kOutputBody);
  if (body == nullptr) {
    return Value::Null();
  }
  std::string& text = record.text;
  text.clear();
  if (IsArray(*body)) {
    for (const Element& chunk : ArrayOf(*body)) {
      AppendChunkText(record, chunk, &text);
    }
  } else if (IsObject(*body)) {
    Element found;
    const bool converse = FindPath(*body, "output", &found) && IsObject(found);
    if (FindPath(*body, converse ? "output.message.content" : "content", &found) &&
        IsArray(found)) {
      AppendItemTexts(record, found, &text);
    }
  } else {
    text = TextOrEmpty(*body);
  }
  return OptionalText(record, binding, record.arena.Copy(Utf16Prefix(text, kTextUnits)));
}

}  // namespace weir::source::bedrock
