// From the bytes of one collected record to normalised events: recognises the envelope and the source
// by content, and derives Elastic's field names on demand (docs/normalization.md). Only the fields of
// the registry are ever derived. One Decoder belongs to one thread and reuses its buffers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/hash.h"
#include "common/base/time.h"
#include "common/source/geo_database.h"
#include "common/types/field_catalogue.h"
#include "common/types/field_registry.h"
#include "common/types/field_source.h"

namespace weir::source {

enum class SourceKind : uint8_t { kCloudTrail, kBedrockInvocation, kEcs };
inline constexpr int kSourceKindCount = 3;
std::string_view SourceKindName(SourceKind kind);   // "cloudtrail", "bedrock", "ecs"

// Why a record or an event in it was refused. The names are labels of metrics and of summaries.
enum class RejectReason : uint8_t {
  kMalformedJson,     // not JSON; message has the parser's words and the byte offset
  kTooLarge,          // record over Options::record_bytes_max
  kTooDeep,           // nesting over Options::depth_max
  kNotAnObject,       // valid JSON, but no object or known envelope
  kUnknownSource,     // an object that is no CloudTrail record, invocation log or ECS document
  kNoTimestamp,       // no readable event time, where none may be assumed
  kWrongType,         // a field that identity or time needs has another JSON type
  kTooManyFields,     // more values than Options::fields_max
};
inline constexpr int kRejectReasonCount = 8;
std::string_view RejectReasonName(RejectReason reason);  // "malformed_json", ...

struct Reject {
  std::size_t record_index;   // as given to Decode
  RejectReason reason;
  std::string message;        // what, where, why; without payload text
};

// One normalised event. Valid only during Sink::OnEvent.
class Event : public FieldSource {
 public:
  SourceKind kind() const { return kind_; }
  // "logs-aws.cloudtrail-default"
  std::string_view data_stream() const { return data_stream_; }
  UnixMillis timestamp_ms() const { return timestamp_ms_; }       // @timestamp
  // event.ingested: the document's own if it has one, else as Options::ingested says.
  UnixMillis ingested_ms() const { return ingested_ms_; }
  // Identity of design: CloudTrail recipientAccountId + eventID; Bedrock account, region, requestId,
  // operation; hashed with the tenant and the source. Empty when the event carries no id: the caller
  // makes one from (producer, sequence, index).
  const std::optional<Hash128>& identity() const { return identity_; }
  // Appends the whole document as nested JSON on one line: every field that the source's table makes.
  // REQUIRES: Options::documents.
  virtual void AppendDocument(std::string* out) = 0;
  // The id people know the event by (eventID, requestId); may be empty.
  std::string_view event_id() const { return event_id_; }
  // Where it happened, as it says itself; may be empty.
  std::string_view account() const { return account_; }
  std::string_view region() const { return region_; }

 protected:
  using FieldSource::FieldSource;

  SourceKind kind_ = SourceKind::kEcs;
  std::string_view data_stream_;
  std::string_view event_id_;
  std::string_view account_;
  std::string_view region_;
  UnixMillis timestamp_ms_ = 0;
  UnixMillis ingested_ms_ = 0;
  std::optional<Hash128> identity_;
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual void OnEvent(Event& event) = 0;
  virtual void OnReject(const Reject& reject) = 0;
};

struct Options {
  std::string tenant = "default";
  std::size_t record_bytes_max = 16 * 1024 * 1024;
  int depth_max = 64;
  // JSON values in a record, those of an envelope together.
  std::size_t fields_max = 1000000;
  // event.ingested where the document has none: the arrival time (wall clock), or @timestamp (replay).
  enum class Ingested : uint8_t { kArrival, kTimestamp } ingested = Ingested::kArrival;
  // What a record without a readable event time gets: the arrival time (as Elastic), or a rejection
  // (replay and backtests, which have no arrival time).
  bool reject_without_timestamp = false;
  // aws.cloudtrail.request_parameters and response_elements longer than this many UTF-16 units are null,
  // as in Elastic's index, where they exceed the keyword's ignore_above. 0 = no limit.
  std::size_t rendered_units_max = 8191;
  // What every object that is no envelope is taken for, whatever its members; none: they decide.
  std::optional<SourceKind> source;
  // Whether AppendDocument will be called.
  bool documents = false;
  // For source.geo and source.as; null: they are absent.
  std::shared_ptr<const GeoDatabase> geo;
};

// The document that stands for text which gave no event, as Elastic's pipelines keep such: the text, the
// message and the time of arrival. An empty text is left out.
std::string MakeErrorDocument(std::string_view text, std::string_view message,
                              UnixMillis arrival_ms);

class Decoder {
 public:
  // Every record's bytes must be followed by this many readable bytes (their content is ignored).
  static constexpr std::size_t kPadding = 64;

  // The registry must not grow while the decoder lives.
  Decoder(std::shared_ptr<const FieldRegistry> registry, Options options);
  ~Decoder();

  // Decodes one collected record: calls sink for each event or rejection in it, in order. arrival_ms
  // is the receive time. An empty record is rejected, or with Options::source an event without content.
  void Decode(std::string_view record, std::size_t record_index, UnixMillis arrival_ms, Sink* sink);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Types of the CloudTrail, Bedrock and common ECS fields.
const FieldCatalogue& Catalogue();

}  // namespace weir::source
