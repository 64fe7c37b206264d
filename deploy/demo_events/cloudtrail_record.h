// One CloudTrail record as AWS writes it.
#pragma once

#include <string>

#include "deploy/demo_events/delivery.h"
#include "deploy/demo_events/principal.h"

namespace weir::demo {

struct ApiCall {
  UnixMillis time_ms = 0;
  std::string region;
  std::string service;     // "s3": the part before .amazonaws.com
  std::string action;      // "GetObject"
  std::string parameters;  // JSON; empty means null
  std::string response;    // JSON; empty means null
  std::string error_code;  // empty: success
  std::string error_message;
  bool read_only = true;
  std::string type = "AwsApiCall";
  std::string host;        // TLS host name; empty leaves tlsDetails out
  std::string additional;  // additionalEventData as JSON; empty leaves it out
};

Record CloudTrailRecord(const Principal& who, const ApiCall& call, Random* random);

}  // namespace weir::demo
