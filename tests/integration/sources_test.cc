// Who sends events, through a whole node: what `weir sources` lists, and that a source which falls silent is
// one alert, which recovers when it is back.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli.h"
#include "cli/node.h"
#include "common/base/clock.h"
#include "common/config/config.h"
#include "common/rpc/channel.h"
#include "common/state/state_store.h"
#include "weir/alert/v1/alert.grpc.pb.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"
#include "weir/ingest/v1/ingest.grpc.pb.h"

namespace weir::cli {
namespace {

using ::testing::HasSubstr;

constexpr UnixMillis kStart = 1'730'000'000'000;

class SourcesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config::Sources sources;
    // A source is watched after 8 s, and silent 4 s, or four of its pauses, after its last event.
    sources.flags = {{"listen", "127.0.0.1:0"},
                     {"shards", "4"},
                     {"rules", WEIR_ROOT "/deploy/rules/weir"},
                     {"sources.silence", "2s"}};
    const config::LoadResult loaded = config::Load(sources);
    ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().Render();
    auto node = Node::Start(loaded.config, state::MakeMemoryStore(), &clock_);
    ASSERT_TRUE(node.ok()) << node.status();
    node_ = *std::move(node);
    ASSERT_EQ(node_->rules_loaded(), 1U);
    channel_ = rpc::MakeLinkChannel(node_->address());
    stub_ = weir::ingest::v1::IngestService::NewStub(channel_);
    stream_ = stub_->PushEvents(&stream_context_);
    weir::ingest::v1::PushEventsRequest opening;
    opening.set_producer_id("collector-7");
    stream_->Write(opening);
    ReadAnswer();
  }
  void TearDown() override {
    if (stream_ != nullptr) {
      stream_->WritesDone();
      stream_->Finish();
    }
  }

  bool ReadAnswer() {
    weir::ingest::v1::PushEventsResponse response;
    return stream_->Read(&response) && !response.has_refusal();
  }
  bool PushText(const std::string& record) {
    weir::ingest::v1::PushEventsRequest request;
    request.set_sequence(++sequence_);
    request.set_payload(record);
    request.add_record_sizes(static_cast<uint32_t>(record.size()));
    return stream_->Write(request) && ReadAnswer();
  }
  bool PushEvent(const std::string& account) {
    return PushText(fmt::format(
        R"({{"eventVersion":"1.08","eventSource":"iam.amazonaws.com","eventName":"ListUsers",)"
        R"("eventID":"e{}","eventTime":"{}Z","awsRegion":"eu-west-1","recipientAccountId":"{}",)"
        R"("userIdentity":{{"type":"Root"}}}})",
        sequence_, FormatTime(clock_.Now()).substr(0, 19), account));
  }
  // A second apart, for long enough to be watched.
  void PushUntilWatched() {
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(PushEvent("111122223333"));
      clock_.Advance(1000);
    }
  }
  weir::cluster::v1::ListSourcesResponse ListSources() {
    const auto stub = weir::cluster::v1::ClusterService::NewStub(channel_);
    grpc::ClientContext context;
    rpc::SetTimeout(&context, 10 * 1000);
    weir::cluster::v1::ListSourcesResponse response;
    EXPECT_TRUE(stub->ListSources(&context, {}, &response).ok());
    return response;
  }
  weir::alert::v1::ListAlertsResponse ListAlerts() {
    const auto stub = weir::alert::v1::AlertService::NewStub(channel_);
    grpc::ClientContext context;
    rpc::SetTimeout(&context, 10 * 1000);
    weir::alert::v1::ListAlertsResponse response;
    EXPECT_TRUE(stub->ListAlerts(&context, {}, &response).ok());
    return response;
  }
  static bool Await(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) {
        return false;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return true;
  }

  ManualClock clock_{kStart};
  std::unique_ptr<Node> node_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<weir::ingest::v1::IngestService::Stub> stub_;
  grpc::ClientContext stream_context_;
  std::unique_ptr<grpc::ClientReaderWriter<weir::ingest::v1::PushEventsRequest,
                                           weir::ingest::v1::PushEventsResponse>>
      stream_;
  uint64_t sequence_ = 0;
};

TEST_F(SourcesTest, AreListedWithWhatTheySent) {
  PushUntilWatched();
  ASSERT_TRUE(PushText("no JSON"));
  const auto sources = ListSources();
  ASSERT_EQ(sources.sources_size(), 2);
  EXPECT_EQ(sources.sources(0).source(), "");
  ASSERT_EQ(sources.sources(0).rejected_size(), 1);
  EXPECT_EQ(sources.sources(0).rejected(0).reason(), "malformed_json");
  const weir::cluster::v1::SourceStatus& source = sources.sources(1);
  EXPECT_EQ(source.account(), "111122223333");
  EXPECT_EQ(source.region(), "eu-west-1");
  EXPECT_EQ(source.source(), "cloudtrail");
  EXPECT_EQ(source.collector(), "collector-7");
  EXPECT_EQ(source.events(), 10U);
  EXPECT_EQ(source.silence_limit_ms(), 4000);
  ::testing::internal::CaptureStdout();
  const std::vector<const char*> command = {"weir", "sources", "--address",
                                            node_->address().c_str()};
  EXPECT_EQ(cli::Run(static_cast<int>(command.size()), command.data()), kExitOk);
  const std::string table = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(table, HasSubstr("collector-7"));
  EXPECT_THAT(table, HasSubstr("1 malformed_json"));
  EXPECT_THAT(table, HasSubstr("silent for"));   // by the time of day
}

TEST_F(SourcesTest, ASilenceIsOneAlertAndRecovers) {
  PushUntilWatched();
  clock_.Advance(60 * 1000);
  // The source says nothing; time goes on, and notices come, several of them.
  ASSERT_TRUE(Await([this] {
    clock_.Advance(500);
    return ListAlerts().alerts_size() == 1;
  }));
  const auto first = ListAlerts().alerts(0);
  EXPECT_EQ(first.rule_id(), "weir.source_silent");
  EXPECT_EQ(first.status(), weir::alert::v1::ALERT_STATUS_OPEN);
  ASSERT_EQ(first.group_size(), 3);
  EXPECT_EQ(first.group(1).name(), "cloud.account.id");
  for (int i = 0; i < 20; ++i) {
    clock_.Advance(1000);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(ListAlerts().alerts_size(), 1);
  // Notices are no source of their own.
  EXPECT_EQ(ListSources().sources_size(), 1);
  ASSERT_TRUE(Await([this] {
    clock_.Advance(1000);   // back, as often as before
    EXPECT_TRUE(PushEvent("111122223333"));
    clock_.Advance(14 * 1000);
    EXPECT_TRUE(PushEvent("111122223333"));
    return ListAlerts().alerts(0).status() == weir::alert::v1::ALERT_STATUS_RECOVERED;
  }));
  EXPECT_EQ(ListAlerts().alerts_size(), 1);
}

}  // namespace
}  // namespace weir::cli
