// Reads the times of records, for the watermark of a replaying client: the same decoder as the server's,
// with no fields to derive.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.h"
#include "common/source/decoder.h"

namespace weir::cli {

class EventClock : private source::Sink {
 public:
  EventClock();
  ~EventClock() override;

  // Looks at a batch's records; sizes add up to the payload's size.
  void Observe(std::string_view payload, const std::vector<uint32_t>& sizes);
  // The time of one record's first event; empty when it has none that can be read.
  std::optional<UnixMillis> TimeOf(std::string_view record);
  // The latest event time seen; empty before the first.
  std::optional<UnixMillis> latest_ms() const { return latest_ms_; }

 private:
  void OnEvent(source::Event& event) override;
  void OnReject(const source::Reject& /*reject*/) override {}

  source::Decoder decoder_;
  std::string tail_;
  std::optional<UnixMillis> latest_ms_;
  std::optional<UnixMillis> first_ms_;   // of the record being looked at
};

}  // namespace weir::cli
