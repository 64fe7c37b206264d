// What people do to alerts, in the shard that owns them: by its log alone, so that a crash at any record
// changes nothing.
#include <map>
#include <random>
#include <set>

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
using alert::Action;
using alert::AlertStatus;

constexpr int64_t kMinute = kMillisPerMinute;
constexpr UnixMillis kStart = 600 * kMinute;
constexpr RuleSetVersion kVersion(1);

// Rule r1: three rows of a user within an hour; interval 10 minutes.
rule::Rule ThreeRows() {
  return plan::MakeRule("FROM a | STATS c = COUNT(*) BY user.id | WHERE c >= 3");
}

rule::Rule ThreeRowsSuppressed(int64_t duration_ms) {
  rule::Rule rule = ThreeRows();
  rule::Suppression suppression;
  suppression.group_by = {"user.id"};
  suppression.duration_ms = duration_ms;
  rule.suppression = suppression;
  return rule;
}

std::string KeyOf(std::string_view user) {
  std::string key;
  EncodeValue(Value::Keyword(user), &key);
  return key;
}

class AlertActionsTest : public ::testing::Test, public Environment {
 protected:
  void Open(const rule::Rule& rule, const plan::CompileOptions& options = {}) {
    rules_ = plan::CompileAll({rule}, options).rules;
    ASSERT_THAT(rules_->rules, SizeIs(1));
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
    options.id = ShardId(5);
    options.replay = true;
    shard_ = std::make_unique<Shard>(options, store_.get(), this);
    alerts_.clear();
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
  RecordHeader Header(RecordKind kind) const {
    RecordHeader header;
    header.kind = kind;
    header.version = kVersion;
    header.closed_ms = shard_->closed_ms();
    return header;
  }
  void Close(UnixMillis closed_ms,
             const std::vector<std::pair<UnixMillis, std::string>>& rows = {}) {
    RecordHeader header = Header(RecordKind::kBatch);
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
    if (!bytes.empty()) {
      writer.Add({0, true, bytes});
    }
    EXPECT_THAT(Append(writer.Finish()).exceptions, IsEmpty());
  }
  // Three rows of a user a second apart.
  void Burst(UnixMillis time_ms, const std::string& user = "anna") {
    Close(time_ms - kMinute, {{time_ms, user}, {time_ms + 1000, user}, {time_ms + 2000, user}});
  }
  ActionOutcome Do(Action action, const Hash128& id) {
    if (action.actor.empty()) {
      action.actor = "kim";
    }
    RecordWriter writer(Header(RecordKind::kActions));
    writer.AddAction({id, ++clock_ms_, std::move(action)});
    ApplyOutcome outcome = Append(writer.Finish());
    return std::move(outcome.actions.at(0));
  }
  ActionOutcome Do(Action::Kind kind, const Hash128& id, std::string text = "") {
    Action action;
    action.kind = kind;
    action.text = std::move(text);
    return Do(std::move(action), id);
  }
  void Forget(UnixMillis before_ms) {
    RecordWriter writer(Header(RecordKind::kForget));
    writer.AddForget(before_ms);
    Append(writer.Finish());
  }
  alert::Alert Only() {
    EXPECT_THAT(alerts_, SizeIs(1));
    return alerts_.begin()->second;
  }
  std::string Everything() {
    std::string all;
    for (const auto& [id, alert] : alerts_) {
      const auto now = shard_->GetAlert(id);
      EXPECT_TRUE(now.ok()) << now.status();
      all += alert::ToJson(*now) + fmt::format(" change {} cut {}\n", now->change, now->cut_ms);
    }
    return all;
  }

  StatusOr<plan::RuleSetPtr> RulesOf(RuleSetVersion /*version*/) override { return rules_; }
  void OnAlert(const alert::Alert& alert) override { alerts_[alert.id] = alert; }
  void OnAlertForgotten(const Hash128& id) override { alerts_.erase(id); }

  plan::RuleSetPtr rules_;
  std::map<Hash128, alert::Alert> alerts_;
  std::unique_ptr<state::StateStore> store_ = state::MakeMemoryStore();
  std::map<uint64_t, std::string> log_;
  std::unique_ptr<Shard> shard_;
  UnixMillis clock_ms_ = 1'800'000'000'000;
  int events_ = 0;
};

TEST_F(AlertActionsTest, AreKeptAcrossARestart) {
  Open(ThreeRows());
  Burst(kStart);
  const Hash128 id = Only().id;
  EXPECT_TRUE(Do(Action::Kind::kAcknowledge, id).status.ok());
  EXPECT_TRUE(Do(Action::Kind::kAssign, id, "lee").status.ok());
  Checkpoint();
  EXPECT_TRUE(Do(Action::Kind::kComment, id, "a build job").status.ok());
  EXPECT_TRUE(Do(Action::Kind::kClose, id, "benign").status.ok());
  const std::string before = Everything();
  Reopen();
  EXPECT_EQ(Everything(), before);
  const alert::Alert alert = Only();
  EXPECT_EQ(alert.status, AlertStatus::kClosed);
  EXPECT_EQ(alert.close_reason, "benign");
  EXPECT_EQ(alert.closed_at_ms, clock_ms_);
  EXPECT_EQ(alert.assignee, "lee");
  EXPECT_EQ(alert.lifecycle_revision, 4U);
  ASSERT_THAT(alert.comments, SizeIs(1));
  EXPECT_EQ(alert.comments[0], (alert::Comment{"kim", clock_ms_ - 1, "a build job"}));
  EXPECT_THAT(alert.history, SizeIs(3));
  EXPECT_EQ(alert.shard, 5);
}

TEST_F(AlertActionsTest, ARepeatedRequestDoesNothing) {
  Open(ThreeRows());
  Burst(kStart);
  Action action;
  action.kind = Action::Kind::kComment;
  action.text = "once";
  action.request_id = "7f";
  EXPECT_FALSE(Do(action, Only().id).unchanged);
  const uint64_t revision = Only().revision;
  Reopen();
  const ActionOutcome again = Do(action, Only().id);
  EXPECT_TRUE(again.status.ok());
  EXPECT_TRUE(again.unchanged);
  EXPECT_THAT(again.alert.comments, SizeIs(1));
  EXPECT_EQ(Only().revision, revision);
}

TEST_F(AlertActionsTest, AStaleRevisionIsRefusedWithTheAlertAsItIs) {
  Open(ThreeRows());
  Burst(kStart);
  const Hash128 id = Only().id;
  EXPECT_TRUE(Do(Action::Kind::kAcknowledge, id).status.ok());
  Action action;
  action.kind = Action::Kind::kClose;
  action.expected_revision = 7;
  const ActionOutcome refused = Do(action, id);
  EXPECT_EQ(refused.status.code(), StatusCode::kAborted);
  EXPECT_EQ(refused.alert.lifecycle_revision, 1U);
  EXPECT_EQ(Only().status, AlertStatus::kAcknowledged);
  // Hits change the alert, but not its life.
  Close(kStart - kMinute, {{kStart + 5000, "anna"}});
  Close(kStart);
  EXPECT_GT(Only().revision, refused.alert.revision);
  action.expected_revision = 1;
  EXPECT_TRUE(Do(action, id).status.ok());
  EXPECT_EQ(Do(Action::Kind::kClose, HashBytes128("none")).status.code(), StatusCode::kNotFound);
}

TEST_F(AlertActionsTest, HitsOfTheSameEpisodeKeepTheStatus) {
  Open(ThreeRows());
  Burst(kStart);
  const Hash128 id = Only().id;
  EXPECT_TRUE(Do(Action::Kind::kClose, id, "known").status.ok());
  const UnixMillis end_ms = Only().episode_end_ms;
  Burst(kStart + 20 * kMinute);
  Close(kStart + 30 * kMinute);
  EXPECT_EQ(Only().status, AlertStatus::kClosed);
  EXPECT_GT(Only().episode_end_ms, end_ms);
  // Its episode ends without a change of its status, and a reopened alert stays open.
  Close(kStart + 300 * kMinute);
  EXPECT_EQ(Only().status, AlertStatus::kClosed);
  EXPECT_NE(Only().recovered_at_ms, 0);
  EXPECT_TRUE(Do(Action::Kind::kReopen, id).status.ok());
  Close(kStart + 600 * kMinute);
  EXPECT_EQ(Only().status, AlertStatus::kOpen);
}

TEST_F(AlertActionsTest, AnEpisodeAfterACloseMakesAnAlertOfItsOwn) {
  Open(ThreeRows());
  Burst(kStart);
  EXPECT_TRUE(Do(Action::Kind::kClose, Only().id).status.ok());
  Close(kStart + 300 * kMinute);
  Burst(kStart + 400 * kMinute);
  EXPECT_THAT(alerts_, SizeIs(2));
}

// Other systems end suppression when an alert is closed, or forget it when a node fails over.
TEST_F(AlertActionsTest, SuppressionThatEndsWhenAnAlertIsClosedOrANodeFailsOver) {
  Open(ThreeRowsSuppressed(24 * 60 * kMinute));
  Burst(kStart);
  const Hash128 id = Only().id;
  EXPECT_TRUE(Do(Action::Kind::kClose, id, "known").status.ok());
  Close(kStart + 200 * kMinute);
  Reopen();   // before any checkpoint
  Burst(kStart + 300 * kMinute);
  EXPECT_EQ(Only().suppressed_count, 1U);
  EXPECT_EQ(Only().status, AlertStatus::kClosed);
  Checkpoint();
  Reopen();   // and after one
  const auto shown = shard_->ShowAlert(id);
  ASSERT_TRUE(shown.ok());
  ASSERT_TRUE(shown->suppression.has_value());
  ASSERT_THAT(shown->suppression->key, SizeIs(1));
  EXPECT_EQ(shown->suppression->key[0].name, "user.id");
  // Only when asked it ends; another alert comes with the next hit.
  Action action;
  action.kind = Action::Kind::kClose;
  action.text = "known";
  action.end_suppression = true;
  EXPECT_TRUE(Do(action, id).status.ok());
  EXPECT_FALSE(shard_->ShowAlert(id)->suppression.has_value());
  Checkpoint();
  Reopen();
  Burst(kStart + 600 * kMinute);
  EXPECT_THAT(alerts_, SizeIs(2));
}

TEST_F(AlertActionsTest, EndingTheEpisodeToo) {
  Open(ThreeRows());
  Burst(kStart);
  const alert::Alert first = Only();
  Close(kStart + 10 * kMinute);
  Action action;
  action.kind = Action::Kind::kClose;
  action.end_suppression = true;
  EXPECT_TRUE(Do(action, first.id).status.ok());
  Close(kStart + 20 * kMinute);
  EXPECT_THAT(alerts_, SizeIs(1));   // nothing new was counted
  Checkpoint();
  Reopen();
  // The condition still holds: the next hit makes an alert that begins behind the first one.
  Close(kStart + 20 * kMinute, {{kStart + 21 * kMinute, "anna"}});
  Close(kStart + 22 * kMinute);
  ASSERT_THAT(alerts_, SizeIs(2));
  for (const auto& [id, alert] : alerts_) {
    if (id != first.id) {
      EXPECT_EQ(alert.status, AlertStatus::kOpen);
      EXPECT_GT(alert.episode_start_ms, kStart + 10 * kMinute);
    } else {
      EXPECT_EQ(alert.status, AlertStatus::kClosed);
      EXPECT_NE(alert.recovered_at_ms, 0);
    }
  }
}

TEST_F(AlertActionsTest, InParityAClosedAlertEndsItsSuppression) {
  plan::CompileOptions options;
  options.alerts = plan::AlertMode::kParity;
  Open(ThreeRowsSuppressed(24 * 60 * kMinute), options);
  Burst(kStart);
  Close(kStart + 10 * kMinute);
  const Hash128 id = Only().id;
  Close(kStart + 20 * kMinute);
  EXPECT_EQ(Only().suppressed_count, 1U);
  EXPECT_TRUE(Do(Action::Kind::kClose, id).status.ok());
  Close(kStart + 30 * kMinute);
  EXPECT_THAT(alerts_, SizeIs(2));
}

TEST_F(AlertActionsTest, RetentionForgetsWhatEndedAndCountsWhatDidNot) {
  Open(ThreeRows());
  Burst(kStart, "anna");
  Burst(kStart, "bert");
  Burst(kStart, "cleo");
  ASSERT_THAT(alerts_, SizeIs(3));
  const Hash128 acknowledged = alerts_.begin()->first;
  EXPECT_TRUE(Do(Action::Kind::kAcknowledge, acknowledged).status.ok());
  Close(kStart + 500 * kMinute);   // the others recover
  const UnixMillis later_ms = clock_ms_ + kMillisPerDay;
  EXPECT_TRUE(shard_->WantsForgetting(later_ms));
  EXPECT_EQ(shard_->CountOverdue(later_ms), 1U);
  EXPECT_EQ(shard_->CountOverdue(kStart), 0U);
  Forget(kStart);
  EXPECT_THAT(alerts_, SizeIs(3));
  Checkpoint();
  Forget(later_ms);
  EXPECT_EQ(Only().id, acknowledged);
  EXPECT_FALSE(shard_->WantsForgetting(later_ms));
  Reopen();
  EXPECT_EQ(Only().id, acknowledged);
  Checkpoint();
  Reopen();
  EXPECT_EQ(Only().id, acknowledged);
}

TEST_F(AlertActionsTest, RetentionKeepsWhatHitsMayStillFoldInto) {
  Open(ThreeRowsSuppressed(24 * 60 * kMinute));
  Burst(kStart);
  EXPECT_TRUE(Do(Action::Kind::kClose, Only().id).status.ok());
  Close(kStart + 500 * kMinute);
  Forget(clock_ms_ + kMillisPerDay);
  EXPECT_THAT(alerts_, SizeIs(1));
  Burst(kStart + 600 * kMinute);
  EXPECT_EQ(Only().suppressed_count, 1U);
}

TEST_F(AlertActionsTest, ShowsTheRowsOfTheGroupInTime) {
  for (const auto mode : {plan::JudgeMode::kContinuous, plan::JudgeMode::kSchedule}) {
    alerts_.clear();
    log_.clear();
    store_ = state::MakeMemoryStore();
    plan::CompileOptions options;
    options.mode = mode;
    Open(ThreeRows(), options);
    Burst(kStart);
    Close(kStart + 10 * kMinute);
    const auto shown = shard_->ShowAlert(Only().id);
    ASSERT_TRUE(shown.ok());
    ASSERT_TRUE(shown->series.has_value());
    uint64_t rows = 0;
    for (const auto& [time_ms, count] : shown->series->counts) {
      EXPECT_GE(time_ms, kStart);
      rows += count;
    }
    EXPECT_EQ(rows, 3U);
  }
}

// Hits, actions, closings, checkpoints and retention in any order, with a crash after every record: what
// is recovered is what was, to the last revision and change number.
TEST_F(AlertActionsTest, ACrashAtAnyRecordChangesNothing) {
  const char* const users[] = {"anna", "bert", "cleo"};
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U, 6U}) {
    std::mt19937 random(seed);
    alerts_.clear();
    log_.clear();
    store_ = state::MakeMemoryStore();
    Open(seed % 2 == 0 ? ThreeRows() : ThreeRowsSuppressed(90 * kMinute));
    UnixMillis now_ms = kStart;
    std::set<Hash128> seen;
    for (int step = 0; step < 120; ++step) {
      now_ms += static_cast<int64_t>(1 + random() % 12) * kMinute;
      const unsigned what = random() % 8;
      if (what < 4) {
        Burst(now_ms, users[random() % 3]);
      } else if (what < 7 && !alerts_.empty()) {
        auto chosen = alerts_.begin();
        std::advance(chosen, random() % alerts_.size());
        Action action;
        action.kind = static_cast<Action::Kind>(1 + random() % 5);
        action.text = action.kind == Action::Kind::kComment ? "note" : "";
        if (action.kind == Action::Kind::kClose && random() % 2 == 0) {
          action.end_suppression = true;
        }
        Do(action, chosen->first);
      } else {
        Close(now_ms);
        Forget(clock_ms_ - 40);
      }
      if (random() % 10 == 0) {
        Checkpoint();
      }
      const auto told = alerts_;
      for (const auto& [id, alert] : told) {
        seen.insert(id);
      }
      const std::string before = Everything();
      Reopen();
      ASSERT_EQ(Everything(), before) << "seed " << seed << ", step " << step;
      for (const auto& [id, alert] : told) {
        ASSERT_TRUE(alerts_.contains(id));
        ASSERT_EQ(alerts_.at(id).revision, alert.revision) << "seed " << seed << ", step " << step;
        ASSERT_EQ(alerts_.at(id).change, alert.change) << "seed " << seed << ", step " << step;
      }
    }
    EXPECT_GT(seen.size(), 5U);
  }
}

}  // namespace
}  // namespace weir::shard
