// Sends batches, numbered from 1 without a gap, over PushEvents until each is answered: keeps to the server's window, sends again what is
// refused for now or was under way when a stream broke, and gives up only after a time without progress.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "cli/record_batcher.h"
#include "common/base/status.h"
#include "weir/ingest/v1/ingest.grpc.pb.h"

namespace weir::cli {

struct PushOptions {
  std::string address;
  std::string producer;
  bool replay = false;                     // say end_of_input when all is answered
  int64_t connect_timeout_ms = 3000;       // for the first connection
  int64_t retry_for_ms = 60 * 1000;        // give up after this long without an answer
};

class PushClient {
 public:
  // An answer that is final: taken, or refused for good.
  using OnAnswer = std::function<void(const OutgoingBatch& batch,
                                      const weir::ingest::v1::PushEventsResponse& response)>;
  // Gives the next batch, null at the end.
  using NextBatch = std::function<std::unique_ptr<OutgoingBatch>()>;

  explicit PushClient(PushOptions options);

  // Sends everything. on_answer is called from another thread, one call at a time. An error means that
  // batches were left unanswered.
  Status Run(const NextBatch& next_batch, const OnAnswer& on_answer);

  // Batches sent again, because they were refused for now or a stream broke.
  uint64_t resent() const { return resent_; }

 private:
  using BatchPtr = std::unique_ptr<OutgoingBatch>;
  using Stream = grpc::ClientReaderWriter<weir::ingest::v1::PushEventsRequest,
                                          weir::ingest::v1::PushEventsResponse>;
  using Clock = std::chrono::steady_clock;

  // Runs one stream. OK: everything is answered. Otherwise why the stream ended.
  Status RunStream(const NextBatch& next_batch, const OnAnswer& on_answer);
  void ReadAnswers(Stream* stream, const OnAnswer& on_answer);
  bool TakeAnswer(const weir::ingest::v1::PushEventsResponse& response, const OnAnswer& on_answer);
  // The next request to write; null when the stream is over (broken, or all is answered).
  const weir::ingest::v1::PushEventsRequest* NextRequest(const NextBatch& next_batch);
  bool HasRoom(std::size_t bytes) const;
  void NoteAnswered(const OutgoingBatch& batch);
  void PutBack();

  const PushOptions options_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<weir::ingest::v1::IngestService::Stub> stub_;
  weir::ingest::v1::PushEventsRequest opening_;
  weir::ingest::v1::PushEventsRequest end_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<BatchPtr> waiting_;           // to be sent, again mostly; by sequence
  std::deque<BatchPtr> unanswered_;        // sent on this stream, in order; null: a request without records
  uint64_t unanswered_bytes_ = 0;
  uint64_t window_bytes_ = 0;              // 0: only the opening may be sent
  uint32_t window_batches_ = 0;
  // What is promised is the watermark of the last batch before the first that is not answered: whatever may
  // have to be sent again is after it, however far the server is.
  std::map<uint64_t, std::optional<UnixMillis>> answered_;   // beyond a gap: watermarks by sequence
  uint64_t first_unanswered_ = 1;          // sequence
  std::optional<UnixMillis> promise_ms_;
  Clock::time_point not_before_;           // the server asked to wait
  Clock::time_point last_answer_;
  bool source_ended_ = false;
  bool end_sent_ = false;
  bool end_answered_ = false;
  bool broken_ = false;                    // the stream is of no more use
  bool ended_ = false;                     // because the server ended it
  uint64_t resent_ = 0;
};

}  // namespace weir::cli
