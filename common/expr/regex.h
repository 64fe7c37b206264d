// RE2 behind std::string_view, shared by RLIKE and REPLACE. Thread safe once compiled.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <re2/re2.h>

#include "common/base/status.h"

namespace weir::expr {

// InvalidArgument with RE2's message. A construct that Java's syntax has and RE2 lacks
// (look-around, back-references) gives Unimplemented.
StatusOr<std::shared_ptr<const re2::RE2>> CompileRegex(std::string_view pattern, bool dot_newline);

inline re2::StringPiece ToPiece(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace weir::expr
