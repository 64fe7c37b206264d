// The gRPC face of explanations: weir.explain.v1.ExplainService.
#pragma once

#include <memory>

#include "coordinator/alert_backend.h"
#include "weir/explain/v1/explain.grpc.pb.h"

namespace weir::coordinator {

class ExplainService final : public weir::explain::v1::ExplainService::CallbackService {
 public:
  explicit ExplainService(std::unique_ptr<AlertBackend> backend);
  ~ExplainService() override;   // waits for calls

  grpc::ServerUnaryReactor* ExplainAlert(
      grpc::CallbackServerContext* context,
      const weir::explain::v1::ExplainAlertRequest* request,
      weir::explain::v1::ExplainAlertResponse* response) override;

 private:
  class Threads;

  std::unique_ptr<AlertBackend> backend_;
  std::unique_ptr<Threads> threads_;   // goes first
};

}  // namespace weir::coordinator
