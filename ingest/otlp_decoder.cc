#include "ingest/otlp_decoder.h"

#include <algorithm>
#include <array>

#include "common/source/decoder.h"
#include "ingest/wire_reader.h"

namespace weir::ingest {
namespace {

using Kind = MessageValue::Kind;
using Type = WireReader::Type;

// How many attributes a request may make us look at, each time counted. A resource's attributes belong to
// all of its records, so a small request could otherwise ask for any amount of work.
constexpr std::size_t kVisitsMax = 10000000;

const std::array<std::string_view, 2> kOriginalKeys{"event.original", "log.record.original"};

Status Damaged(std::string_view what) {
  return InvalidArgument("the request is no ExportLogsServiceRequest: a damaged {}", what);
}

// The last message in a field.
std::string_view LastMessage(std::string_view message, uint32_t field) {
  std::string_view last;
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.Is(field, Type::kBytes)) {
      last = reader.bytes();
    }
  }
  return last;
}

}  // namespace

Status OtlpDecoder::Decode(std::string_view request, Batch* batch) {
  batch->request_hash = HashBytes128(request);
  visits_left_ = kVisitsMax;
  WireReader reader(request);
  while (reader.Next()) {
    if (reader.Is(1, Type::kBytes)) {
      WEIR_RETURN_IF_ERROR(DecodeResource(reader.bytes(), batch));
    }
  }
  return reader.ok() ? OkStatus() : Damaged("request");
}

Status OtlpDecoder::DecodeResource(std::string_view message, Batch* batch) {
  around_.clear();
  if (!ReadEntries(LastMessage(message, 1), 1, &around_)) {
    return Damaged("resource");
  }
  of_resource_ = around_.size();
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.Is(2, Type::kBytes)) {
      WEIR_RETURN_IF_ERROR(DecodeScope(reader.bytes(), batch));
    }
  }
  return reader.ok() ? OkStatus() : Damaged("ResourceLogs");
}

Status OtlpDecoder::DecodeScope(std::string_view message, Batch* batch) {
  around_.resize(of_resource_);
  if (!ReadEntries(LastMessage(message, 1), 3, &around_)) {
    return Damaged("scope");
  }
  WireReader reader(message);
  while (reader.Next()) {
    if (!reader.Is(2, Type::kBytes)) {
      continue;
    }
    if (batch->record_sizes.size() >= limits_.records_max) {
      return InvalidArgument("the request has more than {} log records", limits_.records_max);
    }
    WEIR_RETURN_IF_ERROR(DecodeRecord(reader.bytes(), batch));
    if (batch->payload.size() > limits_.payload_bytes_max) {
      return InvalidArgument("the request's records have more than {} bytes",
                             limits_.payload_bytes_max);
    }
  }
  return reader.ok() ? OkStatus() : Damaged("ScopeLogs");
}

bool OtlpDecoder::ReadAttributes(std::string_view record) {
  attributes_.assign(around_.begin(), around_.end());
  if (!ReadEntries(record, 6, &attributes_)) {
    return false;
  }
  visits_left_ -= std::min(visits_left_, attributes_.size());
  return true;
}

Status OtlpDecoder::DecodeRecord(std::string_view message, Batch* batch) {
  MessageValue body;
  uint64_t time_ns = 0;
  uint64_t observed_ns = 0;
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.Is(5, Type::kBytes)) {
      body = ReadOtlpValue(reader.bytes());
    } else if (reader.Is(1, Type::kFixed64)) {
      time_ns = reader.number();
    } else if (reader.Is(11, Type::kFixed64)) {
      observed_ns = reader.number();
    }
  }
  if (!reader.ok()) {
    return Damaged("LogRecord");
  }
  if (RecordText::IsRecords(body)) {
    batch->Add(body.bytes);   // the usual case: nothing else is looked at
    return OkStatus();
  }
  if (!ReadAttributes(message)) {
    return Damaged("attribute");
  }
  if (visits_left_ == 0) {
    return InvalidArgument("the request's attributes are too many to be read for each log record");
  }
  if (record_.Add(body, attributes_, batch)) {
    return OkStatus();
  }
  const uint64_t at_ns = time_ns != 0 ? time_ns : observed_ns;
  const std::string rebuilt =
      RebuildCloudTrail(attributes_, static_cast<int64_t>(at_ns / 1000000));
  if (!rebuilt.empty()) {
    batch->Add(rebuilt);
    return OkStatus();
  }
  for (const MessageEntry& attribute : attributes_) {
    const MessageValue value = ReadOtlpValue(attribute.value);
    if (std::find(kOriginalKeys.begin(), kOriginalKeys.end(), attribute.key) !=
            kOriginalKeys.end() &&
        RecordText::IsRecords(value)) {
      batch->Add(value.bytes);
      return OkStatus();
    }
  }
  batch->Refuse(source::RejectReason::kNotAnObject,
                body.kind == Kind::kNull ? "no body, and no record in the attributes"
                                         : "the body is neither JSON text nor a map");
  return OkStatus();
}

}  // namespace weir::ingest
