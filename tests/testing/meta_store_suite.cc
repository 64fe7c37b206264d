#include "tests/testing/meta_store_suite.h"

#include <gmock/gmock.h>

#include "common/meta/election.h"
#include "common/meta/session.h"

namespace weir::testing {
namespace {

using meta::Compare;
using meta::Event;
using meta::KeyValue;
using meta::LeaseId;
using meta::Op;
using meta::Revision;
using meta::Txn;

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MetaStoreSuite);

std::string KeysOf(const StatusOr<meta::GetResult>& result) {
  std::string text = result.ok() ? "" : std::string(Message(result.status()));
  for (const KeyValue& kv : result.ok() ? result->kvs : std::vector<KeyValue>()) {
    text += (text.empty() ? "" : " ") + kv.key + "=" + kv.value;
  }
  return text;
}

TEST_P(MetaStoreSuite, GetsWhatWasPutWithItsRevisions) {
  const std::string value("b\0in\xff" "ary", 8);
  const auto none = world_->Get("a");
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_TRUE(none->kvs.empty());

  const auto first = world_->Commit({{}, {Op::Put("a", value)}});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->succeeded);
  EXPECT_EQ(first->revision, none->revision + 1);
  const auto second = world_->Commit({{}, {Op::Put("a", "2"), Op::Put("b", "")}});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->revision, first->revision + 1);

  const auto all = world_->List("");
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->revision, second->revision);
  EXPECT_THAT(all->kvs, ::testing::ElementsAre(
                            KeyValue{"a", "2", first->revision, second->revision, LeaseId()},
                            KeyValue{"b", "", second->revision, second->revision, LeaseId()}));

  ASSERT_TRUE(world_->Commit({{}, {Op::Delete("a")}}).ok());
  const auto again = world_->Commit({{}, {Op::Put("a", value)}});
  const auto got = world_->Get("a");
  ASSERT_TRUE(got.ok() && again.ok());
  EXPECT_THAT(got->kvs, ::testing::ElementsAre(
                            KeyValue{"a", value, again->revision, again->revision, LeaseId()}));
}

TEST_P(MetaStoreSuite, ListsAPrefixInOrderOfKeys) {
  const std::string last = "p\xff\xff";
  ASSERT_TRUE(world_
                  ->Commit({{},
                            {Op::Put("p/b", "2"), Op::Put("p/a", "1"), Op::Put("p", "0"),
                             Op::Put("p0", "3"), Op::Put(last, "4"), Op::Put("q", "5")}})
                  .ok());
  EXPECT_EQ(KeysOf(world_->List("p/")), "p/a=1 p/b=2");
  EXPECT_EQ(KeysOf(world_->List("p")), "p=0 p/a=1 p/b=2 p0=3 " + last + "=4");
  EXPECT_EQ(KeysOf(world_->List(last)), last + "=4");
  EXPECT_EQ(KeysOf(world_->List("none")), "");
  EXPECT_EQ(KeysOf(world_->Get("p")), "p=0");
}

TEST_P(MetaStoreSuite, ListsManyKeysAtOneRevision) {
  constexpr int kCommits = 20;
  Revision revision = 0;
  for (int i = 0; i < kCommits; ++i) {
    Txn txn;
    for (std::size_t j = 0; j < meta::kTxnPartsMax; ++j) {
      txn.ops.push_back(Op::Put(fmt::format("many/{:02}/{:03}", i, j), "x"));
    }
    const auto committed = world_->Commit(txn);
    ASSERT_TRUE(committed.ok()) << committed.status();
    revision = committed->revision;
  }
  const auto all = world_->List("many/");
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->revision, revision);
  ASSERT_EQ(all->kvs.size(), kCommits * meta::kTxnPartsMax);
  EXPECT_TRUE(std::is_sorted(all->kvs.begin(), all->kvs.end(),
                             [](const KeyValue& a, const KeyValue& b) { return a.key < b.key; }));
}

TEST_P(MetaStoreSuite, CommitsOnlyWhenAllCompare) {
  const auto put = world_->Commit({{}, {Op::Put("a", "1")}});
  ASSERT_TRUE(put.ok()) << put.status();
  const Revision at = put->revision;
  struct Case {
    Compare compare;
    bool holds;
  };
  const std::vector<Case> cases = {
      {Compare::Exists("a"), true},          {Compare::Exists("b"), false},
      {Compare::Absent("a"), false},         {Compare::Absent("b"), true},
      {Compare::CreatedAt("a", at), true},   {Compare::CreatedAt("a", at + 1), false},
      {Compare::CreatedAt("b", 0), false},   {Compare::ModifiedAt("a", at), true},
      {Compare::ModifiedAt("a", 0), false},  {Compare::ModifiedAt("b", 0), false},
      {Compare::ValueIs("a", "1"), true},    {Compare::ValueIs("a", "2"), false},
      {Compare::ValueIs("b", ""), false},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto before = world_->List("c");
    const auto result =
        world_->Commit({{Compare::Exists("a"), cases[i].compare}, {Op::Put("c", std::to_string(i))}});
    ASSERT_TRUE(result.ok()) << "case " << i << ": " << result.status();
    EXPECT_EQ(result->succeeded, cases[i].holds) << "case " << i;
    EXPECT_EQ(result->revision, before->revision + (cases[i].holds ? 1 : 0)) << "case " << i;
    EXPECT_EQ(KeysOf(world_->Get("c")) == fmt::format("c={}", i), cases[i].holds) << "case " << i;
  }
}

TEST_P(MetaStoreSuite, ComparesTheRevisionOfTheLastPutOrOfCreation) {
  const auto first = world_->Commit({{}, {Op::Put("a", "1")}});
  const auto second = world_->Commit({{}, {Op::Put("a", "2")}});
  ASSERT_TRUE(first.ok() && second.ok());
  const auto holds = [&](const Compare& compare) {
    const auto result = world_->Commit({{compare}, {}});
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() && result->succeeded;
  };
  EXPECT_TRUE(holds(Compare::CreatedAt("a", first->revision)));
  EXPECT_FALSE(holds(Compare::CreatedAt("a", second->revision)));
  EXPECT_FALSE(holds(Compare::ModifiedAt("a", first->revision)));
  EXPECT_TRUE(holds(Compare::ModifiedAt("a", second->revision)));
}

TEST_P(MetaStoreSuite, DeletesKeysAndPrefixes) {
  ASSERT_TRUE(world_
                  ->Commit({{},
                            {Op::Put("d/1", ""), Op::Put("d/2", ""), Op::Put("d", ""),
                             Op::Put("e", "")}})
                  .ok());
  const auto nothing = world_->Commit({{}, {Op::Delete("x"), Op::DeletePrefix("y/")}});
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_TRUE(nothing->succeeded);
  const auto deleted =
      world_->Commit({{}, {Op::Delete("d/1"), Op::DeletePrefix("d/"), Op::Delete("e")}});
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_EQ(deleted->revision, nothing->revision + 1);
  EXPECT_EQ(KeysOf(world_->List("")), "d=");
}

TEST_P(MetaStoreSuite, RefusesWhatBreaksTheRules) {
  Txn many;
  for (std::size_t i = 0; i <= meta::kTxnPartsMax; ++i) {
    many.ops.push_back(Op::Put(fmt::format("k{}", i), ""));
  }
  const std::vector<Txn> bad = {
      {{}, {Op::Put("", "1")}},
      {{}, {Op::DeletePrefix("")}},
      {{Compare::Exists("")}, {}},
      {{}, {Op::Put("a", "1"), Op::Put("a", "2")}},
      {{}, {Op::Put("a", "1"), Op::Delete("a")}},
      {{}, {Op::Put("a/1", "1"), Op::DeletePrefix("a/")}},
      {{}, {Op::Put(std::string(meta::kKeyBytesMax + 1, 'k'), "")}},
      {{}, {Op::Put("a", std::string(meta::kTxnBytesMax, 'v'))}},
      many,
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(world_->Commit(bad[i]).status().code(), StatusCode::kInvalidArgument) << "case " << i;
  }
  EXPECT_EQ(world_->Get("").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(world_->GrantLease(0).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(KeysOf(world_->List("")), "");
  EXPECT_TRUE(world_->Commit({{}, {Op::Put("a", std::string(meta::kTxnBytesMax - 1, 'v'))}}).ok());
}

TEST_P(MetaStoreSuite, OneOfManyConcurrentCommitsWins) {
  constexpr int kCommits = 50;
  int answers = 0;
  std::vector<int> winners;
  world_->Run([&] {
    for (int i = 0; i < kCommits; ++i) {
      world_->store()->Commit({{Compare::Absent("seat")}, {Op::Put("seat", std::to_string(i))}},
                              [&, i](const StatusOr<meta::TxnResult>& result) {
                                ++answers;
                                if (result.ok() && result->succeeded) {
                                  winners.push_back(i);
                                }
                              });
    }
  });
  ASSERT_TRUE(world_->WaitUntil([&] { return answers == kCommits; }));
  ASSERT_EQ(winners.size(), 1U);
  EXPECT_EQ(KeysOf(world_->Get("seat")), fmt::format("seat={}", winners[0]));
}

TEST_P(MetaStoreSuite, WatchTellsThePastAndWhatFollows) {
  const auto before = world_->Commit({{}, {Op::Put("w/a", "0")}});
  ASSERT_TRUE(before.ok()) << before.status();
  ASSERT_TRUE(world_->Commit({{}, {Op::Put("w/b", "1"), Op::Put("x", "1"), Op::Put("w/c", "1")}}).ok());
  WatchLog log(world_.get(), "w/", before->revision + 1);
  ASSERT_TRUE(world_->Commit({{}, {Op::Put("x", "2")}}).ok());
  ASSERT_TRUE(world_->Commit({{}, {Op::DeletePrefix("w/")}}).ok());
  const auto last = world_->Commit({{}, {Op::Put("w/d", "3")}});
  ASSERT_TRUE(last.ok());
  ASSERT_TRUE(log.WaitForEvents(6)) << log.Text();
  EXPECT_EQ(log.Text(), "put w/b=1 put w/c=1 delete w/a delete w/b delete w/c put w/d=3");
  const KeyValue expected{"w/d", "3", last->revision, last->revision, LeaseId()};
  EXPECT_EQ(log.calls().back().back(), (Event{Event::Kind::kPut, expected}));
  EXPECT_TRUE(log.lost().ok()) << log.lost();
}

TEST_P(MetaStoreSuite, WatchFromTheFutureWaitsForIt) {
  const auto now = world_->Commit({{}, {Op::Put("a", "0")}});
  ASSERT_TRUE(now.ok()) << now.status();
  WatchLog log(world_.get(), "a", now->revision + 2);
  ASSERT_TRUE(world_->Commit({{}, {Op::Put("a", "1")}}).ok());
  ASSERT_TRUE(world_->Commit({{}, {Op::Put("a", "2")}}).ok());
  ASSERT_TRUE(log.WaitForEvents(1));
  EXPECT_EQ(log.Text(), "put a=2");
}

TEST_P(MetaStoreSuite, WatchFromNowTellsWhatComesLater) {
  ASSERT_TRUE(world_->Commit({{}, {Op::Put("a", "0")}}).ok());
  WatchLog log(world_.get(), "", 0);
  // The watch begins at some moment after the call: put until it tells.
  bool told = false;
  for (int i = 1; i < 200 && !told; ++i) {
    ASSERT_TRUE(world_->Commit({{}, {Op::Put("a", std::to_string(i))}}).ok());
    world_->WaitUntil([] { return false; }, 10);
    told = !log.calls().empty();
  }
  ASSERT_TRUE(told);
  EXPECT_GT(std::stoi(log.calls().front().front().kv.value), 0);
}

TEST_P(MetaStoreSuite, CancelledWatchIsSilent) {
  WatchLog log(world_.get(), "a", 1);
  WatchLog other(world_.get(), "a", 1);
  ASSERT_TRUE(world_->Commit({{}, {Op::Put("a", "1")}}).ok());
  ASSERT_TRUE(log.WaitForEvents(1));
  log.Cancel();
  ASSERT_TRUE(world_->Commit({{}, {Op::Put("a", "2")}}).ok());
  ASSERT_TRUE(other.WaitForEvents(2));
  EXPECT_EQ(log.Text(), "put a=1");
}

TEST_P(MetaStoreSuite, WatchFromForgottenHistoryIsLost) {
  const auto first = world_->Commit({{}, {Op::Put("a", "1")}});
  ASSERT_TRUE(first.ok());
  Revision last = 0;
  for (int i = 0; i < 5; ++i) {
    const auto result = world_->Commit({{}, {Op::Put("a", "x")}});
    ASSERT_TRUE(result.ok());
    last = result->revision;
  }
  WatchLog early(world_.get(), "a", first->revision);
  ASSERT_TRUE(early.WaitForEvents(6));
  world_->Forget(last);
  WatchLog late(world_.get(), "a", first->revision);
  ASSERT_TRUE(late.WaitForLoss());
  EXPECT_EQ(late.lost().code(), StatusCode::kOutOfRange) << late.lost();
  // Who follows is not concerned.
  const std::size_t told = early.calls().size();
  ASSERT_TRUE(world_->Commit({{}, {Op::Put("a", "y")}}).ok());
  ASSERT_TRUE(world_->WaitUntil([&] { return true; }));
  ASSERT_TRUE(early.WaitForEvents(7));
  EXPECT_GT(early.calls().size(), told);
  EXPECT_TRUE(early.lost().ok());
}

TEST_P(MetaStoreSuite, ALeaseEndsWithItsKeys) {
  const auto lease = world_->GrantLease(1000);
  ASSERT_TRUE(lease.ok()) << lease.status();
  EXPECT_GE(lease->ttl_ms, 1000);
  const int64_t granted_ms = world_->scheduler()->NowMonotonicMs();
  const auto put = world_->Commit(
      {{}, {Op::Put("l/1", "", lease->id), Op::Put("l/2", "", lease->id), Op::Put("l/3", "")}});
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(world_->Get("l/1")->kvs.at(0).lease, lease->id);
  ASSERT_TRUE(world_->Commit({{}, {Op::Put("l/2", "kept")}}).ok());   // not the lease's any more
  WatchLog log(world_.get(), "l/", put->revision + 2);
  ASSERT_TRUE(log.WaitForEvents(1));
  // Times of another clock's ticks: one is allowed for.
  EXPECT_GE(world_->scheduler()->NowMonotonicMs() - granted_ms, lease->ttl_ms - 200);
  EXPECT_EQ(log.Text(), "delete l/1");
  EXPECT_EQ(KeysOf(world_->List("l/")), "l/2=kept l/3=");
  EXPECT_EQ(world_->KeepAlive(lease->id).code(), StatusCode::kNotFound);
  EXPECT_EQ(world_->Revoke(lease->id).code(), StatusCode::kNotFound);
  EXPECT_EQ(world_->Commit({{}, {Op::Put("l/1", "", lease->id)}}).status().code(),
            StatusCode::kNotFound);
  EXPECT_TRUE(world_->Get("l/1")->kvs.empty());
}

TEST_P(MetaStoreSuite, KeepAliveKeepsALeaseBeyondItsTime) {
  const auto kept = world_->GrantLease(1000);
  const auto left = world_->GrantLease(1000);
  ASSERT_TRUE(kept.ok() && left.ok());
  const auto put = world_->Commit({{}, {Op::Put("k", "", kept->id), Op::Put("l", "", left->id)}});
  ASSERT_TRUE(put.ok()) << put.status();
  WatchLog log(world_.get(), "l", put->revision + 1);
  for (int i = 0; i < 100 && log.calls().empty(); ++i) {
    ASSERT_TRUE(world_->KeepAlive(kept->id).ok());
    world_->WaitUntil([] { return false; }, 100);
  }
  EXPECT_EQ(log.Text(), "delete l");
  EXPECT_EQ(KeysOf(world_->List("")), "k=");
  EXPECT_TRUE(world_->Revoke(kept->id).ok());
  EXPECT_EQ(KeysOf(world_->List("")), "");
}

TEST_P(MetaStoreSuite, RevokingALeaseDeletesItsKeysAtOneRevision) {
  const auto lease = world_->GrantLease(60000);
  ASSERT_TRUE(lease.ok());
  const auto put =
      world_->Commit({{}, {Op::Put("a", "", lease->id), Op::Put("b", "", lease->id)}});
  ASSERT_TRUE(put.ok()) << put.status();
  WatchLog log(world_.get(), "", put->revision + 1);
  ASSERT_TRUE(world_->Revoke(lease->id).ok());
  ASSERT_TRUE(log.WaitForEvents(2));
  EXPECT_EQ(log.Text(), "delete a delete b");
  EXPECT_EQ(log.calls().size(), 1U);
}

// Two candidates, each with a session of its own, on one store.
struct Candidate {
  Candidate(MetaWorld* world, const std::string& name)
      : session(world->store(), world->scheduler(), {.ttl_ms = 2000}),
        election(world->store(), world->scheduler(), &session, {"leader", name, 50},
                 [this](Revision fence) { elected = fence; },
                 [this](const Status&) { deposed = true; }) {
    session.Open();
    election.Start();
  }
  meta::Session session;
  meta::Election election;
  Revision elected = 0;
  bool deposed = false;
};

TEST_P(MetaStoreSuite, ElectsOneLeaderAndFencesTheLast) {
  std::unique_ptr<Candidate> anna;
  std::unique_ptr<Candidate> ben;
  world_->Run([&] { anna = std::make_unique<Candidate>(world_.get(), "anna"); });
  ASSERT_TRUE(world_->WaitUntil([&] { return anna->election.leading(); }));
  world_->Run([&] { ben = std::make_unique<Candidate>(world_.get(), "ben"); });
  EXPECT_FALSE(world_->WaitUntil([&] { return ben->elected != 0; }, 300));
  EXPECT_EQ(KeysOf(world_->Get("leader")), "leader=anna");

  Compare fence;
  world_->Run([&] { fence = anna->election.Fence(); });
  auto guarded = world_->Commit({{fence}, {Op::Put("work", "anna")}});
  ASSERT_TRUE(guarded.ok());
  EXPECT_TRUE(guarded->succeeded);

  world_->Run([&] { anna->session.Close(nullptr); });
  ASSERT_TRUE(world_->WaitUntil([&] { return ben->election.leading(); }));
  EXPECT_GT(ben->elected, anna->elected);
  guarded = world_->Commit({{fence}, {Op::Put("work", "anna again")}});
  ASSERT_TRUE(guarded.ok());
  EXPECT_FALSE(guarded->succeeded);
  EXPECT_EQ(KeysOf(world_->Get("work")), "work=anna");
  world_->Run([&] {
    EXPECT_FALSE(anna->election.leading());
    anna.reset();
    ben.reset();
  });
  // Stopping gave the key up, long before the lease's end.
  EXPECT_TRUE(world_->WaitUntil([&] { return true; }));
  StatusOr<meta::GetResult> left = world_->Get("leader");
  for (int i = 0; i < 10 && left.ok() && !left->kvs.empty(); ++i) {
    world_->WaitUntil([] { return false; }, 20);
    left = world_->Get("leader");
  }
  EXPECT_EQ(KeysOf(left), "");
}

TEST_P(MetaStoreSuite, ALeaderWhoseKeyIsDeletedIsDeposedAndStandsAgain) {
  std::unique_ptr<Candidate> anna;
  world_->Run([&] { anna = std::make_unique<Candidate>(world_.get(), "anna"); });
  ASSERT_TRUE(world_->WaitUntil([&] { return anna->election.leading(); }));
  const Revision first = anna->elected;
  ASSERT_TRUE(world_->Commit({{}, {Op::Delete("leader")}}).ok());
  EXPECT_TRUE(world_->WaitUntil([&] { return anna->deposed; }));
  EXPECT_TRUE(world_->WaitUntil([&] { return anna->election.leading(); }));
  world_->Run([&] {
    EXPECT_GT(anna->elected, first);
    anna.reset();
  });
}

}  // namespace
}  // namespace weir::testing
