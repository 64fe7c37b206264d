// Sessions and elections on time that the test moves, over a store that can be cut off.
#include "common/meta/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/meta/election.h"
#include "common/meta/embedded_store.h"
#include "common/task/manual_scheduler.h"

namespace weir::meta {
namespace {

using task::ManualScheduler;

// One process's way to the store. Cut off, calls fail, or never get an answer.
class Link final : public MetaStore {
 public:
  Link(MetaStore* store, ManualScheduler* scheduler) : store_(store), scheduler_(scheduler) {}

  enum class Mode { kOpen, kFails, kSilent, kAnswersLost };
  Mode mode = Mode::kOpen;

  void Get(std::string key, GetDone done) override {
    if (Passes(done)) {
      store_->Get(std::move(key), std::move(done));
    }
  }
  void List(std::string prefix, GetDone done) override {
    if (Passes(done)) {
      store_->List(std::move(prefix), std::move(done));
    }
  }
  void Commit(Txn txn, CommitDone done) override {
    if (mode == Mode::kAnswersLost) {
      store_->Commit(std::move(txn), [done](const StatusOr<TxnResult>&) {
        done(Unavailable("the answer was lost"));
      });
    } else if (Passes(done)) {
      store_->Commit(std::move(txn), std::move(done));
    }
  }
  std::unique_ptr<WatchHandle> Watch(std::string prefix, Revision from, OnEvents on_events,
                                     OnLost on_lost) override {
    return store_->Watch(std::move(prefix), from,
                         [this, on_events = std::move(on_events)](std::vector<Event> events,
                                                                  Revision revision) {
                           if (mode != Mode::kSilent) {
                             on_events(std::move(events), revision);
                           }
                         },
                         std::move(on_lost));
  }
  void GrantLease(int64_t ttl_ms, LeaseDone done) override {
    if (Passes(done)) {
      store_->GrantLease(ttl_ms, std::move(done));
    }
  }
  void KeepAlive(LeaseId lease, Done done) override {
    ++keep_alives;
    if (Passes(done)) {
      store_->KeepAlive(lease, std::move(done));
    }
  }
  void Revoke(LeaseId lease, Done done) override {
    if (Passes(done)) {
      store_->Revoke(lease, std::move(done));
    }
  }

  int keep_alives = 0;

 private:
  template <typename Callback>
  bool Passes(const Callback& done) {
    if (mode == Mode::kFails) {
      scheduler_->Post([done] { done(Unavailable("cut off")); });
    }
    return mode == Mode::kOpen || mode == Mode::kAnswersLost;
  }

  MetaStore* store_;
  ManualScheduler* scheduler_;
};

struct SessionLog final : Session::Listener {
  void OnSessionOpen(LeaseId lease) override { leases.push_back(lease); }
  void OnSessionLost(const Status& status) override { losses.push_back(status); }
  std::vector<LeaseId> leases;
  std::vector<Status> losses;
};

constexpr int64_t kTtlMs = 1000;
constexpr int64_t kAliveMs = 900;   // less the share for drift

// A process with a session and an election, on a clock of its own if it is paused.
struct Process {
  Process(MetaStore* store, ManualScheduler* scheduler, const std::string& name)
      : link(store, scheduler),
        session(&link, scheduler, {.ttl_ms = kTtlMs, .keep_alive_ms = 200, .retry_ms = 100}),
        election(&link, scheduler, &session, {"leader", name, 100},
                 [this](Revision fence) { elected.push_back(fence); },
                 [this](const Status&) { ++deposed; }) {
    session.AddListener(&log);
  }
  void Start() {
    session.Open();
    election.Start();
  }

  Link link;
  Session session;
  Election election;
  SessionLog log;
  std::vector<Revision> elected;
  int deposed = 0;
};

class SessionTest : public ::testing::Test {
 protected:
  StatusOr<TxnResult> Commit(const Txn& txn) {
    StatusOr<TxnResult> answer = Internal("no answer");
    store_->Commit(txn, [&](StatusOr<TxnResult> result) { answer = std::move(result); });
    time_.RunPosted();
    return answer;
  }
  std::string Leader() {
    std::string leader;
    store_->Get("leader", [&](const StatusOr<GetResult>& result) {
      leader = result->kvs.empty() ? "nobody" : result->kvs[0].value;
    });
    time_.RunPosted();
    return leader;
  }
  std::unique_ptr<Process> Make(const std::string& name) {
    return std::make_unique<Process>(store_.get(), &time_, name);
  }

  ManualScheduler time_;
  std::unique_ptr<MetaStore> store_ = *OpenEmbeddedStore(&time_, {});
};

TEST_F(SessionTest, StaysAliveWhileRenewed) {
  const auto process = Make("a");
  EXPECT_FALSE(process->session.alive());
  process->session.Open();
  EXPECT_FALSE(process->session.alive());
  time_.RunPosted();
  EXPECT_TRUE(process->session.alive());
  EXPECT_EQ(process->session.alive_until_ms(), kAliveMs);
  time_.Advance(60 * 1000);
  EXPECT_TRUE(process->session.alive());
  EXPECT_EQ(process->session.alive_until_ms(), 60 * 1000 + kAliveMs);
  EXPECT_EQ(process->link.keep_alives, 300);
  EXPECT_EQ(process->log.leases.size(), 1U);
  EXPECT_TRUE(process->log.losses.empty());
}

TEST_F(SessionTest, IsLostWhenKeepAlivesFailBeforeTheLeaseEnds) {
  for (const Link::Mode mode : {Link::Mode::kFails, Link::Mode::kSilent}) {
    const auto process = Make("a");
    process->session.Open();
    time_.Advance(1000);
    const int64_t last_ms = time_.NowMonotonicMs();   // of the renewal just sent and answered
    process->link.mode = mode;
    ASSERT_EQ(process->session.alive_until_ms(), last_ms + kAliveMs);
    time_.Advance(kAliveMs - 1);
    EXPECT_TRUE(process->session.alive());
    EXPECT_TRUE(process->log.losses.empty());
    time_.Advance(1);
    EXPECT_FALSE(process->session.alive());
    EXPECT_EQ(process->session.lease(), LeaseId());
    ASSERT_EQ(process->log.losses.size(), 1U);
    EXPECT_EQ(process->log.losses[0].code(), StatusCode::kUnavailable);
    time_.Advance(10 * 1000);
    EXPECT_EQ(process->log.losses.size(), 1U);
    EXPECT_EQ(process->log.leases.size(), 1U);
  }
}

TEST_F(SessionTest, SurvivesSomeLostKeepAlives) {
  const auto process = Make("a");
  process->session.Open();
  time_.Advance(1000);
  process->link.mode = Link::Mode::kSilent;
  time_.Advance(700);
  process->link.mode = Link::Mode::kOpen;
  time_.Advance(10 * 1000);
  EXPECT_TRUE(process->session.alive());
  EXPECT_TRUE(process->log.losses.empty());
}

TEST_F(SessionTest, IsLostWhenTheLeaseWasRevoked) {
  const auto process = Make("a");
  process->session.Open();
  time_.RunPosted();
  store_->Revoke(process->session.lease(), [](const Status&) {});
  time_.Advance(200);
  EXPECT_FALSE(process->session.alive());
  ASSERT_EQ(process->log.losses.size(), 1U);
  EXPECT_EQ(process->log.losses[0].code(), StatusCode::kNotFound);
}

TEST_F(SessionTest, KnowsAfterAPauseBeforeAnythingRan) {
  const auto process = Make("a");
  process->session.Open();
  time_.RunPosted();
  time_.Pause(kAliveMs);
  EXPECT_FALSE(process->session.alive());
  // The renewal that is overdue does not bring it back, although it would be in time for the store.
  time_.RunPosted();
  time_.Advance(0);
  EXPECT_FALSE(process->session.alive());
  EXPECT_EQ(process->log.losses.size(), 1U);
}

TEST_F(SessionTest, ALateAnswerDoesNotCountFromItsArrival) {
  const auto process = Make("a");
  process->session.Open();
  time_.Advance(199);
  const int64_t until_ms = process->session.alive_until_ms();
  time_.Pause(1);
  // The renewal goes out now; its answer waits in the queue while the process is paused.
  bool sent = false;
  time_.PostAfter(0, [&] {
    sent = true;
    time_.Pause(600);
  });
  time_.Advance(0);
  ASSERT_TRUE(sent);
  EXPECT_EQ(process->session.alive_until_ms(), until_ms + 200);
  EXPECT_TRUE(process->session.alive());
}

TEST_F(SessionTest, OpensWhenTheStoreIsReachedAtLast) {
  const auto process = Make("a");
  process->link.mode = Link::Mode::kFails;
  process->session.Open();
  time_.Advance(5000);
  EXPECT_FALSE(process->session.alive());
  EXPECT_TRUE(process->log.leases.empty());
  process->link.mode = Link::Mode::kOpen;
  time_.Advance(100);
  EXPECT_TRUE(process->session.alive());
}

TEST_F(SessionTest, OpensAgainWithANewLease) {
  const auto process = Make("a");
  process->session.Open();
  time_.Advance(100);
  process->link.mode = Link::Mode::kFails;
  time_.Advance(2000);
  ASSERT_EQ(process->log.losses.size(), 1U);
  process->link.mode = Link::Mode::kOpen;
  process->session.Open();
  time_.Advance(5000);
  ASSERT_EQ(process->log.leases.size(), 2U);
  EXPECT_NE(process->log.leases[0], process->log.leases[1]);
  EXPECT_TRUE(process->session.alive());
  EXPECT_EQ(process->log.losses.size(), 1U);
}

TEST_F(SessionTest, CloseRevokesTheLease) {
  const auto process = Make("a");
  process->session.Open();
  time_.RunPosted();
  ASSERT_TRUE(Commit({{}, {Op::Put("mine", "", process->session.lease())}})->succeeded);
  Status closed = Internal("no answer");
  process->session.Close([&](const Status& status) { closed = status; });
  EXPECT_FALSE(process->session.alive());
  time_.RunPosted();
  EXPECT_TRUE(closed.ok()) << closed;
  EXPECT_TRUE(Commit({{Compare::Absent("mine")}, {}})->succeeded);
  EXPECT_TRUE(process->log.losses.empty());
}

using ElectionTest = SessionTest;

TEST_F(ElectionTest, TheNextCandidateFollowsWhenTheLeaderIsCutOff) {
  for (const Link::Mode mode : {Link::Mode::kFails, Link::Mode::kSilent}) {
    const auto anna = Make("anna");
    const auto ben = Make("ben");
    anna->Start();
    ben->Start();
    time_.Advance(1000);
    ASSERT_TRUE(anna->election.leading());
    ASSERT_FALSE(ben->election.leading());
    const Compare fence = anna->election.Fence();
    anna->link.mode = mode;
    int64_t waited_ms = 0;
    while (!ben->election.leading() && waited_ms < 5000) {
      time_.Advance(10);
      waited_ms += 10;
      EXPECT_FALSE(anna->election.leading() && ben->election.leading());
    }
    EXPECT_TRUE(ben->election.leading());
    EXPECT_FALSE(anna->election.leading());
    EXPECT_EQ(anna->deposed, 1);
    EXPECT_GT(ben->election.fence(), anna->elected.at(0));
    EXPECT_FALSE(Commit({{fence}, {Op::Put("work", "stale")}})->succeeded);
    EXPECT_TRUE(Commit({{ben->election.Fence()}, {Op::Put("work", "ben")}})->succeeded);
    anna->link.mode = Link::Mode::kOpen;
    anna->session.Open();
    time_.Advance(1000);
    EXPECT_FALSE(anna->election.leading());
    ben->election.Stop();
    time_.Advance(200);
    EXPECT_TRUE(anna->election.leading());
    EXPECT_EQ(anna->elected.size(), 2U);
    anna->election.Stop();
    time_.RunPosted();
    EXPECT_EQ(Leader(), "nobody");
  }
}

TEST_F(ElectionTest, APausedLeaderFindsItselfDeposedAndItsWritesFenced) {
  const auto anna = Make("anna");
  anna->Start();
  time_.RunPosted();
  ASSERT_TRUE(anna->election.leading());
  const Compare fence = anna->election.Fence();
  // While anna does not run, her lease ends and another takes the key.
  anna->link.mode = Link::Mode::kSilent;
  time_.Pause(5000);
  EXPECT_FALSE(anna->election.leading());
  EXPECT_EQ(anna->election.fence(), 0);
  time_.Advance(0);
  ASSERT_TRUE(Commit({{Compare::Absent("leader")}, {Op::Put("leader", "ben")}})->succeeded);
  EXPECT_EQ(anna->deposed, 1);
  EXPECT_FALSE(Commit({{fence}, {Op::Put("work", "stale")}})->succeeded);
}

TEST_F(ElectionTest, IsElectedAlthoughTheAnswerWasLost) {
  const auto anna = Make("anna");
  anna->link.mode = Link::Mode::kAnswersLost;
  anna->Start();
  time_.Advance(50);
  EXPECT_FALSE(anna->election.leading());
  EXPECT_EQ(Leader(), "anna");
  time_.Advance(100);
  EXPECT_TRUE(anna->election.leading());
  EXPECT_EQ(anna->elected.size(), 1U);
  EXPECT_TRUE(Commit({{anna->election.Fence()}, {}})->succeeded);
}

TEST_F(ElectionTest, IgnoresKeysThatOnlyBeginLikeIts) {
  const auto anna = Make("anna");
  anna->Start();
  time_.RunPosted();
  ASSERT_TRUE(anna->election.leading());
  ASSERT_TRUE(Commit({{}, {Op::Put("leader/other", "")}})->succeeded);
  ASSERT_TRUE(Commit({{}, {Op::Delete("leader/other")}})->succeeded);
  time_.Advance(1000);
  EXPECT_EQ(anna->deposed, 0);
  EXPECT_EQ(anna->elected.size(), 1U);
}

TEST_F(ElectionTest, StaysLeaderWhenItsValueIsPutAgain) {
  const auto anna = Make("anna");
  anna->Start();
  time_.RunPosted();
  const LeaseId lease = anna->session.lease();
  ASSERT_TRUE(Commit({{anna->election.Fence()}, {Op::Put("leader", "moved", lease)}})->succeeded);
  time_.Advance(1000);
  EXPECT_TRUE(anna->election.leading());
  EXPECT_EQ(anna->deposed, 0);
  EXPECT_EQ(Leader(), "moved");
}

TEST_F(ElectionTest, StoppingWhileTheCommitIsUnderWayLeavesNoLeader) {
  const auto anna = Make("anna");
  anna->session.Open();
  time_.RunPosted();
  anna->election.Start();   // the commit is done, its answer waits
  anna->election.Stop();
  EXPECT_EQ(Leader(), "anna");
  time_.Advance(1000);
  EXPECT_EQ(Leader(), "nobody");
  EXPECT_TRUE(anna->elected.empty());
}

TEST_F(ElectionTest, ALeaderReadsAgainWhenItsWatchIsLost) {
  // A store that keeps one transaction of history loses the watch of a leader that reads late.
  ManualScheduler time;
  const auto store = *OpenEmbeddedStore(&time, {.history_max = 1});
  Process anna(store.get(), &time, "anna");
  Process ben(store.get(), &time, "ben");
  anna.Start();
  ben.session.Open();
  time.RunPosted();
  ASSERT_TRUE(anna.election.leading());
  // ben's read is answered before two changes, its watch begins after them.
  ben.election.Start();
  store->Commit({{}, {Op::Put("x", "1")}}, [](const StatusOr<TxnResult>&) {});
  time.RunOne();
  time.RunOne();
  store->Commit({{}, {Op::Put("x", "2")}}, [](const StatusOr<TxnResult>&) {});
  store->Commit({{}, {Op::Put("x", "3")}}, [](const StatusOr<TxnResult>&) {});
  time.RunPosted();
  anna.election.Stop();
  time.Advance(1000);
  EXPECT_TRUE(ben.election.leading());
}

}  // namespace
}  // namespace weir::meta
