// The gRPC face of groups: weir.group.v1.GroupService over GroupExplainer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "coordinator/group_explainer.h"
#include "weir/group/v1/group.grpc.pb.h"

namespace weir::coordinator {

class GroupService final : public weir::group::v1::GroupService::CallbackService {
 public:
  explicit GroupService(std::unique_ptr<GroupBackend> backend);
  ~GroupService() override;   // waits for calls

  grpc::ServerUnaryReactor* ListTopGroups(
      grpc::CallbackServerContext* context,
      const weir::group::v1::ListTopGroupsRequest* request,
      weir::group::v1::ListTopGroupsResponse* response) override;
  grpc::ServerUnaryReactor* ExplainGroups(
      grpc::CallbackServerContext* context,
      const weir::group::v1::ExplainGroupsRequest* request,
      weir::group::v1::ExplainGroupsResponse* response) override;

 private:
  class Threads;
  // Runs the call on a thread that may block, answers and audits it.
  grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context, std::string_view method,
                                std::string what, std::function<Status()> call);

  std::unique_ptr<GroupBackend> backend_;
  GroupExplainer explainer_;
  std::unique_ptr<Threads> threads_;   // goes first
};

}  // namespace weir::coordinator
