// From the text of one GROK pattern to regular expressions for both engines: references expanded,
// captures renamed to names that every engine takes, and a verdict whether RE2 means the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/types/data_type.h"

namespace weir::grok {

struct Capture {
  std::string column;
  DataType type = DataType::kKeyword;
};

struct Translation {
  // For Oniguruma: captures are (?<gN>...), N from 0. Its plain groups capture nothing then.
  std::string onig;
  // For RE2: captures are the only capturing groups. Empty when the pattern uses something that RE2
  // lacks or reads differently.
  std::string re2;
  // RE2's classes, word boundaries and case folding know ASCII only, Oniguruma's all of Unicode: when
  // this is true, RE2 agrees on ASCII text alone.
  bool ascii_only = false;
  // Captures by group, in the order of the opening parentheses.
  std::vector<Capture> captures;
  // Bytes that every match contains, and whether it begins with them; may be empty.
  std::string literal;
  bool literal_is_prefix = false;
};

StatusOr<Translation> TranslatePattern(std::string_view pattern);

}  // namespace weir::grok
