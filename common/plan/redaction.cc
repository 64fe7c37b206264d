// Cells that would carry what people wrote to models: they are replaced where a row leaves its event, so
// neither log, state, alerts nor sinks ever have the text. Conditions before that see it.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "common/esql/printer.h"
#include "common/expr/redact.h"
#include "common/plan/analyzer_internal.h"

namespace weir::plan {
namespace {

// Shorter pieces of patterns say nothing.
constexpr std::size_t kWordBytesMin = 3;
constexpr std::size_t kWordsMax = 20;
// A definition that grew too large is known by its hash only.
constexpr char kHashedPrefix = '#';

void AddWords(std::string_view pattern, std::set<std::string>* words) {
  while (!pattern.empty()) {
    const std::size_t end = std::min(pattern.find_first_of("*?%\\.()[]|^$+{}"), pattern.size());
    const std::string_view word = pattern.substr(0, end);
    if (word.size() >= kWordBytesMin && words->size() < kWordsMax) {
      words->emplace(word);
    }
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
  }
}

}  // namespace

std::string_view EvidenceName(Evidence evidence) {
  switch (evidence) {
    case Evidence::kNone:
      return "none";
    case Evidence::kRedacted:
      return "redacted";
    case Evidence::kFull:
      return "full";
  }
  return "";
}

std::optional<Evidence> EvidenceNamed(std::string_view name) {
  for (const Evidence evidence : {Evidence::kNone, Evidence::kRedacted, Evidence::kFull}) {
    if (name == EvidenceName(evidence)) {
      return evidence;
    }
  }
  return std::nullopt;
}

bool Analyzer::HoldsContent(const esql::Expression& definition) const {
  bool holds = false;
  ForEachNode(definition, [&](const esql::Expression& node) {
    holds = holds || (node.kind == esql::ExpressionKind::kColumn &&
                      (node.name.starts_with(kHashedPrefix) || catalogue_.HoldsContent(node.name)));
  });
  return holds;
}

// The words of conditions on such texts: of those that the events passed, and so may have.
void Analyzer::NoteContentWords(const esql::Expression& condition) {
  const esql::ExpressionPtr definition = Expand(condition, stage_->scope);
  ForEachNode(*definition, [&](const esql::Expression& node) {
    if (!HoldsContent(node)) {
      return;
    }
    for (const esql::ExpressionPtr& argument : node.args) {
      if (argument->kind == esql::ExpressionKind::kLiteral && IsString(argument->literal.type)) {
        AddWords(argument->literal.text, &content_words_);
      }
    }
  });
}

expr::ExprPtr Analyzer::ForRow(expr::ExprPtr value, const esql::Expression& definition,
                               std::string_view column) {
  if (evidence_ == Evidence::kFull || value == nullptr || !IsString(value->type()) ||
      value->constant() != nullptr || !HoldsContent(definition)) {
    return value;
  }
  expr::RedactOptions options;
  options.shows_length = evidence_ == Evidence::kRedacted;
  if (evidence_ == Evidence::kRedacted) {
    options.words.assign(content_words_.begin(), content_words_.end());
  }
  const std::string text =
      fmt::format("{} {} {}", EvidenceName(evidence_), esql::Print(definition),
                  fmt::join(options.words, " "));
  if (std::find(analysis_.redacted.begin(), analysis_.redacted.end(), text) ==
      analysis_.redacted.end()) {
    analysis_.redacted.push_back(text);
    analysis_.notes.push_back(fmt::format(
        "[{}] holds prompts or completions: what stands for them is kept, not the text (evidence: {})",
        column, EvidenceName(evidence_)));
  }
  return expr::MakeRedacted(std::move(value), std::move(options));
}

// Conditions on a number that was counted are none on the texts.
void Analyzer::WarnOfRedactedReads() {
  std::set<uint32_t> slots;
  const auto* repeat = tail_.steps.empty() ? nullptr : std::get_if<RepeatStep>(&tail_.steps[0].step);
  const auto key_count = static_cast<uint32_t>(analysis_.keys.size());
  for (uint32_t i = 0; i < key_count; ++i) {
    if (expr::IsRedacted(*analysis_.keys[i].value)) {
      slots.insert(repeat == nullptr ? i : repeat->slots[i]);
    }
  }
  for (uint32_t i = 0; i < analysis_.aggregates.size(); ++i) {
    const FoldAggregate& aggregate = analysis_.aggregates[i];
    if (IsString(aggregate.result_type) &&
        std::any_of(aggregate.inputs.begin(), aggregate.inputs.end(),
                    [](const expr::ExprPtr& input) { return expr::IsRedacted(*input); })) {
      slots.insert(key_count + i);
    }
  }
  for (const Step& step : tail_.steps) {
    const std::string* text = nullptr;
    if (const auto* filter = std::get_if<FilterStep>(&step.step)) {
      text = &filter->text;
    } else if (const auto* assign = std::get_if<AssignStep>(&step.step)) {
      text = &assign->text;
    } else if (const auto* grok = std::get_if<GrokStep>(&step.step)) {
      text = &grok->text;
    } else if (const auto* dissect = std::get_if<DissectStep>(&step.step)) {
      text = &dissect->text;
    }
    if (text != nullptr && std::any_of(step.reads.slots.begin(), step.reads.slots.end(),
                                       [&](uint32_t slot) { return slots.contains(slot); })) {
      analysis_.warnings.push_back(fmt::format(
          "[{}] reads what stands for prompts or completions, not their text: ask before STATS, or set "
          "evidence: full",
          *text));
    }
  }
}

}  // namespace weir::plan
