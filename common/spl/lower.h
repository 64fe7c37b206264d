// From a search to the ES|QL tree that the rest of the compiler knows. Fields of the events are read
// through the CloudTrail view (common/source/cim_view.cc), whose names begin with "cloudtrail:"; where
// the languages differ, the tree calls primitives that no text of an ES|QL query can name ("spl_...").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/esql/diagnostic.h"
#include "common/spl/ast.h"

namespace weir::spl {

inline constexpr char kFieldPrefix[] = "cloudtrail:";
// The same field in lower case, for tests that ignore case and pick events by a field's value.
inline constexpr char kFoldedPrefix[] = "cloudtrail-folded:";

struct LowerOptions {
  // Judge fixed ranges as a scheduler does: each ends delay before a multiple of interval, is of that
  // length, and has its first instant but not its last. Empty: every range of the look-back.
  struct Clock {
    int64_t interval_ms = 0;
    int64_t delay_ms = 0;
    int64_t length_ms = 0;
  };
  std::optional<Clock> clock;
  int64_t range_ms = 0;            // length of each judged range
  // Fields that alerts of single events show besides those the search names.
  std::vector<std::string> shown;
};

// Empty after reporting everything that is not run.
std::optional<esql::Query> Lower(const Search& search, const LowerOptions& options,
                                 esql::Diagnostics* diagnostics);

}  // namespace weir::spl
