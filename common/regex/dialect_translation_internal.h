// One pattern of Java or PCRE, written so that both engines read it as its author means it.
#pragma once

#include <string>
#include <string_view>

#include "common/regex/search_regex.h"

namespace weir::regex {

struct DialectTranslation {
  std::string re2;
  std::string onig;
  // False when RE2 would read something otherwise (classes in classes), though it may accept it.
  bool re2_agrees = true;
  // It has a $ outside classes, which means "before a final line terminator" too. RE2 knows only the
  // end of the text.
  bool ends_at_line = false;
};

DialectTranslation TranslateDialect(std::string_view pattern, Dialect dialect);

}  // namespace weir::regex
