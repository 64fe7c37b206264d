// The shipped rules find what they are for and leave alone what is like it. Each rule of
// deploy/rules has two files of events, deploy/rules/tests/RULE/fires.ndjson and quiet.ndjson; over
// each the whole pack runs. A rule without events, and events without a rule, fail.
#include <filesystem>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/backtest/backtest.h"
#include "common/rule/rule.h"

namespace weir::backtest {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kPack[] = WEIR_ROOT "/deploy/rules";
constexpr char kEvents[] = WEIR_ROOT "/deploy/rules/tests";
// Another pack, in another language, about some of the same events (spl_test.cc).
constexpr char kOtherPack[] = "bedrock_story";

std::vector<std::string> PackFolders() {
  std::vector<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(kPack)) {
    if (entry.path().filename() != kOtherPack) {
      folders.push_back(entry.path().string());
    }
  }
  return folders;
}

// Name of the file without .toml, and the rule.
std::map<std::string, rule::Rule> LoadPack() {
  std::map<std::string, rule::Rule> rules;
  const auto loaded = rule::LoadRules(PackFolders());
  EXPECT_TRUE(loaded.ok()) << Message(loaded.status());
  for (const rule::LoadResult& file : loaded.value()) {
    EXPECT_THAT(file.findings, IsEmpty()) << file.path;
    const std::string stem = std::filesystem::path(file.path).stem().string();
    EXPECT_TRUE(file.rule.has_value()) << file.path;
    EXPECT_FALSE(rules.contains(stem)) << stem << " is the name of two rules";
    if (file.rule.has_value()) {
      rules[stem] = *file.rule;
    }
  }
  return rules;
}

std::set<std::string> EventFolders() {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kEvents)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

// Ids of the rules that alerted, one for each alert.
std::vector<std::string> Fired(const std::string& events) {
  Options options;
  options.rule_paths = PackFolders();
  options.files = {events};
  const StatusOr<Result> result = backtest::Run(options);
  EXPECT_TRUE(result.ok()) << Message(result.status());
  std::vector<std::string> fired;
  if (result.ok()) {
    EXPECT_EQ(result->rejected, 0U) << events;
    EXPECT_EQ(result->repeated, 0U) << events << " has events of one identity";
    EXPECT_GT(result->events, 0U) << events << " is empty";
    EXPECT_THAT(result->findings, IsEmpty());
    for (const alert::Alert& alert : result->alerts) {
      fired.push_back(alert.rule_id);
    }
  }
  return fired;
}

TEST(PackTest, EveryRuleHasEventsAndAllEventsHaveARule) {
  std::set<std::string> rules;
  for (const auto& [stem, rule] : LoadPack()) {
    rules.insert(stem);
  }
  EXPECT_FALSE(rules.empty());
  EXPECT_EQ(rules, EventFolders());
}

TEST(PackTest, EveryRuleSaysWhatAnAnalystNeeds) {
  std::set<std::string> names;
  for (const auto& [stem, rule] : LoadPack()) {
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name << " is the name of two rules";
    EXPECT_FALSE(rule.description.empty()) << stem;
    EXPECT_FALSE(rule.false_positives.empty()) << stem;
    EXPECT_FALSE(rule.references.empty()) << stem;
    EXPECT_FALSE(rule.threat.empty()) << stem;
    EXPECT_FALSE(rule.investigation_fields.empty()) << stem;
    EXPECT_FALSE(rule.setup.empty()) << stem;
    EXPECT_NE(rule.note.find("## What to look at"), std::string::npos) << stem;
    EXPECT_NE(rule.note.find("## What to do"), std::string::npos) << stem;
    EXPECT_TRUE(rule.enabled) << stem;
  }
}

class PackRuleTest : public testing::TestWithParam<std::string> {
 protected:
  std::string File(std::string_view name) const {
    return fmt::format("{}/{}/{}.ndjson", kEvents, GetParam(), name);
  }
};

TEST_P(PackRuleTest, FiresOnceAndAlone) {
  const std::map<std::string, rule::Rule> rules = LoadPack();
  ASSERT_TRUE(rules.contains(GetParam()));
  EXPECT_THAT(Fired(File("fires")), ElementsAre(rules.at(GetParam()).id));
}

TEST_P(PackRuleTest, StaysQuiet) {
  EXPECT_THAT(Fired(File("quiet")), IsEmpty());
}

std::vector<std::string> Names() {
  const std::set<std::string> names = EventFolders();
  return {names.begin(), names.end()};
}

INSTANTIATE_TEST_SUITE_P(Rules, PackRuleTest, testing::ValuesIn(Names()),
                         [](const auto& rule) { return rule.param; });

}  // namespace
}  // namespace weir::backtest
