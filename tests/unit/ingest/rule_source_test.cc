#include "ingest/rule_source.h"

#include <memory>

#include <gtest/gtest.h>

namespace weir::ingest {
namespace {

plan::RuleSetPtr Rules(uint64_t version) {
  auto rules = std::make_shared<plan::RuleSet>();
  rules->version = RuleSetVersion(version);
  return rules;
}

uint64_t VersionAt(const RuleSource& source, UnixMillis stamp_ms) {
  const plan::RuleSetPtr rules = source.RulesAt(stamp_ms);
  return rules == nullptr ? 0 : rules->version.value;
}

TEST(RuleSourceTest, NewestActiveBeforeTheStampCounts) {
  CompiledRuleFeed feed(false);
  EXPECT_EQ(VersionAt(feed, 1000), 0);
  feed.Add(Rules(1), 100);
  feed.Add(Rules(2), 200);
  EXPECT_EQ(VersionAt(feed, 100), 0);
  EXPECT_EQ(VersionAt(feed, 101), 1);
  EXPECT_EQ(VersionAt(feed, 200), 1);
  EXPECT_EQ(VersionAt(feed, 201), 2);
}

TEST(RuleSourceTest, OlderAndKnownVersionsAreIgnored) {
  CompiledRuleFeed feed(false);
  feed.Add(Rules(3), 100);
  feed.Add(Rules(2), 0);
  feed.Add(Rules(3), 500);
  EXPECT_EQ(feed.size(), 1);
  EXPECT_EQ(VersionAt(feed, 101), 3);
}

TEST(RuleSourceTest, AVersionThatIsActiveEarlierHidesThoseBefore) {
  CompiledRuleFeed feed(false);
  feed.Add(Rules(1), 200);
  feed.Add(Rules(2), 100);
  EXPECT_EQ(VersionAt(feed, 150), 2);
  EXPECT_EQ(VersionAt(feed, 250), 2);
}

TEST(RuleSourceTest, DropsVersionsThatNoStampCanAskFor) {
  CompiledRuleFeed feed(false);
  feed.Add(Rules(1), 0);
  feed.Add(Rules(2), 100);
  feed.Add(Rules(3), 200);
  feed.OnPromise(99);   // a stamp of 100 may come, and asks for version 1
  EXPECT_EQ(feed.size(), 3);
  EXPECT_EQ(VersionAt(feed, 100), 1);
  feed.OnPromise(100);
  EXPECT_EQ(feed.size(), 2);
  EXPECT_EQ(VersionAt(feed, 101), 2);
  feed.OnPromise(5000);
  EXPECT_EQ(feed.size(), 1);
  EXPECT_EQ(VersionAt(feed, 5001), 3);
}

TEST(RuleSourceTest, AReplayUsesTheNewestWhateverTheStamp) {
  CompiledRuleFeed feed(true);
  feed.Add(Rules(1), 100);
  feed.Add(Rules(2), 900);
  EXPECT_EQ(VersionAt(feed, 5), 2);
  feed.OnPromise(100000);
  EXPECT_EQ(VersionAt(feed, 5), 2);
  EXPECT_EQ(feed.newest()->version.value, 2);
}

}  // namespace
}  // namespace weir::ingest
