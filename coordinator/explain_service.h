// The gRPC face of explanations: weir.explain.v1.ExplainService.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "coordinator/event_explainer.h"
#include "weir/explain/v1/explain.grpc.pb.h"

namespace weir::coordinator {

class ExplainService final : public weir::explain::v1::ExplainService::CallbackService {
 public:
  ExplainService(EventExplainer::Options options, std::unique_ptr<AlertBackend> alerts,
                 std::unique_ptr<GroupBackend> groups);
  ~ExplainService() override;   // waits for calls

  grpc::ServerUnaryReactor* ExplainAlert(
      grpc::CallbackServerContext* context,
      const weir::explain::v1::ExplainAlertRequest* request,
      weir::explain::v1::ExplainAlertResponse* response) override;
  grpc::ServerUnaryReactor* ExplainEvents(
      grpc::CallbackServerContext* context,
      const weir::explain::v1::ExplainEventsRequest* request,
      weir::explain::v1::ExplainEventsResponse* response) override;

 private:
  class Threads;
  // Runs the call, which returns how many alerts it showed, on a thread that may block; answers, audits.
  grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context, std::string_view method,
                                std::string what, std::function<StatusOr<uint64_t>()> call);

  std::unique_ptr<AlertBackend> alerts_;
  std::unique_ptr<GroupBackend> groups_;
  EventExplainer events_;
  std::unique_ptr<Threads> threads_;   // goes first
};

}  // namespace weir::coordinator
