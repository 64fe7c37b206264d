// A whole node in this process, over real gRPC, with a memory store: what collectors that speak OTLP, or
// Vector's protocol, are answered, and what is counted then.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include "cli/node.h"
#include "common/base/clock.h"
#include "common/config/config.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/state/state_store.h"
#include "opentelemetry/proto/collector/logs/v1/logs_service.grpc.pb.h"
#include "vector/vector.grpc.pb.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"
#include "weir/ingest/v1/ingest.grpc.pb.h"

namespace weir::cli {
namespace {

namespace otlp = opentelemetry::proto::collector::logs::v1;
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

UnixMillis Now() {
  return SystemClock().Now();
}

std::string Event(const std::string& id) {
  const std::string event_id = id.empty() ? "" : fmt::format(R"("eventID":"{}",)", id);
  return fmt::format(
      R"({{"eventVersion":"1.08","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel",)"
      R"({}"eventTime":"{}","awsRegion":"us-east-1","recipientAccountId":"111122223333",)"
      R"("userIdentity":{{"type":"IAMUser","userName":"anna","accountId":"111122223333"}}}})",
      event_id, FormatTime(Now()).substr(0, 19) + "Z");
}

std::string Gzip(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

otlp::ExportLogsServiceRequest Request(const std::vector<std::string>& bodies) {
  otlp::ExportLogsServiceRequest request;
  auto* scope = request.add_resource_logs()->add_scope_logs();
  for (const std::string& body : bodies) {
    scope->add_log_records()->mutable_body()->set_string_value(body);
  }
  return request;
}

class CollectorServiceTest : public ::testing::Test {
 protected:
  CollectorServiceTest()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("weir_collector_test_{}", getpid())) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "rule.toml") << kRule;
  }
  ~CollectorServiceTest() override {
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
    channel_ = rpc::MakeChannel(node_->address());
    logs_ = otlp::LogsService::NewStub(channel_);
  }

  grpc::Status Export(const otlp::ExportLogsServiceRequest& request, bool gzip = false) {
    grpc::ClientContext context;
    rpc::SetTimeout(&context, 20 * 1000);
    if (gzip) {
      context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    }
    response_.Clear();
    return logs_->Export(&context, request, &response_);
  }

  // Sends bytes as they are.
  grpc::Status ExportBytes(const std::string& bytes) {
    grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer> stub(channel_);
    grpc::ClientContext context;
    rpc::SetTimeout(&context, 20 * 1000);
    const grpc::Slice slice(bytes);
    grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::CompletionQueue queue;
    const auto call = stub.PrepareUnaryCall(
        &context, "/opentelemetry.proto.collector.logs.v1.LogsService/Export", request, &queue);
    grpc::Status status;
    call->StartCall();
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status;
  }

  weir::cluster::v1::GetStatusResponse ClusterStatus() {
    const auto stub = weir::cluster::v1::ClusterService::NewStub(channel_);
    grpc::ClientContext context;
    weir::cluster::v1::GetStatusResponse response;
    EXPECT_TRUE(stub->GetStatus(&context, {}, &response).ok());
    return response;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Node> node_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<otlp::LogsService::Stub> logs_;
  otlp::ExportLogsServiceResponse response_;
};

TEST_F(CollectorServiceTest, TakesRecordsAndSaysNothingMore) {
  StartNode();
  ASSERT_TRUE(Export(Request({Event("a"), Event("b")})).ok());
  EXPECT_FALSE(response_.has_partial_success());
  ASSERT_TRUE(Export({}).ok());
  EXPECT_FALSE(response_.has_partial_success());
  EXPECT_EQ(ClusterStatus().alerts(), 0);
  ASSERT_TRUE(Export(Request({"{\"Records\":[" + Event("c") + "," + Event("d") + "]}"})).ok());
  EXPECT_EQ(ClusterStatus().ingest().events(), 4);
  EXPECT_EQ(ClusterStatus().alerts(), 1);
}

TEST_F(CollectorServiceTest, UnpacksGzip) {
  StartNode();
  std::vector<std::string> bodies;
  for (int i = 0; i < 8192; ++i) {
    bodies.push_back(Event(fmt::format("e{}", i)));
  }
  const grpc::Status status = Export(Request(bodies), true);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(ClusterStatus().ingest().events(), 8192);
}

TEST_F(CollectorServiceTest, NamesRejectedRecordsByIndex) {
  StartNode();
  ASSERT_TRUE(Export(Request({Event("a"), "{\"eventName\":", "words", Event("b"),
                              "{\"Records\":[1," + Event("c") + ",2]}"}))
                  .ok());
  ASSERT_TRUE(response_.has_partial_success());
  EXPECT_EQ(response_.partial_success().rejected_log_records(), 3);
  const std::string& message = response_.partial_success().error_message();
  EXPECT_THAT(message, HasSubstr("3 of 5 log records rejected: record 1: malformed_json"));
  EXPECT_THAT(message, HasSubstr("record 2: not_an_object"));
  EXPECT_THAT(message, HasSubstr("record 4: not_an_object"));
  EXPECT_EQ(ClusterStatus().ingest().events(), 3);
}

TEST_F(CollectorServiceTest, BoundsTheTextOfRejections) {
  StartNode();
  ASSERT_TRUE(Export(Request(std::vector<std::string>(1000, "words"))).ok());
  EXPECT_EQ(response_.partial_success().rejected_log_records(), 1000);
  EXPECT_LE(response_.partial_success().error_message().size(), 1100);
  EXPECT_THAT(response_.partial_success().error_message(), HasSubstr(" more"));
}

TEST_F(CollectorServiceTest, RepeatsAreRecognisedAlsoWithoutIdsAndOverPushEvents) {
  StartNode();
  const auto request = Request({Event(""), Event("a")});
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Export(request).ok());
  }
  EXPECT_EQ(ClusterStatus().ingest().repeated(), 4);
  // The same event over the other protocol, in another batch.
  const auto stub = weir::ingest::v1::IngestService::NewStub(channel_);
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  const auto stream = stub->PushEvents(&context);
  weir::ingest::v1::PushEventsRequest push;
  push.set_producer_id("p");
  push.set_sequence(1);
  push.set_payload(request.resource_logs(0).scope_logs(0).log_records(1).body().string_value());
  push.add_record_sizes(static_cast<uint32_t>(push.payload().size()));
  ASSERT_TRUE(stream->Write(push));
  weir::ingest::v1::PushEventsResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.repeated(), 1);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(ClusterStatus().alerts(), 0);
}

TEST_F(CollectorServiceTest, RefusesWhatIsNoRequest) {
  StartNode();
  EXPECT_EQ(ExportBytes("\xff\xff\xff").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ExportBytes("\x1f\x8b half").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const std::string packed = Gzip(Request({Event("a")}).SerializeAsString());
  EXPECT_EQ(ExportBytes(packed.substr(0, packed.size() / 2)).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(ExportBytes(packed).ok());
}

TEST_F(CollectorServiceTest, ABombIsRefusedBeforeItUnfolds) {
  StartNode({{"ingest.message_bytes_max", "1MiB"}});
  const std::string bomb = Gzip(Request({std::string(512 << 20, ' ')}).SerializeAsString());
  ASSERT_LT(bomb.size(), 1 << 20);
  const grpc::Status status = ExportBytes(bomb);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("larger than 1048576 bytes when unpacked"));
  EXPECT_TRUE(Export(Request({Event("a")})).ok());
}

TEST_F(CollectorServiceTest, AQuotaThatIsUsedUpSaysWhenToComeBack) {
  StartNode({{"quota.events_per_second", "10"}});
  std::vector<std::string> bodies;
  for (int i = 0; i < 30; ++i) {
    bodies.push_back(Event(fmt::format("e{}", i)));
  }
  ASSERT_TRUE(Export(Request(bodies)).ok());
  const grpc::Status status = Export(Request({Event("x")}));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  const auto delay_ms = rpc::RetryDelayMillis(status);
  ASSERT_TRUE(delay_ms.has_value());
  EXPECT_GT(*delay_ms, 500);
  const auto tenants = ClusterStatus().ingest().tenants();
  ASSERT_EQ(tenants.size(), 1);
  EXPECT_EQ(tenants[0].tenant(), "default");
  EXPECT_EQ(tenants[0].refused_events_quota(), 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(*delay_ms));
  EXPECT_TRUE(Export(Request({Event("x")})).ok());
}

TEST_F(CollectorServiceTest, VectorIsAskedForHealthAndSends) {
  StartNode();
  const auto stub = ::vector::Vector::NewStub(channel_);
  {
    grpc::ClientContext context;
    ::vector::HealthCheckResponse response;
    ASSERT_TRUE(stub->HealthCheck(&context, {}, &response).ok());
    EXPECT_EQ(response.status(), ::vector::SERVING);
  }
  ::vector::PushEventsRequest request;
  (*request.add_events()->mutable_log()->mutable_fields())["message"].set_raw_bytes(Event("a"));
  (*request.add_events()->mutable_log()->mutable_value()->mutable_map()->mutable_fields())["message"]
      .set_raw_bytes("{\"Records\":[" + Event("b") + "," + Event("c") + "]}");
  request.add_events()->mutable_metric();
  request.add_events()->mutable_log()->mutable_value()->set_raw_bytes("words");
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  ::vector::PushEventsResponse response;
  const grpc::Status status = stub->PushEvents(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  const auto ingest = ClusterStatus().ingest();
  EXPECT_EQ(ingest.events(), 3);
  EXPECT_EQ(ingest.other_events(), 1);
  ASSERT_EQ(ingest.rejected_size(), 1);
  EXPECT_EQ(ingest.rejected(0).reason(), "not_an_object");
  EXPECT_EQ(ClusterStatus().alerts(), 1);
}

}  // namespace
}  // namespace weir::cli
