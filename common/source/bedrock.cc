// Bedrock model invocation logs: docs/normalization.md has the mapping's reasons.
#include <algorithm>
#include <string>
#include <unordered_map>

#include "common/source/bedrock_internal.h"
#include "common/source/document_internal.h"

namespace weir::source {

namespace bedrock {
namespace {

constexpr std::string_view kKnownPaths[] = {
    "timestamp", "accountId", "region",    "requestId",
    "operation", "modelId",   "errorCode", "input.inputBodyJson",
    "input.inputBodyJson.messages",        "output.outputBodyJson",
};
static_assert(std::size(kKnownPaths) == kPathCount);

// The keys that are put in snake case; every other key keeps its spelling.
constexpr std::string_view kRenamedKeys[] = {
    "modelId", "inputBodyJson", "inputContentType", "inputTokenCount", "outputBodyJson",
    "outputContentType", "outputTokenCount", "requestId", "schemaType", "schemaVersion",
    "errorCode", "imageGenerationConfig", "cfgScale", "numberOfImages", "imageVariationParams",
    "taskType", "finishReason", "firstByteLatency", "invocationLatency", "contentPolicy",
    "wordPolicy", "topicPolicy", "customWords", "sensitiveInformationPolicy",
    "contextualGroundingPolicy", "invocationMetrics", "guardrailCoverage", "textCharacters",
    "guardrailProcessingLatency", "contentPolicyUnits", "contextualGroundingPolicyUnits",
    "sensitiveInformationPolicyUnits", "topicPolicyUnits", "wordPolicyUnits",
    "sensitiveInformationPolicyFreeUnits", "piiEntities", "normalizeIndex", "latencyMs",
    "stopReason",
};

std::unordered_map<std::string_view, std::string> MakeRenames() {
  std::unordered_map<std::string_view, std::string> renames{
      {"inputBodyS3Path", "input_body_s3_path"},
      {"outputBodyS3Path", "output_body_s3_path"},
      {"amazon-bedrock-invocationMetrics", "amazon_bedrock_invocation_metrics"},
      {"amazon-bedrock-guardrailAction", "amazon_bedrock_guardrail_action"},
      {"amazon-bedrock-trace", "amazon_bedrock_trace"},
  };
  for (const std::string_view key : kRenamedKeys) {
    std::string snake;
    for (const char c : key) {
      if (c >= 'A' && c <= 'Z') {
        snake += '_';
        snake += static_cast<char>(c - 'A' + 'a');
      } else {
        snake += c;
      }
    }
    renames.emplace(key, std::move(snake));
  }
  return renames;
}

// What was moved elsewhere, by its name in the document, is not found below aws_bedrock.invocation.
constexpr std::string_view kMoved[] = {
    "timestamp", "operation", "identity.arn", "accountId", "region", "input.input_body_json",
    "output.output_body_json",
};

bool IsBelow(std::string_view name, std::string_view ancestor) {
  return name.starts_with(ancestor) && name.size() > ancestor.size() && name[ancestor.size()] == '.';
}

bool IsMoved(std::string_view name) {
  return std::any_of(std::begin(kMoved), std::end(kMoved), [name](std::string_view moved) {
    return name == moved || IsBelow(name, moved);
  });
}

bool HoldsMoved(std::string_view name) {
  return std::any_of(std::begin(kMoved), std::end(kMoved),
                     [name](std::string_view moved) { return IsBelow(moved, name); });
}

Value RemainingValue(RecordView& record, const Binding& binding) {
  return IsMoved(binding.rest)
             ? Value::Null()
             : LeavesValue(record, record.root, binding.rest, DocumentKey, binding.type);
}

// Puts what is left below the element, which the record has under that name.
void PutRemaining(const Element& element, const std::string& name, const std::string& place,
                  Document* document) {
  if (IsMoved(name)) {
    return;
  }
  if (IsObject(element) && (name.empty() || HoldsMoved(name))) {
    for (const auto& member : ObjectOf(element)) {
      const std::string key(DocumentKey(member.key));
      PutRemaining(member.value, name.empty() ? key : name + "." + key, place + "." + key,
                   document);
    }
    return;
  }
  std::string json;
  const bool any = IsReshaped(name) ? AppendReshaped(name, element, &json)
                                    : AppendCleanJson(element, Empties::kPlain, DocumentKey, &json);
  if (any) {
    document->Put(place, json);
  }
}

void RemainingSubtree(RecordView& record, const Binding& binding, Document* document) {
  PutRemaining(record.root, "", binding.rest, document);
}

constexpr FieldRow kRows[] = {
    {"@timestamp", TimestampValue},
    {"_id", DocumentIdValue},
    {"_index", IndexValue},
    {"_version", ConstantValue, "1"},
    {"data_stream.type", ConstantValue, "logs"},
    {"data_stream.dataset", ConstantValue, "aws_bedrock.invocation"},
    {"data_stream.namespace", ConstantValue, "default"},
    {"event.dataset", ConstantValue, "aws_bedrock.invocation"},
    {"event.module", ConstantValue, "aws_bedrock"},
    {"event.ingested", IngestedValue},
    {"event.original", SizedOriginalValue},
    {"event.action", CopyValue, "operation"},
    {"event.outcome", OutcomeValue},
    {"ecs.version", ConstantValue, "8.11.0"},
    {"tags[]", TagsValue, "forwarded"},

    {"cloud.service.name", ConstantValue, "bedrock"},
    {"cloud.account.id", CopyValue, "accountId"},
    {"cloud.region", CopyValue, "region"},
    {"user.id", CopyValue, "identity.arn"},

    {"gen_ai.system", ConstantValue, "aws"},
    {"gen_ai.user.id", CopyValue, "identity.arn"},
    {"gen_ai.request.id", CopyValue, "requestId"},
    {"gen_ai.request.model.id", CopyValue, "modelId"},
    {"gen_ai.request.model.type", ModelTypeValue},
    {"gen_ai.request.model.version", ModelVersionValue},
    {"gen_ai.request.model.role", RoleValue},
    {"gen_ai.request.max_tokens", CopyValue, "input.inputBodyJson.max_tokens"},
    {"gen_ai.request.top_p", CopyValue, "input.inputBodyJson.top_p"},
    {"gen_ai.request.top_k", CopyValue,
     "input.inputBodyJson.top_k|input.inputBodyJson.additionalModelRequestFields.top_k"},
    {"gen_ai.request.temperature", CopyValue,
     "input.inputBodyJson.temperature|input.inputBodyJson.inferenceConfig.temperature"},
    {"gen_ai.response.id", ResponseIdValue},
    {"gen_ai.response.timestamp", TimestampValue},
    {"gen_ai.response.error_code", CopyValue, "errorCode"},
    {"gen_ai.response.finish_reasons", CopyValue,
     "output.outputBodyJson.stop_reason|output.outputBodyJson.stopReason"},
    {"gen_ai.usage.prompt_tokens", CopyValue, "input.inputTokenCount"},
    {"gen_ai.usage.completion_tokens", CopyValue, "output.outputTokenCount"},
    {"gen_ai.performance.response_time", LatencyValue, "invocationLatency"},
    {"gen_ai.performance.start_response_time", LatencyValue, "firstByteLatency"},
    {"gen_ai.performance.request_size", BodySizeValue, "input.inputBodyJson"},
    {"gen_ai.performance.response_size", BodySizeValue, "output.outputBodyJson"},
    {"gen_ai.prompt", BodyTextValue, "input.inputBodyJson"},
    {"gen_ai.completion", BodyTextValue, "output.outputBodyJson"},
    {"gen_ai.input.messages.*", MessagesValue, "input.inputBodyJson.messages",
     InputMessagesSubtree},
    {"gen_ai.output.messages.*", MessagesValue, "output.outputBodyJson.output.message",
     OutputMessagesSubtree},

    {"gen_ai.guardrail_id[]", GuardrailIdValue},
    {"gen_ai.policy.name[]", PolicyNameValue},
    {"gen_ai.policy.action[]", PolicyActionValue},
    {"gen_ai.policy.confidence[]", PolicyConfidenceValue},
    {"gen_ai.policy.match_detail.*", MatchDetailValue, "", MatchDetailSubtree},
    {"gen_ai.compliance.violation_code[]", ViolationCodeValue},
    {"gen_ai.compliance.violation_detected", ViolationDetectedValue},

    {"aws_bedrock.invocation.input.messages_content_kinds[]", ContentKindsValue},
    {"aws_bedrock.invocation.output.completion_text", CompletionTextValue},
    {"aws_bedrock.invocation.input.input_body_json_massive_hash", MassiveHashValue,
     "input.inputBodyJson"},
    {"aws_bedrock.invocation.output.output_body_json_massive_hash", MassiveHashValue,
     "output.outputBodyJson"},
    {"aws_bedrock.invocation.*", RemainingValue, "", RemainingSubtree},
};

bool IsRecord(const Object& object) {
  int ids = 0;
  bool has_body = false;
  for (const auto& member : object) {
    const std::string_view key = member.key;
    if (key == "schemaType" && TextOrEmpty(member.value) == "ModelInvocationLog") {
      return true;
    }
    ids += key == "modelId" || key == "requestId" || key == "operation" ? 1 : 0;
    has_body = has_body || key == "input" || key == "output";
  }
  return ids >= 3 && has_body;
}

void FindFacts(RecordView& record, Facts* facts) {
  const std::string_view time = FactText(record, kTimestamp, "timestamp", facts);
  facts->timestamp_ms = ParseTime(time);
  facts->time_unreadable = !time.empty() && !facts->timestamp_ms;
  facts->event_id = FactText(record, kRequestId, "requestId", facts);
  facts->account = FactText(record, kAccountId, "accountId", facts);
  facts->region = FactText(record, kRegion, "region", facts);
  const std::string_view operation = FactText(record, kOperation, "operation", facts);
  if (!facts->event_id.empty() && facts->wrong_type.empty()) {
    facts->identity = MakeIdentity(record.options.tenant, SourceKind::kBedrockInvocation,
                                   {facts->account, facts->region, facts->event_id, operation},
                                   &record.text);
  }
}

}  // namespace

std::string_view DocumentKey(std::string_view key) {
  static const std::unordered_map<std::string_view, std::string> kRenames = MakeRenames();
  const auto found = kRenames.find(key);
  return found == kRenames.end() ? key : std::string_view(found->second);
}

}  // namespace bedrock

constinit const SourceDefinition kBedrockSource{
    SourceKind::kBedrockInvocation, kBedrockStream,    bedrock::kRows,     bedrock::kKnownPaths,
    Empties::kPlain,                bedrock::IsRecord, bedrock::FindFacts,
};

}  // namespace weir::source
