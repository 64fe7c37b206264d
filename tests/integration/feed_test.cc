// Ingest, workers and a coordinator that talk over real gRPC, in this process and with memory stores:
// what is counted when connections break, shards move and the wrong ones are reached.
#include "tests/integration/feed_world.h"

#include <algorithm>

namespace weir {
namespace {

using ::testing::HasSubstr;

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

// Each of a user's events comes through another node; three of them together are an alert.
TEST_F(FeedTest, CountsAreNotKeptPerNode) {
  WorkerNode w1("w1");
  WorkerNode w2("w2");
  const std::map<std::string, std::string> addresses{{"w1", w1.address()}, {"w2", w2.address()}};
  std::vector<std::unique_ptr<IngestNode>> nodes;
  for (int i = 0; i < 3; ++i) {
    ingest::RemoteLinkOptions link;
    link.ingest_id = fmt::format("i{}", i);
    nodes.push_back(std::make_unique<IngestNode>(w1.rules(), addresses, link));
    nodes.back()->SetTable(1, {"w1", "w2"});
  }
  const auto alerts = [&] {
    return w1.worker()->GetStatus().rules.at(0).alerts + w2.worker()->GetStatus().rules.at(0).alerts;
  };
  for (std::size_t node = 0; node < nodes.size(); ++node) {
    EXPECT_EQ(alerts(), 0U);
    std::vector<std::string> events;
    for (int user = 0; user < 10; ++user) {
      events.push_back(Event(fmt::format("e{}-{}", node, user), now_ms_, fmt::format("user{}", user)));
    }
    EXPECT_TRUE(nodes[node]->PushUntilTaken(events).status.ok());
  }
  EXPECT_EQ(alerts(), 10U);
}

// The third event comes half an hour after its time, when that has long closed.
TEST_F(FeedTest, EventsAreNotMissedWhenTheyComeLate) {
  WorkerNode w1("w1");
  IngestNode ingest(w1.rules(), {{"w1", w1.address()}});
  ingest.SetTable(1, {"w1"});
  const UnixMillis then_ms = now_ms_ - 30 * kMillisPerMinute;
  EXPECT_TRUE(
      ingest.PushUntilTaken({Event("a", then_ms, "ana"), Event("b", then_ms, "ana")}).status.ok());
  WaitFor(
      [&] {
        for (const worker::ShardStatus& shard : w1.worker()->GetStatus().shards) {
          if (shard.closed_ms > then_ms + 20 * kMillisPerMinute) {
            return true;
          }
        }
        return false;
      },
      "time to close");
  EXPECT_EQ(w1.worker()->GetStatus().rules.at(0).alerts, 0U);
  EXPECT_TRUE(ingest.PushUntilTaken({Event("c", then_ms + 1000, "ana")}).status.ok());
  EXPECT_EQ(w1.worker()->GetStatus().rules.at(0).alerts, 1U);
  worker::AlertQuery all;
  all.limit = 10;
  const auto found = w1.worker()->FindAlerts(all);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->alerts.size(), 1U);
  EXPECT_LT(found->alerts[0].window_end_ms, then_ms + kMillisPerMinute);
  // Beyond the lateness it is not counted, and that is said.
  const ingest::BatchResult refused =
      ingest.PushUntilTaken({Event("d", now_ms_ - 61 * kMillisPerMinute, "ana")});
  EXPECT_TRUE(refused.status.ok());
  EXPECT_EQ(w1.worker()->GetStatus().late, 1U);
  ASSERT_EQ(w1.worker()->GetStatus().dead_letters.size(), 1U);
  EXPECT_EQ(w1.worker()->GetStatus().dead_letters[0].event_id, "d");
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
  WaitFor([&] {
    const std::vector<worker::ShardStatus> shards = w1.worker()->GetStatus().shards;
    return std::all_of(shards.begin(), shards.end(),
                       [](const worker::ShardStatus& shard) { return shard.epoch == Epoch(2); });
  }, "the new epoch");
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

// Welcomes everybody and then says nothing, like a process that is paused, until it may answer.
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
      messages_ += request.has_frames() ? 1 : 0;
      frames_ += request.frames().frames_size();
      for (const worker::v1::FeedFrame& frame : request.frames().frames()) {
        response.mutable_results()->add_results()->set_id(frame.id());
      }
      if (answers_ && response.results().results_size() > 0) {
        stream->Write(response);
        response.Clear();
      }
    }
    ended_ = context->IsCancelled();
    return grpc::Status::OK;
  }
  std::atomic<int> messages_ = 0;   // with frames
  std::atomic<int> frames_ = 0;
  std::atomic<bool> answers_ = false;
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

// A link to a paused worker, and what became of its frames.
class LinkTest : public FeedTest {
 protected:
  void Connect(int64_t send_pause_ms) {
    auto server = rpc::Server::Start("127.0.0.1:0", {&worker_});
    ASSERT_TRUE(server.ok());
    server_ = std::move(*server);
    ingest::RemoteLinkOptions options;
    options.cluster_id = kCluster;
    options.worker_id = "w1";
    options.ingest_id = "i1";
    options.promise_interval_ms = 100;
    options.silence_ms_max = kMillisPerDay;
    options.send_pause_ms = send_pause_ms;
    link_ = ingest::MakeRemoteLink(options, &scheduler_, [this] { return server_->address(); });
    WaitFor([&] {
      if (answered_ == submitted_) {
        Submit(1);
      }
      return worker_.frames_ == 1;
    }, "the first frame");
    refused_ = answered_.load();
  }
  ~LinkTest() override {
    link_.reset();
    WaitFor([&] { return answered_ == submitted_; }, "the answers of all frames");
    server_->Shutdown(0);
    scheduler_.Stop();
  }
  void Submit(std::size_t bytes) {
    exec::Frame frame;
    frame.parts.push_back({ShardId(0), Epoch(1), std::string(bytes, 'x'), 1});
    ++submitted_;
    link_->Submit(now_ms_, std::move(frame), [&](const worker::FrameResult&) { ++answered_; });
  }

  PausedWorker worker_;
  std::unique_ptr<rpc::Server> server_;
  task::ThreadScheduler scheduler_;
  int submitted_ = 0;
  int refused_ = 0;   // before the connection was there
  std::atomic<int> answered_ = 0;
  std::unique_ptr<ingest::WorkerLink> link_;
};

TEST_F(LinkTest, FramesGoTogetherWhenThoseBeforeThemAreAnswered) {
  Connect(kMillisPerDay);
  for (int i = 0; i < 9; ++i) {
    Submit(100);
  }
  worker_.answers_ = true;   // with the next promise
  WaitFor([&] { return answered_ == refused_ + 10; }, "ten answers");
  EXPECT_EQ(worker_.frames_, 10);
  EXPECT_EQ(worker_.messages_, 2);
}

TEST_F(LinkTest, FramesThatFillAMessageDoNotWait) {
  Connect(kMillisPerDay);
  for (int i = 0; i < 9; ++i) {
    Submit(100);
  }
  Submit(300'000);
  WaitFor([&] { return worker_.frames_ == 11; }, "all frames");
  EXPECT_EQ(worker_.messages_, 2);
}

TEST_F(LinkTest, FramesDoNotWaitForLong) {
  Connect(20);
  for (int round = 0; round < 3; ++round) {
    Submit(100);
    WaitFor([&] { return worker_.frames_ == round + 2; }, "a frame without company");
  }
  EXPECT_EQ(answered_, refused_);
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
  int submitted = 0;
  int answers = 0;
  const auto submit = [&] {
    exec::Frame frame;
    frame.parts.push_back({ShardId(0), Epoch(1), std::string(600, 'x'), 1});
    ++submitted;
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
  // One frame is still without an answer: it comes although the link is gone.
  connection.reset();
  WaitFor([&] {
    const std::lock_guard lock(mutex);
    return answers == submitted;
  }, "the answers of all frames");
  (*server)->Shutdown(0);
  scheduler.Stop();
}

}  // namespace
}  // namespace weir
