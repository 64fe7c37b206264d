// The tokens of ES|QL. Keywords are words: which ones count depends on the place, so the parser
// decides.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/esql/ast.h"

namespace weir::esql {

enum class TokenKind : uint8_t {
  kEnd,         // right behind the last token
  kError,       // text is the message; reported when the parser gets there
  kWord,        // unquoted identifier or keyword
  kQuotedName,  // in backquotes; text is unescaped
  kString,      // text is unescaped
  kInteger,
  kDecimal,
  kSource,      // index pattern, only within FROM
  kPipe,
  kComma,
  kDot,
  kColon,
  kCast,
  kAssign,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kSemicolon,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  SourceRange range;
  std::string text;       // empty for punctuation
  std::string_view hint;  // kError only; static storage
};

}  // namespace weir::esql
