// One translated pattern, compiled: RE2 where that means the same, Oniguruma under a step limit
// otherwise. Immutable; any thread may match.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "common/base/arena.h"
#include "common/base/status.h"
#include "common/grok/regex_translation_internal.h"
#include "common/regex/backtracking_regex.h"

namespace weir::grok {

using regex::Outcome;

class Matcher {
 public:
  virtual ~Matcher() = default;
  // On a match fills one view per capture, with null data for a group that took no part. groups has
  // room for every capture.
  virtual Outcome Search(std::string_view text, Arena* arena,
                         std::span<std::string_view> groups) const = 0;
  // For tests: whether ASCII text is matched by RE2.
  virtual bool uses_re2() const = 0;
};

// InvalidArgument with the engine's message. whole is the pattern as written.
StatusOr<std::unique_ptr<Matcher>> CompileMatcher(std::string_view whole,
                                                  const Translation& translation);

}  // namespace weir::grok
