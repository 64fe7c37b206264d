// What the Bedrock mapping reads from the request and response bodies.
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

// Appends every text at the path, through arrays.
bool AppendTexts(const Element& root, std::string_view path, std::string* out) {
  std::vector<Element> leaves;
  CollectLeaves(root, path, SameKey, &leaves);
  const std::size_t before = out->size();
  for (const Element& leaf : leaves) {
    out->append(TextOrEmpty(leaf));
  }
  return out->size() != before;
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
  return dot == std::string_view::npos || record.Known(kInputBody) == nullptr
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
  const std::string_view role =
      body == nullptr ? std::string_view() : Member(*body, "output.message.role");
  return OptionalText(record, binding, role.empty() ? MessageStart(record, "message.role") : role);
}

Value ResponseIdValue(RecordView& record, const Binding& binding) {
  const Element* body = record.Known(kOutputBody);
  const std::string_view id = body == nullptr ? std::string_view() : Member(*body, "id");
  return OptionalText(record, binding, id.empty() ? MessageStart(record, "message.id") : id);
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
    if (FindPath(chunk, kMetrics, &metrics) && FindPath(metrics, "invocationLatency", &found)) {
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

Value ResponseTimeValue(RecordView& record, const Binding& binding) {
  return record.Known(kTimestamp) == nullptr || record.time_unreadable
             ? Value::Null()
             : TimestampValue(record, binding);
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

Value ContentKindsValue(RecordView& record, const Binding& binding) {
  const Element* messages = record.Known(kInputMessages);
  if (messages == nullptr || !IsArray(*messages)) {
    return Value::Null();
  }
  std::vector<std::string_view> kinds;
  for (const Element& message : ArrayOf(*messages)) {
    Element content;
    if (!FindPath(message, "content", &content) || !IsArray(content)) {
      continue;
    }
    for (const Element& item : ArrayOf(content)) {
      Element found;
      if (FindPath(item, "text", &found)) {
        kinds.push_back("text");
      }
      if (FindPath(item, "document", &found)) {
        const std::string_view format = Member(found, "format");
        kinds.push_back(format.empty()
                            ? std::string_view("document")
                            : record.arena.Copy("document/" + std::string(format)));
      }
    }
  }
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
      for (const std::string_view path : {"delta.text", "outputs.text", "generation",
                                          "outputText"}) {
        if (AppendTexts(chunk, path, &text)) {
          break;
        }
      }
    }
  } else if (IsObject(*body)) {
    Element output;
    const bool converse = FindPath(*body, "output", &output) && IsObject(output);
    AppendTexts(*body, converse ? "output.message.content.text" : "content.text", &text);
  } else {
    text = TextOrEmpty(*body);
  }
  return OptionalText(record, binding, record.arena.Copy(Utf16Prefix(text, kTextUnits)));
}

}  // namespace weir::source::bedrock
