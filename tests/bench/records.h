// The records the benchmarks send: CloudTrail records of about 1.2 kB, the ECS documents of the same, and Bedrock invocation logs of
// refused calls. A pool of batches is made once; each time a batch is sent its records get new ids, a new
// time and, where asked, another principal, in place, so that making records costs next to nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "weir/ingest/v1/ingest.pb.h"

namespace weir::bench {

inline constexpr std::size_t kBatchRecords = 500;

// Where the changing parts of a record stand in its batch.
struct RecordPlaces {
  std::size_t event_id = 0;                // kIdDigits hexadecimal digits
  std::size_t time = 0;                    // the 19 characters before the Z
  std::vector<std::size_t> principals;     // kPrincipalDigits decimal digits; none: noise
};

// A batch whose records can be renewed in place.
class PooledBatch {
 public:
  // CloudTrail records; match is the share of them that the single-model rule counts. Principals of
  // those are numbered from first_principal on; all call one model, which depends on the seed.
  // With ecs, the documents that the normaliser makes of them, as a SIEM would send them on: without the
  // original and the times of receipt.
  static PooledBatch CloudTrail(double match, uint32_t seed, uint64_t first_principal,
                                bool ecs = false);
  // Invocation logs of refused calls; principals are given by SetPrincipal.
  static PooledBatch Refusals();

  // Gives every record an id made of number (the batch's, never used twice) and this time.
  void Renew(uint64_t number, UnixMillis time_ms);
  // REQUIRES: record < kBatchRecords.
  void SetPrincipal(std::size_t record, uint64_t principal);

  const weir::ingest::v1::PushEventsRequest& request() const { return request_; }
  weir::ingest::v1::PushEventsRequest* mutable_request() { return &request_; }
  std::size_t matching() const { return matching_; }
  // REQUIRES: matching() > 0.
  std::size_t first_matching() const { return first_matching_; }

 private:
  void Append(const std::string& record, bool matches);

  weir::ingest::v1::PushEventsRequest request_;
  std::vector<RecordPlaces> places_;
  std::size_t matching_ = 0;
  std::size_t first_matching_ = 0;
};

// The number of the principal in an ARN of these records.
std::optional<uint64_t> PrincipalOfArn(const std::string& arn);

}  // namespace weir::bench
