// A whole node in this process, over real gRPC, with a memory store: what producers are answered, what
// the cluster then shows, and the client commands against it.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/node.h"
#include "common/base/clock.h"
#include "common/config/config.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/state/state_store.h"
#include "weir/alert/v1/alert.grpc.pb.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"
#include "weir/ingest/v1/ingest.grpc.pb.h"

namespace weir::cli {
namespace {

namespace ingest_pb = weir::ingest::v1;
using ::testing::HasSubstr;

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

// id empty: an event without an identity of its own.
std::string Event(const std::string& id, UnixMillis time_ms, const std::string& user = "anna",
                  const std::string& action = "InvokeModel") {
  const std::string event_id = id.empty() ? "" : fmt::format(R"("eventID":"{}",)", id);
  return fmt::format(
      R"({{"eventVersion":"1.08","eventSource":"bedrock.amazonaws.com","eventName":"{}",)"
      R"({}"eventTime":"{}","awsRegion":"us-east-1","recipientAccountId":"111122223333",)"
      R"("userIdentity":{{"type":"IAMUser","userName":"{}","accountId":"111122223333"}}}})",
      action, event_id, FormatTime(time_ms).substr(0, 19) + "Z", user);
}

ingest_pb::PushEventsRequest Request(uint64_t sequence, const std::vector<std::string>& records) {
  ingest_pb::PushEventsRequest request;
  request.set_sequence(sequence);
  for (const std::string& record : records) {
    request.mutable_payload()->append(record);
    request.add_record_sizes(static_cast<uint32_t>(record.size()));
  }
  return request;
}

// One PushEvents stream.
class Producer {
 public:
  Producer(const std::shared_ptr<grpc::Channel>& channel, const std::string& name)
      : stub_(ingest_pb::IngestService::NewStub(channel)) {
    rpc::SetTimeout(&context_, 60 * 1000);
    stream_ = stub_->PushEvents(&context_);
    ingest_pb::PushEventsRequest opening;
    opening.set_producer_id(name);
    stream_->Write(opening);
  }

  void Write(const ingest_pb::PushEventsRequest& request) { stream_->Write(request); }
  ingest_pb::PushEventsResponse Read() {
    ingest_pb::PushEventsResponse response;
    EXPECT_TRUE(stream_->Read(&response));
    return response;
  }
  ingest_pb::PushEventsResponse Exchange(const ingest_pb::PushEventsRequest& request) {
    Write(request);
    return Read();
  }
  bool TryRead() {
    ingest_pb::PushEventsResponse response;
    return stream_->Read(&response);
  }
  grpc::Status Finish() {
    stream_->WritesDone();
    while (TryRead()) {
    }
    return stream_->Finish();
  }

 private:
  std::unique_ptr<ingest_pb::IngestService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<ingest_pb::PushEventsRequest,
                                           ingest_pb::PushEventsResponse>>
      stream_;
};

class IngestServiceTest : public ::testing::Test {
 protected:
  IngestServiceTest()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("weir_ingest_test_{}", getpid())) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "rule.toml") << kRule;
  }
  ~IngestServiceTest() override {
    node_.reset();
    std::filesystem::remove_all(folder_);
  }

  void StartNode(std::vector<std::pair<std::string, std::string>> flags = {}) {
    config::Sources sources;
    sources.flags = std::move(flags);
    sources.flags.insert(sources.flags.end(), {{"listen", "127.0.0.1:0"},
                                               {"shards", "4"},
                                               {"worker.executors", "2"},
                                               {"ingest.threads", "2"},
                                               {"rules", (folder_ / "rule.toml").string()}});
    const config::LoadResult loaded = config::Load(sources);
    ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().Render();
    auto node = Node::Start(loaded.config, state::MakeMemoryStore(), nullptr);
    ASSERT_TRUE(node.ok()) << node.status();
    node_ = std::move(*node);
    ASSERT_EQ(node_->rules_loaded(), 1);
    channel_ = rpc::MakeChannel(node_->address());
  }

  void StartReplayNode(const std::vector<std::string>& producers) {
    std::vector<std::pair<std::string, std::string>> flags = {{"clock", "replay"}};
    for (const std::string& producer : producers) {
      flags.emplace_back("replay.producers", producer);
    }
    StartNode(std::move(flags));
  }

  weir::cluster::v1::GetStatusResponse ClusterStatus() {
    const auto stub = weir::cluster::v1::ClusterService::NewStub(channel_);
    grpc::ClientContext context;
    rpc::SetTimeout(&context, 10 * 1000);
    weir::cluster::v1::GetStatusResponse response;
    EXPECT_TRUE(stub->GetStatus(&context, {}, &response).ok());
    return response;
  }

  void WaitJudged() {
    const auto stub = weir::cluster::v1::ClusterService::NewStub(channel_);
    grpc::ClientContext context;
    rpc::SetTimeout(&context, 60 * 1000);
    weir::cluster::v1::WaitJudgedResponse response;
    EXPECT_TRUE(stub->WaitJudged(&context, {}, &response).ok());
  }

  weir::alert::v1::ListAlertsResponse ListAlerts() {
    const auto stub = weir::alert::v1::AlertService::NewStub(channel_);
    grpc::ClientContext context;
    rpc::SetTimeout(&context, 10 * 1000);
    weir::alert::v1::ListAlertsResponse response;
    EXPECT_TRUE(stub->ListAlerts(&context, {}, &response).ok());
    return response;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Node> node_;
  std::shared_ptr<grpc::Channel> channel_;
  const UnixMillis now_ms_ = SystemClock().Now();
};

TEST_F(IngestServiceTest, AnswersEveryRequestInOrder) {
  StartNode();
  Producer producer(channel_, "p");
  producer.Write(Request(1, {Event("a", now_ms_), Event("b", now_ms_, "anna", "ListModels")}));
  producer.Write({});
  producer.Write(Request(2, {Event("c", now_ms_)}));
  const auto opening = producer.Read();
  EXPECT_EQ(opening.sequence(), 0);
  EXPECT_GT(opening.window_bytes(), 0);
  EXPECT_GT(opening.window_batches(), 0);
  const auto first = producer.Read();
  EXPECT_EQ(first.sequence(), 1);
  EXPECT_FALSE(first.has_refusal()) << first.refusal().message();
  EXPECT_EQ(first.accepted(), 2);
  EXPECT_EQ(first.matched(), 1);
  EXPECT_EQ(producer.Read().sequence(), 0);
  EXPECT_EQ(producer.Read().sequence(), 2);
  EXPECT_TRUE(producer.Finish().ok());
  const auto status = ClusterStatus();
  EXPECT_EQ(status.ingest().events(), 3);
  EXPECT_EQ(status.ingest().matched(), 2);
  EXPECT_EQ(status.ingest().batches(), 2);
}

TEST_F(IngestServiceTest, RecognisesWhatIsSentAgainOnAnotherStream) {
  StartNode();
  const auto batch = Request(1, {Event("a", now_ms_), Event("", now_ms_), Event("", now_ms_)});
  {
    Producer producer(channel_, "p");
    producer.Read();
    EXPECT_EQ(producer.Exchange(batch).repeated(), 0);
  }
  Producer again(channel_, "p");
  again.Read();
  const auto response = again.Exchange(batch);
  EXPECT_EQ(response.accepted(), 3);
  EXPECT_EQ(response.repeated(), 3);
  // Another producer's record without an id is another event; one with an id is the same.
  Producer other(channel_, "q");
  other.Read();
  EXPECT_EQ(other.Exchange(batch).repeated(), 1);
}

TEST_F(IngestServiceTest, RejectsBadRecordsAlone) {
  StartNode();
  Producer producer(channel_, "p");
  producer.Read();
  const auto response =
      producer.Exchange(Request(1, {Event("a", now_ms_), "{broken", "[1,2]", Event("b", now_ms_)}));
  EXPECT_EQ(response.accepted(), 2);
  EXPECT_GE(response.rejected(), 2);
  ASSERT_GE(response.rejections_size(), 2);
  EXPECT_EQ(response.rejections(0).record_index(), 1);
  EXPECT_EQ(response.rejections(0).reason(), ingest_pb::REJECTION_REASON_MALFORMED_JSON);
  EXPECT_EQ(response.rejections(1).record_index(), 2);
}

TEST_F(IngestServiceTest, LateEventsAreNamed) {
  StartNode();
  Producer producer(channel_, "p");
  producer.Read();
  const auto response = producer.Exchange(
      Request(1, {Event("old", now_ms_ - kMillisPerDay), Event("new", now_ms_),
                  Event("ahead", now_ms_ + kMillisPerHour)}));
  EXPECT_EQ(response.accepted(), 3);
  EXPECT_EQ(response.late(), 1);
  EXPECT_EQ(response.future(), 1);
  EXPECT_EQ(ClusterStatus().dead_letters_size(), 2);
}

TEST_F(IngestServiceTest, MalformedBatchIsRefusedAndTheStreamGoesOn) {
  StartNode({{"ingest.record_bytes_max", "8KiB"}, {"ingest.batch_bytes_max", "64KiB"}});
  Producer producer(channel_, "p");
  producer.Read();
  auto torn = Request(1, {Event("a", now_ms_)});
  torn.add_record_sizes(5);
  const auto response = producer.Exchange(torn);
  EXPECT_EQ(response.refusal().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(response.refusal().message(), HasSubstr("record sizes add up to"));
  EXPECT_FALSE(response.refusal().has_retry_delay());
  const auto unnumbered = producer.Exchange(Request(0, {Event("a", now_ms_)}));
  EXPECT_EQ(unnumbered.refusal().code(), grpc::StatusCode::INVALID_ARGUMENT);
  const auto huge = producer.Exchange(Request(2, {std::string(65 * 1024, ' ')}));
  EXPECT_THAT(huge.refusal().message(), HasSubstr("above the limit of 65536 bytes"));
  const auto fat = producer.Exchange(Request(3, {std::string(9 * 1024, ' '), Event("b", now_ms_)}));
  ASSERT_EQ(fat.rejections_size(), 1);
  EXPECT_EQ(fat.rejections(0).reason(), ingest_pb::REJECTION_REASON_TOO_LARGE);
  EXPECT_EQ(fat.accepted(), 1);
  EXPECT_EQ(ClusterStatus().ingest().batches_refused(), 3);
}

TEST_F(IngestServiceTest, StreamNeedsOneProducer) {
  StartNode();
  Producer nameless(channel_, "");
  EXPECT_EQ(nameless.Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  Producer producer(channel_, "p");
  producer.Read();
  ingest_pb::PushEventsRequest renamed;
  renamed.set_producer_id("q");
  producer.Write(renamed);
  EXPECT_EQ(producer.Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(IngestServiceTest, OverloadIsAnsweredAndNothingCountsTwice) {
  StartNode({{"ingest.inflight_bytes", "1MiB"}, {"ingest.batch_bytes_max", "512KiB"},
             {"ingest.record_bytes_max", "512KiB"}});
  Producer producer(channel_, "p");
  producer.Read();
  // Far more than the window, without waiting for answers.
  constexpr uint64_t kBatches = 40;
  std::vector<ingest_pb::PushEventsRequest> batches;
  for (uint64_t sequence = 1; sequence <= kBatches; ++sequence) {
    std::vector<std::string> records;
    for (int i = 0; i < 500; ++i) {
      records.push_back(Event(fmt::format("e{}-{}", sequence, i), now_ms_) + std::string(400, ' '));
    }
    batches.push_back(Request(sequence, records));
  }
  std::thread writer([&] {
    for (const auto& batch : batches) {
      producer.Write(batch);
    }
  });
  std::vector<uint64_t> again;
  for (uint64_t i = 1; i <= kBatches; ++i) {
    const auto response = producer.Read();
    EXPECT_EQ(response.sequence(), i);
    if (response.has_refusal()) {
      EXPECT_EQ(response.refusal().code(), grpc::StatusCode::UNAVAILABLE);
      EXPECT_TRUE(response.refusal().has_retry_delay());
      again.push_back(i);
    }
  }
  writer.join();
  for (const uint64_t sequence : again) {
    const auto response = producer.Exchange(batches[sequence - 1]);
    EXPECT_FALSE(response.has_refusal()) << response.refusal().message();
    EXPECT_EQ(response.repeated(), 0);
  }
  const auto status = ClusterStatus();
  EXPECT_EQ(status.ingest().matched(), kBatches * 500);
  EXPECT_EQ(status.ingest().batches_refused(), again.size());
  ASSERT_EQ(status.rules_size(), 1);
  EXPECT_EQ(status.rules(0).rows(), kBatches * 500);
}

TEST_F(IngestServiceTest, AlertIsListedShownAndWatched) {
  StartNode();
  const auto stub = weir::alert::v1::AlertService::NewStub(channel_);
  grpc::ClientContext watch_context;
  rpc::SetTimeout(&watch_context, 30 * 1000);
  const auto watch = stub->WatchAlerts(&watch_context, {});
  watch->WaitForInitialMetadata();
  Producer producer(channel_, "p");
  producer.Read();
  producer.Exchange(Request(1, {Event("a", now_ms_), Event("b", now_ms_), Event("c", now_ms_),
                                Event("d", now_ms_, "bert")}));
  weir::alert::v1::WatchAlertsResponse watched;
  ASSERT_TRUE(watch->Read(&watched));
  EXPECT_FALSE(watched.has_alert());   // the watch is on
  EXPECT_FALSE(watched.cursor().empty());
  ASSERT_TRUE(watch->Read(&watched));
  EXPECT_EQ(watched.alert().rule_id(), "many-calls");
  EXPECT_EQ(watched.alert().group(0).value().keyword_value(), "anna");
  const auto list = ListAlerts();
  ASSERT_EQ(list.alerts_size(), 1);
  EXPECT_EQ(list.total(), 1);
  grpc::ClientContext context;
  weir::alert::v1::GetAlertRequest get;
  get.set_alert_id(list.alerts(0).alert_id());
  weir::alert::v1::GetAlertResponse got;
  ASSERT_TRUE(stub->GetAlert(&context, get, &got).ok());
  EXPECT_EQ(got.alert().rule_name(), "Many calls");
  grpc::ClientContext missing_context;
  get.set_alert_id(std::string(32, '0'));
  EXPECT_EQ(stub->GetAlert(&missing_context, get, &got).error_code(), grpc::StatusCode::NOT_FOUND);
  watch_context.TryCancel();
}

TEST_F(IngestServiceTest, ReplayRefusesProducersItDoesNotExpect) {
  StartReplayNode({"north", "south"});
  Producer stranger(channel_, "west");
  const grpc::Status status = stranger.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(status.error_message(), HasSubstr("north, south"));
}

TEST_F(IngestServiceTest, ReplayTimeIsTheLeastWatermarkOfAllProducers) {
  StartReplayNode({"north", "south"});
  const UnixMillis begin_ms = *ParseTime("2026-03-10T10:00:00Z");
  Producer north(channel_, "north");
  north.Read();
  auto batch = Request(1, {Event("a", begin_ms), Event("b", begin_ms), Event("c", begin_ms)});
  batch.set_watermark_unix_millis(begin_ms + kMillisPerMinute);
  north.Exchange(batch);
  WaitJudged();
  // South has not joined: no time has passed.
  EXPECT_FALSE(ClusterStatus().shards(0).has_closed());
  Producer south(channel_, "south");
  south.Read();
  ingest_pb::PushEventsRequest news;
  news.set_watermark_unix_millis(begin_ms + kMillisPerSecond);
  south.Exchange(news);
  ingest_pb::PushEventsRequest end;
  end.set_end_of_input(true);
  south.Exchange(end);
  north.Exchange(end);
  WaitJudged();
  const auto status = ClusterStatus();
  ASSERT_EQ(status.ingest().producers_size(), 2);
  EXPECT_TRUE(status.ingest().producers(0).ended());
  EXPECT_EQ(ListAlerts().alerts_size(), 1);
}

TEST_F(IngestServiceTest, ReplayRejectsEventsWithoutTime) {
  StartReplayNode({"p"});
  Producer producer(channel_, "p");
  producer.Read();
  const auto response = producer.Exchange(Request(
      1, {R"({"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"GetObject"})"}));
  ASSERT_EQ(response.rejections_size(), 1);
  EXPECT_EQ(response.rejections(0).reason(), ingest_pb::REJECTION_REASON_NO_TIMESTAMP);
}

TEST_F(IngestServiceTest, StoppingEndsStreamsAsUnavailableWithAdvice) {
  StartNode();
  Producer producer(channel_, "p");
  producer.Read();
  producer.Exchange(Request(1, {Event("a", now_ms_)}));
  std::thread stopper([&] { node_->Stop(); });
  EXPECT_FALSE(producer.TryRead());
  const grpc::Status status = producer.Finish();
  stopper.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(rpc::RetryDelayMillis(status).has_value());
}

TEST_F(IngestServiceTest, ClientCommandSendsFilesAndTellsWhatBecameOfThem) {
  StartNode();
  const std::string path = (folder_ / "events.ndjson").string();
  {
    std::ofstream file(path);
    for (int i = 0; i < 1200; ++i) {
      file << Event(fmt::format("e{}", i), now_ms_) << "\n";
    }
  }
  const std::vector<const char*> arguments = {"weir",      "ingest", path.c_str(),
                                              "--address", node_->address().c_str()};
  const auto run = [&](const std::vector<const char*>& command, int expected) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(cli::Run(static_cast<int>(command.size()), command.data()), expected);
    std::fflush(stdout);
    return ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
  };
  const std::string first = run(arguments, kExitOk);
  EXPECT_THAT(first, HasSubstr("accepted        1,200\n"));
  EXPECT_THAT(first, HasSubstr("repeated        0\n"));
  const std::string second = run(arguments, kExitOk);
  EXPECT_THAT(second, HasSubstr("repeated        1,200  (counted before"));
  std::ofstream(path, std::ios::app) << "{broken\n";
  const std::string third = run(arguments, kExitFailed);
  EXPECT_THAT(third, HasSubstr("rejected        1  malformed_json 1\n"));
  EXPECT_THAT(third, HasSubstr("events.ndjson:1201: malformed_json"));
  EXPECT_THAT(run({"weir", "alerts", "list", "--format", "ndjson", "--address",
                   node_->address().c_str()},
                  kExitOk),
              HasSubstr("\"rule_id\":\"many-calls\""));
  EXPECT_THAT(run({"weir", "cluster", "status", "--address", node_->address().c_str()}, kExitOk),
              HasSubstr("Many calls"));
}

}  // namespace
}  // namespace weir::cli
