// The metadata store on a real etcd: what every store must do, and what happens when etcd is killed,
// paused, exchanged or not there.
#include "common/meta/etcd/etcd_store.h"

#include <condition_variable>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/meta/election.h"
#include "common/meta/session.h"
#include "tests/testing/etcd_process.h"
#include "tests/testing/meta_store_suite.h"

namespace weir::meta {
namespace {

using testing::EtcdProcess;
using testing::MetaStoreSuite;
using testing::WatchLog;
using ::testing::HasSubstr;

constexpr int64_t kCallTimeoutMs = 2000;

// A process of a cluster, as far as the store is concerned.
class EtcdWorld final : public testing::ThreadMetaWorld {
 public:
  explicit EtcdWorld(const std::vector<std::string>& endpoints, const std::string& prefix = "weir/",
                     EtcdProcess* etcd = nullptr, int64_t call_timeout_ms = kCallTimeoutMs)
      : etcd_(etcd) {
    auto store = MakeEtcdStore(scheduler(), {.endpoints = endpoints,
                                             .key_prefix = prefix,
                                             .call_timeout_ms = call_timeout_ms,
                                             .probe_timeout_ms = 500,
                                             .retry_ms = 50});
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  ~EtcdWorld() override {
    Run([this] { store_.reset(); });
  }
  EtcdWorld(const EtcdWorld&) = delete;
  EtcdWorld& operator=(const EtcdWorld&) = delete;

  MetaStore* store() override { return store_.get(); }
  void Forget(Revision before) override { etcd_->Compact(before); }

 private:
  EtcdProcess* etcd_;
  std::unique_ptr<MetaStore> store_;
};

// One etcd for the whole suite; each test has keys of its own.
std::unique_ptr<testing::MetaWorld> MakeSuiteWorld() {
  static const std::unique_ptr<EtcdProcess> etcd = [] {
    std::unique_ptr<EtcdProcess> made = EtcdProcess::Make();
    const Status started = made == nullptr ? OkStatus() : made->Start();
    EXPECT_TRUE(started.ok()) << started;
    return made;
  }();
  static int tests = 0;
  if (etcd == nullptr) {
    return nullptr;
  }
  return std::make_unique<EtcdWorld>(std::vector<std::string>{etcd->endpoint()},
                                     fmt::format("weir/test-{}/", ++tests), etcd.get(), 5000);
}

INSTANTIATE_TEST_SUITE_P(Etcd, MetaStoreSuite,
                         ::testing::Values(testing::MetaWorldMaker{"etcd", MakeSuiteWorld}),
                         [](const auto& made) { return made.param.name; });

class MetaEtcdTest : public ::testing::Test {
 protected:
  void SetUp() override {
    etcd_ = EtcdProcess::Make();
    if (etcd_ == nullptr) {
      GTEST_SKIP();
    }
  }
  void Start() {
    const Status started = etcd_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  std::unique_ptr<EtcdWorld> Connect() {
    return std::make_unique<EtcdWorld>(std::vector<std::string>{etcd_->endpoint()});
  }

  std::unique_ptr<EtcdProcess> etcd_;
};

Txn PutTxn(const std::string& key, const std::string& value, LeaseId lease = LeaseId()) {
  return {{}, {Op::Put(key, value, lease)}};
}

TEST_F(MetaEtcdTest, WatchGoesOnAfterEtcdWasKilled) {
  Start();
  const auto world = Connect();
  const auto first = world->Commit(PutTxn("k", "1"));
  ASSERT_TRUE(first.ok()) << first.status();
  WatchLog log(world.get(), "k", first->revision);
  WatchLog idle(world.get(), "k", first->revision + 1);
  ASSERT_TRUE(log.WaitForEvents(1));
  for (int i = 2; i <= 4; ++i) {
    etcd_->Kill();
    // Not reached: said in time, and nothing is lost by it.
    const int64_t begin_ms = world->scheduler()->NowMonotonicMs();
    EXPECT_EQ(world->Commit(PutTxn("lost", "")).status().code(), StatusCode::kUnavailable);
    EXPECT_LT(world->scheduler()->NowMonotonicMs() - begin_ms, kCallTimeoutMs + 1000);
    Start();
    StatusOr<TxnResult> put = world->Commit(PutTxn("k", std::to_string(i)));
    ASSERT_TRUE(put.ok()) << put.status();
    ASSERT_TRUE(log.WaitForEvents(static_cast<std::size_t>(i))) << log.Text() << log.lost();
  }
  EXPECT_EQ(log.Text(), "put k=1 put k=2 put k=3 put k=4");
  ASSERT_TRUE(idle.WaitForEvents(3));
  EXPECT_EQ(idle.Text(), "put k=2 put k=3 put k=4");
}

TEST_F(MetaEtcdTest, WatchIsLostWhenWhatItMissedWasCompacted) {
  Start();
  const auto world = Connect();
  const auto other = Connect();
  const auto first = world->Commit(PutTxn("k", "1"));
  ASSERT_TRUE(first.ok()) << first.status();
  WatchLog log(world.get(), "k", first->revision);
  ASSERT_TRUE(log.WaitForEvents(1));
  etcd_->Kill();
  // Nothing of the first store runs while another one changes and compacts.
  bool release = false;
  std::mutex mutex;
  std::condition_variable changed;
  world->scheduler()->Post([&] {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return release; });
  });
  Start();
  ASSERT_TRUE(other->Commit(PutTxn("k", "2")).ok());
  const auto last = other->Commit(PutTxn("k", "3"));
  ASSERT_TRUE(last.ok()) << last.status();
  etcd_->Compact(last->revision);
  {
    const std::lock_guard lock(mutex);
    release = true;
  }
  changed.notify_one();
  ASSERT_TRUE(log.WaitForLoss());
  EXPECT_EQ(log.lost().code(), StatusCode::kOutOfRange) << log.lost();
  EXPECT_EQ(log.Text(), "put k=1");
}

TEST_F(MetaEtcdTest, ReadsAndWatchesWaitForEtcdToCome) {
  const auto world = Connect();
  const auto none = world->Get("k");
  EXPECT_EQ(none.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(none.status())), HasSubstr(etcd_->endpoint()));
  EXPECT_EQ(world->GrantLease(1000).status().code(), StatusCode::kUnavailable);
  WatchLog log(world.get(), "k", 1);
  Start();
  const auto put = world->Commit(PutTxn("k", "1"));
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_TRUE(log.WaitForEvents(1));
  EXPECT_EQ(log.Text(), "put k=1");
}

TEST_F(MetaEtcdTest, TriesTheNextEndpointWhenOneIsDown) {
  Start();
  const std::string dead = fmt::format("127.0.0.1:{}", testing::FreePort());
  EtcdWorld world({dead, etcd_->endpoint()});
  // The first call of all may be a commit: it is not what finds out.
  const auto put = world.Commit(PutTxn("k", "1"));
  ASSERT_TRUE(put.ok()) << put.status();
  WatchLog log(&world, "k", put->revision);
  ASSERT_TRUE(log.WaitForEvents(1));
  etcd_->Kill();
  EXPECT_EQ(world.Get("k").status().code(), StatusCode::kUnavailable);
  Start();
  const auto got = world.Get("k");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->kvs.size(), 1U);
  ASSERT_TRUE(world.Commit(PutTxn("k", "2")).ok());
  EXPECT_TRUE(log.WaitForEvents(2));
}

TEST_F(MetaEtcdTest, RefusesAnotherCluster) {
  Start();
  const auto world = Connect();
  ASSERT_TRUE(world->Commit(PutTxn("k", "1")).ok());
  WatchLog log(world.get(), "k", 1);
  ASSERT_TRUE(log.WaitForEvents(1));
  etcd_->Kill();
  etcd_->Wipe(true);
  Start();
  const auto got = world->Get("k");
  EXPECT_EQ(got.status().code(), StatusCode::kFailedPrecondition) << got.status();
  EXPECT_THAT(std::string(Message(got.status())), HasSubstr("belongs to cluster"));
  EXPECT_EQ(world->Commit(PutTxn("k", "2")).status().code(), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(log.WaitForLoss());
  EXPECT_EQ(log.lost().code(), StatusCode::kFailedPrecondition);
  // Who never knew the first one takes the second, and finds nothing written there.
  const auto fresh = Connect()->Get("k");
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  EXPECT_TRUE(fresh->kvs.empty());
}

TEST_F(MetaEtcdTest, NoticesThatTheClusterHasForgotten) {
  Start();
  const auto world = Connect();
  ASSERT_TRUE(world->Commit(PutTxn("k", "1")).ok());
  WatchLog log(world.get(), "k", 1);
  ASSERT_TRUE(log.WaitForEvents(1));
  etcd_->Kill();
  etcd_->Wipe(false);
  Start();
  EXPECT_EQ(world->Get("k").status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(world->Commit(PutTxn("k", "2")).status().code(), StatusCode::kDataLoss);
  EXPECT_TRUE(log.WaitForLoss());
  EXPECT_EQ(log.lost().code(), StatusCode::kDataLoss);
}

TEST_F(MetaEtcdTest, LeaseAndItsKeyEndAfterARestart) {
  Start();
  const auto world = Connect();
  const auto lease = world->GrantLease(1000);
  ASSERT_TRUE(lease.ok()) << lease.status();
  const auto put = world->Commit(PutTxn("k", "1", lease->id));
  ASSERT_TRUE(put.ok()) << put.status();
  WatchLog log(world.get(), "k", put->revision + 1);
  etcd_->Kill();
  Start();
  ASSERT_TRUE(log.WaitForEvents(1)) << log.lost();
  EXPECT_EQ(log.Text(), "delete k");
  EXPECT_EQ(world->KeepAlive(lease->id).code(), StatusCode::kNotFound);
}

// A candidate with a connection of its own.
struct Candidate {
  explicit Candidate(EtcdWorld* own, const std::string& name)
      : world(own),
        session(own->store(), own->scheduler(), {.ttl_ms = 2000, .keep_alive_ms = 200}),
        election(own->store(), own->scheduler(), &session, {"leader", name, 100},
                 [this](Revision) { ++elected; }, [this](const Status&) { ++deposed; }) {
    world->Run([this] {
      session.Open();
      election.Start();
    });
  }
  ~Candidate() {
    // Their ends are tasks too.
    world->Run([this] {
      election.Stop();
      session.Close(nullptr);
    });
  }
  Candidate(const Candidate&) = delete;
  Candidate& operator=(const Candidate&) = delete;
  bool Leads() {
    return world->WaitUntil([this] { return election.leading(); });
  }
  EtcdWorld* world;
  Session session;
  Election election;
  int elected = 0;
  int deposed = 0;
};

TEST_F(MetaEtcdTest, APausedEtcdEndsTheSessionInTimeAndALeaderIsFoundAfterwards) {
  Start();
  const auto anna_world = Connect();
  const auto ben_world = Connect();
  Candidate anna(anna_world.get(), "anna");
  ASSERT_TRUE(anna.Leads());
  Candidate ben(ben_world.get(), "ben");
  Compare fence;
  int64_t until_ms = 0;
  anna_world->Run([&] { fence = anna.election.Fence(); });
  etcd_->Pause();
  anna_world->Run([&] { until_ms = anna.session.alive_until_ms(); });
  // Renewals hang; the session does not outlive what it last heard.
  ASSERT_TRUE(anna_world->WaitUntil([&] { return anna.deposed == 1; }));
  EXPECT_GE(anna_world->scheduler()->NowMonotonicMs(), until_ms);
  EXPECT_EQ(anna_world->Get("leader").status().code(), StatusCode::kUnavailable);
  etcd_->Resume();
  // Anna gave up: her lease is not renewed any more, and ben follows.
  ASSERT_TRUE(ben.Leads());
  const auto stale = anna_world->Commit({{fence}, {Op::Put("work", "stale")}});
  ASSERT_TRUE(stale.ok()) << stale.status();
  EXPECT_FALSE(stale->succeeded);
}

TEST_F(MetaEtcdTest, AShortRestartCostsNoSession) {
  Start();
  const auto world = Connect();
  std::unique_ptr<Session> session;
  world->Run([&] {
    session = std::make_unique<Session>(world->store(), world->scheduler(),
                                        SessionOptions{.ttl_ms = 20 * 1000, .keep_alive_ms = 200});
    session->Open();
  });
  ASSERT_TRUE(world->WaitUntil([&] { return session->alive(); }));
  etcd_->Kill();
  Start();
  int64_t before_ms = 0;
  world->Run([&] { before_ms = session->alive_until_ms(); });
  EXPECT_TRUE(world->WaitUntil([&] { return session->alive_until_ms() > before_ms; }));
  world->Run([&] { session.reset(); });
}

// Puts once, whether or not an election in etcd swallows answers: reads before it tries again.
bool PutOnce(EtcdWorld* world, const std::string& key, const std::string& before,
             const std::string& value) {
  for (int i = 0; i < 20; ++i) {
    const auto put = world->Commit({{Compare::ValueIs(key, before)}, {Op::Put(key, value)}});
    const auto got = world->Get(key);
    if (got.ok() && got->kvs.size() == 1 && got->kvs[0].value == value) {
      return true;
    }
    EXPECT_TRUE(put.ok() || put.status().code() == StatusCode::kUnavailable) << put.status();
  }
  return false;
}

// Three members: calls, watches and sessions follow when the one in use is killed, or stops answering.
TEST(MetaEtcdClusterTest, FollowsToAnotherMember) {
  auto members = EtcdProcess::MakeCluster(3);
  if (members.empty()) {
    GTEST_SKIP();
  }
  std::vector<std::string> endpoints;
  for (const auto& member : members) {
    ASSERT_TRUE(member->Launch().ok());
    endpoints.push_back(member->endpoint());
  }
  for (const auto& member : members) {
    const Status ready = member->WaitReady();
    ASSERT_TRUE(ready.ok()) << ready;
  }
  EtcdWorld world(endpoints, "weir/", nullptr, 6000);
  EtcdWorld other({endpoints[2]}, "weir/", nullptr, 6000);
  const auto first = world.Commit(PutTxn("k", "1"));
  ASSERT_TRUE(first.ok()) << first.status();
  WatchLog log(&world, "k", first->revision);
  ASSERT_TRUE(log.WaitForEvents(1));
  Candidate anna(&world, "anna");
  ASSERT_TRUE(anna.Leads());

  members[0]->Kill();
  EXPECT_TRUE(world.Get("k").ok());
  ASSERT_TRUE(PutOnce(&other, "k", "1", "2"));
  EXPECT_TRUE(log.WaitForEvents(2)) << log.lost();

  ASSERT_TRUE(members[0]->Start().ok());
  // The second one, which is in use now, hangs: whoever only listens is moved along by the calls.
  members[1]->Pause();
  EXPECT_TRUE(world.Get("k").ok());
  ASSERT_TRUE(PutOnce(&other, "k", "2", "3"));
  EXPECT_TRUE(log.WaitForEvents(3)) << log.lost();
  EXPECT_EQ(log.Text(), "put k=1 put k=2 put k=3");
  members[1]->Resume();
  // Her session may have been lost meanwhile; then she stands again.
  EXPECT_TRUE(world.WaitUntil([&] {
    anna.session.Open();
    return anna.election.leading();
  }));
}

TEST_F(MetaEtcdTest, EndsWhileCallsAndWatchesAreUnderWay) {
  Start();
  for (int i = 0; i < 20; ++i) {
    const auto world = Connect();
    int answers = 0;
    std::unique_ptr<WatchHandle> handle;
    world->Run([&] {
      handle = world->store()->Watch(
          "", 1, [](const std::vector<Event>&, Revision) {}, [](const Status&) {});
      for (int j = 0; j < 20; ++j) {
        world->store()->Commit(PutTxn("k", std::to_string(j)),
                               [&](const StatusOr<TxnResult>&) { ++answers; });
      }
    });
    world->WaitUntil([&] { return answers >= i; });
  }
}

TEST(EtcdStoreTest, RefusesOptionsThatCannotWork) {
  task::ThreadScheduler scheduler;
  const auto code = [&](const EtcdOptions& options) {
    return MakeEtcdStore(&scheduler, options).status().code();
  };
  EXPECT_EQ(code({}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.endpoints = {""}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.endpoints = {"http://localhost:2379"}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.endpoints = {"a:1"}, .call_timeout_ms = 0}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.endpoints = {"a:1"}}), StatusCode::kOk);
}

}  // namespace
}  // namespace weir::meta
