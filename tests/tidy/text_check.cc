#include "tests/tidy/text_check.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace weir::tidy {
namespace {

bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Where the word stands alone in the line, or npos.
std::size_t FindWord(std::string_view line, std::string_view word) {
  for (std::size_t at = line.find(word); at != std::string_view::npos;
       at = line.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !IsWordCharacter(line[at - 1])) &&
        (end == line.size() || !IsWordCharacter(line[end]))) {
      return at;
    }
  }
  return std::string_view::npos;
}

struct BannedWord {
  std::string word;
  std::string_view why;
  bool sources_only = false;
};

// Put together from halves, so that this list does not find itself.
const std::vector<BannedWord>& BannedWords() {
  static const std::vector<BannedWord> kWords = {
      {std::string("TO") + "DO", "do it, or write down the limit where a user reads it"},
      {std::string("FIX") + "ME", "mend it, or write down the limit where a user reads it"},
      {std::string("XX") + "X", "say what is wrong in a sentence"},
      {std::string("HA") + "CK", "say why it is done this way"},
      {std::string("std::") + "views", "clang 14 cannot parse range adaptors", true},
      {std::string("using namespace") + " std", "spell the names", true},
      {std::string("absl::") + "string_view", "is not std's here; see common/base/status.h", true},
      {std::string("absl::") + "StrCat", "use fmt::format", true},
      {std::string("absl::") + "Mutex", "use the standard library's", true},
  };
  return kWords;
}

// The header that makes Abseil's types ours.
constexpr std::string_view kStatusFile = "common/base/status.";

}  // namespace

Findings CheckSizes(const Files& files) {
  Findings findings;
  for (const SourceFile& file : files) {
    if (IsSource(file.path) && file.lines.size() > kSourceLinesMax) {
      findings.push_back(Finding(file, 0,
                                 fmt::format("has {} lines, more than {}: split it by ideas",
                                             file.lines.size(), kSourceLinesMax)));
    }
  }
  return findings;
}

Findings CheckOpenings(const Files& files) {
  Findings findings;
  for (const SourceFile& file : files) {
    if (!file.path.ends_with(".h")) {
      continue;
    }
    if (file.lines.empty() || !file.lines[0].starts_with("//")) {
      findings.push_back(Finding(file, 1, "must open with a comment that says what it is for"));
    }
    const auto code = std::find_if(
        file.lines.begin(), file.lines.end(),
        [](const std::string& line) { return !line.empty() && !line.starts_with("//"); });
    if (code == file.lines.end() || *code != "#pragma once") {
      findings.push_back(
          Finding(file, static_cast<std::size_t>(code - file.lines.begin()) + 1,
                  "a header's first line after its comment is #pragma once"));
    }
  }
  return findings;
}

Findings CheckWords(const Files& files) {
  Findings findings;
  for (const SourceFile& file : files) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      for (const BannedWord& banned : BannedWords()) {
        if ((banned.sources_only && !IsSource(file.path)) || file.path.starts_with(kStatusFile)) {
          continue;
        }
        if (FindWord(file.lines[i], banned.word) != std::string_view::npos) {
          findings.push_back(Finding(file, i + 1, fmt::format("'{}': {}", banned.word, banned.why)));
        }
      }
    }
  }
  return findings;
}

Findings CheckBlanks(const Files& files) {
  Findings findings;
  for (const SourceFile& file : files) {
    if (!IsSource(file.path)) {
      continue;
    }
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string& line = file.lines[i];
      if (line.find('\t') != std::string::npos) {
        findings.push_back(Finding(file, i + 1, "has a tab: indent by blanks"));
      }
      if (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0) {
        findings.push_back(Finding(file, i + 1, "ends in a blank"));
      }
    }
  }
  return findings;
}

}  // namespace weir::tidy
