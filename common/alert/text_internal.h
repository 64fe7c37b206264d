// Text for terminals: made safe, measured in columns, cut and wrapped. Values come from events, so
// whoever sends events chooses them: nothing here lets them move a cursor or colour a line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/alert/alert.h"
#include "common/base/arena.h"

namespace weir::alert {

// The cell's value; null when its bytes are malformed. Lives as long as the cell and the arena.
Value CellValue(const NamedCell& cell, Arena* arena);

// The text with control characters and those that reorder text escaped, and broken UTF-8 replaced.
std::string SafeText(std::string_view text);

// Columns that safe text takes in a terminal: 0 for combining marks, 2 for wide characters.
std::size_t DisplayWidth(std::string_view text);

// Cuts safe text to a number of columns, with "…" at the end of what was cut.
std::string FitText(std::string_view text, std::size_t width);

// Appends safe text in lines no wider than width (0: no limit), each ended; the first goes on after
// first_used columns already written, the others begin with indent blanks. Breaks at blanks, in words
// only when one is longer than a line.
void AppendWrapped(std::string_view text, std::size_t width, std::size_t first_used,
                   std::size_t indent, std::string* out);

// "2024-10-29 15:51:44"
std::string ShortTime(UnixMillis time_ms);

// The part of an AWS resource name that tells people what it is: "user/alice". Other text as it is.
std::string_view ShortenArn(std::string_view text);

// A value in words: ARNs shortened when asked; multivalues joined, "… 7 more" beyond items_max (0: all).
struct ValueTextOptions {
  bool shorten = false;
  std::size_t items_max = 0;
};
std::string ValueText(const Value& value, const ValueTextOptions& options);

// "user_identity.arn=user/alice, account.id=123456789012": the last two parts of each column's name.
std::string ShortGroup(const Alert& alert);

// Wraps text in the ANSI colour of a severity.
std::string Coloured(rule::Severity severity, std::string_view text);

}  // namespace weir::alert
