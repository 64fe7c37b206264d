#include "coordinator/ingest_client.h"

#include <algorithm>
#include <latch>
#include <utility>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/wire/text.h"
#include "common/wire/time.h"
#include "coordinator/source_watch.h"

namespace weir::coordinator {
namespace {

namespace pb = weir::cluster::v1;

void AddRejected(const pb::RejectedCount& count, pb::IngestStatus* sum) {
  for (pb::RejectedCount& known : *sum->mutable_rejected()) {
    if (known.reason() == count.reason()) {
      known.set_count(known.count() + count.count());
      return;
    }
  }
  *sum->add_rejected() = count;
}

void AddProducer(const pb::ProducerStatus& producer, pb::IngestStatus* sum) {
  for (pb::ProducerStatus& known : *sum->mutable_producers()) {
    if (known.producer_id() != producer.producer_id()) {
      continue;
    }
    known.set_joined(known.joined() || producer.joined());
    known.set_ended(known.ended() || producer.ended());
    if (producer.has_watermark() &&
        (!known.has_watermark() || wire::TimeFromProto(known.watermark()) <
                                       wire::TimeFromProto(producer.watermark()))) {
      *known.mutable_watermark() = producer.watermark();
    }
    return;
  }
  *sum->add_producers() = producer;
}

void AddException(const pb::ExceptionCount& count, pb::IngestStatus* sum) {
  for (pb::ExceptionCount& known : *sum->mutable_exceptions()) {
    if (known.rule_id() == count.rule_id() && known.name() == count.name()) {
      known.set_rows(known.rows() + count.rows());
      return;
    }
  }
  *sum->add_exceptions() = count;
}

void AddWithoutGroup(const pb::RuleRowCount& count, pb::IngestStatus* sum) {
  for (pb::RuleRowCount& known : *sum->mutable_without_group()) {
    if (known.rule_id() == count.rule_id()) {
      known.set_rows(known.rows() + count.rows());
      return;
    }
  }
  *sum->add_without_group() = count;
}

void AddRepeated(const pb::SourceCount& count, pb::IngestStatus* sum) {
  for (pb::SourceCount& known : *sum->mutable_repeated_by_source()) {
    if (known.source() == count.source()) {
      known.set_count(known.count() + count.count());
      return;
    }
  }
  *sum->add_repeated_by_source() = count;
}

void AddTenant(const pb::TenantIngestStatus& tenant, pb::IngestStatus* sum) {
  for (pb::TenantIngestStatus& known : *sum->mutable_tenants()) {
    if (known.tenant() != tenant.tenant()) {
      continue;
    }
    known.set_batches(known.batches() + tenant.batches());
    known.set_events(known.events() + tenant.events());
    known.set_bytes(known.bytes() + tenant.bytes());
    known.set_refused_events_quota(known.refused_events_quota() + tenant.refused_events_quota());
    known.set_refused_bytes_quota(known.refused_bytes_quota() + tenant.refused_bytes_quota());
    known.set_inflight_bytes(known.inflight_bytes() + tenant.inflight_bytes());
    return;
  }
  *sum->add_tenants() = tenant;
}

}  // namespace

void AddIngestStatus(const pb::IngestStatus& status, pb::IngestStatus* sum) {
  sum->set_streams(sum->streams() + status.streams());
  sum->set_inflight_bytes(sum->inflight_bytes() + status.inflight_bytes());
  sum->set_inflight_limit_bytes(sum->inflight_limit_bytes() + status.inflight_limit_bytes());
  sum->set_batches(sum->batches() + status.batches());
  sum->set_batches_refused(sum->batches_refused() + status.batches_refused());
  sum->set_batches_restamped(sum->batches_restamped() + status.batches_restamped());
  sum->set_bytes(sum->bytes() + status.bytes());
  sum->set_records(sum->records() + status.records());
  sum->set_events(sum->events() + status.events());
  sum->set_matched(sum->matched() + status.matched());
  sum->set_repeated(sum->repeated() + status.repeated());
  sum->set_late(sum->late() + status.late());
  sum->set_future(sum->future() + status.future());
  sum->set_evaluation_warnings(sum->evaluation_warnings() + status.evaluation_warnings());
  sum->set_grok_limits(sum->grok_limits() + status.grok_limits());
  sum->set_abandoned(sum->abandoned() + status.abandoned());
  sum->set_other_events(sum->other_events() + status.other_events());
  sum->set_nodes(sum->nodes() + status.nodes());
  for (const pb::RejectedCount& count : status.rejected()) {
    AddRejected(count, sum);
  }
  for (const pb::SourceCount& count : status.repeated_by_source()) {
    AddRepeated(count, sum);
  }
  for (const pb::ExceptionCount& count : status.exceptions()) {
    AddException(count, sum);
  }
  for (const pb::RuleRowCount& count : status.without_group()) {
    AddWithoutGroup(count, sum);
  }
  for (const pb::TenantIngestStatus& tenant : status.tenants()) {
    AddTenant(tenant, sum);
  }
  for (const pb::ProducerStatus& producer : status.producers()) {
    AddProducer(producer, sum);
  }
}

void IngestClient::SetNodes(const std::vector<IngestPeer>& nodes) {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::shared_ptr<const Peer>> next;
  for (const IngestPeer& node : nodes) {
    const auto known = peers_.find(node.id);
    if (known != peers_.end() && known->second->peer == node) {
      next.insert(*known);
      continue;
    }
    auto peer = std::make_shared<Peer>();
    peer->peer = node;
    peer->stub = pb::IngestStatusService::NewStub(
        rpc::MakeChannel(node.address, options_.credentials));
    next.emplace(node.id, std::move(peer));
  }
  peers_ = std::move(next);
}

std::vector<std::shared_ptr<const IngestClient::Peer>> IngestClient::Peers() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const Peer>> peers;
  for (const auto& [id, peer] : peers_) {
    peers.push_back(peer);
  }
  return peers;
}

// start(async stub, context, request, response, done) begins a call.
template <typename Request, typename Response, typename Start>
void IngestClient::AskAll(const Start& start, const std::function<void(const Response&)>& add,
                          google::protobuf::RepeatedPtrField<std::string>* unreached) const {
  struct Call {
    std::shared_ptr<const Peer> peer;
    grpc::ClientContext context;
    Request request;
    Response response;
    Status status;
  };
  std::vector<std::unique_ptr<Call>> calls;
  for (const auto& peer : Peers()) {
    calls.push_back(std::make_unique<Call>());
    calls.back()->peer = peer;
  }
  std::latch answered(static_cast<std::ptrdiff_t>(calls.size()));
  for (const auto& call : calls) {
    call->request.set_cluster_id(options_.cluster_id);
    call->request.set_ingest_id(call->peer->peer.id);
    rpc::SetTimeout(&call->context, options_.call_timeout_ms);
    start(call->peer->stub->async(), &call->context, &call->request, &call->response,
          [&answered, to = call.get()](grpc::Status status) {
            to->status = rpc::FromGrpc(status);
            answered.count_down();
          });
  }
  answered.wait();
  for (const auto& call : calls) {
    if (call->status.ok()) {
      add(call->response);
    } else {
      *unreached->Add() = wire::ValidUtf8(fmt::format("ingest node {} does not answer: {}",
                                                      call->peer->peer.id, Message(call->status)));
    }
  }
}

void IngestClient::FillStatus(pb::IngestStatus* sum) const {
  AskAll<pb::GetIngestStatusRequest, pb::GetIngestStatusResponse>(
      [](auto* stub, auto* context, auto* request, auto* response, auto done) {
        stub->GetIngestStatus(context, request, response, std::move(done));
      },
      [sum](const pb::GetIngestStatusResponse& response) { AddIngestStatus(response.ingest(), sum); },
      sum->mutable_unreached());
}

void IngestClient::FillSources(pb::ListSourcesResponse* sum) const {
  AskAll<pb::GetIngestSourcesRequest, pb::GetIngestSourcesResponse>(
      [](auto* stub, auto* context, auto* request, auto* response, auto done) {
        stub->GetIngestSources(context, request, response, std::move(done));
      },
      [sum](const pb::GetIngestSourcesResponse& response) { AddSources(response, sum); },
      sum->mutable_unreached());
}

Status IngestClient::ReportSilence(const pb::ReportSilenceRequest& request) const {
  Status last = Unavailable("there is no ingest node");
  for (const auto& peer : Peers()) {
    grpc::ClientContext context;
    rpc::SetTimeout(&context, options_.call_timeout_ms);
    pb::ReportSilenceRequest own = request;
    own.set_cluster_id(options_.cluster_id);
    own.set_ingest_id(peer->peer.id);
    pb::ReportSilenceResponse response;
    last = rpc::FromGrpc(peer->stub->ReportSilence(&context, own, &response));
    if (last.ok()) {
      return last;
    }
  }
  return Unavailable("no ingest node takes it, the last because: {}", Message(last));
}

}  // namespace weir::coordinator
