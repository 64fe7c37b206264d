// Sends batches as OTLP logs, as a collector would: unary calls, some at a time, each sent again until it
// is answered for good. What `weir ingest --protocol otlp` uses.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <grpcpp/grpcpp.h>

#include "cli/record_batcher.h"
#include "common/base/status.h"
#include "opentelemetry/proto/collector/logs/v1/logs_service.grpc.pb.h"

namespace weir::cli {

struct OtlpOptions {
  std::string address;
  int calls = 4;                           // under way at a time
  bool gzip = true;
  int64_t connect_timeout_ms = 3000;       // for the first connection
  int64_t call_timeout_ms = 10 * 1000;
  int64_t retry_for_ms = 60 * 1000;        // give up after this long without an answer
};

class OtlpClient {
 public:
  using Response = opentelemetry::proto::collector::logs::v1::ExportLogsServiceResponse;
  // Called when a batch is answered for good: taken, perhaps in part, or refused with an error.
  using OnAnswer =
      std::function<void(const OutgoingBatch& batch, const Status& status, const Response& response)>;
  // Gives the next batch, null at the end.
  using NextBatch = std::function<std::unique_ptr<OutgoingBatch>()>;

  explicit OtlpClient(OtlpOptions options);

  // Sends everything. Both functions are called by several threads, one call at a time. An error means
  // that batches were left unanswered.
  Status Run(const NextBatch& next_batch, const OnAnswer& on_answer);

  // Calls made again.
  uint64_t resent() const { return resent_; }

 private:
  void RunThread(const NextBatch& next_batch, const OnAnswer& on_answer);
  // Sends one batch until it is answered. False: given up.
  bool Send(const OutgoingBatch& batch, Status* status, Response* response);

  const OtlpOptions options_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<opentelemetry::proto::collector::logs::v1::LogsService::Stub> stub_;
  std::mutex mutex_;                 // of the functions, and failure_
  Status failure_;
  std::atomic<bool> failed_ = false;
  std::atomic<int64_t> last_answer_ms_ = 0;   // by the steady clock
  std::atomic<uint64_t> resent_ = 0;
};

}  // namespace weir::cli
