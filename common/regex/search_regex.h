// Regular expressions of Java (ES|QL's REPLACE) and of PCRE (Splunk's searches), searched for, not
// anchored: RE2 in linear time where it reads the pattern as its author does, Oniguruma under a step
// limit otherwise. Immutable once compiled; any thread may search.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/regex/backtracking_regex.h"

namespace re2 {
class RE2;
}

namespace weir::regex {

enum class Dialect : uint8_t { kJava, kPerl };

// The steps that all searches in one text may take together, in proportion to its length, so that a
// text with many matches does not run away either. RE2 takes none.
class StepBudget {
 public:
  explicit StepBudget(std::size_t text_size) : left_(kStepsMax + 64 * text_size) {}

 private:
  friend class SearchRegex;
  uint64_t left_;
};

class SearchRegex {
 public:
  // Groups beyond this are not given out.
  static constexpr int kGroupsMax = 64;

  // InvalidArgument with the message of an engine.
  static StatusOr<std::shared_ptr<const SearchRegex>> Compile(std::string_view pattern,
                                                              Dialect dialect);
  ~SearchRegex();

  // As BacktrackingRegex::Search.
  Outcome Find(std::string_view text, std::size_t from, StepBudget* budget,
               std::span<std::string_view> groups) const;

  // Capturing groups, without the whole match.
  int group_count() const { return group_count_; }
  // -1 when there is none of that name.
  int GroupNamed(std::string_view name) const;
  bool uses_re2() const { return re2_ != nullptr; }

 private:
  SearchRegex() = default;

  std::unique_ptr<const re2::RE2> re2_;
  // Also there beside RE2 when that finds the end of a line otherwise.
  std::unique_ptr<const BacktrackingRegex> onig_;
  int group_count_ = 0;
};

enum class Replaced : uint8_t {
  kUnchanged,    // no match
  kChanged,
  kStopped,      // by the step limit
  kBadTemplate,  // the appender said no
};

// Appends what stands for one match; false when it cannot.
using MatchAppender =
    std::function<bool(std::span<const std::string_view> groups, std::string* out)>;

// Replaces every match, from left to right. out is the whole text with the replacements, and is only
// filled for kChanged.
Replaced ReplaceAll(const SearchRegex& regex, std::string_view text, const MatchAppender& append,
                    std::string* out);

}  // namespace weir::regex
