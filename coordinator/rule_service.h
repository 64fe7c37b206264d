// The gRPC face of the rule set: weir.rule.v1.RuleService over RuleAdmin.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "coordinator/rule_admin.h"
#include "weir/rule/v1/rule.grpc.pb.h"

namespace weir::coordinator {

class RuleService final : public weir::rule::v1::RuleService::CallbackService {
 public:
  explicit RuleService(std::unique_ptr<RuleBackend> backend);
  ~RuleService() override;   // waits for calls

  grpc::ServerUnaryReactor* ListRules(grpc::CallbackServerContext* context,
                                      const weir::rule::v1::ListRulesRequest* request,
                                      weir::rule::v1::ListRulesResponse* response) override;
  grpc::ServerUnaryReactor* GetRule(grpc::CallbackServerContext* context,
                                    const weir::rule::v1::GetRuleRequest* request,
                                    weir::rule::v1::GetRuleResponse* response) override;
  grpc::ServerUnaryReactor* ApplyRules(grpc::CallbackServerContext* context,
                                       const weir::rule::v1::ApplyRulesRequest* request,
                                       weir::rule::v1::ApplyRulesResponse* response) override;
  grpc::ServerUnaryReactor* SetRuleEnabled(
      grpc::CallbackServerContext* context, const weir::rule::v1::SetRuleEnabledRequest* request,
      weir::rule::v1::SetRuleEnabledResponse* response) override;
  grpc::ServerUnaryReactor* DeleteRule(grpc::CallbackServerContext* context,
                                       const weir::rule::v1::DeleteRuleRequest* request,
                                       weir::rule::v1::DeleteRuleResponse* response) override;
  grpc::ServerUnaryReactor* ListRuleSetVersions(
      grpc::CallbackServerContext* context,
      const weir::rule::v1::ListRuleSetVersionsRequest* request,
      weir::rule::v1::ListRuleSetVersionsResponse* response) override;
  grpc::ServerUnaryReactor* GetRuleSetVersion(
      grpc::CallbackServerContext* context,
      const weir::rule::v1::GetRuleSetVersionRequest* request,
      weir::rule::v1::GetRuleSetVersionResponse* response) override;
  grpc::ServerUnaryReactor* RollBackRules(grpc::CallbackServerContext* context,
                                          const weir::rule::v1::RollBackRulesRequest* request,
                                          weir::rule::v1::RollBackRulesResponse* response) override;

 private:
  class Threads;
  // Runs the call on a thread that may block, answers and audits it.
  grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context, std::string_view method,
                                std::string what,
                                std::function<Status(const std::string& actor)> call);

  std::unique_ptr<RuleBackend> backend_;
  RuleAdmin admin_;
  std::unique_ptr<Threads> threads_;   // goes first
};

}  // namespace weir::coordinator
