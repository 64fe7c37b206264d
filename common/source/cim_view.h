// The CloudTrail view of Splunk's search language: the fields that searches over CloudTrail read, as the
// add-on computes them. Names begin with "cloudtrail:", so that they never meet those of Elastic Common
// Schema. One table (cim_view.cc): raw JSON paths, then aliases, then computed columns, which see raw
// values and not each other.
#pragma once

#include <string_view>

namespace weir::source {

// Raised whenever a column of the table changes its meaning.
inline constexpr int kCimViewVersion = 1;

inline constexpr std::string_view kCimPrefix = "cloudtrail:";
// The same fields in lower case.
inline constexpr std::string_view kCimFoldedPrefix = "cloudtrail-folded:";

// "_time" is a number, seconds since 1970; every other field is a keyword.
inline constexpr std::string_view kCimTimeField = "cloudtrail:_time";

}  // namespace weir::source
