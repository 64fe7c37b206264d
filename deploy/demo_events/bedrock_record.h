// One model invocation as Bedrock logs it, and the CloudTrail record of the same call.
#pragma once

#include <string>
#include <vector>

#include "deploy/demo_events/delivery.h"
#include "deploy/demo_events/principal.h"

namespace weir::demo {

struct Invocation {
  UnixMillis time_ms = 0;
  std::string region;
  std::string operation = "InvokeModel";  // or InvokeModelWithResponseStream, Converse
  std::string model;
  std::string prompt;
  std::string error_code;    // empty: success; a failed call has no output
  std::string error_message;
  std::string guardrail;     // id of the guardrail whose trace the output carries; empty: none
};

Record BedrockRecord(const Principal& who, const Invocation& invocation, Random* random);
Record BedrockTrailRecord(const Principal& who, const Invocation& invocation, Random* random);

// Adds both records of the call to the day.
void AddInvocation(const Principal& who, const Invocation& invocation, Random* random, Day* day);

}  // namespace weir::demo
