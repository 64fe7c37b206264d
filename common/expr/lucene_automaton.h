// Lucene's regular expressions with complement (~) and intersection (&), which no engine of ours runs,
// as a deterministic automaton over code points. Immutable; any thread may match, in linear time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace weir::expr {

class LuceneAutomaton {
 public:
  // InvalidArgument for what is no pattern, and for one whose automaton would be too large.
  // ignore_case is about ASCII letters.
  static StatusOr<std::shared_ptr<const LuceneAutomaton>> Compile(std::string_view pattern,
                                                                  bool ignore_case);

  // Whether the whole text matches.
  bool Matches(std::string_view text) const;

 private:
  friend class LuceneAutomatonBuilder;

  uint32_t ClassOf(uint32_t code_point) const;

  // Where classes of code points that no pattern tells apart begin, ascending from 0.
  std::vector<uint32_t> class_starts_;
  std::array<uint32_t, 128> ascii_classes_{};
  std::vector<uint32_t> next_;   // by state and class
  std::vector<bool> accepts_;    // by state; the first state is 0
};

}  // namespace weir::expr
