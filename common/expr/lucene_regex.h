// Translation of Lucene's regular expressions (RLIKE) to RE2's syntax.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/expr/wildcard.h"

namespace weir::expr {

struct LuceneRegex {
  // In RE2's syntax, to be matched against the whole text with dot_nl.
  std::string re2;
  // Set when the pattern is only literals, '.' and ".*", which a Wildcard matches faster.
  std::optional<Wildcard> wildcard;
};

// InvalidArgument for '~' (complement) and '&' (intersection), which RE2 cannot express, and for
// malformed patterns that the translation notices.
StatusOr<LuceneRegex> TranslateLuceneRegex(std::string_view pattern);

}  // namespace weir::expr
