#include "ingest/ingest_service.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/wire/text.h"
#include "common/wire/time.h"
#include "ingest/push_reactor.h"

namespace weir::ingest {
namespace {

constexpr uint64_t kWindowBytesMin = 256ULL << 10;
constexpr uint64_t kWindowBytesMax = 16ULL << 20;

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* IngestService::PushEvents(
    grpc::CallbackServerContext* context) {
  StatusOr<std::string> tenant = tenant_(*context);
  const Status refusal = tenant.status();
  auto* reactor = new PushReactor(this, pipeline_, tenant.ok() ? std::move(*tenant) : "");   // deletes itself in OnDone
  bool draining = false;
  {
    const std::lock_guard lock(mutex_);
    reactors_.insert(reactor);
    draining = draining_;
  }
  reactor->Begin(draining ? Unavailable("the server is stopping") : refusal);
  return reactor;
}

void IngestService::Drain() {
  // A reactor cannot go away while it is in the set, and Remove waits for the lock.
  const std::lock_guard lock(mutex_);
  draining_ = true;
  for (PushReactor* reactor : reactors_) {
    reactor->Drain();
  }
}

void IngestService::Remove(PushReactor* reactor) {
  const std::lock_guard lock(mutex_);
  reactors_.erase(reactor);
}

uint64_t IngestService::WindowBytes() const {
  std::size_t streams = 0;
  {
    const std::lock_guard lock(mutex_);
    streams = std::max<std::size_t>(reactors_.size(), 1);
  }
  return std::clamp(pipeline_->options().inflight_bytes_max / streams, kWindowBytesMin,
                    kWindowBytesMax);
}

void IngestService::FillStatus(weir::cluster::v1::IngestStatus* status) const {
  {
    const std::lock_guard lock(mutex_);
    status->set_streams(reactors_.size());
  }
  const PipelineStatus counters = pipeline_->GetStatus();
  status->set_inflight_bytes(counters.inflight_bytes);
  status->set_inflight_limit_bytes(counters.inflight_limit_bytes);
  status->set_batches(counters.batches);
  status->set_batches_refused(counters.batches_refused);
  status->set_batches_restamped(counters.batches_restamped);
  status->set_bytes(counters.bytes);
  status->set_records(counters.records);
  status->set_events(counters.events);
  status->set_matched(counters.matched);
  status->set_repeated(counters.repeated);
  status->set_late(counters.late);
  status->set_future(counters.future);
  status->set_evaluation_warnings(counters.evaluation_warnings);
  status->set_grok_limits(counters.grok_limits);
  for (const auto& [exception, rows] : counters.excepted) {
    auto* added = status->add_exceptions();
    added->set_rule_id(wire::ValidUtf8(exception.first));
    added->set_name(wire::ValidUtf8(exception.second));
    added->set_rows(rows);
  }
  for (const auto& [rule_id, rows] : counters.without_group) {
    auto* added = status->add_without_group();
    added->set_rule_id(wire::ValidUtf8(rule_id));
    added->set_rows(rows);
  }
  for (int i = 0; i < source::kRejectReasonCount; ++i) {
    if (counters.rejected[i] != 0) {
      auto* rejected = status->add_rejected();
      rejected->set_reason(
          std::string(source::RejectReasonName(static_cast<source::RejectReason>(i))));
      rejected->set_count(counters.rejected[i]);
    }
  }
  for (int i = 0; i < source::kSourceKindCount; ++i) {
    if (counters.repeated_by_source[i] != 0) {
      auto* repeated = status->add_repeated_by_source();
      repeated->set_source(
          std::string(source::SourceKindName(static_cast<source::SourceKind>(i))));
      repeated->set_count(counters.repeated_by_source[i]);
    }
  }
  status->set_abandoned(counters.abandoned);
  for (const TenantUse& use : counters.tenants) {
    auto* tenant = status->add_tenants();
    tenant->set_tenant(use.tenant);
    tenant->set_batches(use.batches);
    tenant->set_events(use.events);
    tenant->set_bytes(use.bytes);
    tenant->set_refused_events_quota(use.refused_events);
    tenant->set_refused_bytes_quota(use.refused_bytes);
    tenant->set_inflight_bytes(use.inflight_bytes);
  }
  for (const ReplayProducers::Producer& producer : pipeline_->Producers()) {
    auto* added = status->add_producers();
    added->set_producer_id(producer.name);
    added->set_joined(producer.joined);
    added->set_ended(producer.ended);
    if (producer.watermark_ms.has_value()) {
      wire::TimeToProto(*producer.watermark_ms, added->mutable_watermark());
    }
  }
}

}  // namespace weir::ingest
