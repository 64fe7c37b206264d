// A shard's share in spread rules: what it tells, what it keeps for the judge, which ticks it takes.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/exec/row_format.h"
#include "common/shard/shard.h"
#include "common/types/coding.h"
#include "tests/unit/plan/plan_testing.h"

namespace weir::shard {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kMinute = kMillisPerMinute;
constexpr UnixMillis kTick = 600 * kMinute;   // ticks are 10 minutes apart, the look-back is an hour
constexpr RuleSetVersion kVersion(1);

// Rule r1, the three busiest users.
plan::RuleSetPtr BusiestUsers() {
  return plan::CompileQuery("FROM a | STATS c = COUNT(*) BY user.id | SORT c DESC, user.id | LIMIT 3")
      .rules;
}

std::string KeyOf(std::string_view user) {
  std::string key;
  EncodeValue(Value::Keyword(user), &key);
  return key;
}

class SpreadShardTest : public ::testing::Test, public Environment {
 protected:
  void Open(plan::RuleSetPtr rules) {
    rules_ = std::move(rules);
    Reopen();
    RecordHeader header;
    header.kind = RecordKind::kActivate;
    header.version = kVersion;
    header.closed_ms = kTimeMin;
    Append(RecordWriter(header).Finish());
  }
  // The shard as the store and the log have it.
  void Reopen() {
    ShardOptions options;
    options.replay = true;
    options.whole = whole_;
    options.shard_count = shard_count_;
    shard_ = std::make_unique<Shard>(options, store_.get(), this);
    ASSERT_TRUE(shard_->Load().ok());
    for (auto next = log_.upper_bound(shard_->applied().value); next != log_.end(); ++next) {
      ApplyOutcome outcome;
      ASSERT_TRUE(shard_->Apply(LogNumber(next->first), next->second, &outcome).ok());
    }
  }
  ApplyOutcome Append(std::string record) {
    const LogNumber number(shard_->applied().value + 1);
    ApplyOutcome outcome;
    const Status status = shard_->Apply(number, record, &outcome);
    EXPECT_TRUE(status.ok()) << status;
    log_[number.value] = std::move(record);
    return outcome;
  }
  void Checkpoint() {
    const auto batch = store_->NewBatch();
    ASSERT_TRUE(shard_->Checkpoint(batch.get()).ok());
    ASSERT_TRUE(store_->Write(batch.get(), true).ok());
  }

  void Close(UnixMillis closed_ms, const std::vector<std::pair<UnixMillis, std::string>>& rows = {}) {
    RecordHeader header;
    header.version = kVersion;
    header.closed_ms = closed_ms;
    RecordWriter writer(header);
    std::string bytes;
    for (const auto& [time_ms, user] : rows) {
      exec::EntryHeader entry;
      entry.identity = HashBytes128(fmt::format("event {}", events_++));
      entry.timestamp_ms = time_ms;
      entry.ingested_ms = time_ms;
      entry.row_count = 1;
      exec::AppendEntryHeader(entry, true, &bytes);
      exec::AppendRow({0, KeyOf(user), ""}, &bytes);
    }
    writer.Add({0, true, bytes});
    EXPECT_THAT(Append(writer.Finish()).exceptions, IsEmpty());
  }
  // Judges a tick as the coordinator of a cluster with this one shard. Whether it was taken.
  bool Judge(UnixMillis tick_ms, UnixMillis previous_ms) {
    const plan::CompiledRule& rule = rules_->rules.at(0);
    const StatusOr<TickParts> parts = shard_->CollectTick(rule_, kVersion, tick_ms);
    EXPECT_TRUE(parts.ok()) << parts.status();
    const auto groups = MergeParts(rules_->windows.at(0), parts->groups);
    EXPECT_TRUE(groups.ok()) << groups.status();
    std::vector<const Group*> ordered;
    for (const auto& group : *groups) {
      ordered.push_back(group.get());
    }
    Arena arena;
    expr::Warnings warnings;
    const std::string rows =
        EncodeTickRows(rule, EvaluateTick(rule, ordered, tick_ms, &arena, &warnings));
    RecordHeader header;
    header.kind = RecordKind::kTick;
    header.version = kVersion;
    header.closed_ms = shard_->closed_ms();
    RecordWriter writer(header);
    writer.AddTick({rule_, tick_ms, previous_ms, rows});
    return !Append(writer.Finish()).tick_repeated;
  }
  SpreadView View(const SpreadHint& hint = {}, UnixMillis closed_ms = kTimeMin) {
    const StatusOr<SpreadView> view = shard_->ViewSpread(rule_, kVersion, hint, closed_ms);
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? *view : SpreadView();
  }
  std::size_t PartsAt(UnixMillis tick_ms) {
    const StatusOr<TickParts> parts = shard_->CollectTick(rule_, kVersion, tick_ms);
    EXPECT_TRUE(parts.ok()) << parts.status();
    return parts->groups.size();
  }

  StatusOr<plan::RuleSetPtr> RulesOf(RuleSetVersion /*version*/) override { return rules_; }
  void OnAlert(const alert::Alert& alert) override { alerts_[alert.id] = alert; }

  const Hash128 rule_ = RuleHash("r1");
  plan::RuleSetPtr rules_;
  std::map<Hash128, alert::Alert> alerts_;
  std::unique_ptr<state::StateStore> store_ = state::MakeMemoryStore();
  std::map<uint64_t, std::string> log_;
  std::unique_ptr<Shard> shard_;
  int events_ = 0;
  bool whole_ = false;   // it is the whole cluster
  uint16_t shard_count_ = 0;
};

TEST_F(SpreadShardTest, TellsWhatItHas) {
  Open(BusiestUsers());
  SpreadView view = View();
  EXPECT_GT(view.earliest_ms, view.latest_ms);
  EXPECT_EQ(view.judged_ms, kTimeMin);
  Close(kTick - 20 * kMinute, {{kTick - 3 * kMinute, "a"}, {kTick - 8 * kMinute, "b"}});
  view = View();
  EXPECT_EQ(view.closed_ms, kTick - 20 * kMinute);
  EXPECT_EQ(view.earliest_ms, kTick - 8 * kMinute);
  EXPECT_EQ(view.latest_ms, kTick - 3 * kMinute);
  EXPECT_FALSE(view.has_episodes);
  const StatusOr<TickParts> open = shard_->CollectTick(rule_, kVersion, kTick);
  EXPECT_EQ(open.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(open.status())), HasSubstr("is not closed"));
  EXPECT_EQ(shard_->ViewSpread(RuleHash("other"), kVersion, {}, 0).status().code(),
            StatusCode::kNotFound);
  EXPECT_EQ(shard_->ViewSpread(rule_, RuleSetVersion(2), {}, 0).status().code(),
            StatusCode::kFailedPrecondition);
}

// Only the rule's home shard has something that another shard would not have after the same activation.
TEST_F(SpreadShardTest, ARuleThatIsAddedLaterKeepsOnlyItsHomeFromMoving) {
  uint16_t elsewhere = 2;
  while (HomeShard("default", "r1", elsewhere) == ShardId(0)) {
    ++elsewhere;
  }
  uint16_t at_home = 2;
  while (HomeShard("default", "r1", at_home) != ShardId(0)) {
    ++at_home;
  }
  for (const bool home : {false, true}) {
    shard_count_ = home ? at_home : elsewhere;
    store_ = state::MakeMemoryStore();
    log_.clear();
    const rule::Rule before = plan::MakeRule("FROM a | STATS c = COUNT(*) BY user.id | WHERE c > 3", "r0");
    Open(plan::CompileAll({before}).rules);
    Close(kTick);
    EXPECT_TRUE(shard_->never_used());
    rules_ = BusiestUsers();
    RecordHeader header;
    header.kind = RecordKind::kActivate;
    header.version = RuleSetVersion(2);
    header.closed_ms = kTick;
    Append(RecordWriter(header).Finish());
    EXPECT_EQ(shard_->never_used(), !home);
  }
}

TEST_F(SpreadShardTest, SaysWhichTickIsNext) {
  Open(BusiestUsers());
  Close(kTick - kMinute, {{kTick, "a"}, {kTick + 25 * kMinute, "a"}, {kTick + kMillisPerDay, "b"}});
  Close(kTimeMax);
  const auto next = [this](UnixMillis tick_ms) {
    return shard_->CollectTick(rule_, kVersion, tick_ms)->next_ms;
  };
  EXPECT_EQ(next(kTick - 30 * kMinute), kTick);
  EXPECT_EQ(next(kTick), kTick + 10 * kMinute);
  EXPECT_EQ(next(kTick + 60 * kMinute), kTick + 70 * kMinute);
  EXPECT_EQ(next(kTick + 80 * kMinute), kTick + kMillisPerDay);   // the last that sees minute 25
  EXPECT_EQ(next(kTick + kMillisPerDay + 50 * kMinute), kTimeMax);
}

TEST_F(SpreadShardTest, AQuietShardClosesWhatOthersNeed) {
  Open(BusiestUsers());
  EXPECT_FALSE(shard_->WantsClosing(kTick + 5));
  SpreadHint hint;
  hint.active_until_ms = kTick + kMillisPerHour;
  EXPECT_TRUE(View(hint, kTick + 5).wants_closing);
  Close(kTick + 5);
  EXPECT_FALSE(View(hint, kTick + 6).wants_closing);   // no tick between
  EXPECT_TRUE(View(hint, kTimeMax).wants_closing);
  Close(kTimeMax);
  EXPECT_FALSE(View(hint, kTimeMax).wants_closing);
}

TEST_F(SpreadShardTest, PanesStayUntilTheyAreJudged) {
  Open(BusiestUsers());
  Close(kTick - kMillisPerHour, {{kTick - 2, "a"}, {kTick - 1, "b"}});
  Close(kTimeMax - 1);
  Checkpoint();
  Reopen();
  EXPECT_EQ(PartsAt(kTick), 2U);
  SpreadHint hint;
  hint.judged_ms = kTick + 40 * kMinute;
  View(hint);
  Checkpoint();
  EXPECT_EQ(PartsAt(kTick + 50 * kMinute), 2U);   // the last that sees them
}

TEST_F(SpreadShardTest, PanesThatAreJudgedGo) {
  Open(BusiestUsers());
  Close(kTick - kMillisPerHour, {{kTick - 2, "a"}, {kTick - 1, "b"}});
  Close(kTimeMax - 2);
  ASSERT_EQ(shard_->groups_in_memory(), 2U);
  SpreadHint hint;
  hint.judged_ms = kTick + 3 * kMillisPerHour;
  View(hint);
  Checkpoint();
  EXPECT_EQ(PartsAt(kTick), 0U);
  // What was told is forgotten; nothing comes back, and nothing is missed.
  Reopen();
  EXPECT_EQ(PartsAt(kTick), 0U);
}

// Where several ticks are judged at once: a run that begins anew must not cut short those whose rows come
// after its own in the tick.
TEST_F(SpreadShardTest, ARunThatBeginsAnewEndsNoOther) {
  whole_ = true;
  Open(BusiestUsers());
  Close(kTick - kMillisPerHour,
        {{kTick - 55 * kMinute, "a"}, {kTick, "b"}, {kTick + 30 * kMinute, "a"}});
  Close(kTimeMax);
  std::vector<std::pair<int64_t, int64_t>> runs;
  for (const auto& [id, alert] : alerts_) {
    runs.emplace_back((alert.episode_start_ms - kTick) / kMinute,
                      (alert.episode_end_ms - kTick) / kMinute);
  }
  EXPECT_THAT(runs, ::testing::UnorderedElementsAre(std::pair(-50, 0), std::pair(0, 50),
                                                    std::pair(30, 80)));
}

TEST_F(SpreadShardTest, TakesATickOnceAndInOrder) {
  Open(BusiestUsers());
  Close(kTick - kMillisPerHour, {{kTick - 2, "a"}, {kTick - 1, "b"}});
  Close(kTimeMax);
  EXPECT_TRUE(Judge(kTick, kTimeMin));
  EXPECT_THAT(alerts_, SizeIs(2));
  EXPECT_TRUE(View().has_episodes);
  EXPECT_FALSE(Judge(kTick, kTimeMin));
  EXPECT_FALSE(Judge(kTick, kTick));
  EXPECT_FALSE(Judge(kTick + 20 * kMinute, kTick + 10 * kMinute));
  EXPECT_EQ(View().judged_ms, kTick);
  EXPECT_TRUE(Judge(kTick + 10 * kMinute, kTick));
  EXPECT_THAT(alerts_, SizeIs(2));   // the run goes on
  for (const auto& [id, alert] : alerts_) {
    EXPECT_EQ(alert.episode_end_ms, kTick + 10 * kMinute);
    EXPECT_EQ(alert.status, alert::AlertStatus::kOpen);
  }
  EXPECT_TRUE(Judge(kTick + 90 * kMinute, kTick + 10 * kMinute));
  EXPECT_FALSE(View().has_episodes);
  for (const auto& [id, alert] : alerts_) {
    EXPECT_EQ(alert.status, alert::AlertStatus::kRecovered);
  }
}

TEST_F(SpreadShardTest, RecoveryKeepsWhatIsJudged) {
  Open(BusiestUsers());
  Close(kTick - kMillisPerHour, {{kTick - 2, "a"}});
  Close(kTimeMax);
  ASSERT_TRUE(Judge(kTick, kTimeMin));
  Checkpoint();
  ASSERT_TRUE(Judge(kTick + 10 * kMinute, kTick));   // in the log only
  const std::map<Hash128, alert::Alert> before = alerts_;
  Reopen();
  EXPECT_EQ(View().judged_ms, kTick + 10 * kMinute);
  EXPECT_TRUE(View().has_episodes);
  EXPECT_FALSE(Judge(kTick + 10 * kMinute, kTick));
  ASSERT_THAT(alerts_, SizeIs(1));
  EXPECT_EQ(alerts_.begin()->first, before.begin()->first);
  EXPECT_EQ(alerts_.begin()->second.revision, before.begin()->second.revision);
  EXPECT_EQ(alerts_.begin()->second.episode_end_ms, kTick + 10 * kMinute);
}

// Time may have closed long before the coordinator comes to judge it.
TEST_F(SpreadShardTest, SuppressionLastsUntilItsTicksAreJudged) {
  rule::Rule rule = plan::MakeRule("FROM a | STATS c = COUNT(*) BY user.id");
  rule.suppression.emplace();
  rule.suppression->group_by = {"region"};
  rule.suppression->duration_ms = 7 * kMillisPerDay;
  plan::CompileOptions options;
  options.mode = plan::JudgeMode::kSchedule;
  Open(plan::CompileAll({rule}, options).rules);
  ASSERT_TRUE(rules_->rules.at(0).spread);
  Close(kTick - kMillisPerHour, {{kTick, "a"}, {kTick + 2 * kMillisPerDay, "b"}});
  Close(kTick + 60 * kMillisPerDay);
  ASSERT_TRUE(Judge(kTick, kTimeMin));
  SpreadHint hint;
  hint.judged_ms = kTick;
  View(hint);
  Close(kTick + 61 * kMillisPerDay);
  ASSERT_TRUE(Judge(kTick + 2 * kMillisPerDay, kTick));
  ASSERT_THAT(alerts_, SizeIs(1));
  EXPECT_EQ(alerts_.begin()->second.suppressed_count, 1U);
}

}  // namespace
}  // namespace weir::shard
