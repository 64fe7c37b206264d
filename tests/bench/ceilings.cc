#include "tests/bench/ceilings.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <string_view>
#include <thread>

#include <grpcpp/grpcpp.h>
#include <simdjson.h>

#include "tests/bench/measure.h"
#include "weir/ingest/v1/ingest.grpc.pb.h"

namespace weir::bench {
namespace {

namespace pb = weir::ingest::v1;

constexpr uint64_t kWindowBytes = 32ULL << 20;
constexpr uint32_t kWindowBatches = 64;

class DropReactor final : public grpc::ServerBidiReactor<pb::PushEventsRequest, pb::PushEventsResponse> {
 public:
  DropReactor() { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    if (!ok) {
      ended_ = true;
      FinishIfDone();
      return;
    }
    pb::PushEventsResponse& response = answers_.emplace_back();
    response.set_sequence(request_.sequence());
    response.set_accepted(static_cast<uint64_t>(request_.record_sizes_size()));
    response.set_window_bytes(kWindowBytes);
    response.set_window_batches(kWindowBatches);
    if (!writing_) {
      writing_ = true;
      StartWrite(&answers_.front());
    }
    StartRead(&request_);
  }
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    answers_.pop_front();
    writing_ = ok && !answers_.empty();
    if (writing_) {
      StartWrite(&answers_.front());
    }
    FinishIfDone();
  }
  void OnDone() override { delete this; }

 private:
  // REQUIRES: mutex_.
  void FinishIfDone() {
    if (ended_ && !writing_ && !finished_) {
      finished_ = true;
      Finish(grpc::Status::OK);
    }
  }

  pb::PushEventsRequest request_;
  std::mutex mutex_;
  std::deque<pb::PushEventsResponse> answers_;
  bool writing_ = false;
  bool ended_ = false;
  bool finished_ = false;
};

class DropService final : public pb::IngestService::CallbackService {
 public:
  grpc::ServerBidiReactor<pb::PushEventsRequest, pb::PushEventsResponse>* PushEvents(
      grpc::CallbackServerContext* /*context*/) override {
    return new DropReactor();
  }
};

// A batch's records as simdjson wants them: with padding behind the last.
struct PaddedBatch {
  std::string bytes;
  std::vector<std::string_view> records;
};

PaddedBatch Pad(const PooledBatch& batch) {
  PaddedBatch padded;
  padded.bytes = batch.request().payload();
  padded.bytes.append(simdjson::SIMDJSON_PADDING, '\0');
  std::size_t begin = 0;
  for (const uint32_t size : batch.request().record_sizes()) {
    padded.records.push_back(std::string_view(padded.bytes).substr(begin, size));
    begin += size;
  }
  return padded;
}

constexpr std::array<std::string_view, 9> kTexts = {
    "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
    "userAgent", "errorCode",   "eventID",   "recipientAccountId"};

uint64_t ReadIdentity(simdjson::ondemand::object identity) {
  uint64_t found = 0;
  for (auto field : identity) {
    const std::string_view key = field.unescaped_key();
    if (key == "type" || key == "arn" || key == "accessKeyId") {
      const std::string_view text = field.value().get_string();
      found += text.empty() ? 0 : 1;
    }
  }
  return found;
}

// Throws simdjson_error.
uint64_t ReadFields(simdjson::ondemand::parser* parser, std::string_view record) {
  uint64_t found = 0;
  auto document =
      parser->iterate(record.data(), record.size(), record.size() + simdjson::SIMDJSON_PADDING);
  for (auto field : document.get_object()) {
    const std::string_view key = field.unescaped_key();
    if (key == "userIdentity") {
      found += ReadIdentity(field.value().get_object());
    } else if (key == "requestParameters") {
      simdjson::ondemand::object parameters = field.value().get_object();
      const std::string_view json = parameters.raw_json();
      found += json.empty() ? 0 : 1;
    } else if (std::find(kTexts.begin(), kTexts.end(), key) != kTexts.end()) {
      const std::string_view text = field.value().get_string();
      found += text.empty() ? 0 : 1;
    }
  }
  return found;
}

}  // namespace

DropServer::DropServer() : service_(std::make_unique<DropService>()) {}

DropServer::~DropServer() {
  if (server_ != nullptr) {
    server_->Shutdown(1000);
  }
}

StatusOr<std::unique_ptr<DropServer>> DropServer::Start() {
  std::unique_ptr<DropServer> drop(new DropServer());
  WEIR_ASSIGN_OR_RETURN(drop->server_, rpc::Server::Start("127.0.0.1:0", {drop->service_.get()}));
  return drop;
}

StatusOr<ParseResult> ParseRecords(const std::vector<const PooledBatch*>& pool, uint64_t events,
                                   int threads) {
  std::vector<PaddedBatch> batches;
  for (const PooledBatch* batch : pool) {
    batches.push_back(Pad(*batch));
  }
  std::atomic<uint64_t> fields{0};
  std::atomic<bool> failed{false};
  const Stopwatch watch;
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      simdjson::ondemand::parser parser;
      uint64_t found = 0;
      uint64_t left = events;
      try {
        for (std::size_t next = 0; left > 0; next = (next + 1) % batches.size()) {
          for (const std::string_view record : batches[next].records) {
            if (left == 0) {
              break;
            }
            found += ReadFields(&parser, record);
            --left;
          }
        }
      } catch (const simdjson::simdjson_error&) {
        failed = true;
      }
      fields += found;
    });
  }
  for (std::thread& thread : running) {
    thread.join();
  }
  if (failed) {
    return Internal("simdjson cannot read the bench's own records");
  }
  return ParseResult{events * static_cast<uint64_t>(threads), fields, watch.wall_s(), watch.cpu_s()};
}

}  // namespace weir::bench
