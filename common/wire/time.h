// Times to and from google.protobuf.Timestamp.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include "common/base/time.h"

namespace weir::wire {

inline void TimeToProto(UnixMillis time_ms, google::protobuf::Timestamp* message) {
  const int64_t seconds = FloorDiv(time_ms, 1000);
  message->set_seconds(seconds);
  message->set_nanos(static_cast<int32_t>(time_ms - seconds * 1000) * 1000000);
}

inline UnixMillis TimeFromProto(const google::protobuf::Timestamp& message) {
  return message.seconds() * 1000 + message.nanos() / 1000000;
}

}  // namespace weir::wire
