// The pipeline, its source command, and the items that ROW, EVAL and STATS share. The other
// processing commands are in processing_command_parser.cc.
#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "common/esql/command_parser_internal.h"
#include "common/esql/names.h"

namespace weir::esql {
namespace {

constexpr int kErrorsMax = 100;

bool IsSourceCommand(std::string_view keyword) {
  constexpr std::string_view kSourceCommands[] = {"FROM", "ROW",     "TS",
                                                  "SHOW", "EXPLAIN", "METRICS"};
  return std::find(std::begin(kSourceCommands), std::end(kSourceCommands), keyword) !=
         std::end(kSourceCommands);
}

bool IsUnsupported(const std::string& keyword) {
  const auto& names = UnsupportedCommandNames();
  return std::find(names.begin(), names.end(), keyword) != names.end();
}

// The commands that may stand there: those that read data at the start, the others behind it.
std::vector<std::string> CommandsAt(bool is_first) {
  std::vector<std::string> names;
  for (const auto* list : {&CommandNames(), &UnsupportedCommandNames()}) {
    std::copy_if(list->begin(), list->end(), std::back_inserter(names),
                 [&](const std::string& name) { return IsSourceCommand(name) == is_first; });
  }
  return names;
}

std::string_view Trim(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  const std::size_t end = text.find_last_not_of(" \t");
  return end == std::string_view::npos ? std::string_view() : text.substr(begin, end + 1 - begin);
}

}  // namespace

Query CommandParser::ParseQuery() {
  Query query;
  ParseSettings();
  if (cursor_.At(TokenKind::kEnd)) {
    cursor_.Fail(cursor_.Peek().range, "the query is empty", "a query begins with FROM or ROW");
    return query;
  }
  for (int errors = 0; errors < kErrorsMax;) {
    cursor_.BeginCommand();
    const bool is_first = query.commands.empty();
    ParseCommand(is_first, &query.commands.emplace_back());
    if (!cursor_.failed() && !cursor_.At(TokenKind::kPipe) && !cursor_.At(TokenKind::kEnd)) {
      cursor_.Unexpected("'|' or the end of the query");
    }
    if (cursor_.failed()) {
      ++errors;
      cursor_.SkipToPipe();
    }
    if (!cursor_.Accept(TokenKind::kPipe)) {
      break;
    }
  }
  settings_.Apply(&query, [this](SourceRange range, std::string message) {
    cursor_.BeginCommand();
    cursor_.Fail(range, std::move(message));
  });
  return query;
}

// `SET name = value;` in front of the query.
void CommandParser::ParseSettings() {
  while (cursor_.AtWord("SET")) {
    cursor_.BeginCommand();
    cursor_.Next();
    ParseSetting();
    while (!cursor_.At(TokenKind::kSemicolon) && !cursor_.At(TokenKind::kPipe) &&
           !cursor_.At(TokenKind::kEnd)) {
      cursor_.Fail(cursor_.Peek().range, "expected ';' behind the setting");
      cursor_.Next();
    }
    if (!cursor_.Accept(TokenKind::kSemicolon)) {
      cursor_.Fail(cursor_.Peek().range, "expected ';' behind the setting");
      return;
    }
  }
}

void CommandParser::ParseSetting() {
  const Token& name = cursor_.Peek();
  if (name.kind != TokenKind::kWord && name.kind != TokenKind::kQuotedName) {
    cursor_.Unexpected("the name of a setting");
    return;
  }
  cursor_.Next();
  if (!cursor_.Expect(TokenKind::kAssign, "'=' and a value")) {
    return;
  }
  const Token& value = cursor_.Next();
  const std::string text =
      value.kind == TokenKind::kString ? value.text : std::string(cursor_.Slice(value.range));
  std::string hint;
  const std::string error = settings_.Set(name.text, text, &hint);
  if (!error.empty()) {
    cursor_.Fail(settings_.IsKnown(name.text) ? value.range : name.range, error, hint);
  }
}

void CommandParser::ParseCommand(bool is_first, Command* command) {
  const uint32_t begin = cursor_.Peek().range.begin;
  std::string keyword;
  if (ParseKeyword(is_first, &keyword)) {
    command->body = ParseBody(keyword);
  }
  command->range = cursor_.RangeFrom(begin);
}

bool CommandParser::ParseKeyword(bool is_first, std::string* keyword) {
  const Token& token = cursor_.Peek();
  if (token.kind != TokenKind::kWord) {
    cursor_.Unexpected(is_first ? "FROM or ROW" : "a command");
    return false;
  }
  *keyword = ToUpperAscii(token.text);
  if (!IsCommandName(*keyword)) {
    cursor_.Fail(token.range, fmt::format("unknown command [{}]", token.text),
                 DidYouMean(*keyword, CommandsAt(is_first)));
    return false;
  }
  if (is_first && !IsSourceCommand(*keyword)) {
    cursor_.Fail(token.range, fmt::format("expected FROM or ROW, found [{}]", token.text),
                 "a query begins with the data it reads");
    return false;
  }
  if (!is_first && IsSourceCommand(*keyword)) {
    cursor_.Fail(token.range,
                 fmt::format("[{}] is only allowed at the start of a query", token.text));
    return false;
  }
  cursor_.Next();
  return true;
}

CommandBody CommandParser::ParseBody(const std::string& keyword) {
  if (IsUnsupported(keyword)) {
    return ParseUnsupported(keyword);
  }
  if (keyword == "FROM") {
    return ParseFrom();
  }
  if (keyword == "ROW") {
    return RowCommand{ParseNamedList(false)};
  }
  if (keyword == "WHERE") {
    return WhereCommand{expressions_.Parse()};
  }
  if (keyword == "EVAL") {
    return EvalCommand{ParseNamedList(false)};
  }
  if (keyword == "INLINE" && !cursor_.AcceptWord("STATS")) {
    cursor_.Unexpected("STATS after INLINE");
    return UnsupportedCommand{keyword};
  }
  if (keyword == "STATS" || keyword == "INLINE" || keyword == "INLINESTATS") {
    return ParseStats(keyword != "STATS");
  }
  if (keyword == "KEEP") {
    return KeepCommand{ParseNamePatterns()};
  }
  if (keyword == "DROP") {
    return DropCommand{ParseNamePatterns()};
  }
  if (keyword == "RENAME") {
    return ParseRename();
  }
  if (keyword == "SORT") {
    return ParseSort();
  }
  if (keyword == "LIMIT") {
    return ParseLimit();
  }
  if (keyword == "GROK") {
    return ParseGrok();
  }
  if (keyword == "DISSECT") {
    return ParseDissect();
  }
  return ParseMvExpand();
}

CommandBody CommandParser::ParseUnsupported(const std::string& keyword) {
  UnsupportedCommand command{keyword};
  if (keyword == "LOOKUP" && cursor_.AcceptWord("JOIN")) {
    command.name = "LOOKUP JOIN";
  }
  cursor_.SkipNestedToPipe();
  return command;
}

CommandBody CommandParser::ParseFrom() {
  FromCommand from;
  if (cursor_.At(TokenKind::kLeftParen)) {
    cursor_.FailNested(cursor_.Peek().range, "subqueries are not supported");
    return from;
  }
  do {
    if (!ParseIndexPatterns(&from.patterns)) {
      return from;
    }
  } while (cursor_.Accept(TokenKind::kComma));
  if (cursor_.AtWord("METADATA")) {
    ParseMetadata(&from);
  } else if (cursor_.At(TokenKind::kLeftBracket) && cursor_.AtWord("METADATA", 1)) {
    cursor_.Next();
    ParseMetadata(&from);
    if (!cursor_.failed()) {
      cursor_.Expect(TokenKind::kRightBracket, "',' or ']'");
    }
  }
  return from;
}

// One item of FROM. A string may hold several patterns, joined by commas, and may follow the name
// of a cluster and ':'.
bool CommandParser::ParseIndexPatterns(std::vector<std::string>* patterns) {
  const uint32_t begin = cursor_.Peek().range.begin;
  std::string text;
  if (cursor_.At(TokenKind::kSource) && !cursor_.AtWord("METADATA")) {
    text = cursor_.Next().text;
    if (text.back() == ':' && cursor_.At(TokenKind::kString) && cursor_.IsAdjacent()) {
      text += cursor_.Next().text;
    }
  } else if (cursor_.At(TokenKind::kString)) {
    text = cursor_.Next().text;
  } else {
    cursor_.Unexpected("an index pattern");
    return false;
  }
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    const std::string_view pattern = Trim(std::string_view(text).substr(start, comma - start));
    if (pattern.empty() || pattern == "-") {
      cursor_.Fail(cursor_.RangeFrom(begin), "the index pattern is empty");
      return false;
    }
    patterns->emplace_back(pattern);
    start = comma + 1;
  }
  return true;
}

void CommandParser::ParseMetadata(FromCommand* from) {
  cursor_.Next();
  do {
    if (!cursor_.At(TokenKind::kSource) || cursor_.AtWord("METADATA")) {
      cursor_.Unexpected("a metadata field such as _id");
      return;
    }
    from->metadata.push_back(cursor_.Next().text);
  } while (cursor_.Accept(TokenKind::kComma));
}

std::vector<NamedExpression> CommandParser::ParseNamedList(bool with_filter) {
  std::vector<NamedExpression> items;
  do {
    items.push_back(ParseNamed(with_filter));
  } while (!cursor_.failed() && cursor_.Accept(TokenKind::kComma));
  return items;
}

// A column is named by its name, any other value by its text from the first to the last token.
NamedExpression CommandParser::ParseNamed(bool with_filter) {
  NamedExpression item;
  item.has_alias = AcceptAlias(&item);
  const uint32_t begin = cursor_.Peek().range.begin;
  item.value = expressions_.Parse();
  if (item.value == nullptr) {
    return item;
  }
  if (with_filter && cursor_.AcceptWord("WHERE")) {
    item.filter = expressions_.Parse();
  }
  if (!item.has_alias) {
    item.name_range = cursor_.RangeFrom(begin);
    item.name = item.value->kind == ExpressionKind::kColumn && item.filter == nullptr
                    ? item.value->name
                    : std::string(cursor_.Slice(item.name_range));
  }
  return item;
}

// `name =`, or nothing.
bool CommandParser::AcceptAlias(NamedExpression* item) {
  std::size_t ahead = 0;
  const auto is_part = [&] {
    const TokenKind kind = cursor_.Peek(ahead).kind;
    return kind == TokenKind::kWord || kind == TokenKind::kQuotedName;
  };
  const Token& first = cursor_.Peek();
  if (!is_part() || (first.kind == TokenKind::kWord && IsReservedWord(first.text))) {
    return false;
  }
  for (++ahead; cursor_.Peek(ahead).kind == TokenKind::kDot; ++ahead) {
    ++ahead;
    if (!is_part()) {
      return false;
    }
  }
  if (cursor_.Peek(ahead).kind != TokenKind::kAssign) {
    return false;
  }
  ParsedName name;
  expressions_.ParseName(&name, "a name", false);
  item->name = std::move(name.text);
  item->name_range = name.range;
  cursor_.Next();
  return true;
}

}  // namespace weir::esql
