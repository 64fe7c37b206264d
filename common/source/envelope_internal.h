// Tells by its members whether a JSON object is an envelope around records, or a document of ECS.
#pragma once

#include <string>
#include <string_view>

#include "common/source/json_internal.h"

namespace weir::source {

enum class Envelope : uint8_t {
  kNone,
  kRecords,      // {"Records": [..]}: CloudTrail's files
  kLogEvents,    // CloudWatch Logs subscription: {"logEvents": [{"message": ".."}]}
  kControl,      // its control message, which holds no event
  kEventBridge,  // {"detail-type": "... via CloudTrail", "detail": {..}}
  kPacked,       // {"awslogs": {"data": ".."}}, also "kinesis": base64 of gzip of more
  kLookup,       // LookupEvents' answer: {"Events": [{"CloudTrailEvent": ".."}]}
  kSearchHit,    // {"_id": .., "_source": {..}}
};

// payload is the envelope's array, object or text.
Envelope RecogniseEnvelope(const Object& object, Element* payload);

// Whether it has "@timestamp", or another top-level name of ECS with an object or a dotted key; and is
// no EventBridge event of something else.
bool IsEcsDocument(const Object& object);

// Puts numbers that fit no 64-bit integer or double in quotes; their text is all that is needed of
// them. False when there are none.
bool QuoteHugeNumbers(std::string_view text, std::string* out);

}  // namespace weir::source
