#include "ingest/vector_decoder.h"

#include "ingest/wire_reader.h"

namespace weir::ingest {
namespace {

using Type = WireReader::Type;

Status Damaged(std::string_view what) {
  return InvalidArgument("the request is no PushEventsRequest: a damaged {}", what);
}

}  // namespace

Status VectorDecoder::Decode(std::string_view request, Batch* batch, uint64_t* other_events) {
  batch->request_hash = HashBytes128(request);
  WireReader reader(request);
  while (reader.Next()) {
    if (!reader.Is(1, Type::kBytes)) {
      continue;
    }
    std::string_view log;
    bool is_log = false;
    WireReader event(reader.bytes());
    while (event.Next()) {
      if (event.type() == Type::kBytes && event.field() <= 3) {
        is_log = event.field() == 1;
        log = event.bytes();
      }
    }
    if (!event.ok()) {
      return Damaged("event");
    }
    if (!is_log) {
      ++*other_events;
      continue;
    }
    if (batch->record_sizes.size() >= limits_.records_max) {
      return InvalidArgument("the request has more than {} events", limits_.records_max);
    }
    WEIR_RETURN_IF_ERROR(DecodeLog(log, batch));
    if (batch->payload.size() > limits_.payload_bytes_max) {
      return InvalidArgument("the request's events have more than {} bytes",
                             limits_.payload_bytes_max);
    }
  }
  return reader.ok() ? OkStatus() : Damaged("request");
}

// A log event is one value or, of old senders, the entries of a map, which the wire cannot tell from a
// map's message.
Status VectorDecoder::DecodeLog(std::string_view message, Batch* batch) {
  MessageValue value;
  bool has_value = false;
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.Is(2, Type::kBytes)) {
      value = ReadVectorValue(reader.bytes());
      has_value = true;
    }
  }
  if (!reader.ok()) {
    return Damaged("log event");
  }
  if (!has_value) {
    value.kind = MessageValue::Kind::kMap;
    value.bytes = message;
  }
  if (!record_.Add(value, {}, batch)) {
    batch->Refuse(source::RejectReason::kNotAnObject, "the event is neither JSON text nor a map");
  }
  return OkStatus();
}

}  // namespace weir::ingest
