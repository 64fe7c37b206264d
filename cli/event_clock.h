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
  // The latest event time seen; empty before the first.
  std::optional<UnixMillis> latest_ms() const { return latest_ms_; }

 private:
  void OnEvent(source::Event& event) override;
  void OnReject(const source::Reject& /*reject*/) override {}

  source::Decoder decoder_;
  std::string tail_;
  std::optional<UnixMillis> latest_ms_;
};

}  // namespace weir::cli
