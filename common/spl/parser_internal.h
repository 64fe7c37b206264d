// The parser of one search: a cursor over the expanded text. Which characters make a word differs
// between commands, so that each of them cuts its own tokens. A method that fails has reported why and
// returns null, empty or false; the parser then goes on with the next stage.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/spl/parser.h"

namespace weir::spl {

class Parser {
 public:
  Parser(const ExpandedText& text, esql::Diagnostics* diagnostics)
      : expanded_(text), text_(text.text()), diagnostics_(diagnostics), end_(text_.size()) {}

  std::optional<Search> ParseSearch();

 private:
  struct Word {
    std::string text;
    bool quoted = false;
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  // parser.cc
  std::vector<std::pair<std::size_t, std::size_t>> SplitStages();
  std::optional<Stage> ParseStage(std::size_t begin, std::size_t end, bool first);
  std::optional<StageBody> ParseCommand(const std::string& name, std::size_t begin);
  esql::SourceRange Range(std::size_t begin, std::size_t end) const {
    return expanded_.Original(static_cast<uint32_t>(begin), static_cast<uint32_t>(end));
  }
  void SkipBlanks();
  void SkipSeparators();   // blanks and commas
  bool AtEnd() { SkipBlanks(); return position_ >= end_; }
  char Peek(std::size_t ahead = 0) const {
    return position_ + ahead < end_ ? text_[position_ + ahead] : '\0';
  }
  bool Take(char c);
  // The word of letters at the cursor, if it is this one in any case; takes it.
  bool TakeKeyword(std::string_view keyword);
  bool StartsKeyword(std::string_view keyword) const;
  std::nullopt_t Error(std::size_t begin, std::size_t end, std::string message, std::string hint = "");
  std::nullopt_t Expected(std::string_view what);
  // A quoted text at the cursor. raw: only the quote's escape is taken off.
  std::optional<Word> TakeQuoted(char quote, bool raw);
  // A name as commands take it: quoted, or up to a blank, a comma, a parenthesis or '='.
  std::optional<Word> TakeName(std::string_view what);
  // `key = value` at the cursor, if the key is this one.
  std::optional<Word> TakeOption(std::string_view key);
  std::optional<Name> TakeField(std::string_view what);
  std::optional<int64_t> TakeCount(std::string_view what);
  std::vector<Name> TakeNames();

  // search_parser.cc
  SearchPtr ParseSearchTerms();
  SearchPtr ParseSearchOr();
  SearchPtr ParseSearchNot();
  SearchPtr ParseSearchPrimary();
  SearchPtr ParseComparison(Word field);
  SearchPtr ParseSearchIn(SearchPtr node);
  std::optional<Word> TakeSearchWord(bool in_list);
  std::optional<Operator> TakeSearchOperator();
  bool StartsTerm();

  // expression_parser.cc
  ExpressionPtr ParseExpression();
  ExpressionPtr ParseBinary(int level);
  ExpressionPtr ParseUnary();
  ExpressionPtr ParsePrimary();
  ExpressionPtr ParseNumber();
  ExpressionPtr ParseCallOrField();
  ExpressionPtr ParseInList(ExpressionPtr left, std::size_t begin);
  std::optional<Operator> TakeOperator(int level);
  bool ParseArguments(Expression* call);

  // command_parser.cc
  std::optional<StageBody> ParseEval();
  std::optional<StageBody> ParseRename();
  std::optional<StageBody> ParseFillnull();
  std::optional<StageBody> ParseFields(FieldsStage::Kind kind);
  std::optional<StageBody> ParseConvert();
  std::optional<StageBody> ParseBin();
  std::optional<StageBody> ParseDedup();
  std::optional<StageBody> ParseSort();
  std::optional<StageBody> ParseHead();
  std::optional<StageBody> ParseSpath();
  std::optional<StageBody> ParseMvexpand();
  std::optional<StageBody> ParseRex();
  std::optional<StageBody> ParseRegex();
  // stats_parser.cc
  std::optional<StageBody> ParseStats(bool keeps_rows);
  std::optional<Aggregate> ParseAggregate();
  bool ParseAggregateArgument(Aggregate* aggregate);

  const ExpandedText& expanded_;
  std::string_view text_;
  esql::Diagnostics* diagnostics_;
  std::size_t position_ = 0;
  std::size_t end_ = 0;      // of the current stage
  int depth_ = 0;
};

// Blanks at both ends removed.
std::string_view TrimBlanks(std::string_view text);

}  // namespace weir::spl
