#include "ingest/services.h"

#include <utility>

#include "common/wire/text.h"
#include "common/wire/time.h"
#include "ingest/silence_batch.h"

namespace weir::ingest {
namespace {

// What events say of their time may be no time to show.
bool IsShown(UnixMillis time_ms) {
  constexpr UnixMillis kYear10000 = 253402300800000;
  return time_ms > 0 && time_ms < kYear10000;
}

void FillSource(const SourceUse& use, weir::cluster::v1::SourceStatus* message) {
  message->set_account(wire::ValidUtf8(use.key.account));
  message->set_region(wire::ValidUtf8(use.key.region));
  if (use.key.kind.has_value()) {
    message->set_source(std::string(source::SourceKindName(*use.key.kind)));
  }
  message->set_collector(wire::ValidUtf8(use.key.collector));
  if (IsShown(use.last_event_ms)) {
    wire::TimeToProto(use.last_event_ms, message->mutable_last_event());
  }
  if (IsShown(use.last_arrival_ms)) {
    wire::TimeToProto(use.last_arrival_ms, message->mutable_last_arrival());
  }
  message->set_lag_ms(use.lag_ms);
  message->set_events_per_second_1m(use.events_per_second_1m);
  message->set_events_per_second_5m(use.events_per_second_5m);
  message->set_events(use.events);
  message->set_repeated(use.repeats);
  for (std::size_t i = 0; i < use.rejects.size(); ++i) {
    if (use.rejects[i] != 0) {
      auto* rejected = message->add_rejected();
      rejected->set_reason(
          std::string(source::RejectReasonName(static_cast<source::RejectReason>(i))));
      rejected->set_count(use.rejects[i]);
    }
  }
  message->set_silence_limit_ms(use.silence_limit_ms);
}

}  // namespace

void Services::Drain() {
  pipeline_->Drain();
  push_.Drain();
}

void Services::FillStatus(weir::cluster::v1::IngestStatus* status) const {
  push_.FillStatus(status);
  status->set_other_events(vector_.other_events());
}

void Services::FillSources(weir::cluster::v1::GetIngestSourcesResponse* sources) const {
  const SourcesStatus status = pipeline_->Sources();
  for (const SourceUse& use : status.sources) {
    FillSource(use, sources->add_sources());
  }
  sources->set_forgotten(status.forgotten);
}

void Services::ReportSilence(const weir::cluster::v1::ReportSilenceRequest& request,
                             std::function<void(Status)> done) {
  StatusOr<Batch> batch = MakeSilenceBatch(request, pipeline_->Now());
  if (!batch.ok()) {
    done(batch.status());
    return;
  }
  pipeline_->Submit(*std::move(batch), [done = std::move(done)](BatchResult result) {
    done(std::move(result.status));
  });
}

}  // namespace weir::ingest
