#include "cli/otlp_client.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "cli/dial.h"
#include "common/base/utf8.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"

namespace weir::cli {
namespace {

namespace otlp = opentelemetry::proto::collector::logs::v1;

constexpr int64_t kBackoffMsMax = 2000;

int64_t SteadyMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      text.remove_prefix(1);
      continue;
    }
    const std::string_view before = text;
    const char32_t point = TakeCodePoint(&text);
    if (point == kReplacementCharacter && !before.starts_with("\xef\xbf\xbd")) {
      return false;
    }
  }
  return true;
}

otlp::ExportLogsServiceRequest ToRequest(const OutgoingBatch& batch) {
  otlp::ExportLogsServiceRequest request;
  auto* resource = request.add_resource_logs();
  auto* service = resource->mutable_resource()->add_attributes();
  service->set_key("service.name");
  service->mutable_value()->set_string_value("weir ingest");
  auto* scope = resource->add_scope_logs();
  std::string_view payload = batch.request.payload();
  for (const uint32_t size : batch.request.record_sizes()) {
    const std::string_view record = payload.substr(0, size);
    payload.remove_prefix(size);
    auto* body = scope->add_log_records()->mutable_body();
    if (IsUtf8(record)) {
      body->set_string_value(std::string(record));
    } else {
      body->set_bytes_value(std::string(record));
    }
  }
  return request;
}

// As the protocol says: of these codes the same call may succeed later.
bool MayRetry(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DATA_LOSS:
      return true;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return rpc::RetryDelayMillis(status).has_value();
    default:
      return false;
  }
}

}  // namespace

OtlpClient::OtlpClient(OtlpOptions options)
    : options_(std::move(options)),
      channel_(Dial(options_.address)),
      stub_(otlp::LogsService::NewStub(channel_)) {}

Status OtlpClient::Run(const NextBatch& next_batch, const OnAnswer& on_answer) {
  if (!channel_->WaitForConnected(std::chrono::system_clock::now() +
                                  std::chrono::milliseconds(options_.connect_timeout_ms))) {
    return Unavailable("no connection within {} ms", options_.connect_timeout_ms);
  }
  last_answer_ms_ = SteadyMs();
  std::vector<std::thread> threads;
  for (int i = 0; i < options_.calls; ++i) {
    threads.emplace_back([this, &next_batch, &on_answer] { RunThread(next_batch, on_answer); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  return failure_;
}

void OtlpClient::RunThread(const NextBatch& next_batch, const OnAnswer& on_answer) {
  while (!failed_) {
    std::unique_ptr<OutgoingBatch> batch;
    {
      const std::lock_guard lock(mutex_);
      batch = next_batch();
    }
    if (batch == nullptr) {
      return;
    }
    Status status;
    Response response;
    const bool answered = Send(*batch, &status, &response);
    const std::lock_guard lock(mutex_);
    if (!answered) {
      failure_ = failure_.ok() ? status : failure_;
      failed_ = true;
      return;
    }
    on_answer(*batch, status, response);
  }
}

bool OtlpClient::Send(const OutgoingBatch& batch, Status* status, Response* response) {
  const otlp::ExportLogsServiceRequest request = ToRequest(batch);
  int64_t backoff_ms = 50;
  while (true) {
    grpc::ClientContext context;
    rpc::SetTimeout(&context, options_.call_timeout_ms);
    if (options_.gzip) {
      context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    }
    const grpc::Status answer = stub_->Export(&context, request, response);
    *status = rpc::FromGrpc(answer);
    if (!MayRetry(answer)) {
      last_answer_ms_ = SteadyMs();
      return true;
    }
    if (failed_ || SteadyMs() - last_answer_ms_ > options_.retry_for_ms) {
      return false;
    }
    ++resent_;
    std::this_thread::sleep_for(std::chrono::milliseconds(
        std::max(backoff_ms, rpc::RetryDelayMillis(answer).value_or(0))));
    backoff_ms = std::min(backoff_ms * 2, kBackoffMsMax);
  }
}

}  // namespace weir::cli
