// Random bytes and broken queries: any text parses or has findings, and what parses prints to a
// fixed point.
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/unit/esql/parse_cases.h"

namespace weir::esql {
namespace {

constexpr uint32_t kSeed = 20240229;

constexpr std::string_view kQueries[] = {
    "FROM logs-*,\"a b\",-x:y METADATA _id, _index "
    "| WHERE a.b == \"x\\n\" AND NOT c IN (1, 2.5, -3)",
    "ROW a = [1, -2], b = 5 minutes, `c d` = -9223372036854775808 | EVAL e = (a::string + 1) % 2",
    "FROM x | STATS c = COUNT(*) WHERE d LIKE (\"a*\", \"b\"), max(e) "
    "BY f, DATE_TRUNC(1d, @timestamp)",
    "FROM x | KEEP a*, `b*`, *.c | DROP d | RENAME e AS f, g = h | SORT i DESC NULLS LAST, j + 1",
    "FROM x | GROK a \"\"\"%{WORD:b}\"\"\", \"c\" "
    "| DISSECT d \"%{e}\" APPEND_SEPARATOR = \",\" | LIMIT 7",
    "FROM x | MV_EXPAND a | FORK (WHERE b | LIMIT 1) "
    "| INLINE STATS c = MIN(d) // e\n| WHERE f : \"g\"",
    "FROM x | WHERE a IS NOT NULL OR b RLIKE \".*\" OR (c < d) == true "
    "/* e */ | EVAL CASE(f, 1e300)",
};

constexpr std::string_view kPieces[] = {
    "|",   "(",    ")",    "[",     "]",    ",",    "=",      "==",   "`",     "\"",  "\"\"\"",
    "::",  ":",    ".",    "*",     "-",    "+",    "/",      "//",   "/*",    "*/",  "\n",
    "NOT", " IN ", "LIKE", "WHERE", " BY ", "NULL", "2147483648", "1e400", "m", "é",  "\xff",
    "''",  "||",   "FROM", "STATS", " AS ", "_",    "@x",     "18446744073709551615", "IS",
};

void CheckAnyText(const std::string& text) {
  const Source source(text);
  Diagnostics diagnostics(&source);
  const auto query = Parse(&diagnostics);
  ASSERT_EQ(query.has_value(), !diagnostics.has_errors()) << text;
  for (const Diagnostic& diagnostic : diagnostics.list()) {
    ASSERT_GE(diagnostic.column, 1);
    ASSERT_GE(diagnostic.length, 1U);
    ASSERT_FALSE(diagnostic.message.empty());
  }
  if (query.has_value()) {
    const std::string printed = Print(*query);
    ASSERT_EQ(PrintQuery(printed), printed) << text;
  }
}

TEST(ParserRandomTest, SurvivesRandomBytes) {
  std::minstd_rand random(kSeed);
  for (int round = 0; round < 4000; ++round) {
    std::string text = round % 2 == 0 ? "FROM x | " : "";
    for (auto size = random() % 60; size > 0; --size) {
      text.push_back(static_cast<char>(random() % (round % 3 == 0 ? 256 : 128)));
    }
    ASSERT_NO_FATAL_FAILURE(CheckAnyText(text));
  }
}

TEST(ParserRandomTest, SurvivesBrokenQueries) {
  std::minstd_rand random(kSeed);
  for (int round = 0; round < 6000; ++round) {
    std::string text(kQueries[random() % std::size(kQueries)]);
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t place = random() % (text.size() + 1);
      const std::size_t length = random() % 8;
      const std::string_view piece = kPieces[random() % std::size(kPieces)];
      text.replace(place, random() % 2 == 0 ? length : 0, random() % 4 == 0 ? "" : piece);
    }
    ASSERT_NO_FATAL_FAILURE(CheckAnyText(text));
  }
}

TEST(ParserRandomTest, SurvivesRandomPieces) {
  std::minstd_rand random(kSeed);
  for (int round = 0; round < 6000; ++round) {
    std::string text = "ROW ";
    for (auto count = random() % 12; count > 0; --count) {
      text += random() % 3 == 0 ? std::string_view("a") : kPieces[random() % std::size(kPieces)];
      text += random() % 2 == 0 ? " " : "";
    }
    ASSERT_NO_FATAL_FAILURE(CheckAnyText(text));
  }
}

TEST(ParserRandomTest, SurvivesEveryPrefix) {
  for (const std::string_view query : kQueries) {
    for (std::size_t size = 0; size <= query.size(); ++size) {
      ASSERT_NO_FATAL_FAILURE(CheckAnyText(std::string(query.substr(0, size))));
    }
  }
}

}  // namespace
}  // namespace weir::esql
