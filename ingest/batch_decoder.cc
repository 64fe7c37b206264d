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
  last_rejected_ = SIZE_MAX;
  share_by_key_.clear();
  share_key_.clear();
  const std::string_view payload = batch.payload;
  std::size_t offset = 0;
  auto refusal = batch.refusals.begin();
  for (record_index_ = 0; record_index_ < batch.record_sizes.size(); ++record_index_) {
    std::string_view record = payload.substr(offset, batch.record_sizes[record_index_]);
    offset += record.size();
    index_in_record_ = 0;
    if (refusal != batch.refusals.end() && refusal->record_index == record_index_) {
      OnReject({record_index_, refusal->reason, refusal->message});
      ++refusal;
      continue;
    }
    if (payload.size() - offset < source::Decoder::kPadding) {
      // The decoder reads past the record's end; only the last records have too little behind them.
      tail_.assign(record);
      tail_.append(source::Decoder::kPadding, '\0');
      record = std::string_view(tail_).substr(0, record.size());
    }
    decoder_->Decode(record, record_index_, arrival_ms, this);
  }
  decoded.frame = router_->Take();
  decoded.without_group = TakeWithoutGroup();
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
  without_group_.clear();
  rules_ = rules;
}

std::map<std::string, uint64_t> BatchDecoder::TakeWithoutGroup() {
  std::map<std::string, uint64_t> taken;
  const std::vector<uint64_t>& counts = router_->without_group();
  without_group_.resize(counts.size());
  for (std::size_t window = 0; window < counts.size(); ++window) {
    const uint64_t rows = counts[window] - without_group_[window];
    without_group_[window] = counts[window];
    if (rows == 0) {
      continue;
    }
    for (const uint32_t rule : rules_->windows[window].rules) {
      taken[rules_->rules[rule].source.id] += rows;
    }
  }
  return taken;
}

void BatchDecoder::OnEvent(source::Event& event) {
  decoded_->least_event_ms = std::min(decoded_->least_event_ms, event.timestamp_ms());
  ++decoded_->events;
  decoded_->kinds.push_back(event.kind());
  const uint32_t index = ShareOf(event.kind(), event.account(), event.region());
  decoded_->share_of.push_back(index);
  SourceShare& share = decoded_->shares[index];
  ++share.events;
  share.newest_event_ms = std::max(share.newest_event_ms, event.timestamp_ms());
  const Hash128 fallback =
      event.identity().has_value() ? Hash128() : FallbackIdentity();
  router_->Add(event, event_index_, fallback);
  ++event_index_;
  ++index_in_record_;
}

void BatchDecoder::OnReject(const source::Reject& reject) {
  ++decoded_->rejected;
  if (last_rejected_ != record_index_) {
    last_rejected_ = record_index_;
    ++decoded_->rejected_records;
  }
  const auto reason = static_cast<std::size_t>(reject.reason);
  ++decoded_->rejected_by_reason[reason];
  ++decoded_->shares[ShareOf(std::nullopt, {}, {})].rejects[reason];
  if (decoded_->rejections.size() < kRejectionsMax) {
    decoded_->rejections.push_back(reject);
  }
  ++index_in_record_;
}

// Events of one source mostly follow each other.
uint32_t BatchDecoder::ShareOf(std::optional<source::SourceKind> kind, std::string_view account,
                               std::string_view region) {
  account = account.substr(0, kSourceNameBytesMax);
  region = region.substr(0, kSourceNameBytesMax);
  next_share_key_.assign(1, static_cast<char>('0' + (kind.has_value() ? 1 + static_cast<int>(*kind) : 0)));
  next_share_key_.append(account).append(1, '\0').append(region);
  if (next_share_key_ == share_key_) {
    return last_share_;
  }
  const auto [place, added] =
      share_by_key_.try_emplace(next_share_key_, static_cast<uint32_t>(decoded_->shares.size()));
  if (added) {
    SourceShare& share = decoded_->shares.emplace_back();
    share.key = {std::string(account), std::string(region), kind, batch_->collector};
  }
  share_key_ = next_share_key_;
  last_share_ = place->second;
  return last_share_;
}

// Identities are stored: the fields and their coding never change.
Hash128 BatchDecoder::FallbackIdentity() {
  identity_text_.clear();
  ByteWriter writer(&identity_text_);
  writer.String(router_options_.tenant);
  if (batch_->request_hash.has_value()) {
    writer.String("");   // no producer is called so
    writer.Raw(batch_->request_hash->ToBytes());
  } else {
    writer.String(batch_->producer_id);
    writer.Varint(batch_->sequence);
  }
  writer.Varint(record_index_);
  writer.Varint(index_in_record_);
  return HashBytes128(identity_text_);
}

}  // namespace weir::ingest
