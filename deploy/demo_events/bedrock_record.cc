#include "deploy/demo_events/bedrock_record.h"

#include <array>
#include <string_view>

#include "deploy/demo_events/cloudtrail_record.h"
#include "deploy/demo_events/json.h"

namespace weir::demo {
namespace {

constexpr std::array<std::string_view, 4> kAnswers = {
    "Here is a short summary of the three points you asked about.",
    "The order left our warehouse this morning and arrives on Thursday.",
    "The function misses a check for an empty list; see the suggested change.",
    "I found two documents that answer the question.",
};

// What an observing guardrail leaves behind: its id, and that it looked.
std::string Assessment(const std::string& guardrail, Random* random) {
  const std::string metrics = JsonObject()
                                  .Number("guardrailProcessingLatency", random->Between(90, 400))
                                  .str();
  return JsonObject()
      .Raw(guardrail, JsonObject().Raw("invocationMetrics", metrics).str())
      .str();
}

std::string InvokeTrace(const std::string& guardrail, Random* random) {
  const std::string trace = JsonObject().Raw("input", Assessment(guardrail, random)).str();
  return JsonObject().Raw("guardrail", trace).str();
}

std::string TextContent(std::string_view text) {
  return JsonArray({JsonObject().Text("type", "text").Text("text", text).str()});
}

std::string ConverseBody(const Invocation& call, std::string_view answer, Random* random) {
  const std::string message =
      JsonObject()
          .Text("role", "assistant")
          .Raw("content", JsonArray({JsonObject().Text("text", answer).str()}))
          .str();
  JsonObject body;
  body.Raw("output", JsonObject().Raw("message", message).str()).Text("stopReason", "end_turn");
  if (!call.guardrail.empty()) {
    const std::string trace =
        JsonObject().Raw("inputAssessment", Assessment(call.guardrail, random)).str();
    body.Raw("trace", JsonObject().Raw("guardrail", trace).str());
  }
  return body.str();
}

std::string InvokeBody(const Invocation& call, std::string_view answer, Random* random) {
  JsonObject body;
  body.Text("id", "msg_" + random->Code(20))
      .Text("type", "message")
      .Text("role", "assistant")
      .Raw("content", TextContent(answer))
      .Text("stop_reason", "end_turn");
  if (!call.guardrail.empty()) {
    body.Raw("amazon-bedrock-trace", InvokeTrace(call.guardrail, random))
        .Text("amazon-bedrock-guardrailAction", "NONE");
  }
  return body.str();
}

std::string StreamBody(const Invocation& call, std::string_view answer, Random* random) {
  const std::string start = JsonObject()
                                .Text("id", "msg_" + random->Code(20))
                                .Text("role", "assistant")
                                .str();
  const std::string metrics = JsonObject()
                                  .Number("invocationLatency", random->Between(700, 4000))
                                  .Number("firstByteLatency", random->Between(150, 600))
                                  .str();
  JsonObject last;
  last.Text("type", "message_stop").Raw("amazon-bedrock-invocationMetrics", metrics);
  if (!call.guardrail.empty()) {
    last.Raw("amazon-bedrock-trace", InvokeTrace(call.guardrail, random))
        .Text("amazon-bedrock-guardrailAction", "NONE");
  }
  return JsonArray(
      {JsonObject().Text("type", "message_start").Raw("message", start).str(),
       JsonObject()
           .Text("type", "content_block_delta")
           .Raw("delta", JsonObject().Text("type", "text_delta").Text("text", answer).str())
           .str(),
       last.str()});
}

std::string Input(const Invocation& call, Random* random) {
  const bool converse = call.operation == "Converse";
  const std::string content = converse ? JsonArray({JsonObject().Text("text", call.prompt).str()})
                                       : TextContent(call.prompt);
  const std::string message = JsonObject().Text("role", "user").Raw("content", content).str();
  JsonObject body;
  body.Raw("messages", JsonArray({message}));
  if (converse) {
    body.Raw("inferenceConfig", JsonObject().Number("maxTokens", 512).str());
  } else {
    body.Text("anthropic_version", "bedrock-2023-05-31").Number("max_tokens", 512);
  }
  return JsonObject()
      .Text("inputContentType", "application/json")
      .Raw("inputBodyJson", body.str())
      .Number("inputTokenCount", random->Between(20, 900))
      .str();
}

std::string Output(const Invocation& call, Random* random) {
  const std::string_view answer = random->Pick(kAnswers);
  std::string body;
  if (call.operation == "Converse") {
    body = ConverseBody(call, answer, random);
  } else if (call.operation == "InvokeModel") {
    body = InvokeBody(call, answer, random);
  } else {
    body = StreamBody(call, answer, random);
  }
  return JsonObject()
      .Text("outputContentType", "application/json")
      .Raw("outputBodyJson", body)
      .Number("outputTokenCount", random->Between(10, 500))
      .str();
}

}  // namespace

Record BedrockRecord(const Principal& who, const Invocation& call, Random* random) {
  JsonObject record;
  record.Text("schemaType", "ModelInvocationLog")
      .Text("schemaVersion", "1.0")
      .Text("timestamp", FormatTime(call.time_ms).substr(0, 19) + "Z")
      .Text("accountId", kAccount)
      .Raw("identity", JsonObject().Text("arn", who.arn()).str())
      .Text("region", call.region)
      .Text("requestId", random->Uuid())
      .Text("operation", call.operation)
      .Text("modelId", call.model);
  if (!call.error_code.empty()) {
    record.Text("errorCode", call.error_code);
  }
  record.Raw("input", Input(call, random));
  if (call.error_code.empty()) {
    record.Raw("output", Output(call, random));
  }
  return {call.time_ms, Source::kBedrock, call.region, record.str()};
}

Record BedrockTrailRecord(const Principal& who, const Invocation& call, Random* random) {
  ApiCall api;
  api.time_ms = call.time_ms;
  api.region = call.region;
  api.service = "bedrock";
  api.action = call.operation;
  api.parameters = JsonObject().Text("modelId", call.model).str();
  api.error_code = call.error_code;
  api.error_message = call.error_message;
  api.host = "bedrock-runtime." + call.region + ".amazonaws.com";
  return CloudTrailRecord(who, api, random);
}

void AddInvocation(const Principal& who, const Invocation& invocation, Random* random, Day* day) {
  day->records.push_back(BedrockRecord(who, invocation, random));
  day->records.push_back(BedrockTrailRecord(who, invocation, random));
}

}  // namespace weir::demo
