// LIKE patterns compiled for matching: '*' is any run, '?' exactly one code point, a backslash
// takes the next '*', '?' or backslash literally. The whole text must match.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::expr {

class Wildcard {
 public:
  // What the pattern comes down to; the cheap forms are one comparison or search.
  enum class Form : uint8_t { kAll, kExact, kPrefix, kSuffix, kContains, kGeneral };

  // One element of a pattern.
  struct Token {
    enum class Kind : uint8_t { kLiteral, kAnyOne, kAnyRun };
    Kind kind;
    std::string text;  // kLiteral
  };

  static Wildcard FromLike(std::string_view pattern);
  // For patterns of other syntaxes that come down to the same elements.
  explicit Wildcard(const std::vector<Token>& tokens);

  bool Matches(std::string_view text) const;

  Form form() const { return form_; }
  // The literal of every form but kAll and kGeneral.
  const std::string& literal() const { return literal_; }

 private:
  // A stretch between two runs. parts alternate: literal text, then how many single characters
  // follow it.
  struct Part {
    std::string text;
    uint32_t any_after = 0;
  };
  struct Segment {
    std::vector<Part> parts;
    std::size_t code_points = 0;
  };

  static bool MatchAt(const Segment& segment, std::string_view text, std::size_t* end);
  bool MatchesGeneral(std::string_view text) const;

  Form form_ = Form::kAll;
  std::string literal_;
  std::vector<Segment> segments_;  // kGeneral: separated by runs
};

}  // namespace weir::expr
