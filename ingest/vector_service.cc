#include "ingest/vector_service.h"

#include "common/rpc/message.h"
#include "ingest/logs_service.h"
#include "ingest/vector_decoder.h"

namespace weir::ingest {

grpc::ServerUnaryReactor* VectorService::PushEvents(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) {
  auto* reactor = new CollectReactor(   // deletes itself
      options_, pipeline_, response, [](const BatchResult&, std::size_t) {
        return rpc::ToByteBuffer(vector::PushEventsResponse());
      });
  reactor->Begin(tenant_(*context), context->peer(), *request,
                 [this](std::string_view bytes, Batch* batch) {
    uint64_t others = 0;
    const Status status =
        VectorDecoder(LimitsOf(options_, pipeline_->options())).Decode(bytes, batch, &others);
    other_events_ += others;
    return status;
  });
  return reactor;
}

grpc::ServerUnaryReactor* VectorService::HealthCheck(grpc::CallbackServerContext* context,
                                                     const vector::HealthCheckRequest* /*request*/,
                                                     vector::HealthCheckResponse* response) {
  response->set_status(pipeline_->draining() ? vector::NOT_SERVING : vector::SERVING);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace weir::ingest
