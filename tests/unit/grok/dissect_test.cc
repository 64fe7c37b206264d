#include <gmock/gmock.h>

#include "common/grok/grok.h"

namespace weir::grok {
namespace {

std::string Extract(std::string_view pattern, const Value& input, std::string_view separator = "") {
  const StatusOr<DissectPtr> dissect = CompileDissect(pattern, separator);
  if (!dissect.ok()) {
    return std::string(Message(dissect.status()));
  }
  Arena arena;
  std::vector<Value> outputs((*dissect)->columns().size(), Value::Keyword("stale"));
  (*dissect)->Match(input, &arena, outputs.data());
  std::string out;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    EXPECT_EQ((*dissect)->columns()[i].type, DataType::kKeyword);
    out += (out.empty() ? "" : " ") + (*dissect)->columns()[i].name + "=" + ValueToString(outputs[i]);
  }
  return out;
}

TEST(DissectTest, SplitsAtDelimiters) {
  const struct {
    std::string_view pattern;
    std::string_view text;
    std::string_view result;
  } cases[] = {
      {"%{b} %{c}", "foo bar", "b=foo c=bar"},
      {"%{b} %{c}", "foo bar baz", "b=foo c=bar baz"},
      {"%{b} %{c}", "foo", "b=null c=null"},
      {"%{b} %{c}", "foo ", "b=foo c="},
      {"%{b} %{c}", "", "b=null c=null"},
      {"[%{a}]-%{b}", "[x]-y", "a=x b=y"},
      {"[%{a}]-%{b}", "x]-y", "a=null b=null"},
      {"[%{a}", "[", "a=null"},
      {"%{}commandId=%{id},%{}", "{commandId=c-1, x=y}", "id=c-1"},
      {"%{a},", "x,y", "a=x"},
      {"%{a},", "x", "a=null"},
      {"%{b} %{} %{d}", "b c d", "b=b d=d"},
      {"%{b} %{?c} %{d}", "b c d", "b=b d=d"},
      {"%{foo} %{foo}", "x y", "foo=y"},
      {"%{a}:%{b}", "k::v", "a=k b="},
      {"%{a},%{b};%{c}", "x,,y;z", "a=x b= c=y;z"},
      {"%{a},%{b},%{c}", "x,,z", "a=x b= c=z"},
      {"%{a},%{b},%{c},%{d}", "1,,,4", "a=1 b= c= d=4"},
      {"%{a->} %{b}", "foo           bar", "a=foo b=bar"},
      {"%{->}|%{b}", "x|||y", "b=y"},
      {"[%{a->}] %{b}", "[x]] y", "a=x] b=y"},
      {"%{a}%%%{b}", "1%%2", "a=1 b=2"},
      {"%{a} - %{Esql.b_c}", "x - y - z", "a=x Esql.b_c=y - z"},
      {"%{only}", "all of it", "only=all of it"},
      {"Größe %{a}é%{b}", "Größe xéy", "a=x b=y"},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(Extract(test.pattern, Value::Keyword(test.text)), test.result)
        << test.pattern << " of " << test.text;
  }
}

TEST(DissectTest, JoinsAppends) {
  const Value text = Value::Keyword("foo 1 bar 2 baz");
  EXPECT_EQ(Extract("%{+b} %{c} %{+b} %{d} %{+b}", text), "b=foobarbaz c=1 d=2");
  EXPECT_EQ(Extract("%{+b} %{c} %{+b} %{d} %{+b}", text, ","), "b=foo,bar,baz c=1 d=2");
  EXPECT_EQ(Extract("%{+b/3} %{c} %{+b/2} %{d} %{+b/1}", text), "b=bazbarfoo c=1 d=2");
  EXPECT_EQ(Extract("%{b} %{c} %{+b} %{d} %{+b->}", text, "-"), "b=foo-bar-baz c=1 d=2");
  EXPECT_EQ(Extract("%{+b}", text, "-"), "b=foo 1 bar 2 baz");
  EXPECT_EQ(Extract("%{+b},%{+b}", Value::Keyword(",x"), "-"), "b=-x");
}

TEST(DissectTest, CollectsOverMultivaluedInput) {
  const Value items[] = {Value::Keyword("Principal Engineer"), Value::Keyword("Lead"),
                         Value::Keyword("Senior Developer")};
  EXPECT_EQ(Extract("%{a} %{b}", Value::Multi(items)), "a=[Principal, Senior] b=[Engineer, Developer]");
  EXPECT_EQ(Extract("%{a}inc%{b}", Value::Multi(items)), "a=Pr b=ipal Engineer");
  EXPECT_EQ(Extract("%{a} %{b}", Value::Null()), "a=null b=null");
}

TEST(DissectTest, RefusesBadPatterns) {
  const struct {
    std::string_view pattern;
    std::string_view message;
  } cases[] = {
      {"", "Unable to find any keys or delimiters"},
      {"no keys", "Unable to find any keys or delimiters"},
      {"%{a}%{b}", "two keys without a delimiter between them"},
      {"%{a} %{b", "[%{] without [}]"},
      {"%{*a} %{&a}", "Reference keys not supported in dissect patterns: [%{*a}]"},
      {"%{+a/x}", "bad order of an append"},
      {"%{+a/-1}", "bad order of an append"},
      {"%{+a/123}", "bad order of an append"},
      {"%{+} ", "an append needs a key name"},
  };
  for (const auto& test : cases) {
    const StatusOr<DissectPtr> dissect = CompileDissect(test.pattern, "");
    ASSERT_FALSE(dissect.ok()) << test.pattern;
    EXPECT_EQ(dissect.status().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(Message(dissect.status())),
                testing::HasSubstr(std::string(test.message)));
  }
}

}  // namespace
}  // namespace weir::grok
