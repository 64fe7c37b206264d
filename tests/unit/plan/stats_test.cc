// STATS taken apart: keys, single aggregates, and what is computed from them afterwards; and run, on a
// row at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plan/plan_testing.h"

namespace weir::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> AggregateTexts(const Window& window) {
  std::vector<std::string> texts;
  for (const FoldAggregate& aggregate : window.aggregates) {
    texts.push_back(fmt::format("{} = {}:{}", aggregate.name, aggregate.text,
                                DataTypeName(aggregate.result_type)));
  }
  return texts;
}

const CompiledRule& Only(const CompileResult& result) {
  if (result.rules->rules.empty()) {
    throw std::runtime_error(fmt::format("{}", fmt::join(Briefs(result.findings[0]), "; ")));
  }
  return result.rules->rules[0];
}

TEST(StatsTest, TakesExpressionsApart) {
  const CompileResult result = CompileQuery(
      "FROM a | EVAL kb = bytes / 1024 | STATS spread = MAX(kb) - MIN(kb), top = MAX(kb), "
      "share = COUNT(*) WHERE region == \"x\", all = COUNT(), LENGTH(who) + COUNT(*) BY who = user.id");
  const CompiledRule& rule = Only(result);
  EXPECT_THAT(AggregateTexts(result.rules->windows[0]),
              ElementsAre("top = MAX(bytes / 1024):long", "$aggregate1 = MIN(bytes / 1024):long",
                          "share = COUNT(*) WHERE region == \"x\":long", "all = COUNT(*):long"));
  EXPECT_EQ(result.rules->windows[0].aggregates[3].function, nullptr);
  EXPECT_NE(result.rules->windows[0].aggregates[2].function, nullptr);
  EXPECT_NE(result.rules->windows[0].aggregates[2].filter, nullptr);
  EXPECT_THAT(StepTexts(rule.tail.steps),
              ElementsAre("EVAL spread = MAX(kb) - MIN(kb)",
                          "EVAL `LENGTH(who) + COUNT(*)` = LENGTH(who) + COUNT(*)"));
  EXPECT_THAT(OutputNames(rule),
              ElementsAre("spread:long", "top:long", "share:long", "all:long",
                          "LENGTH(who) + COUNT(*):long", "who:keyword"));
}

TEST(StatsTest, KeysHaveTheTextOfTheirSource) {
  const CompileResult result = CompileQuery(
      "FROM a | EVAL t = DATE_TRUNC(1 minute, @timestamp) | GROK params \"m=%{NOTSPACE:model}\" "
      "| EVAL low = TO_LOWER(model) | STATS c = COUNT(*) BY t, low, k = user.id, BUCKET(bytes, 10.0)");
  Only(result);
  std::vector<std::string> keys;
  for (const FoldKey& key : result.rules->windows[0].keys) {
    keys.push_back(fmt::format("{} {} {}{}", key.name, DataTypeName(key.type), key.text,
                               key.time_bucket ? " time" : ""));
  }
  EXPECT_THAT(keys, ElementsAre("t datetime DATE_TRUNC(1 minute, @timestamp) time",
                                "low keyword TO_LOWER(grok(params, \"m=%{NOTSPACE:model}\", \"model\"))",
                                "k keyword user.id",
                                "BUCKET(bytes, 10.0) double BUCKET(bytes, 10.0)"));
}

TEST(StatsTest, AliasesOfKeysHideColumnsInsideAggregates) {
  // bytes is the key 2 inside the filter, not the field.
  const CompileResult result = CompileQuery(
      "FROM a | STATS m = MAX(ratio) WHERE bytes > 50, n = COUNT(*) BY bytes = 2");
  Only(result);
  EXPECT_THAT(AggregateTexts(result.rules->windows[0]),
              ElementsAre("m = MAX(ratio) WHERE 2 > 50:double", "n = COUNT(*):long"));
}

TEST(StatsTest, KeepsASampleOfValuesThatNothingReads) {
  const CompileResult result = CompileQuery(
      "FROM a | STATS c = COUNT(*), shown = VALUES(region), judged = VALUES(user.name), "
      "derived = VALUES(account) BY user.id | WHERE MV_COUNT(judged) > 2 "
      "| EVAL first = MV_FIRST(derived) | KEEP user.id, shown, first");
  Only(result);
  EXPECT_THAT(AggregateTexts(result.rules->windows[0]),
              ElementsAre("c = COUNT(*):long", "shown = VALUES(region) /* at most 1000 */:keyword",
                          "judged = VALUES(user.name):keyword", "derived = VALUES(account):keyword"));
}

TEST(StatsTest, ValuesThatSuppressAreKeptWhole) {
  rule::Rule rule = MakeRule("FROM a | STATS v = VALUES(region) BY user.id");
  rule.suppression.emplace();
  rule.suppression->group_by = {"v"};
  EXPECT_THAT(AggregateTexts(CompileAll({rule}).rules->windows.at(0)),
              ElementsAre("v = VALUES(region):keyword"));
}

TEST(StatsTest, TheRightmostNameWinsAndKeysBeatAggregates) {
  const CompileResult result =
      CompileQuery("FROM a | STATS h = MAX(bytes), g = COUNT(*), h = MIN(bytes), k = COUNT(*) BY k = region");
  EXPECT_THAT(OutputNames(Only(result)), ElementsAre("g:long", "h:long", "k:keyword"));
}

TEST(StatsTest, ALaterStatsFoldsInTheTail) {
  const CompileResult result = CompileQuery(
      "FROM a | STATS c = COUNT(*) BY user.id, region | WHERE c > 2 "
      "| STATS n = COUNT(*), most = MAX(c) + 1 BY region | WHERE n > 1");
  const CompiledRule& rule = Only(result);
  EXPECT_THAT(StepTexts(rule.tail.steps),
              ElementsAre("WHERE c > 2", "STATS n = COUNT(*), most = MAX(c) + 1 BY region",
                          "EVAL most = MAX(c) + 1", "WHERE n > 1"));
  const auto& step = std::get<StatsStep>(rule.tail.steps[1]);
  EXPECT_EQ(step.keys.size(), 1U);
  EXPECT_EQ(step.aggregates.size(), 2U);
  EXPECT_EQ(step.aggregates[0].function, nullptr);
  EXPECT_EQ(step.keys[0].text, "region");
  EXPECT_THAT(OutputNames(rule), ElementsAre("n:long", "most:long", "region:keyword"));
}

TEST(StatsTest, StepsComputeWhatTheQuerySays) {
  const CompileResult result = CompileQuery(
      "FROM a | STATS total = MAX(bytes) * 10 + COUNT(*) BY user.id | EVAL half = total / 2 "
      "| WHERE half > 5 | KEEP half");
  const CompiledRule& rule = Only(result);
  // Slots: key, MAX, COUNT.
  std::vector<Value> slots(rule.tail.slot_count);
  slots[0] = Value::Keyword("u");
  slots[1] = Value::Long(3);
  slots[2] = Value::Long(4);
  Arena arena;
  expr::EvalContext context;
  context.slots = slots.data();
  context.arena = &arena;
  bool kept = false;
  for (const TailStep& step : rule.tail.steps) {
    if (const auto* assign = std::get_if<AssignStep>(&step)) {
      slots[assign->slot] = assign->value->Eval(context);
    } else if (const auto* filter = std::get_if<FilterStep>(&step)) {
      kept = filter->condition->Eval(context).boolean();
    }
  }
  EXPECT_TRUE(kept);
  EXPECT_EQ(ValueToString(slots[rule.tail.outputs.at(0).slot]), "17");
}

TEST(StatsTest, StatsWithoutAggregatesGivesTheKeys) {
  const CompileResult result = CompileQuery("FROM a | STATS BY region");
  EXPECT_THAT(OutputNames(Only(result)), ElementsAre("region:keyword"));
  EXPECT_THAT(result.rules->windows[0].aggregates, IsEmpty());
}

}  // namespace
}  // namespace weir::plan
