// What follows the metadata store: the table, the nodes, rule sets; and a node's own key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/cluster/node_registration.h"
#include "common/cluster/node_watch.h"
#include "common/cluster/rule_feed.h"
#include "common/cluster/table_watch.h"
#include "tests/unit/cluster/cluster_world.h"

namespace weir::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class WatchTest : public testing::Test {
 protected:
  ClusterWorld world_;
  Link link_{world_.store(), world_.scheduler()};
};

TEST_F(WatchTest, ThePrefixWatchTellsTheDifferenceAfterALoss) {
  std::vector<std::string> told;
  PrefixWatch watch(&link_, world_.scheduler(), "a/", [&](const std::vector<meta::Event>& events) {
    for (const meta::Event& event : events) {
      told.push_back(event.kv.key + (event.kind == meta::Event::Kind::kPut ? "=" + event.kv.value : "-"));
    }
  });
  ASSERT_TRUE(world_.Commit({{}, {meta::Op::Put("a/1", "x"), meta::Op::Put("a/2", "x")}}));
  ASSERT_TRUE(world_.Commit({{}, {meta::Op::Put("b/1", "x")}}));
  watch.Start();
  EXPECT_FALSE(watch.synced());
  world_.Advance(10);
  EXPECT_TRUE(watch.synced());
  EXPECT_THAT(std::exchange(told, {}), ElementsAre("a/1=x", "a/2=x"));
  link_.LoseWatches();
  ASSERT_TRUE(world_.Commit({{}, {meta::Op::Put("a/3", "y")}}));
  ASSERT_TRUE(world_.Commit({{}, {meta::Op::Put("a/0", "z")}}));
  ASSERT_TRUE(world_.Commit({{}, {meta::Op::Delete("a/1")}}));
  EXPECT_THAT(told, IsEmpty());
  world_.Advance(kRetryMs);
  EXPECT_THAT(std::exchange(told, {}), ElementsAre("a/3=y", "a/0=z", "a/1-"));
  EXPECT_THAT(watch.kvs(), SizeIs(3));
  ASSERT_TRUE(world_.Commit({{}, {meta::Op::Put("a/0", "w")}}));
  EXPECT_THAT(told, ElementsAre("a/0=w"));
}

TEST_F(WatchTest, TheFirstReadingIsTriedUntilItSucceeds) {
  int changes = 0;
  PrefixWatch watch(&link_, world_.scheduler(), "a/", [&](const auto&) { ++changes; });
  link_.cut = true;
  watch.Start();
  world_.Advance(5000);
  EXPECT_FALSE(watch.synced());
  link_.Mend();
  world_.Advance(2000);
  EXPECT_TRUE(watch.synced());
  EXPECT_EQ(changes, 1);
}

TEST_F(WatchTest, StoppedItTellsNothing) {
  int changes = 0;
  PrefixWatch watch(&link_, world_.scheduler(), "a/", [&](const auto&) { ++changes; });
  watch.Start();
  watch.Stop();
  world_.Advance(10);
  EXPECT_EQ(changes, 0);
  watch.Start();
  world_.Advance(10);
  EXPECT_EQ(changes, 1);
}

TEST_F(WatchTest, TheTablesRevisionIsThatOfItsEntries) {
  int changes = 0;
  TableWatch early(&link_, world_.scheduler(), 3, [&](const ShardTable&) { ++changes; });
  early.Start();
  world_.PutEntry(1, {Epoch(1), "w1", "", 0});
  const int64_t revision = world_.List("shards/").begin()->second.modified;
  ASSERT_TRUE(world_.Commit({{}, {meta::Op::Put("other", "x")}}));
  TableWatch late(&link_, world_.scheduler(), 3, [](const ShardTable&) {});
  late.Start();
  world_.Advance(10);
  EXPECT_EQ(early.table().revision, revision);
  EXPECT_EQ(late.table().revision, revision);
  EXPECT_EQ(early.table().entries, late.table().entries);
  EXPECT_EQ(early.table().entries[1], (ShardEntry{Epoch(1), "w1", "", revision}));
  EXPECT_EQ(changes, 2);
}

TEST_F(WatchTest, TheTableIgnoresWhatIsNoShardOfIt) {
  TableWatch watch(&link_, world_.scheduler(), 2, [](const ShardTable&) {});
  watch.Start();
  world_.PutEntry(2, {Epoch(1), "w1", "", 0});
  ASSERT_TRUE(world_.Commit({{}, {meta::Op::Put("shards/x", "")}}));
  ASSERT_TRUE(world_.Commit({{}, {meta::Op::Put("shards/00000", "bad")}}));
  EXPECT_THAT(watch.table().entries, SizeIs(2));
  EXPECT_TRUE(watch.table().damaged.contains(ShardId(0)));
  world_.PutEntry(0, {Epoch(1), "w1", "", 0});
  EXPECT_THAT(watch.table().damaged, IsEmpty());
}

class RegistrationTest : public WatchTest {
 protected:
  struct Process {
    Process(ClusterWorld* world, const std::string& id, uint64_t incarnation)
        : link(world->store(), world->scheduler()),
          session(&link, world->scheduler(), {.ttl_ms = kTtlMs}),
          registration(
              &link, world->scheduler(), &session, {"ingest", id}, {.incarnation = incarnation},
              [this](meta::Revision fence) { fences.push_back(fence); },
              [this](const Status&) { ++losses; }) {
      registration.Start();
    }
    Link link;
    meta::Session session;
    std::vector<meta::Revision> fences;
    int losses = 0;
    NodeRegistration registration;
  };
};

TEST_F(RegistrationTest, NodesAreSeenWhileTheyLive) {
  int changes = 0;
  NodeWatch nodes(world_.store(), world_.scheduler(), [&](const NodeWatch::Nodes&) { ++changes; });
  nodes.Start();
  world_.Advance(100);
  auto process = std::make_unique<Process>(&world_, "i1", 77);
  world_.Advance(100);
  const Node* node = nodes.Find("ingest", "i1");
  ASSERT_NE(node, nullptr);
  EXPECT_EQ(node->info.incarnation, 77U);
  EXPECT_EQ(node->seen_ms, 100);
  EXPECT_EQ(node->created, process->registration.fence());
  process->registration.SetRules(RuleSetVersion(4));
  world_.Advance(100);
  EXPECT_EQ(nodes.Find("ingest", "i1")->info.rules, RuleSetVersion(4));
  EXPECT_EQ(nodes.Find("ingest", "i1")->seen_ms, 100);
  process.reset();
  world_.Advance(2 * kTtlMs);
  EXPECT_EQ(nodes.Find("ingest", "i1"), nullptr);
}

TEST_F(RegistrationTest, ClosingTheSessionFreesTheKeyAtOnce) {
  auto first = std::make_unique<Process>(&world_, "i1", 1);
  world_.Advance(10);
  Process second(&world_, "i1", 2);
  world_.Advance(10);
  EXPECT_FALSE(second.registration.registered());
  first->registration.Stop();
  first->session.Close(nullptr);
  world_.Advance(10);
  EXPECT_TRUE(second.registration.registered());
  EXPECT_EQ(first->losses, 0);
}

TEST_F(RegistrationTest, EveryRegistrationHasAGreaterFence) {
  Process process(&world_, "i1", 1);
  world_.Advance(10);
  process.link.cut = true;
  world_.Advance(kTtlMs);
  EXPECT_EQ(process.losses, 1);
  EXPECT_EQ(process.registration.fence(), 0);
  process.link.Mend();
  world_.Advance(2 * kTtlMs);
  ASSERT_THAT(process.fences, SizeIs(2));
  EXPECT_GT(process.fences[1], process.fences[0]);
  EXPECT_EQ(process.registration.fence(), process.fences[1]);
}

TEST_F(RegistrationTest, ALostAnswerIsFoundByTheWatch) {
  Process process(&world_, "i1", 1);
  process.link.lose_answers = true;
  world_.Advance(5000);
  EXPECT_TRUE(process.registration.registered());
  EXPECT_EQ(process.registration.fence(), world_.List("nodes/").begin()->second.created);
}

TEST_F(RegistrationTest, AKeyThatWasDeletedIsPutAgain) {
  Process process(&world_, "i1", 1);
  Process longer(&world_, "i1x", 2);   // the watch of i1 tells of it too
  world_.Advance(10);
  ASSERT_TRUE(world_.Commit({{}, {meta::Op::Delete(NodeKey("ingest", "i1"))}}));
  EXPECT_EQ(process.losses, 1);
  EXPECT_EQ(longer.losses, 0);
  world_.Advance(1000);
  EXPECT_THAT(process.fences, SizeIs(2));
}

class RuleFeedTest : public WatchTest {
 protected:
  static RuleSetTexts Rules(const std::string& text, UnixMillis active_from_ms = 0) {
    RuleSetTexts rules;
    rules.files = {{"a.toml", text}};
    rules.active_from_ms = active_from_ms;
    return rules;
  }
  // The text "ok N", or the error's code.
  std::string Publish(RuleFeed* feed, RuleSetTexts rules, std::vector<meta::Compare> fence = {}) {
    std::string answer;
    feed->Publish(std::move(rules), std::move(fence), [&answer](const StatusOr<RuleSetVersion>& version) {
      answer = version.ok() ? fmt::format("ok {}", *version) : absl::StatusCodeToString(version.status().code());
    });
    world_.Advance(5000);
    return answer;
  }
  std::function<void(const RuleSetTexts&)> Note(std::vector<std::string>* told) {
    return [told](const RuleSetTexts& rules) {
      told->push_back(fmt::format("{}:{}@{}", rules.version, rules.files[0].text.substr(0, 3),
                                  rules.active_from_ms));
    };
  }
};

TEST_F(RuleFeedTest, TellsAllVersionsOldestFirst) {
  std::vector<std::string> first_told;
  std::vector<std::string> second_told;
  RuleFeed first(&link_, world_.scheduler(), Note(&first_told));
  first.Start();
  world_.Advance(10);
  EXPECT_TRUE(first.synced());
  EXPECT_EQ(first.newest(), nullptr);
  EXPECT_EQ(Publish(&first, Rules("one", 10)), "ok 1");
  EXPECT_EQ(Publish(&first, Rules("two", 20)), "ok 2");
  RuleFeed second(&link_, world_.scheduler(), Note(&second_told));
  second.Start();
  world_.Advance(10);
  EXPECT_EQ(Publish(&first, Rules("three", 30)), "ok 3");
  EXPECT_THAT(first_told, ElementsAre("1:one@10", "2:two@20", "3:thr@30"));
  EXPECT_EQ(second_told, first_told);
  EXPECT_EQ(second.newest()->version, RuleSetVersion(3));
}

TEST_F(RuleFeedTest, ActivationsKeepTheOrderOfVersions) {
  std::vector<std::string> told;
  RuleFeed feed(&link_, world_.scheduler(), Note(&told));
  feed.Start();
  world_.Advance(10);
  Publish(&feed, Rules("one", 100));
  Publish(&feed, Rules("two", 50));
  EXPECT_THAT(told, ElementsAre("1:one@100", "2:two@101"));
}

TEST_F(RuleFeedTest, WhoComesSecondIsAborted) {
  RuleFeed first(&link_, world_.scheduler(), [](const RuleSetTexts&) {});
  Link other_link(world_.store(), world_.scheduler());
  RuleFeed second(&other_link, world_.scheduler(), [](const RuleSetTexts&) {});
  EXPECT_EQ(Publish(&first, Rules("one")), "UNAVAILABLE");   // not started
  first.Start();
  second.Start();
  world_.Advance(10);
  other_link.cut = true;
  EXPECT_EQ(Publish(&first, Rules("one")), "ok 1");
  other_link.cut = false;   // but it has not heard of it
  EXPECT_EQ(Publish(&second, Rules("two")), "ABORTED");
  other_link.Mend();
  EXPECT_EQ(Publish(&second, Rules("two")), "ok 2");
  EXPECT_EQ(Publish(&second, Rules("three"), {meta::Compare::Exists("leader")}), "ABORTED");
}

TEST_F(RuleFeedTest, OnlyTheNewestVersionsAreKept) {
  std::vector<std::string> told;
  RuleFeed feed(&link_, world_.scheduler(), Note(&told));
  feed.Start();
  world_.Advance(10);
  const uint64_t newest = kRuleSetsKept + 5;
  // One of those that go lies in parts.
  EXPECT_EQ(Publish(&feed, Rules(std::string(600 * 1024, 'x'))), "ok 1");
  for (uint64_t version = 2; version <= newest; ++version) {
    EXPECT_EQ(Publish(&feed, Rules("one")), fmt::format("ok {}", version));
  }
  EXPECT_EQ(told.size(), newest);   // who was there was told of all
  std::vector<std::string> late;
  RuleFeed second(&link_, world_.scheduler(), Note(&late));
  second.Start();
  world_.Advance(10);
  ASSERT_EQ(late.size(), kRuleSetsKept);
  EXPECT_EQ(late.front().substr(0, 2), "6:");
  EXPECT_EQ(second.newest()->version, RuleSetVersion(newest));
  EXPECT_EQ(Publish(&second, Rules("two")), fmt::format("ok {}", newest + 1));
  EXPECT_THAT(world_.List("rules/"), SizeIs(kRuleSetsKept));   // the parts went, too
}

TEST_F(RuleFeedTest, LongRuleSetsGoInParts) {
  std::string text;
  for (int i = 0; text.size() < 3'000'000; ++i) {
    text += std::to_string(i);
  }
  RuleFeed feed(&link_, world_.scheduler(), [](const RuleSetTexts&) {});
  feed.Start();
  world_.Advance(10);
  EXPECT_EQ(Publish(&feed, Rules(text)), "ok 1");
  EXPECT_THAT(world_.List("rules/"), SizeIs(7));
  EXPECT_EQ(Publish(&feed, Rules("short")), "ok 2");
  std::vector<RuleSetTexts> told;
  RuleFeed other(&link_, world_.scheduler(), [&](const RuleSetTexts& rules) { told.push_back(rules); });
  other.Start();
  world_.Advance(10);
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0].files[0].text, text);
  EXPECT_EQ(told[1].files[0].text, "short");
  EXPECT_EQ(Publish(&feed, Rules(std::string(60'000'000, 'x'))), "INVALID_ARGUMENT");
}

TEST_F(RuleFeedTest, PartsOfTwoPublishersDoNotMix) {
  Link other_link(world_.store(), world_.scheduler());
  RuleFeed first(&link_, world_.scheduler(), [](const RuleSetTexts&) {});
  RuleFeed second(&other_link, world_.scheduler(), [](const RuleSetTexts&) {});
  first.Start();
  second.Start();
  world_.Advance(10);
  std::vector<bool> done;
  const auto note = [&](const StatusOr<RuleSetVersion>& version) { done.push_back(version.ok()); };
  first.Publish(Rules(std::string(2'000'000, 'a')), {}, note);
  second.Publish(Rules(std::string(2'000'000, 'b')), {}, note);   // takes turns with the first
  world_.Advance(10);
  ASSERT_THAT(done, SizeIs(2));
  EXPECT_NE(done[0], done[1]);
  EXPECT_EQ(first.newest()->version, RuleSetVersion(1));
  const std::string& text = first.newest()->files[0].text;
  EXPECT_EQ(text, std::string(2'000'000, done[0] ? text[0] : 'b'));
}

TEST_F(RuleFeedTest, WhatCannotBeReadIsLeftOut) {
  ASSERT_TRUE(world_.Commit({{}, {meta::Op::Put(RuleSetKey(RuleSetVersion(1)), "bad")}}));
  std::vector<std::string> told;
  RuleFeed feed(&link_, world_.scheduler(), Note(&told));
  feed.Start();
  world_.Advance(10);
  EXPECT_THAT(told, IsEmpty());
  EXPECT_EQ(Publish(&feed, Rules("two")), "ok 2");
  EXPECT_THAT(told, ElementsAre("2:two@0"));
}

}  // namespace
}  // namespace weir::cluster
