// The parser's place in the tokens, and its findings: at most one for each command, so that errors
// do not cascade. After Fail() all of the command returns early, up to the loop over the
// commands, which skips to the next '|'.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/esql/diagnostic.h"
#include "common/esql/token.h"

namespace weir::esql {

class TokenCursor {
 public:
  // REQUIRES: tokens ends with kEnd; diagnostics outlives the cursor.
  TokenCursor(std::vector<Token> tokens, Diagnostics* diagnostics);

  // The last token, kEnd, repeats for ever.
  const Token& Peek(std::size_t ahead = 0) const;
  const Token& Next();
  bool At(TokenKind kind) const { return Peek().kind == kind; }
  bool AtWord(std::string_view keyword, std::size_t ahead = 0) const;
  bool Accept(TokenKind kind);
  bool AcceptWord(std::string_view keyword);
  // Consumes the token or fails.
  bool Expect(TokenKind kind, std::string_view expected);

  std::size_t position() const { return position_; }
  void Rewind(std::size_t position) { position_ = position; }
  // From a byte offset to the end of the last token consumed.
  SourceRange RangeFrom(uint32_t begin) const;
  std::string_view Slice(SourceRange range) const { return diagnostics_->source().Slice(range); }
  void Locate(uint32_t offset, int* line, int* column) const {
    diagnostics_->source().Locate(offset, line, column);
  }
  // True when no blank stands between the last token consumed and the next one.
  bool IsAdjacent() const;

  // Reports an error unless this command has one already.
  void Fail(SourceRange range, std::string message, std::string hint = "");
  // As Fail, at a subquery: the '|' within its parentheses do not end the command.
  void FailNested(SourceRange range, std::string message);
  // Fails with "expected ..., found ..." at the next token and a hint where one is known.
  void Unexpected(std::string_view expected);
  bool failed() const { return failed_; }

  void BeginCommand();
  // To the next '|' at any depth: no supported command holds one. After FailNested, as below.
  void SkipToPipe();
  // To the next '|' outside of parentheses and brackets; if these are not closed, to the next '|'.
  void SkipNestedToPipe();

 private:
  std::string Describe(const Token& token) const;
  std::string HintFor(const Token& token) const;
  // Whether the token before the next one ends an operand or a list item.
  bool IsAfterOperand() const;

  std::vector<Token> tokens_;
  Diagnostics* diagnostics_;
  std::size_t position_ = 0;
  bool failed_ = false;
  bool nested_ = false;  // failed at a subquery
};

}  // namespace weir::esql
