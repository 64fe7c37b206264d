// gen_ai.guardrail_id, gen_ai.policy.*, gen_ai.compliance.* and the outcome, from guardrail traces.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "common/source/bedrock_internal.h"
#include "common/source/document_internal.h"

namespace weir::source::bedrock {

namespace {

constexpr std::string_view kGroundingPolicy = "contextual_grounding_policy";

// One finding of one policy of a guardrail.
struct Detail {
  std::string_view policy;
  Element value;
};

// Where a trace keeps its assessments: Converse's shape, then InvokeModel's.
struct TraceShape {
  std::string_view guardrail;
  std::string_view input;
  std::string_view outputs;
};
constexpr std::array<TraceShape, 2> kTraceShapes{{
    {"trace.guardrail", "inputAssessment", "outputAssessments"},
    {"amazon-bedrock-trace.guardrail", "input", "outputs"},
}};

// Calls visit(guardrail id, assessed policies) for each guardrail of an assessment, which may have a
// list of them.
template <typename Visit>
void ForEachGuardrail(const Element& assessment, Visit visit) {
  if (!IsObject(assessment)) {
    return;
  }
  for (const auto& guardrail : ObjectOf(assessment)) {
    if (!IsArray(guardrail.value)) {
      visit(guardrail.key, guardrail.value);
      continue;
    }
    for (const Element& policies : ArrayOf(guardrail.value)) {
      visit(guardrail.key, policies);
    }
  }
}

// Output assessments come as a list of such objects; one object with lists in it, as the live API gives,
// will do.
template <typename Visit>
void ForEachOutput(const Element& outputs, Visit visit) {
  if (!IsArray(outputs)) {
    ForEachGuardrail(outputs, visit);
    return;
  }
  for (const Element& assessment : ArrayOf(outputs)) {
    ForEachGuardrail(assessment, visit);
  }
}

// Calls on_input and on_output for each guardrail of the bodies' traces.
template <typename OnInput, typename OnOutput>
void ForEachAssessment(const RecordView& record, OnInput on_input, OnOutput on_output) {
  for (const Element& body : OutputBodies(record)) {
    for (const TraceShape& shape : kTraceShapes) {
      Element guardrail;
      Element found;
      if (!FindPath(body, shape.guardrail, &guardrail) || !IsObject(guardrail)) {
        continue;
      }
      if (FindMember(ObjectOf(guardrail), shape.input, &found)) {
        ForEachGuardrail(found, on_input);
      }
      if (FindMember(ObjectOf(guardrail), shape.outputs, &found)) {
        ForEachOutput(found, on_output);
      }
    }
  }
}

void AddDetails(std::string_view policy, const Element& lists, std::vector<Detail>* details) {
  for (const auto& list : ObjectOf(lists)) {
    if (!IsArray(list.value)) {
      continue;
    }
    for (const Element& item : ArrayOf(list.value)) {
      if (IsObject(item)) {
        details->push_back({policy, item});
      }
    }
  }
}

std::vector<Detail> CollectDetails(const RecordView& record) {
  std::vector<Detail> details;
  const auto visit = [&details](std::string_view, const Element& policies) {
    if (!IsObject(policies)) {
      return;
    }
    for (const auto& policy : ObjectOf(policies)) {
      const std::string_view name = DocumentKey(policy.key);
      if (name.ends_with("_policy") && IsObject(policy.value)) {
        AddDetails(name, policy.value, &details);
      }
    }
  };
  ForEachAssessment(record, visit, visit);
  return details;
}

// Documents have them sorted too.
Value SortedTexts(RecordView& record, const Binding& binding, std::vector<std::string_view> texts) {
  std::sort(texts.begin(), texts.end());
  return TextsValue(record, texts, binding.type);
}

Value DetailTexts(RecordView& record, const Binding& binding, std::string_view key) {
  std::vector<std::string_view> texts;
  for (const Detail& detail : CollectDetails(record)) {
    if (Element value; FindMember(ObjectOf(detail.value), key, &value)) {
      texts.push_back(TextOrEmpty(value));
    }
  }
  return SortedTexts(record, binding, std::move(texts));
}

bool IsMatchDetail(const Detail& detail) {
  Element match;
  return detail.policy == kGroundingPolicy ||
         (FindMember(ObjectOf(detail.value), "match", &match) &&
          match.type() != JsonType::NULL_VALUE);
}

// Of those, each once.
std::vector<Element> MatchDetails(RecordView& record) {
  std::vector<Element> matches;
  std::set<std::string> seen;
  for (const Detail& detail : CollectDetails(record)) {
    std::string json;
    record.java.AppendSortedJson(detail.value, &json);
    if (IsMatchDetail(detail) && seen.insert(std::move(json)).second) {
      matches.push_back(detail.value);
    }
  }
  return matches;
}

bool HasViolationCode(const RecordView& record) {
  for (const Detail& detail : CollectDetails(record)) {
    Element type;
    if (FindMember(ObjectOf(detail.value), "type", &type) && !TextOrEmpty(type).empty()) {
      return true;
    }
  }
  return false;
}

bool Intervened(const Element& body) {
  if (!IsObject(body)) {
    return false;
  }
  for (const auto& member : ObjectOf(body)) {
    const std::string_view key = DocumentKey(member.key);
    const std::string_view text = TextOrEmpty(member.value);
    const bool is_action = key == "amazon_bedrock_guardrail_action" || key == "guardrailAction";
    if ((is_action && text == "INTERVENED") ||
        (key == "stop_reason" && text == "guardrail_intervened")) {
      return true;
    }
  }
  return false;
}

bool ViolationDetected(const RecordView& record) {
  for (const Element& body : OutputBodies(record)) {
    if (Intervened(body)) {
      return HasViolationCode(record);
    }
  }
  return false;
}

}  // namespace

Value GuardrailIdValue(RecordView& record, const Binding& binding) {
  std::vector<std::string_view> ids;
  ForEachAssessment(
      record, [&ids](std::string_view id, const Element&) { ids.push_back(id); },
      [](std::string_view, const Element&) {});
  return SortedTexts(record, binding, std::move(ids));
}

Value PolicyNameValue(RecordView& record, const Binding& binding) {
  std::vector<std::string_view> names;
  for (const Detail& detail : CollectDetails(record)) {
    names.push_back(detail.policy);
  }
  return SortedTexts(record, binding, std::move(names));
}

Value PolicyActionValue(RecordView& record, const Binding& binding) {
  return DetailTexts(record, binding, "action");
}

Value PolicyConfidenceValue(RecordView& record, const Binding& binding) {
  return DetailTexts(record, binding, "confidence");
}

Value ViolationCodeValue(RecordView& record, const Binding& binding) {
  return DetailTexts(record, binding, "type");
}

void MatchDetailSubtree(RecordView& record, const Binding& binding, Document* document) {
  std::vector<std::string> items;
  for (const Element& match : MatchDetails(record)) {
    std::string json;
    if (AppendCleanJson(match, Empties::kPlain, DocumentKey, &json)) {
      items.push_back(std::move(json));
    }
  }
  if (!items.empty()) {
    document->Put(binding.rest, fmt::format("[{}]", fmt::join(items, ",")));
  }
}

Value MatchDetailValue(RecordView& record, const Binding& binding) {
  record.leaves.clear();
  for (const Element& match : MatchDetails(record)) {
    CollectLeaves(match, binding.rest, DocumentKey, &record.leaves);
  }
  record.values.clear();
  for (const Element& leaf : record.leaves) {
    const Value value = ScalarToValue(leaf, binding.type, &record.arena);
    if (!value.is_null() && !IsEmpty(leaf, Empties::kPlain)) {
      record.values.push_back(value);
    }
  }
  return MakeCell(&record.values, binding.type, &record.arena);
}

// True or absent, never false.
Value ViolationDetectedValue(RecordView& record, const Binding& binding) {
  return ViolationDetected(record) ? TextToValue("true", binding.type, &record.arena)
                                   : Value::Null();
}

Value OutcomeValue(RecordView& record, const Binding& binding) {
  const bool failed = record.Known(kErrorCode) != nullptr || ViolationDetected(record);
  return TextToValue(failed ? "failure" : "success", binding.type, &record.arena);
}

}  // namespace weir::source::bedrock
