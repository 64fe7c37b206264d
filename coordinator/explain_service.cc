#include "coordinator/explain_service.h"

#include <string>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "common/rpc/status.h"
#include "common/wire/alert.h"
#include "common/wire/alert_query.h"
#include "common/wire/text.h"
#include "coordinator/alert_explainer.h"
#include "coordinator/audit.h"

namespace weir::coordinator {
namespace {

namespace pb = weir::explain::v1;

constexpr int64_t kRetryDelayMs = 1000;

void Fill(const AlertExplanation& explanation, pb::ExplainAlertResponse* message) {
  const alert::AlertDetails& details = explanation.details;
  wire::ToProto(details.alert, message->mutable_alert());
  if (details.series.has_value()) {
    wire::ToProto(*details.series, message->mutable_series());
  }
  if (details.suppression.has_value()) {
    wire::ToProto(*details.suppression, message->mutable_suppression());
  }
  message->set_rule_set_version(explanation.version.value);
  for (const std::string& step : explanation.head) {
    message->add_head(wire::ValidUtf8(step));
  }
  message->set_fold(wire::ValidUtf8(explanation.fold));
  for (const AlertExplanation::Condition& condition : explanation.tail) {
    pb::AlertCondition* out = message->add_tail();
    out->set_text(wire::ValidUtf8(condition.text));
    for (const exec::SeenValue& value : condition.values) {
      pb::PredicateValue* added = out->add_values();
      added->set_name(wire::ValidUtf8(value.name));
      added->set_text(wire::ValidUtf8(value.text));
    }
  }
  for (const std::string& exception : explanation.exceptions) {
    message->add_exceptions(wire::ValidUtf8(exception));
  }
}

Status Explain(AlertBackend* backend, const pb::ExplainAlertRequest& request,
               pb::ExplainAlertResponse* response) {
  WEIR_ASSIGN_OR_RETURN(const Hash128 id, wire::ParseAlertId(request.alert_id()));
  WEIR_ASSIGN_OR_RETURN(const AlertExplanation explanation, ExplainAlert(backend, id));
  Fill(explanation, response);
  return OkStatus();
}

}  // namespace

class ExplainService::Threads {
 public:
  ~Threads() { pool_.join(); }
  boost::asio::thread_pool pool_{1};
};

ExplainService::ExplainService(std::unique_ptr<AlertBackend> backend)
    : backend_(std::move(backend)), threads_(std::make_unique<Threads>()) {}

ExplainService::~ExplainService() = default;

grpc::ServerUnaryReactor* ExplainService::ExplainAlert(grpc::CallbackServerContext* context,
                                                       const pb::ExplainAlertRequest* request,
                                                       pb::ExplainAlertResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(threads_->pool_, [this, actor = ActorOf(*context), request, response, reactor] {
    const Status status = Explain(backend_.get(), *request, response);
    Audit({actor, "ExplainAlert", request->alert_id().substr(0, 200), status,
           status.ok() ? uint64_t{1} : 0});
    reactor->Finish(status.code() == StatusCode::kInvalidArgument ? rpc::ToGrpcArgument(status)
                    : status.code() == StatusCode::kUnavailable   ? rpc::ToGrpc(status, kRetryDelayMs)
                                                                  : rpc::ToGrpc(status));
  });
  return reactor;
}

}  // namespace weir::coordinator
