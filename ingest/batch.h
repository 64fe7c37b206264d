// What a producer or collector sent at once, on its way through the pipeline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/hash.h"
#include "common/source/decoder.h"

namespace weir::ingest {

struct Batch {
  // A record without an id of its own is identified by its place in the batch and, of these, either the
  // producer and its number for the batch, or the hash of the whole request.
  std::string producer_id;
  uint64_t sequence = 0;
  std::optional<Hash128> request_hash;

  std::string collector;                // who sent it, for the list of sources; empty: not listed
  std::string tenant;                   // whose quota it is taken from; empty: the pipeline's own
  std::string payload;
  std::vector<uint32_t> record_sizes;   // add up to payload.size()
  // Records that were found unusable before they had any bytes: their size is 0. By index.
  struct Refusal {
    uint32_t record_index;
    source::RejectReason reason;
    const char* message;                // lives for ever
  };
  std::vector<Refusal> refusals;
  // By the scheduler's clock: when the sender will have been told that it failed, so that work which has
  // not begun by then is pointless. 0: never.
  int64_t give_up_ms = 0;

  // Adds what stands at the end of the payload from `begin` on as one record.
  void Close(std::size_t begin) {
    record_sizes.push_back(static_cast<uint32_t>(payload.size() - begin));
  }
  void Add(std::string_view record) {
    payload.append(record);
    record_sizes.push_back(static_cast<uint32_t>(record.size()));
  }
  void Refuse(source::RejectReason reason, const char* message) {
    refusals.push_back({static_cast<uint32_t>(record_sizes.size()), reason, message});
    record_sizes.push_back(0);
  }
  // For messages.
  std::string Name() const;
};

}  // namespace weir::ingest
