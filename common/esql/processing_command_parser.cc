// Processing commands other than WHERE and EVAL.
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "common/esql/command_parser_internal.h"
#include "common/esql/names.h"

namespace weir::esql {

CommandBody CommandParser::ParseStats(bool is_inline) {
  StatsCommand stats;
  stats.is_inline = is_inline;
  const SourceRange behind = cursor_.Peek().range;
  if (!cursor_.AtWord("BY")) {
    if (cursor_.At(TokenKind::kPipe) || cursor_.At(TokenKind::kEnd)) {
      cursor_.Fail(behind, "STATS needs an aggregate or a BY clause");
      return stats;
    }
    stats.aggregates = ParseNamedList(true);
  }
  if (!cursor_.failed() && cursor_.AcceptWord("BY")) {
    stats.groups = ParseNamedList(false);
  }
  return stats;
}

std::vector<NamePattern> CommandParser::ParseNamePatterns() {
  std::vector<NamePattern> patterns;
  do {
    if (!ParseNamePattern(&patterns.emplace_back())) {
      break;
    }
  } while (cursor_.Accept(TokenKind::kComma));
  return patterns;
}

// A run of tokens without blanks: words, quoted parts, '*', dots, and digits behind a '*'.
bool CommandParser::ParseNamePattern(NamePattern* pattern) {
  const uint32_t begin = cursor_.Peek().range.begin;
  bool has_quoted_star = false;
  for (bool more = true; more; more = cursor_.IsAdjacent()) {
    const Token& token = cursor_.Peek();
    const bool is_start = token.range.begin == begin;
    if (token.kind == TokenKind::kStar) {
      pattern->has_wildcard = true;
      pattern->text.push_back('*');
    } else if (token.kind == TokenKind::kWord) {
      pattern->text += token.text;
    } else if (token.kind == TokenKind::kQuotedName) {
      has_quoted_star |= token.text.find('*') != std::string::npos;
      pattern->text += token.text;
    } else if (!is_start && token.kind == TokenKind::kDot) {
      pattern->text.push_back('.');
    } else if (!is_start &&
               (token.kind == TokenKind::kInteger || token.kind == TokenKind::kDecimal)) {
      pattern->text += token.text;
    } else if (is_start) {
      cursor_.Unexpected("a column name or pattern");
      return false;
    } else {
      break;
    }
    cursor_.Next();
  }
  pattern->range = cursor_.RangeFrom(begin);
  if (pattern->text.back() == '.') {
    cursor_.Unexpected("the rest of a name after '.'");
    return false;
  }
  if (has_quoted_star && pattern->has_wildcard) {
    cursor_.Fail(pattern->range, "a pattern cannot mix a wildcard with a '*' in backquotes");
    return false;
  }
  return true;
}

// The name of one column where a wildcard is a likely mistake.
bool CommandParser::ParseColumnName(ParsedName* name) {
  if (!expressions_.ParseName(name, "a column name", true)) {
    return false;
  }
  if (cursor_.At(TokenKind::kStar)) {
    cursor_.Fail(cursor_.Peek().range, "wildcards are only allowed in KEEP and DROP");
    return false;
  }
  return true;
}

CommandBody CommandParser::ParseRename() {
  RenameCommand rename;
  do {
    const uint32_t begin = cursor_.Peek().range.begin;
    ParsedName first;
    ParsedName second;
    if (!ParseColumnName(&first)) {
      break;
    }
    const bool reversed = cursor_.Accept(TokenKind::kAssign);
    if (!reversed && !cursor_.AcceptWord("AS")) {
      cursor_.Unexpected("AS and the new name");
      break;
    }
    if (!ParseColumnName(&second)) {
      break;
    }
    const ParsedName& from = reversed ? second : first;
    const ParsedName& to = reversed ? first : second;
    rename.items.push_back({from.text, to.text, cursor_.RangeFrom(begin), from.range});
  } while (cursor_.Accept(TokenKind::kComma));
  return rename;
}

CommandBody CommandParser::ParseSort() {
  SortCommand sort;
  do {
    SortCommand::Key key;
    key.value = expressions_.Parse();
    if (key.value == nullptr) {
      break;
    }
    key.descending = cursor_.AcceptWord("DESC");
    if (!key.descending) {
      cursor_.AcceptWord("ASC");
    }
    key.nulls_first = key.descending;
    if (cursor_.AcceptWord("NULLS")) {
      key.nulls_first = cursor_.AcceptWord("FIRST");
      if (!key.nulls_first && !cursor_.AcceptWord("LAST")) {
        cursor_.Unexpected("FIRST or LAST");
        break;
      }
    }
    sort.keys.push_back(std::move(key));
  } while (cursor_.Accept(TokenKind::kComma));
  return sort;
}

CommandBody CommandParser::ParseLimit() {
  LimitCommand limit;
  const Token& count = cursor_.Peek();
  if (count.kind != TokenKind::kInteger) {
    cursor_.Unexpected("a whole number of rows");
    return limit;
  }
  const char* end = count.text.data() + count.text.size();
  if (std::from_chars(count.text.data(), end, limit.count).ec != std::errc()) {
    cursor_.Fail(count.range, fmt::format("number [{}] is out of range", count.text));
    return limit;
  }
  cursor_.Next();
  return limit;
}

bool CommandParser::ParsePatternString(std::string* pattern, SourceRange* range) {
  const Token& token = cursor_.Peek();
  if (token.kind != TokenKind::kString) {
    cursor_.Unexpected("a pattern in quotes");
    return false;
  }
  *pattern = token.text;
  *range = token.range;
  cursor_.Next();
  return true;
}

CommandBody CommandParser::ParseGrok() {
  GrokCommand grok;
  grok.input = expressions_.ParseOperand();
  if (grok.input == nullptr) {
    return grok;
  }
  do {
    if (!ParsePatternString(&grok.patterns.emplace_back(), &grok.pattern_ranges.emplace_back())) {
      break;
    }
  } while (cursor_.Accept(TokenKind::kComma));
  return grok;
}

CommandBody CommandParser::ParseDissect() {
  constexpr std::string_view kSeparatorOption = "APPEND_SEPARATOR";
  DissectCommand dissect;
  dissect.input = expressions_.ParseOperand();
  if (dissect.input == nullptr || !ParsePatternString(&dissect.pattern, &dissect.pattern_range)) {
    return dissect;
  }
  const Token& option = cursor_.Peek();
  if (option.kind != TokenKind::kWord || cursor_.Peek(1).kind != TokenKind::kAssign) {
    return dissect;
  }
  if (!cursor_.AtWord(kSeparatorOption)) {
    cursor_.Fail(option.range, fmt::format("unknown option [{}] of DISSECT", option.text),
                 DidYouMean(option.text, {std::string(kSeparatorOption)}));
    return dissect;
  }
  cursor_.Next();
  cursor_.Next();
  if (!cursor_.At(TokenKind::kString)) {
    cursor_.Unexpected("a separator in quotes");
    return dissect;
  }
  dissect.append_separator = cursor_.Next().text;
  return dissect;
}

CommandBody CommandParser::ParseMvExpand() {
  MvExpandCommand expand;
  ParsedName name;
  if (ParseColumnName(&name)) {
    expand.column = std::move(name.text);
    expand.column_range = name.range;
  }
  return expand;
}

}  // namespace weir::esql
