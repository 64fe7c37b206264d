// What changed between two texts, line by line, as `diff -u` shows it.
#pragma once

#include <string>
#include <string_view>

namespace weir::coordinator {

// Unified difference with three lines of context; empty for equal texts. Names may be empty: "/dev/null".
// Texts of which more than a few thousand lines differ are shown as replaced.
std::string UnifiedDiff(std::string_view before_name, std::string_view before,
                        std::string_view after_name, std::string_view after);

}  // namespace weir::coordinator
