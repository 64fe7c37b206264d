// Upper and lower case of Unicode text, independent of the process's locale.
#pragma once

#include <string_view>

#include "common/base/arena.h"

namespace weir::expr {

// The result is in the arena, or the text itself when nothing changes.
std::string_view ToLower(std::string_view text, Arena& arena);
std::string_view ToUpper(std::string_view text, Arena& arena);

}  // namespace weir::expr
