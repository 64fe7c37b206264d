// Files that a process is started with, beside what people changed since.
#include "common/cluster/rule_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::cluster {
namespace {

using ::testing::ElementsAre;

RuleSetTexts Texts(std::vector<RuleSetTexts::File> files) {
  RuleSetTexts texts;
  texts.version = RuleSetVersion(1);
  texts.alerts = "episodes";
  texts.files = std::move(files);
  return texts;
}

std::vector<std::string> Names(const RuleSetTexts& rules) {
  std::vector<std::string> names;
  for (const RuleSetTexts::File& file : rules.files) {
    names.push_back(file.path + "=" + (file.path == kChangeName ? "" : file.text));
  }
  return names;
}

// The set after somebody applied a file to it.
RuleSetTexts Applied(RuleSetTexts rules, const RuleSetTexts::File& file) {
  RuleChange change = NextChange(rules);
  change.author = "ana";
  change.from_files.erase(file.path);
  std::erase_if(rules.files, [&](const auto& other) { return other.path == file.path; });
  rules.files.push_back(file);
  SetChange(change, &rules);
  return rules;
}

TEST(RuleChangeTest, ReadsBackWhatItWrote) {
  RuleChange change;
  change.at_ms = 7;
  change.author = "ana";
  change.message = "why";
  change.summary = "what";
  change.switches = {{"a", true}, {"b", false}};
  change.files_hash = 99;
  change.from_files = {"x", "y"};
  RuleSetTexts rules = Texts({{"x", "1"}});
  SetChange(change, &rules);
  SetChange(change, &rules);   // in place of the one there
  EXPECT_THAT(Names(rules), ElementsAre("x=1", "change:="));
  const auto read = ChangeOf(rules);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->at_ms, 7);
  EXPECT_EQ(read->author, "ana");
  EXPECT_EQ(read->message, "why");
  EXPECT_EQ(read->summary, "what");
  EXPECT_EQ(read->switches, change.switches);
  EXPECT_EQ(read->files_hash, 99);
  EXPECT_EQ(read->from_files, change.from_files);
}

TEST(RuleChangeTest, DamagedEntriesAreAsIfTheyWereNotThere) {
  RuleSetTexts rules = Texts({});
  SetChange(RuleChange(), &rules);
  const std::string whole = rules.files.front().text;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ParseChange(whole.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(ParseChange(whole + "x").has_value());
  EXPECT_TRUE(ParseChange(whole).has_value());
}

TEST(RuleChangeTest, TheFirstFilesAreTaken) {
  const auto first = WithFiles(nullptr, Texts({{"x", "1"}}), 5);
  ASSERT_TRUE(first.has_value());
  EXPECT_THAT(Names(*first), ElementsAre("x=1"));
}

TEST(RuleChangeTest, SetsOfFilesAloneAreReplacedByOtherFiles) {
  const RuleSetTexts rules = Texts({{"x", "1"}, {"y", "1"}});
  EXPECT_FALSE(WithFiles(&rules, rules, 5).has_value());
  const auto changed = WithFiles(&rules, Texts({{"x", "2"}}), 5);
  ASSERT_TRUE(changed.has_value());
  EXPECT_THAT(Names(*changed), ElementsAre("x=2"));
}

TEST(RuleChangeTest, FilesThatDidNotChangeAreNotPutOverWhatWasApplied) {
  const RuleSetTexts files = Texts({{"x", "1"}, {"y", "1"}});
  RuleSetTexts newest = Applied(files, {"x", "mended"});
  newest = Applied(newest, {"z", "new"});
  EXPECT_FALSE(WithFiles(&newest, files, 5).has_value());
  EXPECT_FALSE(WithFiles(&newest, Texts({}), 5).has_value());   // named none
}

TEST(RuleChangeTest, FilesThatChangedReplaceFilesAndTheirPathsOnly) {
  const RuleSetTexts files = Texts({{"x", "1"}, {"y", "1"}});
  RuleSetTexts newest = Applied(files, {"x", "mended"});
  newest = Applied(newest, {"z", "new"});
  const RuleSetTexts changed = Texts({{"x", "2"}});
  const auto merged = WithFiles(&newest, changed, 5);
  ASSERT_TRUE(merged.has_value());
  EXPECT_THAT(Names(*merged), ElementsAre("x=2", "z=new", "change:="));
  EXPECT_EQ(ChangeOf(*merged)->at_ms, 5);
  EXPECT_FALSE(WithFiles(&*merged, changed, 6).has_value());
}

TEST(RuleChangeTest, OtherOptionsAreAChangeOfFiles) {
  const RuleSetTexts files = Texts({{"x", "1"}});
  const RuleSetTexts newest = Applied(files, {"z", "new"});
  RuleSetTexts parity = files;
  parity.alerts = "parity";
  const auto merged = WithFiles(&newest, parity, 5);
  ASSERT_TRUE(merged.has_value());
  EXPECT_EQ(merged->alerts, "parity");
  EXPECT_THAT(Names(*merged), ElementsAre("x=1", "z=new", "change:="));
}

}  // namespace
}  // namespace weir::cluster
