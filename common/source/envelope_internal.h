// Tells by its members what a JSON object is: an envelope around records, or an event of some source.
#pragma once

#include <string>
#include <string_view>

#include "common/source/json_internal.h"

namespace weir::source {

enum class Shape : uint8_t {
  kUnknown,
  kRecords,      // {"Records": [..]}: CloudTrail's files
  kLogEvents,    // CloudWatch Logs subscription: {"logEvents": [{"message": ".."}]}
  kControl,      // its control message, which holds no event
  kEventBridge,  // {"detail-type": "... via CloudTrail", "detail": {..}}
  kLookup,       // LookupEvents' answer: {"Events": [{"CloudTrailEvent": ".."}]}
  kSearchHit,    // {"_id": .., "_source": {..}}
  kCloudTrail,
  kBedrock,
  kEcs,
};

// payload is the envelope's array or object.
Shape RecogniseObject(const Object& object, Element* payload);

// Puts numbers that fit no 64-bit integer or double in quotes; their text is all that is needed of
// them. False when there are none.
bool QuoteHugeNumbers(std::string_view text, std::string* out);

}  // namespace weir::source
