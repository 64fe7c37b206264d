#include "cli/event_clock.h"

#include <algorithm>

namespace weir::cli {
namespace {

source::Options ReplayOptions() {
  source::Options options;
  options.ingested = source::Options::Ingested::kTimestamp;
  options.reject_without_timestamp = true;
  return options;
}

}  // namespace

EventClock::EventClock() : decoder_(std::make_shared<const FieldRegistry>(), ReplayOptions()) {}

EventClock::~EventClock() = default;

void EventClock::Observe(std::string_view payload, const std::vector<uint32_t>& sizes) {
  std::size_t offset = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    std::string_view record = payload.substr(offset, sizes[i]);
    offset += record.size();
    if (payload.size() - offset < source::Decoder::kPadding) {
      tail_.assign(record);
      tail_.append(source::Decoder::kPadding, '\0');
      record = std::string_view(tail_).substr(0, record.size());
    }
    decoder_.Decode(record, i, 0, this);
  }
}

std::optional<UnixMillis> EventClock::TimeOf(std::string_view record) {
  // Looking is not sending: the latest time only grows by what Observe is given.
  const std::optional<UnixMillis> latest_ms = latest_ms_;
  first_ms_.reset();
  Observe(record, {static_cast<uint32_t>(record.size())});
  latest_ms_ = latest_ms;
  return first_ms_;
}

void EventClock::OnEvent(source::Event& event) {
  if (!first_ms_.has_value()) {
    first_ms_ = event.timestamp_ms();
  }
  latest_ms_ = std::max(latest_ms_.value_or(event.timestamp_ms()), event.timestamp_ms());
}

}  // namespace weir::cli
