// Alerts of workers as a coordinator sees and changes them over real gRPC.
#include "tests/integration/feed_world.h"

namespace weir {
namespace {

TEST_F(FeedTest, ACoordinatorFollowsTheAlertsOfAllWorkers) {
  WorkerNode w1("w1");
  WorkerNode w2("w2");
  IngestNode ingest(w1.rules(), {{"w1", w1.address()}, {"w2", w2.address()}});
  ingest.SetTable(1, {"w1", "w2"});
  ASSERT_TRUE(ingest.PushUntilTaken(Batch(1, now_ms_)).status.ok());
  ASSERT_TRUE(ingest.PushUntilTaken(Batch(2, now_ms_)).status.ok());   // every user has four calls
  coordinator::AlertIndex index(100, 100);
  task::ThreadScheduler scheduler;
  coordinator::WorkerClient::Options options;
  options.cluster_id = kCluster;
  options.call_timeout_ms = 2000;
  coordinator::WorkerClient client(options, &scheduler, &index);
  client.SetWorkers({{"w1", w1.address(), 1}, {"w2", w2.address(), 1}});
  EXPECT_TRUE(client.WaitJudged(5000).ok());
  WaitFor([&] { return index.size() == 10; }, "ten alerts");
  const auto page = index.List({}, {}, std::nullopt, 100);
  for (const coordinator::AlertPtr& alert : page.alerts) {
    const auto got = client.GetAlert(alert->digest().id);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->rule_id, "many-calls");
  }
  EXPECT_EQ(client.GetAlert(Hash128{1, 2}).status().code(), StatusCode::kNotFound);
  const coordinator::WorkersStatus status = client.GetStatus();
  EXPECT_TRUE(status.missing.empty());
  EXPECT_EQ(status.merged.events_applied, 40);
  ASSERT_EQ(status.merged.rules.size(), 1);
  EXPECT_EQ(status.merged.rules[0].rows, 40);
  EXPECT_EQ(status.merged.rules[0].alerts, 10);
  EXPECT_EQ(status.merged.shards.size(), 2 * kShards);   // both hold all of them here

  // A connection that broke is opened again, and what happened meanwhile comes.
  w2.Cut();
  EXPECT_EQ(client.GetAlert(Hash128{1, 2}).status().code(), StatusCode::kUnavailable);
  const coordinator::WorkersStatus partial = client.GetStatus();
  ASSERT_EQ(partial.missing.size(), 1);
  EXPECT_EQ(partial.missing[0].worker, "w2");
  w2.Listen(w2.address());
  std::vector<std::string> records;
  for (int user = 100; user < 120; ++user) {
    for (int i = 0; i < 3; ++i) {
      records.push_back(Event(fmt::format("m{}-{}", user, i), now_ms_, fmt::format("user{}", user)));
    }
  }
  ASSERT_TRUE(ingest.PushUntilTaken(records).status.ok());
  WaitFor([&] { return index.size() == 30; }, "the alerts made meanwhile");
  client.Stop();
}

TEST_F(FeedTest, ActionsReachTheWorkerThatOwnsTheAlert) {
  WorkerNode w1("w1");
  WorkerNode w2("w2");
  IngestNode ingest(w1.rules(), {{"w1", w1.address()}, {"w2", w2.address()}});
  ingest.SetTable(1, {"w1", "w2"});
  ASSERT_TRUE(ingest.PushUntilTaken(Batch(1, now_ms_)).status.ok());
  ASSERT_TRUE(ingest.PushUntilTaken(Batch(2, now_ms_)).status.ok());
  coordinator::AlertIndex index(100, 100);
  task::ThreadScheduler scheduler;
  coordinator::WorkerClient::Options options;
  options.cluster_id = kCluster;
  options.call_timeout_ms = 2000;
  options.search_timeout_ms = 5000;
  coordinator::WorkerClient client(options, &scheduler, &index);
  client.SetWorkers({{"w1", w1.address(), 1}, {"w2", w2.address(), 1}});
  WaitFor([&] { return index.size() == 10; }, "ten alerts");
  std::atomic<uint64_t> epoch{7};   // the table here is not the workers'
  coordinator::RemoteAlertBackendOptions remote;
  remote.shard_count = 2 * kShards;   // both hold all of them here
  remote.table_wait_ms = 10;
  remote.rules = [&] { return w1.rules(); };
  remote.entry = [&](ShardId shard) {
    cluster::ShardEntry entry;
    entry.worker = shard.value % 2 == 0 ? "w1" : "w2";
    entry.epoch = Epoch(epoch.load());
    return entry;
  };
  const auto backend = coordinator::MakeRemoteAlertBackend(remote, &client, &index);
  std::vector<coordinator::AlertCommand> commands;
  std::set<uint16_t> shards;
  for (const coordinator::AlertPtr& alert : index.List({}, {}, std::nullopt, 100).alerts) {
    alert::Action action;
    action.kind = alert::Action::Kind::kClose;
    action.actor = "kim";
    action.text = "known";
    action.request_id = "r1";
    commands.push_back({alert->digest().id, action});
    shards.insert(alert->shard() % 2);
  }
  ASSERT_EQ(shards.size(), 2U);   // both workers own some
  commands.push_back({Hash128{1, 2}, commands.front().action});
  // At another epoch nothing is done.
  for (const worker::AlertUpdateResult& result : backend->Update(commands)) {
    EXPECT_FALSE(result.status.ok());
  }
  epoch = 1;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const std::vector<worker::AlertUpdateResult> results = backend->Update(commands);
    ASSERT_EQ(results.size(), 11U);
    for (std::size_t i = 0; i < 10; ++i) {
      EXPECT_TRUE(results[i].status.ok()) << results[i].status;
      EXPECT_EQ(results[i].unchanged, attempt == 1);
      EXPECT_EQ(results[i].alert.status, alert::AlertStatus::kClosed);
      EXPECT_EQ(results[i].alert.lifecycle_revision, 1U);
    }
    EXPECT_EQ(results[10].status.code(), StatusCode::kNotFound);
  }
  alert::AlertFilter closed;
  closed.statuses = {alert::AlertStatus::kClosed};
  WaitFor([&] { return index.List(closed, {}, std::nullopt, 100).total == 10; }, "closed alerts");
  // The stores of both say the same, in order.
  worker::AlertQuery query;
  query.filter = closed;
  query.limit = 4;
  const auto found = backend->Find(query, false);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->total, 10U);
  ASSERT_EQ(found->alerts.size(), 4U);
  for (std::size_t i = 1; i < found->alerts.size(); ++i) {
    EXPECT_GE(found->alerts[i - 1].fired_at_ms, found->alerts[i].fired_at_ms);
  }
  EXPECT_EQ(found->alerts[0].close_reason, "known");
  // A worker that is away: no answer is taken for the whole, and actions say that it is not known.
  w2.Cut();
  EXPECT_EQ(backend->Find(query, false).status().code(), StatusCode::kUnavailable);
  int unavailable = 0;
  for (const worker::AlertUpdateResult& result : backend->Update(commands)) {
    unavailable += result.status.code() == StatusCode::kUnavailable ? 1 : 0;
  }
  EXPECT_GE(unavailable, 1);
  client.Stop();
}

}  // namespace
}  // namespace weir
