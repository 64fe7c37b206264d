#include "worker/sink_service.h"

#include "common/rpc/status.h"
#include "common/wire/text.h"
#include "common/wire/time.h"

namespace weir::worker {

namespace {

namespace pb = weir::sink::v1;

void Fill(const SinkStatus& status, pb::SinkState* state) {
  state->set_name(status.name);
  state->set_pending(static_cast<int64_t>(status.pending));
  if (status.oldest_ms != 0) {
    wire::TimeToProto(status.oldest_ms, state->mutable_oldest());
  }
  state->set_delivered(static_cast<int64_t>(status.delivered));
  state->set_retries(static_cast<int64_t>(status.retries));
  state->set_withheld(static_cast<int64_t>(status.withheld));
  state->set_filtered(static_cast<int64_t>(status.filtered));
  state->set_gone(static_cast<int64_t>(status.gone));
  state->set_dead_letters(static_cast<int64_t>(status.dead_letters));
  state->set_last_error(wire::ValidUtf8(status.last_error));
  if (status.last_delivered_ms != 0) {
    wire::TimeToProto(status.last_delivered_ms, state->mutable_last_delivered());
  }
}

}  // namespace

grpc::ServerUnaryReactor* SinkService::ListSinks(grpc::CallbackServerContext* context,
                                                 const pb::ListSinksRequest* /*request*/,
                                                 pb::ListSinksResponse* response) {
  for (const SinkStatus& status : outbox_->GetStatus()) {
    Fill(status, response->add_sinks());
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* SinkService::ListDeadLetters(grpc::CallbackServerContext* context,
                                                       const pb::ListDeadLettersRequest* request,
                                                       pb::ListDeadLettersResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const StatusOr<std::vector<SinkDeadLetter>> letters = outbox_->DeadLetters(request->sink());
  if (!letters.ok()) {
    reactor->Finish(rpc::ToGrpc(letters.status()));
    return reactor;
  }
  for (const SinkDeadLetter& letter : *letters) {
    pb::DeadLetter* message = response->add_dead_letters();
    message->set_alert_id(letter.alert.ToHex());
    message->set_revision(static_cast<int64_t>(letter.revision));
    wire::TimeToProto(letter.time_ms, message->mutable_time());
    message->set_http_status(letter.http_status);
    message->set_reason(wire::ValidUtf8(letter.reason));
  }
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* SinkService::RetryDeadLetters(grpc::CallbackServerContext* context,
                                                        const pb::RetryDeadLettersRequest* request,
                                                        pb::RetryDeadLettersResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const StatusOr<uint64_t> alerts = outbox_->RetryDeadLetters(request->sink());
  response->set_alerts(static_cast<int64_t>(alerts.value_or(0)));
  reactor->Finish(alerts.ok() ? grpc::Status::OK : rpc::ToGrpc(alerts.status()));
  return reactor;
}

}  // namespace weir::worker
