// Rules about the text of files: length, openings, words.
#pragma once

#include "tests/tidy/repository.h"

namespace weir::tidy {

inline constexpr std::size_t kSourceLinesMax = 600;

// Sources over kSourceLinesMax lines: one idea a file.
Findings CheckSizes(const Files& files);

// Headers open with a comment that says what they are for, and have #pragma once before any code.
Findings CheckOpenings(const Files& files);

// Words that promise instead of doing, and names the house does without.
Findings CheckWords(const Files& files);

// Tabs, and blanks at line ends, in sources.
Findings CheckBlanks(const Files& files);

}  // namespace weir::tidy
