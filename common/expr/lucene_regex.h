// Lucene's regular expressions (RLIKE), translated to RE2's syntax where that has what they use.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/expr/lucene_automaton.h"
#include "common/expr/wildcard.h"

namespace weir::expr {

struct LuceneRegex {
  // In RE2's syntax, to be matched against the whole text with dot_nl. Empty with an automaton.
  std::string re2;
  // Set when the pattern is only literals, '.' and ".*", which a Wildcard matches faster.
  std::optional<Wildcard> wildcard;
  // Set when the pattern uses '~' (complement) or '&' (intersection).
  std::shared_ptr<const LuceneAutomaton> automaton;
};

// InvalidArgument for malformed patterns. ignore_case is about the automaton alone.
StatusOr<LuceneRegex> TranslateLuceneRegex(std::string_view pattern, bool ignore_case = false);

// Takes <low-high> at position and gives the numbers as a pattern both of Lucene and of RE2. With bounds
// of one width that many digits are needed, else leading zeros are allowed.
StatusOr<std::string> TakeLuceneRange(std::string_view pattern, std::size_t* position);

}  // namespace weir::expr
