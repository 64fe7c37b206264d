#include "common/grok/grok.h"

#include <chrono>
#include <thread>

#include <gmock/gmock.h>

namespace weir::grok {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// "a=x b=[y, z]" of the outputs, or "stopped"; or the error.
std::string Extract(const std::vector<std::string>& patterns, const Value& input) {
  const StatusOr<GrokPtr> grok = CompileGrok(patterns);
  if (!grok.ok()) {
    return std::string(Message(grok.status()));
  }
  Arena arena;
  std::vector<Value> outputs((*grok)->columns().size(), Value::Keyword("stale"));
  const bool finished = (*grok)->Match(input, &arena, outputs.data());
  std::string out = finished ? "" : "stopped";
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const OutputColumn& column = (*grok)->columns()[i];
    if (!outputs[i].is_null()) {
      EXPECT_EQ(outputs[i].type(), column.type) << column.name;
    }
    out += (out.empty() ? "" : " ") + column.name + "=" + ValueToString(outputs[i]);
  }
  return out;
}

std::string Extract(const std::string& pattern, std::string_view text) {
  return Extract(std::vector<std::string>{pattern}, Value::Keyword(text));
}

TEST(GrokTest, ExtractsColumns) {
  const struct {
    std::string pattern;
    std::string text;
    std::string result;
  } cases[] = {
      {"%{WORD:a} %{WORD:b}", "foo bar", "a=foo b=bar"},
      {"%{WORD:a} %{WORD}", "foo bar", "a=foo"},
      {"%{NUMBER:b:int} .*", "foo bar", "b=null"},
      {"(?<b>[0-9a-z]{4,11}) (?<c>[0-9a-z]{1,11})", "asdf bar", "b=asdf c=bar"},
      // searched for, not anchored
      {"%{WORD:a} %{NUMBER:n:int}", "123 George Facello 123 456", "a=Facello n=123"},
      {"^%{NUMBER:n:int}", "x 5", "n=null"},
      {"^%{INT:n:int}$", "x\n5\ny", "n=5"},
      // the leading literal several times before the match
      {"k=(?<v>[0-9]+)", "k=a k=b k=7", "v=7"},
      {"k=(?<v>[0-9]+)", "k=a k=b k=c k=d k=e k=f k=7 k=8", "v=7"},
      {"k=(?<v>[0-9]+)", "k=a k=b k=c k=d k=e k=f", "v=null"},
      {"kk(?<v>[0-9]+)", "kkk7", "v=7"},
      // dotted names, names with @
      {R"(modelId=(?<Esql.model_id>[^,}\]]+))", "{modelId=anthropic.claude-v2, body=x}",
       "Esql.model_id=anthropic.claude-v2"},
      {"%{IP:source.ip}:%{POSINT:source.port:int}", "from 10.1.2.3:443",
       "source.ip=10.1.2.3 source.port=443"},
      {"(?<@timestamp>[0-9-]+)T", "2024-01-02T03", "@timestamp=2024-01-02"},
      {"%{NOTSPACE:@x}", "a b", "@x=a"},
      // plain groups keep nothing
      {"(a|b)(?<x>c)(d)?", "bcd", "x=c"},
      {"(?:%{WORD:proto})://(?:[^/@\\s]+@)?%{HOSTNAME:host}", "see https://u:p@Example.com/x",
       "proto=https host=Example.com"},
      // an optional group that takes no part is null, an empty one is empty
      {"%{WORD:a}?\\s*%{WORD:b}?\\s*%{WORD:c}?", "Python Developer", "a=Python b=Developer c=null"},
      {"a(?<x>b?)c", "ac", "x="},
      // one column twice
      {"%{WORD:a} %{WORD:a} %{WORD:a}", "x y z", "a=[x, y, z]"},
      {"(?<a>x)|(?<a>y)", "y", "a=y"},
      // case folding, composite names with their own columns
      {"(?i:https?)://(?<h>[a-z.]+)", "HTTPS://a.b/", "h=a.b"},
      {"%{URIHOST:host}", "a.example:8080", "host=a.example:8080 port=8080"},
      {"%{SYSLOGPROG:p}", "sshd[12]: x", "p=sshd[12] program=sshd pid=12"},
      // Oniguruma's own syntax
      {"(?<a>\\w+)=(?!secret)(?<b>\\w+)", "k=secret k=public", "a=k b=public"},
      {"(?<q>['\"])(?<x>.*?)\\k<q>", "say 'it\"s' now", "q=' x=it\"s"},
      {"(?<x>\\h+)-", "zz9f-", "x=9f"},
      {"(?<=user=)(?<u>[a-z&&[^q]]+)", "user=abq", "u=ab"},
      {"no columns", "no columns", ""},
      {"%{}x", "%{}x", ""},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(Extract(test.pattern, test.text), test.result) << test.pattern;
  }
}

TEST(GrokTest, UnderstandsUnicode) {
  EXPECT_EQ(Extract("Zürich, the %{WORD:city} %{WORD:city} in", "Zürich, the largest city in Europe"),
            "city=[largest, city]");
  EXPECT_EQ(Extract("%{WORD:a} %{WORD:b}", "-über Größe-"), "a=über b=Größe");
  EXPECT_EQ(Extract("=(?<x>[^,]+)", "k=日本語,z"), "x=日本語");
  EXPECT_EQ(Extract("(?<x>\\S+)", "\u00a0é\u2003"), "x=é");
  // Broken UTF-8 matches no word on either engine, and harms nothing.
  EXPECT_EQ(Extract("^%{WORD:a}$", "ab\xc3"), "a=null");
}

TEST(GrokTest, ConvertsTypes) {
  const struct {
    std::string pattern;
    std::string text;
    std::string result;
  } cases[] = {
      {"%{NUMBER:n:int}", "42", "n=42"},
      {"%{NUMBER:n:int}", "+42", "n=42"},
      {"%{NUMBER:n:int}", "4.5", "n=null"},
      {"%{NUMBER:n:int}", "2147483648", "n=null"},
      {"%{NUMBER:n:long}", "2147483648", "n=2147483648"},
      {"%{NUMBER:n:float}", "1.50", "n=1.5"},
      {"%{NUMBER:n:double}", "-3", "n=-3.0"},
      {"%{WORD:b:boolean}", "TRUE", "b=true"},
      {"%{WORD:b:boolean}", "yes", "b=false"},
      {"%{WORD:s}", "42", "s=42"},
      {"%{NOTSPACE:n:int} %{NOTSPACE:n:int} %{NOTSPACE:n:int}", "1 x 3", "n=[1, 3]"},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(Extract(test.pattern, test.text), test.result) << test.pattern << " of " << test.text;
  }
}

TEST(GrokTest, CollectsOverMultivaluedInput) {
  const Value items[] = {Value::Keyword("Principal Support Engineer"), Value::Keyword("Tech Lead"),
                         Value::Keyword("Senior Team Lead")};
  const Value input = Value::Multi(items);
  EXPECT_EQ(Extract({"%{WORD:a} %{WORD:b} %{WORD:c}"}, input),
            "a=[Principal, Senior] b=[Support, Team] c=[Engineer, Lead]");
  EXPECT_EQ(Extract({"%{WORD:a} (?<b>Team)"}, input), "a=Senior b=Team");
  EXPECT_EQ(Extract({"%{WORD:a}"}, Value::Null()), "a=null");
  EXPECT_EQ(Extract({"%{INT:a}"}, input), "a=null");
}

TEST(GrokTest, FirstMatchingPatternWins) {
  const std::vector<std::string> patterns = {"user=%{WORD:user}", "uid=%{INT:uid:int} %{WORD:user}",
                                             "%{GREEDYDATA:rest}"};
  EXPECT_EQ(Extract(patterns, Value::Keyword("user=bob uid=1 x")), "user=bob uid=null rest=null");
  EXPECT_EQ(Extract(patterns, Value::Keyword("uid=7 eve")), "user=eve uid=7 rest=null");
  EXPECT_EQ(Extract(patterns, Value::Keyword("else")), "user=null uid=null rest=else");
}

TEST(GrokTest, ManyCapturesWork) {
  std::string pattern;
  std::string text;
  for (int i = 0; i < 40; ++i) {
    pattern += "(?<c" + std::to_string(i) + ">[a-z])";
    text += 'q';
  }
  EXPECT_THAT(Extract(pattern, text), HasSubstr("c39=q"));
}

TEST(GrokTest, RefusesBadPatterns) {
  const struct {
    std::string pattern;
    std::string_view message;
  } cases[] = {
      {"%{WRD:a}",
       "Unable to find pattern [WRD] in Grok's pattern dictionary, did you mean [WORD]?"},
      {"%{hostname}", "did you mean [HOSTNAME]?"},
      {"%{_invalid_}", "Unable to find pattern [_invalid_] in Grok's pattern dictionary"},
      {"%{INT:a:integer}", "unknown type [integer] of column [a]"},
      {"%{INT:a b}", "bad column name [a b]"},
      {"%{INT:}", "bad column name []"},
      {"%{INT:a", "[%{] without [}]"},
      {"(?<a>x", "Invalid pattern [(?<a>x] for grok: "},
      {"(?P<a>x)", "Invalid pattern [(?P<a>x)] for grok: "},
      {"(?<a b>x)", "bad column name [a b]"},
      {"[z-a]", "Invalid pattern [[z-a]] for grok: "},
      {"*", "Invalid pattern [*] for grok: "},
      {"%{INT:a:int} %{WORD:a}",
       "Invalid GROK pattern [%{INT:a:int} %{WORD:a}]: the attribute [a] is defined multiple times "
       "with different types"},
      {"\xff", "not valid UTF-8"},
  };
  for (const auto& test : cases) {
    const StatusOr<GrokPtr> grok = CompileGrok({test.pattern});
    ASSERT_FALSE(grok.ok()) << test.pattern;
    EXPECT_EQ(grok.status().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(Message(grok.status())), HasSubstr(std::string(test.message)));
  }
  EXPECT_FALSE(CompileGrok({}).ok());
}

TEST(GrokTest, StopsARunAwayPattern) {
  const std::string text = std::string(4000, 'x') + "!";
  // Look-ahead keeps it from RE2, which would not run away.
  const std::string pattern = R"((?=x)(?<a>(?:x+x+)+)[0-9]\b)";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Extract(pattern, text), "stopped a=null");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_EQ(Extract(pattern, "xx1"), "a=xx");
  EXPECT_EQ(Extract(R"((?<a>(?:x+x+)+)[0-9]\b)", text), "a=null");
  const Value items[] = {Value::Keyword("xxx1"), Value::Keyword(text)};
  EXPECT_EQ(Extract({pattern}, Value::Multi(items)), "stopped a=null");
}

TEST(GrokTest, MatchesFromManyThreads) {
  const GrokPtr grok = *CompileGrok({"(?<!x)%{IP:ip} %{WORD:w}"});
  std::vector<std::thread> threads;
  std::vector<int> hits(4);
  for (std::size_t t = 0; t < hits.size(); ++t) {
    threads.emplace_back([&grok, &hits, t] {
      Arena arena;
      Value outputs[2];
      for (int i = 0; i < 500; ++i) {
        const std::string text = "a 10.0.0." + std::to_string(t * 10) + " é" + std::to_string(i);
        const bool finished = grok->Match(Value::Keyword(text), &arena, outputs);
        hits[t] += finished && outputs[0].text() == "10.0.0." + std::to_string(t * 10) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_THAT(hits, ElementsAre(500, 500, 500, 500));
}

}  // namespace
}  // namespace weir::grok
