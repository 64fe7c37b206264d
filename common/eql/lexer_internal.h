// Cuts an EQL query into tokens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/eql/ast.h"

namespace weir::eql {

enum class TokenKind : uint8_t {
  kWord,         // an identifier or keyword; text
  kQuotedName,   // in backquotes; text
  kString,       // text is unescaped
  kInteger,
  kDecimal,
  kSymbol,       // text: one of == != <= >= < > + - * / % ( ) [ ] , | : ? . ~ =
  kEnd,
  kError,        // text is the message
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  SourceRange range;
};

// Ends with kEnd or kError.
std::vector<Token> Tokenize(std::string_view text);

}  // namespace weir::eql
