// One made-up API call: rendered as the raw record that AWS would deliver for the engine, read as
// it is by the naive evaluator.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/time.h"

namespace weir::naive {

struct Call {
  enum class Source : uint8_t { kCloudTrail, kBedrock };

  Source source = Source::kBedrock;
  UnixMillis time_ms = 0;
  // What is empty is left out of the record.
  std::string id;            // without: no copy of the record is known as one
  std::string account;
  std::string region = "us-east-1";
  std::string user;          // ARN
  std::string model;
  std::string operation = "InvokeModel";
  std::string error_code;
  std::string error_message;  // CloudTrail
  std::string provider = "bedrock.amazonaws.com";   // CloudTrail
  std::string guardrail;      // Bedrock
};

// One line of JSON, without the line's end.
std::string ToRecord(const Call& call);

}  // namespace weir::naive
