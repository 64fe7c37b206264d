// The checks of the repository itself: each reads the tracked files and says what breaks a house rule,
// as "file:line: what, why". tidy_test.cc runs each twice: over made-up files that break the rule, and
// over the repository, which must not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::tidy {

struct SourceFile {
  std::string path;  // from the root, with slashes
  std::vector<std::string> lines;
};

using Files = std::vector<SourceFile>;
using Findings = std::vector<std::string>;

// Every file git tracks, or, where git cannot say, every file outside hidden and build folders.
Files LoadRepository(const std::string& root);

// Splits text into lines, for made-up files.
SourceFile MakeFile(std::string path, std::string_view text);

// "file:line: what"; line counts from 1, 0 means the file as a whole.
std::string Finding(const SourceFile& file, std::size_t line, std::string_view what);

bool IsSource(std::string_view path);  // C++ source or header

}  // namespace weir::tidy
