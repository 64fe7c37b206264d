#include "ingest/batch_decoder.h"

#include <algorithm>
#include <utility>

#include "common/base/bytes.h"

namespace weir::ingest {

BatchDecoder::BatchDecoder(source::Options source_options, exec::RouterOptions router_options)
    : source_options_(std::move(source_options)), router_options_(std::move(router_options)) {}

BatchDecoder::~BatchDecoder() = default;

DecodedBatch BatchDecoder::Decode(const Batch& batch, const plan::RuleSetPtr& rules,
                                  UnixMillis arrival_ms) {
  Follow(rules);
  DecodedBatch decoded;
  decoded.rejected_by_reason.resize(source::kRejectReasonCount);
  batch_ = &batch;
  decoded_ = &decoded;
  event_index_ = 0;
  const std::string_view payload = batch.payload;
  std::size_t offset = 0;
  for (record_index_ = 0; record_index_ < batch.record_sizes.size(); ++record_index_) {
    std::string_view record = payload.substr(offset, batch.record_sizes[record_index_]);
    offset += record.size();
    index_in_record_ = 0;
    if (payload.size() - offset < source::Decoder::kPadding) {
      // The decoder reads past the record's end; only the last records have too little behind them.
      tail_.assign(record);
      tail_.append(source::Decoder::kPadding, '\0');
      record = std::string_view(tail_).substr(0, record.size());
    }
    decoder_->Decode(record, record_index_, arrival_ms, this);
  }
  decoded.frame = router_->Take();
  batch_ = nullptr;
  decoded_ = nullptr;
  return decoded;
}

uint64_t BatchDecoder::evaluation_warnings() const {
  return router_ == nullptr ? 0 : router_->warnings().total();
}

uint64_t BatchDecoder::grok_limits() const {
  return router_ == nullptr ? 0 : router_->grok_limits();
}

void BatchDecoder::Follow(const plan::RuleSetPtr& rules) {
  if (rules_ == rules) {
    return;
  }
  decoder_ = std::make_unique<source::Decoder>(rules->fields, source_options_);
  router_ = std::make_unique<exec::Router>(rules, router_options_);
  rules_ = rules;
}

void BatchDecoder::OnEvent(source::Event& event) {
  decoded_->least_event_ms = std::min(decoded_->least_event_ms, event.timestamp_ms());
  ++decoded_->events;
  decoded_->kinds.push_back(event.kind());
  const Hash128 fallback =
      event.identity().has_value() ? Hash128() : FallbackIdentity();
  router_->Add(event, event_index_, fallback);
  ++event_index_;
  ++index_in_record_;
}

void BatchDecoder::OnReject(const source::Reject& reject) {
  ++decoded_->rejected;
  ++decoded_->rejected_by_reason[static_cast<std::size_t>(reject.reason)];
  if (decoded_->rejections.size() < kRejectionsMax) {
    decoded_->rejections.push_back(reject);
  }
  ++index_in_record_;
}

// Identities are stored: the fields and their coding never change.
Hash128 BatchDecoder::FallbackIdentity() {
  identity_text_.clear();
  ByteWriter writer(&identity_text_);
  writer.String(router_options_.tenant);
  writer.String(batch_->producer_id);
  writer.Varint(batch_->sequence);
  writer.Varint(record_index_);
  writer.Varint(index_in_record_);
  return HashBytes128(identity_text_);
}

}  // namespace weir::ingest
