// One PushEvents stream. Every request becomes a slot; slots are answered in their order, and a slot's
// watermark counts once all before it are safe. The reactor lives until gRPC says OnDone, which comes
// only after Finish, which is called only when no batch of the stream is in the pipeline.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include <grpcpp/grpcpp.h>

#include "common/base/status.h"
#include "ingest/pipeline.h"
#include "weir/ingest/v1/ingest.grpc.pb.h"

namespace weir::ingest {

class IngestService;

class PushReactor final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  PushReactor(IngestService* service, Pipeline* pipeline, std::string tenant)
      : service_(service), pipeline_(pipeline), tenant_(std::move(tenant)) {}

  // Starts reading, or ends at once if the stream is refused.
  void Begin(const Status& refusal);
  // Answers what is in hand, then ends the stream as unavailable.
  void Drain();

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  struct Slot {
    bool done = false;
    bool has_records = false;
    std::optional<UnixMillis> watermark_ms;
    bool end_of_input = false;
    v1::PushEventsResponse response;
    grpc::ByteBuffer response_bytes;   // while it is sent
  };

  void OnBatchDone(Slot* slot, BatchResult result);
  // The rest REQUIRE mutex_.
  // What the last read request says about the stream; an error ends it.
  Status CheckProducer();
  Slot* TakeRequest(Batch* batch);
  void Settle(Slot* slot);
  void Advance();
  bool TakeFinish();
  void FinishIf(bool finish);

  IngestService* const service_;
  Pipeline* const pipeline_;

  const std::string tenant_;
  grpc::ByteBuffer request_bytes_;  // of the read under way

  std::mutex mutex_;
  v1::PushEventsRequest request_;   // the last one read; nobody's while reading_
  std::string producer_id_;         // set by the first request
  std::deque<std::unique_ptr<Slot>> slots_;
  bool reading_ = false;
  bool submitting_ = false;         // a request goes to the pipeline: nothing is read, the stream stays
  bool writing_ = false;            // the first slot's response is under way
  bool broken_ = false;             // the client is gone: answers go nowhere
  bool ending_ = false;             // no more requests are taken
  bool finished_ = false;
  Status status_;                   // of the stream, with ending_
  // Batches refused for now and not taken since: no promise made after them holds yet.
  std::set<uint64_t> refused_;
  std::optional<UnixMillis> held_watermark_ms_;
  bool held_end_ = false;
};

}  // namespace weir::ingest
