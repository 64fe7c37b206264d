// Words and names of ES|QL: which words are reserved, which names need backquotes, and the quoting
// itself. Keywords ignore case, names do not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::esql {

// ASCII only: no keyword or function name has other letters.
bool EqualsIgnoreCase(std::string_view left, std::string_view right);
std::string ToUpperAscii(std::string_view text);
std::string ToLowerAscii(std::string_view text);

bool IsNameStart(char c);  // a letter; '_' and '@' also start a name if a body character follows
bool IsNameBody(char c);   // a letter, a digit or '_'

// A word that is never a column unless backquoted: AND, BY, NULL, ...
bool IsReservedWord(std::string_view word);

// A name that needs no backquotes: identifiers joined by dots, the first not reserved.
bool IsPlainName(std::string_view name);
// The name as a query writes it: plain, or in backquotes with backquotes inside doubled.
std::string QuoteName(std::string_view name);

// A character of an unquoted index pattern.
bool IsSourceCharacter(char c);
// An index pattern as a query writes it: plain, or as a string.
std::string QuoteSource(std::string_view pattern);

// A string literal in double quotes with its escapes.
std::string QuoteString(std::string_view text);

// Commands by their first word, upper case. Unsupported ones are known by name only.
const std::vector<std::string>& CommandNames();             // all that can be run
const std::vector<std::string>& UnsupportedCommandNames();  // the rest of the language
bool IsCommandName(std::string_view word);                  // of either list

}  // namespace weir::esql
