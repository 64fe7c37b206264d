// Recursive descent over expressions, one function a level of precedence. Each returns null once
// the cursor has failed. Both the nesting of the text and the height of the tree are bounded: all
// later passes recurse over the tree.
#pragma once

#include <string>
#include <string_view>

#include "common/esql/ast.h"
#include "common/esql/token_cursor_internal.h"

namespace weir::esql {

// A dotted name as written in a query.
struct ParsedName {
  std::string text;
  bool backquoted = false;
  SourceRange range;
};

class ExpressionParser {
 public:
  explicit ExpressionParser(TokenCursor* cursor) : cursor_(*cursor) {}

  // A whole expression, boolean or other.
  ExpressionPtr Parse() { return ParseOr(); }
  // An operand without operators: the input of GROK and DISSECT.
  ExpressionPtr ParseOperand() { return ParsePostfix(); }
  // A dotted name; its first part may be a reserved word only where that is not ambiguous.
  bool ParseName(ParsedName* name, std::string_view expected, bool allow_reserved);

 private:
  // Counts one level of nesting while it lives.
  class NestingScope {
   public:
    explicit NestingScope(ExpressionParser* parser) : nesting_(parser->nesting_) { ++nesting_; }
    ~NestingScope() { --nesting_; }
    NestingScope(const NestingScope&) = delete;
    NestingScope& operator=(const NestingScope&) = delete;

   private:
    int& nesting_;
  };
  using Level = ExpressionPtr (ExpressionParser::*)();
  using MatchOperator = Operator (*)(const Token&);

  ExpressionPtr ParseOr();
  ExpressionPtr ParseAnd();
  ExpressionPtr ParseNot();
  ExpressionPtr ParsePredicate();
  ExpressionPtr ParseIn(ExpressionPtr left, uint32_t begin, bool negated);
  ExpressionPtr ParsePatterns(ExpressionPtr left, uint32_t begin, bool negated);
  ExpressionPtr ParseIsNull(ExpressionPtr left, uint32_t begin);
  ExpressionPtr ParseMatch(ExpressionPtr left, uint32_t begin);
  ExpressionPtr ParseComparison();
  ExpressionPtr ParseAdditive();
  ExpressionPtr ParseMultiplicative();
  ExpressionPtr ParseUnary();
  ExpressionPtr ParsePostfix();
  ExpressionPtr ParsePrimary();
  ExpressionPtr ParseParenthesised();
  ExpressionPtr ParseCall();
  ExpressionPtr ParseColumn();
  ExpressionPtr ParseList();
  ExpressionPtr ParseNumber();
  ExpressionPtr ParseSignedNumber();
  ExpressionPtr ParseTimespan();

  ExpressionPtr ParseChain(Level operand, MatchOperator match);
  // Comma separated items up to ')', appended to args of the node.
  bool ParseItems(Level item, Expression* node, SourceRange open);
  bool ParseListItem(Literal* literal);
  // `{"name": value, ...}` behind the last argument: what it asks for is in the call's name then.
  bool ParseOptions(Expression* call);
  bool ParseOption(Expression* call);
  // The ')' or ']' that belongs to the bracket at open.
  bool ExpectClosing(SourceRange open, std::string_view expected);
  bool FailsOnSubquery();
  bool FailsOnNesting();

  ExpressionPtr MakeLeaf(ExpressionKind kind, uint32_t begin);
  ExpressionPtr MakeLiteral(Literal literal, uint32_t begin);
  // Sets range and height of a node whose highest child has the height given; null when too high.
  ExpressionPtr Finish(ExpressionPtr node, uint32_t begin, int child_height);

  TokenCursor& cursor_;
  int nesting_ = 0;
  int height_ = 0;  // of the tree returned last
};

}  // namespace weir::esql
