#include "common/alert/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/alert/sample_alert_internal.h"

namespace weir::alert {
namespace {

using ::testing::HasSubstr;

bool Matches(const AlertFilter& filter, const Alert& alert = SampleAlert()) {
  Digester digester;
  return FilterRun(filter).Matches(digester.Make(alert));
}

bool HasField(const std::string& name, const std::string& value) {
  AlertFilter filter;
  filter.fields = {{name, value}};
  return Matches(filter);
}

bool HasText(const std::string& text) {
  AlertFilter filter;
  filter.text = text;
  return Matches(filter);
}

TEST(AlertQueryTest, AnEmptyFilterTakesAll) {
  EXPECT_TRUE(Matches(AlertFilter()));
  EXPECT_TRUE(Matches(AlertFilter(), Alert{}));
}

TEST(AlertQueryTest, EveryConditionRestricts) {
  const auto matches = [](auto set) {
    AlertFilter filter;
    set(&filter);
    return Matches(filter);
  };
  EXPECT_TRUE(matches([](AlertFilter* f) { f->rules = {"other", "f4e1-*"}; }));
  EXPECT_FALSE(matches([](AlertFilter* f) { f->rules = {"f4e1"}; }));
  EXPECT_TRUE(matches([](AlertFilter* f) { f->severities = {rule::Severity::kHigh}; }));
  EXPECT_FALSE(matches([](AlertFilter* f) { f->severities = {rule::Severity::kLow}; }));
  EXPECT_TRUE(matches([](AlertFilter* f) { f->statuses = {AlertStatus::kAcknowledged}; }));
  EXPECT_FALSE(matches([](AlertFilter* f) { f->statuses = {AlertStatus::kOpen}; }));
  EXPECT_TRUE(matches([](AlertFilter* f) { f->tenants = {"acme", "b"}; }));
  EXPECT_FALSE(matches([](AlertFilter* f) { f->tenants = {"b"}; }));
  EXPECT_TRUE(matches([](AlertFilter* f) { f->assignees = {"kim"}; }));
  EXPECT_FALSE(matches([](AlertFilter* f) { f->assignees = {"lee"}; }));
  const UnixMillis fired_ms = SampleAlert().fired_at_ms;
  EXPECT_TRUE(matches([&](AlertFilter* f) { f->fired_from_ms = fired_ms; }));
  EXPECT_FALSE(matches([&](AlertFilter* f) { f->fired_from_ms = fired_ms + 1; }));
  EXPECT_FALSE(matches([&](AlertFilter* f) { f->fired_until_ms = fired_ms; }));
  EXPECT_TRUE(matches([&](AlertFilter* f) { f->fired_until_ms = fired_ms + 1; }));
  const UnixMillis changed_ms = SampleAlert().changed_at_ms;
  EXPECT_TRUE(matches([&](AlertFilter* f) { f->changed_from_ms = changed_ms; }));
  EXPECT_FALSE(matches([&](AlertFilter* f) { f->changed_until_ms = changed_ms; }));
  EXPECT_TRUE(matches([](AlertFilter* f) { f->ids = {SampleAlert().id}; }));
  EXPECT_FALSE(matches([](AlertFilter* f) { f->ids = {HashBytes128("x")}; }));
  EXPECT_TRUE(matches([](AlertFilter* f) { f->id_prefix = "0"; }));
  EXPECT_TRUE(matches([](AlertFilter* f) { f->id_prefix = "0123456789ABCDEF10"; }));
  EXPECT_TRUE(matches([](AlertFilter* f) { f->id_prefix = "0123456789abcdef1011121314151617"; }));
  EXPECT_FALSE(matches([](AlertFilter* f) { f->id_prefix = "0123456789abcdef1011121314151618"; }));
  EXPECT_FALSE(matches([](AlertFilter* f) { f->id_prefix = "0124"; }));
}

TEST(AlertQueryTest, ComparesFieldsByType) {
  EXPECT_TRUE(HasField("Esql.inference_call_count", "623"));
  EXPECT_TRUE(HasField("Esql.inference_call_count", "623.0"));
  EXPECT_FALSE(HasField("Esql.inference_call_count", "62"));
  EXPECT_TRUE(HasField("Esql.model_id", "nova"));
  EXPECT_FALSE(HasField("Esql.model_id", "Nova"));
  EXPECT_TRUE(HasField("cloud.account.id", "123456789012"));
  EXPECT_FALSE(HasField("cloud.account", "123456789012"));
  const std::string ip("\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01", 16);
  Alert alert;
  alert.columns = {Cell("ip", Value::Ip(ip.data())), Cell("yes", Value::Boolean(true)),
                   Cell("date", Value::Datetime(1)), Cell("big", Value::UnsignedLong(UINT64_MAX))};
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"ip", "10.0.0.1"}, {"yes", "true"}, {"date", "1970-01-01T00:00:00.001Z"},
           {"big", "18446744073709551615"}}) {
    AlertFilter filter;
    filter.fields = {{name, value}};
    EXPECT_TRUE(Matches(filter, alert)) << name;
  }
}

TEST(AlertQueryTest, FindsWordsInNameTagsNoteAndGroup) {
  EXPECT_TRUE(HasText("probing"));
  EXPECT_TRUE(HasText("PROBING aws"));
  EXPECT_TRUE(HasText("builder/ALICE identity"));
  EXPECT_FALSE(HasText("probing bob"));
  EXPECT_FALSE(HasText("claude-3"));   // a column that is no group column
  AlertFilter filter;
  filter.text = "triage calls";
  EXPECT_FALSE(Matches(filter));
  const FilterRun::Notes notes = {{"f4e1-77", "## Triage\nLook at the calls."}};
  Digester digester;
  EXPECT_TRUE(FilterRun(filter, &notes).Matches(digester.Make(SampleAlert())));
}

TEST(AlertQueryTest, GlobsMatchAsInShells) {
  EXPECT_TRUE(MatchesGlob("", ""));
  EXPECT_TRUE(MatchesGlob("*", ""));
  EXPECT_TRUE(MatchesGlob("a*c*", "abcabc"));
  EXPECT_TRUE(MatchesGlob("*b?d", "abcabbd"));
  EXPECT_FALSE(MatchesGlob("a?", "a"));
  EXPECT_FALSE(MatchesGlob("a*b", "abc"));
  EXPECT_FALSE(MatchesGlob("", "a"));
}

TEST(AlertQueryTest, OrdersByKeyAndThenById) {
  Digester digester;
  Alert alert = SampleAlert();
  const AlertDigest first = digester.Make(alert);
  alert.id = {1, 1};
  alert.suppressed_count = 4;
  const AlertDigest second = digester.Make(alert);
  for (const char* text : {"fired_at desc", "changed_at", "severity desc", "risk_score",
                           "suppressed_count desc"}) {
    const StatusOr<AlertOrder> order = ParseOrder(text);
    ASSERT_TRUE(order.ok()) << text;
    EXPECT_EQ(OrderText(*order), text);
    const Position a = PositionOf(first, *order);
    const Position b = PositionOf(second, *order);
    EXPECT_NE(ComesBefore(a, b, *order), ComesBefore(b, a, *order));
    EXPECT_EQ(*DecodePosition(EncodePosition(a)), a);
  }
  const AlertOrder order = *ParseOrder("suppressed_count desc");
  EXPECT_TRUE(ComesBefore(PositionOf(second, order), PositionOf(first, order), order));
  EXPECT_TRUE(ParseOrder("").ok());
  for (const char* text : {"fired", "fired_at down", "fired_at, severity", "desc"}) {
    EXPECT_THAT(std::string(Message(ParseOrder(text).status())), HasSubstr("expected fired_at"))
        << text;
  }
}

}  // namespace
}  // namespace weir::alert
