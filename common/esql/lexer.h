// Cuts a query into tokens. It never fails: what is no token becomes one of kind kError, which the
// parser reports if it gets there, so that a broken command costs one finding. Behind FROM, words
// are index patterns up to the next '|', as in the language's own grammar.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/esql/token.h"

namespace weir::esql {

// A place where the text is not UTF-8 or holds a control character.
struct TextFault {
  SourceRange range;
  std::string message;
};
std::optional<TextFault> FindTextFault(std::string_view text);

// Ends with a kEnd token. REQUIRES: the text has no fault.
std::vector<Token> Tokenize(std::string_view text);

}  // namespace weir::esql
