// Regular expressions that RE2 cannot run (look-around, back-references, possessive repetition), run
// by Oniguruma under a step limit. Immutable once compiled; any thread may search.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "common/base/status.h"

struct re_pattern_buffer;

namespace weir::regex {

// Whose syntax a pattern is written in. Ruby's classes are those of Unicode, the others' of ASCII.
enum class Syntax : uint8_t { kRuby, kJava, kPerl };

enum class Outcome : uint8_t {
  kNoMatch,
  kMatch,
  kStopped,  // by the step limit
};

// Back-tracking steps of one search, over all positions of the text: some ten milliseconds.
inline constexpr uint64_t kStepsMax = 1'000'000;

class BacktrackingRegex {
 public:
  // InvalidArgument with Oniguruma's message.
  static StatusOr<std::unique_ptr<BacktrackingRegex>> Compile(std::string_view pattern,
                                                              Syntax syntax);

  explicit BacktrackingRegex(re_pattern_buffer* compiled) : compiled_(compiled) {}
  ~BacktrackingRegex();
  BacktrackingRegex(const BacktrackingRegex&) = delete;
  BacktrackingRegex& operator=(const BacktrackingRegex&) = delete;

  // Looks for the first match that begins at byte from or later; what stands before it is there for
  // look-behind. Fills groups[i] with group i, 0 being the whole match, with null data for a group
  // that took no part. Text that is no UTF-8 matches nothing.
  // REQUIRES: from is 0, or a search in this text from 0 has matched.
  Outcome Search(std::string_view text, std::size_t from, uint64_t steps_max,
                 std::span<std::string_view> groups) const;

  // Capturing groups, without the whole match.
  int group_count() const;
  // The number of a named group, the last of that name; -1 when there is none.
  int GroupNamed(std::string_view name) const;

 private:
  re_pattern_buffer* const compiled_;
};

}  // namespace weir::regex
