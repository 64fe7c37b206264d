// Cuts a KQL query into tokens. A lone token of kind kError ends the list where the text cannot be
// cut.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/kql/ast.h"

namespace weir::kql {

enum class TokenKind : uint8_t {
  kWord,       // a run of unquoted characters; the blanks between words are not kept
  kQuoted,
  kAnd, kOr, kNot,
  kOpen, kClose,            // ( )
  kOpenBrace, kCloseBrace,  // { }
  kColon,
  kLess, kLessEqual, kGreater, kGreaterEqual,
  kEnd,
  kError,      // text is the message
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Text text;   // kWord, kQuoted; of a keyword the word itself
};

struct LexerOptions {
  bool upper_case_keywords = false;   // Lucene: "and" is a word
};

// Ends with kEnd or kError.
std::vector<Token> Tokenize(std::string_view text, const LexerOptions& options);

bool IsKeyword(std::string_view word);   // and, or, not in any case
// A character that stands for itself only behind a backslash.
bool IsSpecial(char c);

}  // namespace weir::kql
