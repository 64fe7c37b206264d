// The judge of spread rules and two workers that talk over real gRPC: each holds half of the shards.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/clock.h"
#include "common/exec/row_format.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "common/shard/tick_rows.h"
#include "common/shard/window_state.h"
#include "common/state/state_store.h"
#include "common/task/thread_scheduler.h"
#include "common/types/coding.h"
#include "coordinator/remote_spread_cluster.h"
#include "coordinator/spread_judge.h"
#include "worker/alert_feed.h"
#include "worker/worker.h"
#include "worker/worker_service.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

constexpr uint16_t kShards = 4;
constexpr Epoch kEpoch(3);
constexpr UnixMillis kStart = 1'772'500'000'000;
constexpr char kCluster[] = "cluster-1";
constexpr char kRule[] = R"toml(
[rule]
name = "Busiest"
rule_id = "busiest"
type = "esql"
language = "esql"
from = "now-10m"
interval = "5m"
severity = "high"
risk_score = 50
query = '''
FROM logs-aws.cloudtrail-*
| STATS calls = COUNT(*) BY user.name
| SORT calls DESC, user.name
| LIMIT 2
'''
)toml";

class LatestAlerts final : public worker::AlertSink {
 public:
  explicit LatestAlerts(worker::AlertSink* next) : next_(next) {}
  void OnAlert(const alert::Alert& alert) override {
    next_->OnAlert(alert);
    const std::lock_guard lock(mutex_);
    alerts_[alert.id] = alert;
  }
  std::vector<alert::Alert> All() {
    const std::lock_guard lock(mutex_);
    std::vector<alert::Alert> all;
    for (const auto& [id, alert] : alerts_) {
      all.push_back(alert);
    }
    return all;
  }

 private:
  worker::AlertSink* const next_;
  std::mutex mutex_;
  std::map<Hash128, alert::Alert> alerts_;
};

// A worker process of a replay that holds every second shard.
class WorkerNode {
 public:
  WorkerNode(std::string id, uint16_t first_shard) : id_(std::move(id)) {
    worker::WorkerOptions options;
    options.shard_count = kShards;
    options.clock = worker::ClockMode::kReplay;
    worker_ = std::make_unique<worker::Worker>(options, store_.get(), &clock_, &alerts_);
    EXPECT_TRUE(worker_->Start().ok());
    std::vector<worker::HeldShard> held;
    for (uint16_t shard = first_shard; shard < kShards; shard = static_cast<uint16_t>(shard + 2)) {
      held.push_back({ShardId(shard), kEpoch});
    }
    worker_->SetShards(held, 1);
    std::vector<std::vector<rule::Finding>> findings;
    const auto rules = worker_->ActivateRules({{"rule.toml", kRule}}, {}, &findings);
    EXPECT_TRUE(rules.ok()) << rules.status();
    stream_ = worker_->OpenStream(0);
    worker_->SetWatermark(stream_, 0);
    Listen("127.0.0.1:0");
  }
  ~WorkerNode() {
    Cut();
    worker_->Stop();
  }
  void Listen(const std::string& address) {
    service_ = std::make_unique<worker::WorkerService>(
        worker::WorkerService::Options{kCluster, id_, 1}, worker_.get(), &feed_);
    auto server = rpc::Server::Start(address, {service_.get()});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    address_ = server_->address();
  }
  void Cut() {
    if (server_ != nullptr) {
      server_->Shutdown(1000);
      server_.reset();
      service_.reset();
    }
  }

  // Rows of a user, one a second.
  void Add(uint16_t shard, const std::string& user, UnixMillis first_ms, int count) {
    exec::Frame frame;
    frame.version = worker_->rules()->version;
    frame.explicit_ingested = true;
    exec::FramePart part;
    part.shard = ShardId(shard);
    part.epoch = kEpoch;
    std::string key;
    EncodeValue(Value::Keyword(user), &key);
    for (int i = 0; i < count; ++i) {
      exec::EntryHeader entry;
      entry.event_index = static_cast<uint32_t>(i);
      entry.identity = HashBytes128(fmt::format("{} {} {}", user, first_ms, i));
      entry.timestamp_ms = first_ms + i * 1000;
      entry.ingested_ms = entry.timestamp_ms;
      entry.row_count = 1;
      exec::AppendEntryHeader(entry, true, &part.bytes);
      exec::AppendRow({0, key, ""}, &part.bytes);
    }
    part.entries = static_cast<uint32_t>(count);
    frame.parts.push_back(std::move(part));
    // A shard that recovers refuses for a moment.
    for (int attempt = 0; attempt < 1000; ++attempt) {
      std::promise<worker::FrameResult> answer;
      worker_->Submit(stream_, first_ms, frame, [&answer](worker::FrameResult result) {
        answer.set_value(std::move(result));
      });
      const worker::FrameResult result = answer.get_future().get();
      if (result.status.code() != StatusCode::kUnavailable) {
        ASSERT_TRUE(result.status.ok()) << result.status;
        ASSERT_TRUE(result.exceptions.empty());
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    FAIL() << "the worker never served shard " << shard;
  }
  void CloseUpTo(UnixMillis time_ms) { worker_->SetWatermark(stream_, time_ms); }

  const std::string& id() const { return id_; }
  const std::string& address() const { return address_; }
  worker::Worker* worker() { return worker_.get(); }
  std::vector<alert::Alert> alerts() { return alerts_.All(); }

 private:
  const std::string id_;
  const ManualClock clock_{0};
  const std::unique_ptr<state::StateStore> store_ = state::MakeMemoryStore();
  worker::AlertFeed feed_{1000};
  LatestAlerts alerts_{&feed_};
  std::unique_ptr<worker::Worker> worker_;
  worker::StreamId stream_ = 0;
  std::unique_ptr<worker::WorkerService> service_;
  std::unique_ptr<rpc::Server> server_;
  std::string address_;
};

class RemoteSpreadTest : public ::testing::Test {
 protected:
  RemoteSpreadTest() {
    coordinator::RemoteSpreadCluster::Options options;
    options.cluster_id = kCluster;
    options.call_timeout_ms = 2000;
    cluster_ = std::make_unique<coordinator::RemoteSpreadCluster>(
        options, &scheduler_,
        [this] {
          return std::vector<coordinator::WorkerPeer>{{"w1", w1_.address(), 1},
                                                      {"w2", w2_.address(), 1}};
        },
        [this](ShardId shard) {
          cluster::ShardEntry entry;
          entry.worker = shard.value % 2 == 0 ? "w1" : "w2";
          entry.epoch = Epoch(epoch_);
          return entry;
        });
  }
  ~RemoteSpreadTest() override {
    cluster_.reset();
    scheduler_.Stop();
  }

  // The answer to one call.
  template <typename Result>
  Result Ask(const std::function<void(std::function<void(Result)>)>& call) {
    std::promise<Result> answer;
    scheduler_.Post([&] {
      call([&answer](Result result) { answer.set_value(std::move(result)); });
    });
    return answer.get_future().get();
  }
  StatusOr<worker::SpreadReport> View(const std::string& rule = "busiest",
                                      RuleSetVersion version = RuleSetVersion(1)) {
    return Ask<StatusOr<worker::SpreadReport>>(
        [&](auto done) { cluster_->View(rule, version, {}, std::move(done)); });
  }
  StatusOr<worker::SpreadParts> Collect(UnixMillis tick_ms) {
    return Ask<StatusOr<worker::SpreadParts>>([&](auto done) {
      cluster_->Collect("busiest", RuleSetVersion(1), tick_ms, std::move(done));
    });
  }
  Status Commit(worker::JudgedTick tick) {
    return Ask<Status>([&](auto done) { cluster_->Commit(std::move(tick), std::move(done)); });
  }

  // Waits until all shards have recovered.
  bool AwaitShards() {
    for (int i = 0; i < 1000; ++i) {
      const auto report = View();
      if (report.ok() && report->shards.size() == kShards) {
        return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }
  // Up to where the rule is judged, by shard 1.
  UnixMillis HomeJudged() {
    const auto report = View();
    for (const auto& row : report->shards) {
      if (row.shard == ShardId(1)) {
        return row.judged_ms;
      }
    }
    return 0;
  }

  WorkerNode w1_{"w1", 0};
  WorkerNode w2_{"w2", 1};
  std::atomic<uint64_t> epoch_ = kEpoch.value;
  task::ThreadScheduler scheduler_;
  std::unique_ptr<coordinator::RemoteSpreadCluster> cluster_;
};

TEST_F(RemoteSpreadTest, JudgesOverTheShardsOfAllWorkers) {
  w1_.Add(0, "ann", kStart, 9);
  w2_.Add(1, "ben", kStart, 12);
  w2_.Add(3, "cy", kStart, 3);
  w1_.Add(2, "dan", kStart, 11);
  coordinator::SpreadJudge::Options options;
  options.shard_count = kShards;
  options.poll_ms = 20;
  options.retry_ms = 20;
  coordinator::SpreadJudge judge(options, cluster_.get(), &scheduler_);
  judge.SetRules(w1_.worker()->rules());
  judge.SetLeading(true);
  w1_.CloseUpTo(INT64_MAX);
  w2_.CloseUpTo(kStart + kMillisPerMinute);   // nothing can be judged before both are there
  std::promise<void> drained;
  judge.Drain([&] { drained.set_value(); });
  drained.get_future().wait();
  EXPECT_TRUE(w1_.alerts().empty());
  EXPECT_TRUE(w2_.alerts().empty());
  w2_.Cut();
  w2_.CloseUpTo(INT64_MAX);
  w2_.Listen(w2_.address());
  std::promise<void> again;
  judge.Drain([&] { again.set_value(); });
  again.get_future().wait();
  judge.Stop();
  std::vector<alert::Alert> alerts = w1_.alerts();
  for (const alert::Alert& alert : w2_.alerts()) {
    alerts.push_back(alert);
  }
  std::map<std::string, alert::AlertStatus> users;
  for (const alert::Alert& alert : alerts) {
    ASSERT_EQ(alert.group.size(), 1U);
    Arena arena;
    ByteReader reader(alert.group[0].encoded);
    users[ValueToString(DecodeValue(&reader, &arena))] = alert.status;
    EXPECT_EQ(alert.episode_end_ms - alert.episode_start_ms, 5 * kMillisPerMinute);
  }
  const std::map<std::string, alert::AlertStatus> expected = {
      {"ben", alert::AlertStatus::kRecovered}, {"dan", alert::AlertStatus::kRecovered}};
  EXPECT_EQ(users, expected);
  EXPECT_EQ(alerts.size(), 2U);
}

TEST_F(RemoteSpreadTest, PartsMayBeLargerThanAMessage) {
  const UnixMillis tick_ms = kStart / 300'000 * 300'000 + 300'000;
  std::size_t groups = 0;
  for (int i = 0; i < 40; ++i) {
    const std::string user = fmt::format("{:0>200000}", i);
    (i % 2 == 0 ? w1_ : w2_).Add(static_cast<uint16_t>(i % 2), user, tick_ms - 1000, 1);
    ++groups;
  }
  w1_.CloseUpTo(tick_ms + 1);
  w2_.CloseUpTo(tick_ms + 1);
  w1_.worker()->Drain();
  w2_.worker()->Drain();
  // Shards without rows learn by a view that they must close, too.
  StatusOr<worker::SpreadParts> parts = Collect(tick_ms);
  while (parts.status().code() == StatusCode::kFailedPrecondition) {
    worker::SpreadHint hint;
    hint.active_until_ms = tick_ms + 1;
    const auto told = Ask<StatusOr<worker::SpreadReport>>([&](auto done) {
      cluster_->View("busiest", RuleSetVersion(1), hint, std::move(done));
    });
    ASSERT_TRUE(told.ok()) << told.status();
    parts = Collect(tick_ms);
  }
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->shards.size(), kShards);
  EXPECT_EQ(parts->groups.size(), groups);
  EXPECT_EQ(parts->next_ms, tick_ms + 300'000);
  const auto merged = shard::MergeParts(w1_.worker()->rules()->windows[0], parts->groups);
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_EQ(merged->size(), groups);
}

TEST_F(RemoteSpreadTest, TheRowsOfATickMayBeLargerThanAMessage) {
  ASSERT_TRUE(AwaitShards());
  worker::JudgedTick tick;
  tick.version = RuleSetVersion(1);
  tick.rule_id = "busiest";
  tick.home = ShardId(1);
  tick.tick_ms = 5 * kMillisPerMinute;
  tick.previous_ms = HomeJudged();
  const plan::CompiledRule& rule = w1_.worker()->rules()->rules.at(0);
  const plan::Window& window = w1_.worker()->rules()->windows[rule.window_index];
  Arena arena;
  std::vector<std::unique_ptr<shard::Group>> groups;
  std::vector<const shard::Group*> ordered;
  for (const char first : {'a', 'b'}) {
    std::string key;
    EncodeValue(Value::Keyword(first + std::string(33 << 20, 'u')), &key);
    groups.push_back(std::make_unique<shard::Group>(&window, key));
    EXPECT_TRUE(groups.back()->Fold(tick.tick_ms - 1000, "", HashBytes128(key), &arena));
    ordered.push_back(groups.back().get());
  }
  expr::Warnings warnings;
  tick.rows = shard::EncodeTickRows(
      rule, shard::EvaluateTick(rule, ordered, tick.tick_ms, &arena, &warnings));
  ASSERT_GT(tick.rows.size(), static_cast<std::size_t>(rpc::kMessageBytesMax));
  const Status committed = Commit(tick);
  EXPECT_TRUE(committed.ok()) << committed;
  EXPECT_EQ(Commit(tick).code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(w2_.alerts().size(), 2U);
  // What no log record takes is refused before it is sent.
  tick.previous_ms = tick.tick_ms;
  tick.tick_ms += 5 * kMillisPerMinute;
  tick.rows.assign(worker::kTickBytesMax + 1, 'x');
  const Status refused = Commit(tick);
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(Message(refused)), HasSubstr("a log record takes 268435456"));
}

// A stream that breaks off looks like one that has ended.
TEST_F(RemoteSpreadTest, ATickWhoseRowsAreNotAllThereIsNotLogged) {
  ASSERT_TRUE(AwaitShards());
  const auto stub = worker::v1::WorkerService::NewStub(rpc::MakeChannel(w2_.address()));
  grpc::ClientContext context;
  worker::v1::CommitTickResponse response;
  const auto stream = stub->CommitTick(&context, &response);
  worker::v1::CommitTickRequest request;
  request.mutable_target()->set_cluster_id(kCluster);
  request.mutable_target()->set_worker_id("w2");
  request.set_rule_id("busiest");
  request.set_rule_set_version(1);
  request.set_home_shard(1);
  request.set_epoch(kEpoch.value);
  request.set_tick_unix_millis(5 * kMillisPerMinute);
  const UnixMillis judged_ms = HomeJudged();
  request.set_previous_unix_millis(judged_ms);
  const std::string rows = shard::EncodeTickRows(w1_.worker()->rules()->rules.at(0), {});
  request.set_rows(rows);
  request.set_rows_bytes(rows.size() + 1);
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->WritesDone());
  const Status refused = rpc::FromGrpc(stream->Finish());
  EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Message(refused)), HasSubstr("bytes of a tick's rows came"));
  EXPECT_EQ(HomeJudged(), judged_ms);
}

TEST_F(RemoteSpreadTest, ErrorsComeAcross) {
  auto report = View();
  for (int i = 0; i < 1000 && (!report.ok() || report->shards.size() < kShards); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));   // shards recover
    report = View();
  }
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->shards.size(), kShards);
  const auto home = std::find_if(report->shards.begin(), report->shards.end(),
                                 [](const auto& row) { return row.shard == ShardId(1); });
  ASSERT_NE(home, report->shards.end());
  EXPECT_EQ(View("other").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(View("busiest", RuleSetVersion(9)).status().code(), StatusCode::kFailedPrecondition);
  const auto open = Collect(kStart + kMillisPerHour);
  EXPECT_EQ(open.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(open.status())), HasSubstr("asking worker 'w"));

  worker::JudgedTick tick;
  tick.version = RuleSetVersion(1);
  tick.rule_id = "busiest";
  tick.home = ShardId(1);
  tick.tick_ms = 5 * kMillisPerMinute;
  tick.previous_ms = kStart;
  EXPECT_EQ(Commit(tick).code(), StatusCode::kInvalidArgument);
  tick.previous_ms = 0;
  tick.rows = "nonsense";
  const Status malformed = Commit(tick);
  EXPECT_EQ(malformed.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Message(malformed)), HasSubstr("tick rows"));
  tick.rows = shard::EncodeTickRows(w1_.worker()->rules()->rules.at(0), {});
  tick.previous_ms = home->judged_ms - 1;
  EXPECT_EQ(Commit(tick).code(), StatusCode::kAlreadyExists);
  tick.previous_ms = home->judged_ms;
  EXPECT_TRUE(Commit(tick).ok());
  EXPECT_EQ(Commit(tick).code(), StatusCode::kAlreadyExists);
  epoch_ = kEpoch.value + 1;
  EXPECT_EQ(Commit(tick).code(), StatusCode::kAborted);
  EXPECT_EQ(w2_.worker()->GetStatus().failure, "");

  w2_.Cut();
  const auto gone = View();
  EXPECT_EQ(gone.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(gone.status())), HasSubstr("asking worker 'w2'"));
  EXPECT_EQ(Collect(shard::kTimeMin).status().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace weir
