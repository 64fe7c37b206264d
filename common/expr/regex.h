// RE2 behind std::string_view, for what becomes its syntax by translation: RLIKE, terms of searches.
// Thread safe once compiled.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <re2/re2.h>

#include "common/base/status.h"

namespace weir::expr {

// What a function warns of whose pattern went back and forth for too long.
inline constexpr std::string_view kRegexStoppedWarning =
    "the regular expression was stopped at the step limit";

// InvalidArgument with RE2's message.
StatusOr<std::shared_ptr<const re2::RE2>> CompileRegex(std::string_view pattern, bool dot_newline);

inline re2::StringPiece ToPiece(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace weir::expr
