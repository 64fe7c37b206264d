// The first half of translation: replaces every %{NAME}, %{NAME:column} and %{NAME:column:type} by
// the library's regular expression, recursively.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/grok/regex_translation_internal.h"

namespace weir::grok {

// Begins the name of a group that stands for Expansion::captures[N]: "(?<\x01N>". No pattern may
// contain this byte itself.
inline constexpr char kCaptureMark = '\x01';

struct Expansion {
  std::string regex;
  std::vector<Capture> captures;
};

StatusOr<Expansion> ExpandPattern(std::string_view pattern);

// Letters, digits and any of "_@.-[]".
bool IsColumnName(std::string_view name);

}  // namespace weir::grok
