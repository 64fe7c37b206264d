#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/cluster/keys.h"
#include "common/cluster/node.h"
#include "common/cluster/rule_feed.h"
#include "common/cluster/settings.h"
#include "common/cluster/shard_table.h"
#include "common/meta/embedded_store.h"
#include "common/task/manual_scheduler.h"

namespace weir::cluster {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Cut short anywhere, or longer, the bytes are refused.
template <typename Decode>
void ExpectOnlyWhole(const std::string& bytes, Decode decode) {
  EXPECT_TRUE(decode(bytes).ok());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(decode(bytes.substr(0, size)).status().code(), StatusCode::kDataLoss) << size;
  }
  EXPECT_EQ(decode(bytes + "x").status().code(), StatusCode::kDataLoss);
  std::string newer = bytes;
  newer[0] = 99;
  EXPECT_EQ(decode(newer).status().code(), StatusCode::kFailedPrecondition);
}

TEST(KeysTest, AreWhatFormatsSays) {
  EXPECT_EQ(ShardKey(ShardId(42)), "shards/00042");
  EXPECT_EQ(ShardKey(ShardId(65535)), "shards/65535");
  EXPECT_EQ(NodeKey("worker", "w1"), "nodes/worker/w1");
  EXPECT_EQ(RuleSetKey(RuleSetVersion(26)), "rules/000000000000001a");
  EXPECT_EQ(RuleSetPartKey(RuleSetVersion(7), 2), "rules/0000000000000007/0002");
}

TEST(KeysTest, AreRead) {
  EXPECT_EQ(*ShardOfKey("shards/00042"), ShardId(42));
  EXPECT_EQ(*RuleSetVersionOfKey("rules/000000000000001a"), RuleSetVersion(26));
  EXPECT_EQ(*NodeOfKey("nodes/worker/w-1.a"), (NodeName{"worker", "w-1.a"}));
}

TEST(KeysTest, OthersAreRefused) {
  for (const char* key : {"shards/42", "shards/00042x", "shards/65536", "shard/00042", "shards/-0001"}) {
    EXPECT_FALSE(ShardOfKey(key).ok()) << key;
  }
  for (const char* key : {"rules/000000000000001A", "rules/1a", "rules/000000000000001a/0001"}) {
    EXPECT_FALSE(RuleSetVersionOfKey(key).ok()) << key;
  }
  for (const char* key : {"nodes/worker", "nodes/worker/", "nodes//w1", "nodes/worker/a/b", "node/a/b"}) {
    EXPECT_FALSE(NodeOfKey(key).ok()) << key;
  }
  EXPECT_FALSE(ValidateNodeId(std::string(65, 'a')).ok());
  EXPECT_TRUE(ValidateNodeId(std::string(64, 'a')).ok());
}

TEST(ShardEntryTest, IsCoded) {
  const ShardEntry entry{Epoch(300), "w1", "w2", 0};
  const std::string bytes = EncodeShardEntry(entry);
  EXPECT_EQ(bytes, std::string("\x01\xac\x02\x02w1\x02w2"));
  EXPECT_EQ(*DecodeShardEntry(bytes), entry);
  ExpectOnlyWhole(bytes, DecodeShardEntry);
}

TEST(NodeTest, IsCoded) {
  const NodeInfo info{"host:1", 0x0102030405060708, "1.2", RuleSetVersion(3), -1};
  const std::string bytes = EncodeNodeInfo(info);
  EXPECT_EQ(bytes, std::string("\x01\x06host:1\x01\x02\x03\x04\x05\x06\x07\x08\x03"
                               "1.2\x03\x01"));
  EXPECT_EQ(*DecodeNodeInfo(bytes), info);
  ExpectOnlyWhole(bytes, DecodeNodeInfo);
  const LeaderInfo leader{"c1", "host:2"};
  EXPECT_EQ(*DecodeLeaderInfo(EncodeLeaderInfo(leader)), leader);
  ExpectOnlyWhole(EncodeLeaderInfo(leader), DecodeLeaderInfo);
}

TEST(RuleSetTest, IsCoded) {
  RuleSetTexts rules;
  rules.version = RuleSetVersion(9);
  rules.active_from_ms = 1000;
  rules.mode = "schedule";
  rules.lateness_ms = 5;
  rules.files = {{"a.toml", "text a"}, {"b.toml", ""}};
  const std::string bytes = EncodeRuleSetTexts(rules);
  ExpectOnlyWhole(bytes, DecodeRuleSetTexts);
  const RuleSetTexts read = *DecodeRuleSetTexts(bytes);
  EXPECT_EQ(read.version, rules.version);
  EXPECT_EQ(read.active_from_ms, 1000);
  EXPECT_TRUE(SameRules(read, rules));
}

TEST(RuleSetTest, OfTheFormerVersionHasNoEvidenceAndKeepsAll) {
  RuleSetTexts rules;
  rules.evidence = "redacted";
  std::string bytes = EncodeRuleSetTexts(rules);
  bytes.resize(bytes.size() - 1 - rules.evidence.size());
  bytes[0] = 1;
  EXPECT_EQ(DecodeRuleSetTexts(bytes)->evidence, "full");
}

TEST(RuleSetTest, IsTheSameOnlyWithTheSameTextsAndOptions) {
  RuleSetTexts rules;
  rules.files = {{"a.toml", "text"}};
  RuleSetTexts other = rules;
  other.version = RuleSetVersion(2);
  other.active_from_ms = 7;
  EXPECT_TRUE(SameRules(rules, other));
  for (const auto change : {+[](RuleSetTexts* set) { set->mode = "schedule"; },
                            +[](RuleSetTexts* set) { set->alerts = "parity"; },
                            +[](RuleSetTexts* set) { set->lateness_ms = 1; },
                            +[](RuleSetTexts* set) { set->files[0].path = "b.toml"; },
                            +[](RuleSetTexts* set) { set->files[0].text = "other"; },
                            +[](RuleSetTexts* set) { set->files.emplace_back(); },
                            +[](RuleSetTexts* set) { set->files.clear(); }}) {
    RuleSetTexts changed = rules;
    change(&changed);
    EXPECT_FALSE(SameRules(rules, changed));
  }
}

ClusterSettings Settings() {
  ClusterSettings settings;
  settings.cluster_id = "c";
  settings.clock = ClusterClock::kReplay;
  settings.lateness_ms = 1000;
  settings.future_ms = 2000;
  settings.repeat_horizon_ms = 3000;
  settings.tenant = "t";
  settings.producers = {"p1", "p2"};
  return settings;
}

TEST(SettingsTest, AreCoded) {
  const std::string bytes = EncodeSettings(Settings());
  EXPECT_EQ(*DecodeSettings(bytes), Settings());
  ExpectOnlyWhole(bytes, DecodeSettings);
}

TEST(SettingsTest, DifferencesAreNamed) {
  ClusterSettings own = Settings();
  own.cluster_id = "other";
  own.producers = {"p2", "p1"};
  EXPECT_TRUE(CompareSettings(Settings(), own).ok());
  own.shard_count = 128;
  own.clock = ClusterClock::kWall;
  own.producers = {};
  const Status status = CompareSettings(Settings(), own);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(status)),
              AllOf(HasSubstr("shards 256, not 128"), HasSubstr("clock replay, not wall"),
                    HasSubstr("producers [p1, p2], not []"), Not(HasSubstr("tenant"))));
}

TEST(SettingsTest, TheFirstNodeWritesTheOthersCompare) {
  task::ManualScheduler scheduler;
  const std::unique_ptr<meta::MetaStore> store = *meta::OpenEmbeddedStore(&scheduler, {});
  std::vector<StatusOr<ClusterSettings>> results;
  const auto done = [&results](StatusOr<ClusterSettings> result) { results.push_back(std::move(result)); };
  ClusterSettings second = Settings();
  second.cluster_id = "d";
  ClusterSettings third = Settings();
  third.tenant = "u";
  EnsureSettings(store.get(), Settings(), done);
  EnsureSettings(store.get(), second, done);   // at the same time
  scheduler.RunPosted();
  EnsureSettings(store.get(), third, done);
  scheduler.RunPosted();
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0]->cluster_id, "c");
  EXPECT_EQ(results[1]->cluster_id, "c");
  EXPECT_THAT(std::string(Message(results[2].status())), HasSubstr("tenant 't', not 'u'"));
}

}  // namespace
}  // namespace weir::cluster
