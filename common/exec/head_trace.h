// Why a rule's head took an event or left it out, and its tail a group: the steps are run as they always
// are, and whatever filter dropped the furthest row is taken apart. For people who ask; nothing that runs
// for every event comes here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.h"
#include "common/plan/plan.h"
#include "common/source/decoder.h"

namespace weir::exec {

// A value that a predicate read, as it may be shown (shown_value.h).
struct SeenValue {
  std::string name;
  std::string text;
};

// A part of a condition that decided it.
struct TracedPredicate {
  std::string text;
  int line = 0;              // of the query, 1-based; 0: not known
  int column = 0;
  int depth = 0;             // how deep within AND, OR and NOT
  std::string_view wanted;   // "true"; "false" below a NOT
  std::string_view verdict;  // "true", "false", "null": neither, because of a missing value
  // What it read. Empty where the parts that decided follow, one deeper.
  std::vector<SeenValue> values;
};

struct HeadTrace {
  enum class Outcome : uint8_t {
    kNotRead,    // FROM does not name the event's data stream
    kFiltered,   // by a condition of the rule
    kExcepted,   // by an exception of an overlay
    kMatched,
  };
  Outcome outcome = Outcome::kMatched;
  uint32_t rows = 0;                       // kMatched: that came out
  std::string step;                        // the filter, as a person would write it
  std::string exception;                   // kExcepted: its name
  std::vector<TracedPredicate> predicates; // outermost first; of AND the first part that did not hold, of OR all
  // Extractions before the filter that found nothing: "GROK ... found nothing in "text"".
  std::vector<std::string> notes;
};

// What the tail says of one group.
struct TailTrace {
  bool passes = false;                       // every condition up to `together`, or of the tail
  // The first step that looks at all groups together, from which on one alone tells nothing; "": none.
  std::string together;
  std::vector<TracedPredicate> predicates;   // as of HeadTrace; none when it passes
};

// The columns that a step names, as it is written ("WHERE calls >= 3").
std::vector<std::string> ColumnsOfStep(std::string_view text);

// row has the fold's keys and finished aggregates (plan::Tail); it is changed.
TailTrace TraceTail(const plan::RuleSet& rules, const plan::CompiledRule& rule, Value* row,
                    UnixMillis judged_ms);

// REQUIRES: the event was decoded with the fields of the rule's rule set.
HeadTrace TraceHead(const plan::RuleSet& rules, const plan::CompiledRule& rule,
                    source::Event& event);

}  // namespace weir::exec
