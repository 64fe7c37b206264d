// Texts that match a pattern, and whether a text does: written for the tests alone, so that they do
// not share the product's idea of wildcards, expressions and address blocks.
#pragma once

#include <string>
#include <string_view>

namespace weir::made {

std::string Lowered(std::string_view text);

// '*' any text, '?' one character, '\' takes the next as it is. The whole text must match.
bool WildcardMatches(std::string_view pattern, std::string_view text, bool ignore_case);
// A text that the pattern matches: each '*' becomes filler, each '?' an "x".
std::string WildcardSample(std::string_view pattern, std::string_view filler);

// Whether the whole text matches the expression (the part of Lucene's and Java's language that
// published rules use). False when the expression cannot be read.
bool RegexMatches(const std::string& expression, const std::string& text, bool ignore_case);
// A short text that the expression matches; groups may be named. Empty when it cannot be read.
std::string RegexSample(std::string_view expression);

// Address of an IPv4 or IPv6 block that lies in it, and a test of IPv4 blocks.
std::string AddressIn(std::string_view block);
bool BlockHolds(std::string_view block, std::string_view address);

}  // namespace weir::made
