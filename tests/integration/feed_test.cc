// Ingest, workers and a coordinator that talk over real gRPC, in this process and with memory stores:
// what is counted when connections break, shards move and the wrong ones are reached.
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "common/base/clock.h"
#include "common/rpc/server.h"
#include "common/state/state_store.h"
#include "common/task/thread_scheduler.h"
#include "coordinator/alert_index.h"
#include "coordinator/remote_alert_backend.h"
#include "coordinator/worker_client.h"
#include "ingest/dispatcher.h"
#include "ingest/pipeline.h"
#include "ingest/remote_link.h"
#include "ingest/rule_source.h"
#include "worker/alert_feed.h"
#include "worker/worker.h"
#include "worker/worker_service.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

constexpr uint16_t kShards = 4;
constexpr char kCluster[] = "cluster-1";
constexpr char kRule[] = R"toml(
[rule]
name = "Many calls"
rule_id = "many-calls"
type = "esql"
language = "esql"
from = "now-60m"
interval = "5m"
severity = "high"
risk_score = 50
query = '''
FROM logs-aws.cloudtrail-*
| WHERE event.action == "InvokeModel"
| STATS calls = COUNT(*) BY user.name
| WHERE calls >= 3
'''
)toml";

std::string Event(const std::string& id, UnixMillis time_ms, const std::string& user) {
  return fmt::format(
      R"({{"eventVersion":"1.08","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel",)"
      R"("eventID":"{}","eventTime":"{}","awsRegion":"us-east-1","recipientAccountId":"111122223333",)"
      R"("userIdentity":{{"type":"IAMUser","userName":"{}","accountId":"111122223333"}}}})",
      id, FormatTime(time_ms).substr(0, 19) + "Z", user);
}

void WaitFor(const std::function<bool()>& condition, const std::string& what) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << "waiting for " << what;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

// A worker process, as far as others can tell.
class WorkerNode {
 public:
  explicit WorkerNode(std::string id) : id_(std::move(id)), store_(state::MakeMemoryStore()) {
    worker::WorkerOptions options;
    options.shard_count = kShards;
    worker_ = std::make_unique<worker::Worker>(options, store_.get(), &clock_, &alerts_);
    EXPECT_TRUE(worker_->Start().ok());
    EXPECT_TRUE(worker_->HoldAllShards(Epoch(1)).ok());
    plan::CompileOptions compile;
    std::vector<std::vector<rule::Finding>> findings;
    const auto rules = worker_->ActivateRules({{"rule.toml", kRule}}, compile, &findings);
    EXPECT_TRUE(rules.ok());
    rules_ = *rules;
    Listen("127.0.0.1:0");
  }
  ~WorkerNode() {
    Cut();
    worker_->Stop();
  }

  // Serves at an address, with connections of its own.
  void Listen(const std::string& address) {
    service_ = std::make_unique<worker::WorkerService>(
        worker::WorkerService::Options{kCluster, id_, 1}, worker_.get(), &alerts_);
    auto server = rpc::Server::Start(address, {service_.get()});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    address_ = server_->address();
  }
  // Ends all connections, in good order or abruptly; the worker lives on.
  void Cut(bool in_order = true) {
    if (server_ != nullptr) {
      if (in_order) {
        service_->Drain();
      }
      server_->Shutdown(in_order ? 1000 : 0);
      server_.reset();
      service_.reset();
    }
  }

  const std::string& address() const { return address_; }
  worker::Worker* worker() { return worker_.get(); }
  const plan::RuleSetPtr& rules() const { return rules_; }

 private:
  const std::string id_;
  SystemClock clock_;
  std::unique_ptr<state::StateStore> store_;
  worker::AlertFeed alerts_{1000};
  std::unique_ptr<worker::Worker> worker_;
  plan::RuleSetPtr rules_;
  std::unique_ptr<worker::WorkerService> service_;
  std::unique_ptr<rpc::Server> server_;
  std::string address_;
};

// An ingest node of the cluster.
class IngestNode {
 public:
  IngestNode(plan::RuleSetPtr rules, std::map<std::string, std::string> addresses,
             ingest::RemoteLinkOptions link = {}, int64_t resend_ms_max = 3000)
      : addresses_(std::move(addresses)),
        producer_(link.ingest_id.empty() ? "p" : "producer of " + link.ingest_id) {
    if (link.cluster_id.empty()) {
      link.cluster_id = kCluster;
    }
    link.ingest_id = link.ingest_id.empty() ? "i1" : link.ingest_id;
    ingest::DispatcherOptions dispatch;
    dispatch.resend_ms_max = resend_ms_max;
    dispatcher_ = std::make_unique<ingest::Dispatcher>(
        dispatch, &scheduler_, [this, link](const std::string& worker) {
          ingest::RemoteLinkOptions options = link;
          options.worker_id = options.worker_id.empty() ? worker : options.worker_id;
          return ingest::MakeRemoteLink(options, &scheduler_, [this, worker] {
            const std::lock_guard lock(mutex_);
            return addresses_[worker];
          });
        });
    rules_.Add(std::move(rules), 0);
    ingest::PipelineOptions options;
    options.shard_count = kShards;
    pipeline_ = std::make_unique<ingest::Pipeline>(options, dispatcher_.get(), &rules_, &scheduler_,
                                                   &clock_);
    pipeline_->Start();
  }
  ~IngestNode() {
    dispatcher_->Stop();
    pipeline_->Stop();
  }

  void SetTable(int64_t revision, const std::vector<std::string>& workers, uint64_t epoch = 1) {
    cluster::ShardTable table;
    table.revision = revision;
    for (uint16_t shard = 0; shard < kShards; ++shard) {
      cluster::ShardEntry entry;
      entry.worker = workers[shard % workers.size()];
      entry.epoch = Epoch(epoch);
      table.entries.push_back(entry);
    }
    dispatcher_->SetTable(std::move(table));
  }
  void SetAddress(const std::string& worker, const std::string& address) {
    const std::lock_guard lock(mutex_);
    addresses_[worker] = address;
  }

  std::future<ingest::BatchResult> Push(const std::vector<std::string>& records) {
    ingest::Batch batch;
    batch.producer_id = producer_;
    batch.sequence = ++sequence_;
    for (const std::string& record : records) {
      batch.payload += record;
      batch.record_sizes.push_back(static_cast<uint32_t>(record.size()));
    }
    auto promise = std::make_shared<std::promise<ingest::BatchResult>>();
    pipeline_->Submit(std::move(batch), [promise](ingest::BatchResult result) {
      promise->set_value(std::move(result));
    });
    return promise->get_future();
  }
  // As a producer does it: sends again until it is taken.
  ingest::BatchResult PushUntilTaken(const std::vector<std::string>& records) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      ingest::BatchResult result = Push(records).get();
      if (result.status.ok() || !result.retry_delay_ms.has_value()) {
        return result;
      }
    }
    ADD_FAILURE() << "a batch was never taken";
    return {};
  }
  ingest::Dispatcher* dispatcher() { return dispatcher_.get(); }
  ingest::PipelineStatus status() const { return pipeline_->GetStatus(); }

 private:
  SystemClock clock_;
  std::mutex mutex_;
  std::map<std::string, std::string> addresses_;
  const std::string producer_;
  task::ThreadScheduler scheduler_;
  ingest::CompiledRuleFeed rules_{false};
  std::unique_ptr<ingest::Dispatcher> dispatcher_;
  std::unique_ptr<ingest::Pipeline> pipeline_;
  uint64_t sequence_ = 0;
};

// Events of ten users, so that all shards get some.
std::vector<std::string> Batch(int number, UnixMillis time_ms) {
  std::vector<std::string> records;
  for (int i = 0; i < 20; ++i) {
    records.push_back(Event(fmt::format("e{}-{}", number, i), time_ms, fmt::format("user{}", i % 10)));
  }
  return records;
}

class FeedTest : public ::testing::Test {
 protected:
  const UnixMillis now_ms_ = SystemClock().Now();
};

TEST_F(FeedTest, CountsOverTheWireOnceAndTellsRepeats) {
  WorkerNode w1("w1");
  IngestNode ingest(w1.rules(), {{"w1", w1.address()}});
  ingest.SetTable(1, {"w1"});
  const ingest::BatchResult first = ingest.PushUntilTaken(Batch(1, now_ms_));
  EXPECT_TRUE(first.status.ok()) << first.status;
  EXPECT_EQ(first.accepted, 20);
  EXPECT_EQ(first.matched, 20);
  EXPECT_EQ(first.repeated, 0);
  const ingest::BatchResult again = ingest.PushUntilTaken(Batch(1, now_ms_));
  EXPECT_EQ(again.repeated, 20);
  const ingest::BatchResult old = ingest.PushUntilTaken(Batch(2, now_ms_ - kMillisPerDay));
  EXPECT_EQ(old.late, 20);
  const worker::WorkerStatus status = w1.worker()->GetStatus();
  ASSERT_EQ(status.rules.size(), 1);
  EXPECT_EQ(status.rules[0].rows, 20);
  EXPECT_EQ(status.repeats, 20);
}

// By two nodes at once, by other producers, in other batches, another order and another envelope.
TEST_F(FeedTest, DeliveredTwiceThroughTwoNodesInOtherBatchesCountsOnce) {
  constexpr std::size_t kEvents = 300;
  WorkerNode w1("w1");
  WorkerNode w2("w2");
  const std::map<std::string, std::string> addresses{{"w1", w1.address()}, {"w2", w2.address()}};
  ingest::RemoteLinkOptions second;
  second.ingest_id = "i2";
  IngestNode one(w1.rules(), addresses);
  IngestNode two(w1.rules(), addresses, second);
  one.SetTable(1, {"w1", "w2"});
  two.SetTable(1, {"w1", "w2"});
  std::vector<std::string> events;
  for (std::size_t i = 0; i < kEvents; ++i) {
    events.push_back(Event(fmt::format("e{}", i), now_ms_, fmt::format("user{}", i % 10)));
  }
  std::thread other([&] {
    for (std::size_t end = kEvents; end > 0;) {
      const std::size_t begin = end - std::min<std::size_t>(end, 7);
      std::string records;
      for (std::size_t i = end; i > begin; --i) {
        records += (records.empty() ? "" : ",") + events[i - 1];
      }
      EXPECT_TRUE(two.PushUntilTaken({R"({"Records":[)" + records + "]}"}).status.ok());
      end = begin;
    }
  });
  for (std::size_t begin = 0; begin < kEvents; begin += 20) {
    const auto first = events.begin() + static_cast<std::ptrdiff_t>(begin);
    EXPECT_TRUE(one.PushUntilTaken({first, first + 20}).status.ok());
  }
  other.join();
  uint64_t rows = 0;
  uint64_t repeats = 0;
  for (WorkerNode* worker : {&w1, &w2}) {
    const worker::WorkerStatus status = worker->worker()->GetStatus();
    ASSERT_EQ(status.rules.size(), 1);
    rows += status.rules[0].rows;
    repeats += status.repeats;
  }
  EXPECT_EQ(rows, kEvents);
  EXPECT_EQ(repeats, kEvents);
  const auto kind = static_cast<std::size_t>(source::SourceKind::kCloudTrail);
  EXPECT_EQ(one.status().repeated_by_source[kind] + two.status().repeated_by_source[kind], kEvents);
  EXPECT_EQ(one.status().repeated + two.status().repeated, kEvents);
}

TEST_F(FeedTest, ABatchIsSharedAmongTheWorkersOfItsShards) {
  WorkerNode w1("w1");
  WorkerNode w2("w2");
  IngestNode ingest(w1.rules(), {{"w1", w1.address()}, {"w2", w2.address()}});
  ingest.SetTable(1, {"w1", "w2"});
  const ingest::BatchResult result = ingest.PushUntilTaken(Batch(1, now_ms_));
  EXPECT_TRUE(result.status.ok()) << result.status;
  const uint64_t one = w1.worker()->GetStatus().events_applied;
  const uint64_t other = w2.worker()->GetStatus().events_applied;
  EXPECT_GT(one, 0);
  EXPECT_GT(other, 0);
  EXPECT_EQ(one + other, 20);
}

TEST_F(FeedTest, NothingIsLostOrCountedTwiceWhenConnectionsBreak) {
  WorkerNode w1("w1");
  IngestNode ingest(w1.rules(), {{"w1", w1.address()}});
  ingest.SetTable(1, {"w1"});
  std::atomic<bool> done = false;
  std::thread breaker([&] {
    for (int i = 0; i < 12; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(150));
      w1.Cut(i % 2 == 0);
      w1.Listen(w1.address());
    }
    done = true;
  });
  uint64_t batches = 0;
  while (!done) {
    // Several at once, so that every break finds some on their way.
    std::vector<std::future<ingest::BatchResult>> results;
    for (int i = 0; i < 8; ++i) {
      results.push_back(ingest.Push(Batch(static_cast<int>(batches++), now_ms_)));
    }
    for (auto& future : results) {
      const ingest::BatchResult result = future.get();
      EXPECT_TRUE(result.status.ok()) << result.status;
      EXPECT_EQ(result.repeated, 0);   // what the node sent twice is not told to the producer
    }
  }
  breaker.join();
  EXPECT_EQ(w1.worker()->GetStatus().events_applied, batches * 20);
}

TEST_F(FeedTest, AnotherClustersWorkerRefuses) {
  WorkerNode w1("w1");
  ingest::RemoteLinkOptions link;
  link.cluster_id = "cluster-2";
  IngestNode ingest(w1.rules(), {{"w1", w1.address()}}, link, 800);
  ingest.SetTable(1, {"w1"});
  const ingest::BatchResult result = ingest.Push(Batch(1, now_ms_)).get();
  EXPECT_EQ(result.status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(result.status)),
              HasSubstr("this worker belongs to cluster 'cluster-1', not to 'cluster-2'"));
  EXPECT_EQ(w1.worker()->GetStatus().events_applied, 0);
}

TEST_F(FeedTest, AnotherWorkerAtTheAddressRefuses) {
  WorkerNode w1("w1");
  ingest::RemoteLinkOptions link;
  link.worker_id = "w9";
  IngestNode ingest(w1.rules(), {{"w1", w1.address()}}, link, 800);
  ingest.SetTable(1, {"w1"});
  const ingest::BatchResult result = ingest.Push(Batch(1, now_ms_)).get();
  EXPECT_EQ(result.status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(result.status)), HasSubstr("this is worker 'w1', not 'w9'"));
}

TEST_F(FeedTest, ANewEpochNeedsANewTable) {
  WorkerNode w1("w1");
  IngestNode ingest(w1.rules(), {{"w1", w1.address()}});
  ingest.SetTable(1, {"w1"});
  ASSERT_TRUE(ingest.PushUntilTaken(Batch(1, now_ms_)).status.ok());
  std::vector<worker::HeldShard> held;
  for (uint16_t shard = 0; shard < kShards; ++shard) {
    held.push_back({ShardId(shard), Epoch(2)});
  }
  w1.worker()->SetShards(held, 2);
  std::future<ingest::BatchResult> batch = ingest.Push(Batch(2, now_ms_));
  WaitFor([&] { return ingest.dispatcher()->GetStatus().waiting == 1; }, "the refusal");
  EXPECT_EQ(w1.worker()->GetStatus().events_applied, 20);
  ingest.SetTable(2, {"w1"}, 2);
  const ingest::BatchResult result = batch.get();
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.repeated, 0);
  EXPECT_EQ(w1.worker()->GetStatus().events_applied, 40);
}

TEST_F(FeedTest, AWorkerMayComeBackAtAnotherAddress) {
  WorkerNode w1("w1");
  IngestNode ingest(w1.rules(), {{"w1", w1.address()}});
  ingest.SetTable(1, {"w1"});
  ASSERT_TRUE(ingest.PushUntilTaken(Batch(1, now_ms_)).status.ok());
  const std::string before = w1.address();
  w1.Cut();
  w1.Listen("127.0.0.1:0");
  ASSERT_NE(w1.address(), before);
  ingest.SetAddress("w1", w1.address());
  const ingest::BatchResult result = ingest.PushUntilTaken(Batch(2, now_ms_));
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(w1.worker()->GetStatus().events_applied, 40);
}

// Welcomes everybody and then says nothing, like a process that is paused.
class PausedWorker final : public worker::v1::WorkerService::Service {
 public:
  grpc::Status Feed(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<worker::v1::FeedResponse, worker::v1::FeedRequest>*
                        stream) override {
    worker::v1::FeedRequest request;
    stream->Read(&request);
    worker::v1::FeedResponse response;
    response.mutable_welcome();
    stream->Write(response);
    while (stream->Read(&request)) {
      frames_ += request.has_frame() ? 1 : 0;
    }
    ended_ = context->IsCancelled();
    return grpc::Status::OK;
  }
  std::atomic<int> frames_ = 0;
  std::atomic<bool> ended_ = false;
};

TEST_F(FeedTest, APausedWorkerIsNoticedAndItsFramesAreAnswered) {
  PausedWorker paused;
  auto server = rpc::Server::Start("127.0.0.1:0", {&paused});
  ASSERT_TRUE(server.ok());
  ingest::RemoteLinkOptions link;
  link.silence_ms_max = 600;
  link.promise_interval_ms = 200;
  task::ThreadScheduler scheduler;
  link.cluster_id = kCluster;
  link.worker_id = "w1";
  link.ingest_id = "i1";
  auto connection = ingest::MakeRemoteLink(link, &scheduler,
                                           [&] { return (*server)->address(); });
  worker::FrameResult result;
  const auto submit = [&] {
    exec::Frame frame;
    frame.version = RuleSetVersion(3);
    frame.parts.push_back({ShardId(2), Epoch(9), "rows", 1});
    std::promise<worker::FrameResult> answer;
    connection->Submit(now_ms_, std::move(frame), [&](worker::FrameResult given) {
      answer.set_value(std::move(given));
    });
    result = answer.get_future().get();
    return result.maybe_taken;
  };
  // Not connected at first: then it is certain that the frame was not taken.
  WaitFor(submit, "a frame on its way to be given up");
  EXPECT_GE(paused.frames_, 1);
  EXPECT_EQ(result.status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(result.status)), HasSubstr("has said nothing for"));
  ASSERT_EQ(result.frame.parts.size(), 1);
  EXPECT_EQ(result.frame.parts[0].bytes, "rows");
  EXPECT_EQ(result.frame.parts[0].epoch, Epoch(9));
  EXPECT_EQ(result.frame.version, RuleSetVersion(3));
  WaitFor([&] { return paused.ended_.load(); }, "the connection to be given up");
  connection.reset();
  (*server)->Shutdown(0);
  scheduler.Stop();
}

TEST_F(FeedTest, ALinkTakesNoMoreThanItsLimit) {
  PausedWorker paused;
  auto server = rpc::Server::Start("127.0.0.1:0", {&paused});
  ASSERT_TRUE(server.ok());
  ingest::RemoteLinkOptions link;
  link.cluster_id = kCluster;
  link.worker_id = "w1";
  link.ingest_id = "i1";
  link.inflight_bytes_max = 1000;
  task::ThreadScheduler scheduler;
  auto connection = ingest::MakeRemoteLink(link, &scheduler,
                                           [&] { return (*server)->address(); });
  std::mutex mutex;
  std::string refusal;
  int answers = 0;
  const auto submit = [&] {
    exec::Frame frame;
    frame.parts.push_back({ShardId(0), Epoch(1), std::string(600, 'x'), 1});
    connection->Submit(now_ms_, std::move(frame), [&](const worker::FrameResult& result) {
      const std::lock_guard lock(mutex);
      ++answers;
      refusal = std::string(Message(result.status));
    });
  };
  WaitFor([&] {
    submit();
    const std::lock_guard lock(mutex);
    return refusal.find("600 bytes are without an answer already") != std::string::npos;
  }, "the limit");
  connection.reset();
  (*server)->Shutdown(0);
  scheduler.Stop();
}

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
