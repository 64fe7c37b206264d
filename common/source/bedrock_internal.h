// The derived parts of the Bedrock mapping, used by the table in bedrock.cc: guardrail assessments
// (bedrock_guardrails.cc), what is read from the request and response bodies (bedrock_bodies.cc), and
// members of the record that documents have in another shape (bedrock_reshape.cc).
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
void MatchDetailSubtree(RecordView& record, const Binding& binding, Document* document);
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
void InputMessagesSubtree(RecordView& record, const Binding& binding, Document* document);
void OutputMessagesSubtree(RecordView& record, const Binding& binding, Document* document);
Value MassiveHashValue(RecordView& record, const Binding& binding);
Value SizedOriginalValue(RecordView& record, const Binding& binding);
Value ContentKindsValue(RecordView& record, const Binding& binding);
Value CompletionTextValue(RecordView& record, const Binding& binding);

// Whether a document has the record's member of that name in another shape, and that shape. False, and
// nothing appended, when nothing is left of it.
bool IsReshaped(std::string_view name);
bool AppendReshaped(std::string_view name, const Element& element, std::string* out);

}  // namespace weir::source::bedrock
