// The gRPC face of a process's sinks: weir.sink.v1.SinkService over its AlertOutbox. Answers from
// memory and short reads of the store, on gRPC's threads.
#pragma once

#include "weir/sink/v1/sink.grpc.pb.h"
#include "worker/alert_outbox.h"

namespace weir::worker {

class SinkService final : public weir::sink::v1::SinkService::CallbackService {
 public:
  // The outbox outlives the service.
  explicit SinkService(AlertOutbox* outbox) : outbox_(outbox) {}

  grpc::ServerUnaryReactor* ListSinks(grpc::CallbackServerContext* context,
                                      const weir::sink::v1::ListSinksRequest* request,
                                      weir::sink::v1::ListSinksResponse* response) override;
  grpc::ServerUnaryReactor* ListDeadLetters(
      grpc::CallbackServerContext* context, const weir::sink::v1::ListDeadLettersRequest* request,
      weir::sink::v1::ListDeadLettersResponse* response) override;
  grpc::ServerUnaryReactor* RetryDeadLetters(
      grpc::CallbackServerContext* context, const weir::sink::v1::RetryDeadLettersRequest* request,
      weir::sink::v1::RetryDeadLettersResponse* response) override;

 private:
  AlertOutbox* const outbox_;
};

}  // namespace weir::worker
