// What a replaying client promises over real gRPC, with a server that takes batches and dies before its
// answers arrive: whatever is sent again is after the promise.
#include "cli/push_client.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rpc/server.h"
#include "weir/ingest/v1/ingest.grpc.pb.h"

namespace weir::cli {
namespace {

namespace pb = weir::ingest::v1;

constexpr uint64_t kBatches = 20;
constexpr UnixMillis kWatermarkStepMs = 1000;   // batch n's watermark: n steps

// Takes everything, and of each stream answers only the first few requests, later streams more. A stream
// breaks when some requests are unanswered, or the last one is.
class ForgetfulService final : public pb::IngestService::Service {
 public:
  grpc::Status PushEvents(grpc::ServerContext*,
                          grpc::ServerReaderWriter<pb::PushEventsResponse, pb::PushEventsRequest>*
                              stream) override {
    const int stream_number = ++streams_;
    const int answered = 1 + stream_number * 3;
    pb::PushEventsRequest request;
    for (int n = 0; stream->Read(&request); ++n) {
      Check(request);
      const bool unanswered = n >= answered && !request.end_of_input();
      if (unanswered && (n == answered + 4 || request.sequence() == kBatches)) {
        return {grpc::StatusCode::UNAVAILABLE, "killed"};
      }
      if (unanswered) {
        continue;
      }
      if (request.sequence() != 0) {
        first_unanswered_ = std::max(first_unanswered_, request.sequence() + 1);
      }
      ended_ = ended_ || request.end_of_input();
      pb::PushEventsResponse response;
      response.set_sequence(request.sequence());
      response.set_window_bytes(1 << 20);
      response.set_window_batches(8);
      stream->Write(response);
    }
    return grpc::Status::OK;
  }

  int streams() const { return streams_; }
  bool ended() const { return ended_; }
  const std::vector<std::string>& broken() const { return broken_; }
  UnixMillis promised_ms() const { return promised_ms_; }

 private:
  // One stream at a time, so no lock.
  void Check(const pb::PushEventsRequest& request) {
    if (!request.has_watermark_unix_millis()) {
      return;
    }
    promised_ms_ = std::max(promised_ms_, request.watermark_unix_millis());
    // No batch that may come again is at or before the promise: batch n has events after n - 1 steps.
    const auto may_come_again = static_cast<UnixMillis>(first_unanswered_);
    if (request.watermark_unix_millis() > (may_come_again - 1) * kWatermarkStepMs) {
      broken_.push_back(fmt::format("{} promised while batch {} has no answer",
                                    request.watermark_unix_millis(), first_unanswered_));
    }
  }

  int streams_ = 0;
  bool ended_ = false;
  uint64_t first_unanswered_ = 1;
  UnixMillis promised_ms_ = 0;
  std::vector<std::string> broken_;
};

TEST(PushClientTest, PromisesOnlyWhatPrecedesTheFirstBatchWithoutAnAnswer) {
  ForgetfulService service;
  auto server = rpc::Server::Start("127.0.0.1:0", {&service});
  ASSERT_TRUE(server.ok()) << server.status();
  PushOptions options;
  options.address = (*server)->address();
  options.producer = "p";
  options.replay = true;
  PushClient client(options);
  uint64_t next = 0;
  std::map<uint64_t, int> answers;
  const Status sent = client.Run(
      [&]() -> std::unique_ptr<OutgoingBatch> {
        if (next == kBatches) {
          return nullptr;
        }
        auto batch = std::make_unique<OutgoingBatch>();
        batch->request.set_sequence(++next);
        batch->request.set_payload("{}");
        batch->request.add_record_sizes(2);
        batch->watermark_ms = static_cast<UnixMillis>(next) * kWatermarkStepMs;
        return batch;
      },
      [&](const OutgoingBatch& batch, const pb::PushEventsResponse&) {
        ++answers[batch.request.sequence()];
      });
  ASSERT_TRUE(sent.ok()) << sent;
  (*server)->Shutdown(0);
  EXPECT_THAT(service.broken(), ::testing::IsEmpty());
  EXPECT_GT(service.streams(), 1);
  EXPECT_GT(client.resent(), 0U);
  EXPECT_TRUE(service.ended());
  EXPECT_EQ(answers.size(), kBatches);
  EXPECT_GT(service.promised_ms(), 0);
}

}  // namespace
}  // namespace weir::cli
