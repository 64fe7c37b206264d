// Which key a rule is routed by, and which rules share a class.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/plan/class_list.h"
#include "tests/unit/plan/plan_testing.h"

namespace weir::plan {
namespace {

using ::testing::ElementsAre;

rule::Rule Suppressed(std::string query, std::vector<std::string> group_by,
                      rule::Suppression::Missing missing = rule::Suppression::Missing::kSuppress,
                      std::string id = "r1") {
  rule::Rule rule = MakeRule(std::move(query), std::move(id));
  rule.suppression.emplace();
  rule.suppression->group_by = std::move(group_by);
  rule.suppression->missing = missing;
  return rule;
}

std::string Describe(const KeyClass& key_class) {
  switch (key_class.kind) {
    case KeyClass::Kind::kIdentity:
      return "identity";
    case KeyClass::Kind::kHome:
      return "home " + key_class.home;
    case KeyClass::Kind::kKeys:
      break;
  }
  return fmt::format("keys {}", fmt::join(key_class.key_texts, ", "));
}

std::string ClassOf(const rule::Rule& rule) {
  const CompileResult result = CompileAll({rule});
  if (result.rules->rules.size() != 1) {
    return fmt::format("not compiled: {}", fmt::join(Briefs(result.findings[0]), "; "));
  }
  return Describe(result.rules->classes[result.rules->rules[0].class_index]);
}

constexpr auto kSuppress = rule::Suppression::Missing::kSuppress;
constexpr auto kDoNot = rule::Suppression::Missing::kDoNotSuppress;

TEST(ClassesTest, TheKeyIsTheIntersectionOfAllStatsAndSuppression) {
  struct Case {
    std::string query;
    std::vector<std::string> group_by;
    rule::Suppression::Missing missing;
    std::string expected;
  };
  const Case kCases[] = {
      {"FROM a | STATS c = COUNT(*) BY user.id, account", {}, kSuppress, "keys account, user.id"},
      {"FROM a | STATS c = COUNT(*) BY user.id, account", {"account"}, kSuppress, "keys account"},
      // An alias does not hide what a key is made of.
      {"FROM a | EVAL u = TO_LOWER(user.id) | STATS c = COUNT(*) BY who = u", {"who"}, kSuppress,
       "keys TO_LOWER(user.id)"},
      {"FROM a | GROK params \"id=%{WORD:model}\" | STATS c = COUNT(*) BY model", {"model"}, kSuppress,
       "keys grok(params, \"id=%{WORD:model}\", \"model\")"},
      // Time buckets and constants do not route.
      {"FROM a | EVAL t = DATE_TRUNC(1 minute, @timestamp) | STATS c = COUNT(*) BY t, user.id", {},
       kSuppress, "keys user.id"},
      {"FROM a | STATS c = COUNT(*) BY b = BUCKET(@timestamp, 5 minutes), user.id", {}, kSuppress,
       "keys user.id"},
      {"FROM a | STATS c = COUNT(*) BY DATE_TRUNC(1 hour, @timestamp)", {}, kSuppress, "identity"},
      {"FROM a | STATS c = COUNT(*) BY x = \"all\"", {}, kSuppress, "identity"},
      // Every STATS counts; the keys of a later one lead back to those of the first.
      {"FROM a | STATS c = COUNT(*) BY user.id, account | STATS n = COUNT(*) BY account", {},
       kSuppress, "keys account"},
      {"FROM a | STATS c = COUNT(*) BY user.id, acc = account | RENAME acc AS z "
       "| STATS n = MAX(c) BY z, user.id", {}, kSuppress, "keys account, user.id"},
      // Spread rules keep the groups of the first STATS whole, if it has any.
      {"FROM a | STATS c = COUNT(*) BY user.id | STATS n = COUNT(*) BY c", {}, kSuppress,
       "keys user.id"},
      {"FROM a | STATS c = COUNT(*) BY user.id | STATS n = COUNT(*)", {}, kSuppress, "keys user.id"},
      {"FROM a | STATS c = COUNT(*)", {}, kSuppress, "identity"},
      {"FROM a | INLINE STATS c = COUNT(*) BY user.id | WHERE c > 3 | KEEP user.id, c", {}, kSuppress,
       "identity"},
      // Only LIMIT compares rows of different groups.
      {"FROM a | STATS c = COUNT(*) BY user.id | SORT c DESC", {}, kSuppress, "keys user.id"},
      {"FROM a | STATS c = COUNT(*) BY user.id | SORT c DESC | LIMIT 5", {}, kSuppress, "keys user.id"},
      // Suppression by something that is no key, or is missing.
      {"FROM a | STATS v = MAX(region) BY user.id", {"v"}, kSuppress, "keys user.id"},
      {"FROM a | STATS c = COUNT(*) BY user.id", {"user.id", "region"}, kSuppress, "keys user.id"},
      {"FROM a | STATS c = COUNT(*) BY user.id", {"region"}, kSuppress, "keys user.id"},
      {"FROM a | STATS c = COUNT(*) BY user.id", {"region"}, kDoNot, "keys user.id"},
      {"FROM a | STATS c = COUNT(*) BY user.id, account | KEEP c, account", {"user.id"}, kDoNot,
       "keys account, user.id"},
      // No STATS.
      {"FROM a | WHERE bytes > 5", {}, kSuppress, "identity"},
      {"FROM a | WHERE bytes > 5 | KEEP user.id, account", {"account"}, kSuppress, "keys account"},
      {"FROM a | WHERE bytes > 5", {"account", "user.id"}, kSuppress, "keys account, user.id"},
      {"FROM a | WHERE bytes > 5 | KEEP user.id", {"account"}, kSuppress, "home r1"},
      {"FROM a | WHERE bytes > 5 | KEEP user.id", {"account"}, kDoNot, "identity"},
  };
  for (const Case& item : kCases) {
    const rule::Rule rule = item.group_by.empty()
                                ? MakeRule(item.query)
                                : Suppressed(item.query, item.group_by, item.missing);
    EXPECT_EQ(ClassOf(rule), item.expected)
        << item.query << " suppressed by " << fmt::format("{}", fmt::join(item.group_by, ","));
  }
}

TEST(ClassesTest, RulesShareTheClassThatFitsThem) {
  const CompileResult result = CompileAll({
      MakeRule("FROM a | STATS c = COUNT(*) BY user.id, account, region", "wide"),
      MakeRule("FROM a | STATS c = COUNT(*) BY account", "narrow"),
      MakeRule("FROM b | STATS m = MAX(bytes) BY region, user.id", "two"),
      MakeRule("FROM b | STATS m = MAX(bytes) BY params", "other"),
      MakeRule("FROM b | STATS m = MAX(bytes)", "global1"),
      MakeRule("FROM b | STATS m = MIN(bytes)", "global2"),
      MakeRule("FROM b | WHERE bytes > 1", "event1"),
      MakeRule("FROM b | WHERE bytes > 2", "event2"),
  });
  std::vector<std::string> classes;
  for (const CompiledRule& rule : result.rules->rules) {
    classes.push_back(Describe(result.rules->classes[rule.class_index]));
  }
  // "wide" joins the widest of the classes that the rules with fewer keys have made.
  EXPECT_THAT(classes, ElementsAre("keys region, user.id", "keys account", "keys region, user.id",
                                   "keys params", "identity", "identity", "identity",
                                   "identity"));
  EXPECT_THAT(result.rules->rules[0].class_key_cells, ElementsAre(2U, 0U));
  EXPECT_THAT(result.rules->rules[2].class_key_cells, ElementsAre(0U, 1U));
  for (std::size_t i = 4; i < 7; ++i) {
    EXPECT_EQ(result.rules->rules[i].class_index, result.rules->rules[7].class_index);
  }
  std::vector<bool> spread;
  for (const CompiledRule& rule : result.rules->rules) {
    spread.push_back(rule.spread);
  }
  EXPECT_THAT(spread, ElementsAre(false, false, false, false, true, true, false, false));
}

// The windows of a rule hang on its class, so another rule must not move it, whatever that one's keys are.
TEST(ClassesTest, RulesStayInTheirClassesWhenOthersComeAndGo) {
  const rule::Rule wide = MakeRule("FROM a | STATS c = COUNT(*) BY user.id, account, region", "wide");
  const rule::Rule account = MakeRule("FROM a | STATS c = COUNT(*) BY account", "account");
  const rule::Rule pair = MakeRule("FROM a | STATS c = COUNT(*) BY region, user.id", "pair");
  const rule::Rule user = MakeRule("FROM a | STATS c = COUNT(*) BY user.id", "user");
  const rule::Rule same = MakeRule("FROM a | STATS m = MAX(bytes) BY user.id, account, region", "same");
  const std::vector<std::vector<rule::Rule>> sets = {
      {wide}, {wide, account}, {pair, wide, account}, {user, pair, same, wide}, {user, pair, same},
      {account, user, pair, same}};
  ClassList live;
  std::map<std::string, std::string> class_by_rule;
  std::map<std::string, Hash128> window_by_rule;
  for (const std::vector<rule::Rule>& rules : sets) {
    const CompileResult result = CompileRules(rules, {}, Catalogue(), RuleSetVersion(1), live);
    ASSERT_EQ(result.rules->rules.size(), rules.size());
    for (const CompiledRule& rule : result.rules->rules) {
      const std::string& id = rule.source.id;
      const std::string key_class = Describe(result.rules->classes[rule.class_index]);
      const Hash128 window = result.rules->windows[rule.window_index].id;
      EXPECT_EQ(class_by_rule.emplace(id, key_class).first->second, key_class) << id;
      EXPECT_EQ(window_by_rule.emplace(id, window).first->second, window) << id;
    }
    const StatusOr<ClassList> decoded = DecodeClassList(EncodeClassList(ClassesOf(*result.rules)));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, ClassesOf(*result.rules));
    live = *decoded;
  }
  EXPECT_EQ(class_by_rule.at("wide"), "keys account, region, user.id");
  EXPECT_EQ(class_by_rule.at("same"), class_by_rule.at("wide"));
  EXPECT_EQ(class_by_rule.at("pair"), "keys region, user.id");
  EXPECT_EQ(class_by_rule.at("user"), "keys user.id");
  // Without the list, the rules that came later would have moved it.
  const CompileResult fresh = CompileAll(sets[3]);
  EXPECT_EQ(Describe(fresh.rules->classes[fresh.rules->rules[3].class_index]), "keys user.id");
}

TEST(ClassesTest, AListOfClassesKeepsOddKeysAndNamesWhatIsWrong) {
  const ClassList odd = {{"CONCAT(a, \"\\t\")\tx", "b\nc"}, {"\xC3\xA9"}};
  EXPECT_EQ(*DecodeClassList(EncodeClassList(odd)), odd);
  EXPECT_TRUE(DecodeClassList("")->empty());
  EXPECT_EQ(DecodeClassList("a\nb\ta\n").status().message(),
            "line 2 of a list of classes: the keys are not sorted");
  EXPECT_EQ(DecodeClassList("a\n\n").status().message(),
            "line 2 of a list of classes: '' is no key");
}

TEST(ClassesTest, ASpreadRuleIsJudgedAtEveryPaneAndByWholeGroupsOnly) {
  const auto judge_of = [](std::string query, std::vector<std::string> group_by) {
    const CompileResult result = CompileAll({Suppressed(std::move(query), std::move(group_by))});
    EXPECT_EQ(result.rules->rules.size(), 1U);
    const CompiledRule& rule = result.rules->rules.at(0);
    EXPECT_TRUE(rule.spread);
    EXPECT_EQ(rule.judge.mode, JudgeMode::kSchedule);
    return rule.judge;
  };
  // Nobody sees the whole count but the coordinator.
  const Judge global = judge_of("FROM a | STATS c = COUNT(*) | WHERE c > 5", {"c"});
  EXPECT_TRUE(global.monotone);
  EXPECT_TRUE(global.growth.empty());
  EXPECT_LT(global.tick_ms, global.interval_ms);
  // A shard sees the whole group, so that its threshold picks the candidates.
  const Judge grouped =
      judge_of("FROM a | STATS c = COUNT(*) BY user.id | WHERE c > 5", {"region"});
  EXPECT_EQ(grouped.growth.size(), 1U);
  EXPECT_LT(grouped.tick_ms, grouped.interval_ms);
  const Judge limited =
      judge_of("FROM a | STATS c = COUNT(*) BY user.id | SORT c DESC | LIMIT 3", {"user.id"});
  EXPECT_EQ(limited.tick_ms, limited.interval_ms);
}

TEST(ClassesTest, EventRulesPointAtTheirCells) {
  const CompileResult result =
      CompileAll({Suppressed("FROM a | KEEP user.id, bytes, account", {"account"})});
  ASSERT_EQ(result.rules->rules.size(), 1U);
  EXPECT_THAT(result.rules->rules[0].class_key_cells, ElementsAre(2U));
  EXPECT_EQ(result.rules->windows[0].event_cells.size(), 3U);
}

TEST(ClassesTest, IdsDependOnKindAndKeysOnly) {
  const CompileResult one = CompileQuery("FROM a | STATS c = COUNT(*) BY user.id, account");
  const CompileResult two = CompileQuery("FROM b | STATS m = MIN(bytes) BY account, user.id");
  const CompileResult three = CompileQuery("FROM b | STATS m = MIN(bytes) BY account");
  EXPECT_EQ(one.rules->classes[0].id, two.rules->classes[0].id);
  EXPECT_NE(one.rules->classes[0].id, three.rules->classes[0].id);
}

}  // namespace
}  // namespace weir::plan
