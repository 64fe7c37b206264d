// The derived parts of the Bedrock mapping, used by the table in bedrock.cc: guardrail assessments
// (bedrock_guardrails.cc) and what is read from the request and response bodies (bedrock_bodies.cc).
#pragma once

#include "common/source/normaliser_internal.h"

namespace weir::source::bedrock {

// Raw paths that code asks for by index; the names are in bedrock.cc in this order.
enum Path : std::size_t {
  kTimestamp,
  kAccountId,
  kRegion,
  kRequestId,
  kOperation,
  kModelId,
  kErrorCode,
  kInputBody,
  kInputMessages,
  kOutputBody,
  kPathCount,
};

// The document's name of a key of the record.
std::string_view DocumentKey(std::string_view key);
// The output body as a list: an object or text is a list of one. Empty when there is none.
std::vector<Element> OutputBodies(const RecordView& record);

Value GuardrailIdValue(RecordView& record, const Binding& binding);
Value PolicyNameValue(RecordView& record, const Binding& binding);
Value PolicyActionValue(RecordView& record, const Binding& binding);
Value PolicyConfidenceValue(RecordView& record, const Binding& binding);
Value MatchDetailValue(RecordView& record, const Binding& binding);
Value ViolationCodeValue(RecordView& record, const Binding& binding);
Value ViolationDetectedValue(RecordView& record, const Binding& binding);
Value OutcomeValue(RecordView& record, const Binding& binding);

Value ModelTypeValue(RecordView& record, const Binding& binding);
Value ModelVersionValue(RecordView& record, const Binding& binding);
Value RoleValue(RecordView& record, const Binding& binding);
Value ResponseIdValue(RecordView& record, const Binding& binding);
Value LatencyValue(RecordView& record, const Binding& binding);
Value BodyTextValue(RecordView& record, const Binding& binding);
Value BodySizeValue(RecordView& record, const Binding& binding);
Value MessagesValue(RecordView& record, const Binding& binding);
Value ContentKindsValue(RecordView& record, const Binding& binding);
Value CompletionTextValue(RecordView& record, const Binding& binding);

}  // namespace weir::source::bedrock
