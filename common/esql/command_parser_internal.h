// Commands and the pipeline. Each Parse<Command> starts behind the command's keyword and leaves its
// findings with the cursor.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/esql/ast.h"
#include "common/esql/expression_parser_internal.h"
#include "common/esql/settings_internal.h"
#include "common/esql/token_cursor_internal.h"

namespace weir::esql {

class CommandParser {
 public:
  explicit CommandParser(TokenCursor* cursor) : cursor_(*cursor), expressions_(cursor) {}

  // All commands; those with errors have an empty body. Gives up after a number of errors.
  Query ParseQuery();

 private:
  void ParseSettings();
  void ParseSetting();
  void ParseCommand(bool is_first, Command* command);
  // Consumes the keyword. False when it names no command or one out of place.
  bool ParseKeyword(bool is_first, std::string* keyword);
  CommandBody ParseBody(const std::string& keyword);

  CommandBody ParseFrom();
  bool ParseIndexPatterns(std::vector<std::string>* patterns);
  void ParseMetadata(FromCommand* from);
  CommandBody ParseStats(bool is_inline);
  CommandBody ParseRename();
  CommandBody ParseSort();
  CommandBody ParseLimit();
  CommandBody ParseGrok();
  CommandBody ParseDissect();
  CommandBody ParseMvExpand();
  CommandBody ParseUnsupported(const std::string& keyword);

  // Items of ROW, EVAL and STATS; with_filter allows `value WHERE filter`.
  std::vector<NamedExpression> ParseNamedList(bool with_filter);
  NamedExpression ParseNamed(bool with_filter);
  bool AcceptAlias(NamedExpression* item);
  std::vector<NamePattern> ParseNamePatterns();
  bool ParseNamePattern(NamePattern* pattern);
  bool ParseColumnName(ParsedName* name);
  bool ParsePatternString(std::string* pattern, SourceRange* range);

  TokenCursor& cursor_;
  ExpressionParser expressions_;
  Settings settings_;
};

}  // namespace weir::esql
