// Fuzzes the regular expressions of Java, PCRE and Lucene: the first line of the input is the pattern, the
// rest the text. Compiling may refuse and searching may stop, but neither may crash, and a group lies
// inside the text.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.h"
#include "common/expr/lucene_automaton.h"
#include "common/regex/search_regex.h"

namespace {

using weir::regex::Dialect;

void Search(std::string_view pattern, std::string_view text, Dialect dialect) {
  const auto regex = weir::regex::SearchRegex::Compile(pattern, dialect);
  if (!regex.ok()) {
    return;
  }
  const auto append = [text](std::span<const std::string_view> groups, std::string* out) {
    for (const std::string_view group : groups) {
      WEIR_CHECK(group.data() == nullptr ||
                 (group.data() >= text.data() &&
                  group.data() + group.size() <= text.data() + text.size()));
    }
    out->append("<").append(groups[0]).append(">");
    return true;
  };
  std::string out;
  const weir::regex::Replaced replaced = weir::regex::ReplaceAll(**regex, text, append, &out);
  WEIR_CHECK(replaced != weir::regex::Replaced::kChanged || out.size() >= text.size() + 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const std::size_t line_end = input.find('\n');
  const std::string pattern = input.substr(0, line_end);
  const std::string text = line_end == std::string::npos ? "" : input.substr(line_end + 1);
  Search(pattern, text, Dialect::kJava);
  Search(pattern, text, Dialect::kPerl);
  if (const auto automaton = weir::expr::LuceneAutomaton::Compile(pattern, false);
      automaton.ok()) {
    (*automaton)->Matches(text);
  }
  return 0;
}
