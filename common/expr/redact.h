// What stands for a text that must not be kept: enough to count, compare and recognise it, and the words of
// the rule that occur in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/expr/expr.h"

namespace weir::expr {

struct RedactOptions {
  bool shows_length = true;          // in characters
  // Shown when the text has them, in any case of its letters; they are the rule's own words.
  std::vector<std::string> words;
};

// For each text of the value, `[redacted: 52 characters, sha256 a1b2c3d4e5f60718, has "ignore"]` or
// `[redacted: sha256 a1b2c3d4e5f60718]`. Equal texts stay equal and others differ, so what is counted by
// them stays the same. Null stays null. REQUIRES: a value of a string type.
ExprPtr MakeRedacted(ExprPtr value, RedactOptions options);

// True for what MakeRedacted returned.
bool IsRedacted(const Expr& expression);

// What it makes of one text.
std::string RedactText(std::string_view text, const RedactOptions& options);

}  // namespace weir::expr
