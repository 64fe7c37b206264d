#include "common/source/decoder.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/base/json_writer.h"
#include "common/source/base64_internal.h"
#include "common/source/byte_source_internal.h"
#include "common/source/document_internal.h"
#include "common/source/ecs_internal.h"
#include "common/source/envelope_internal.h"
#include "common/source/json_scanner_internal.h"
#include "common/source/normaliser_internal.h"

namespace weir::source {

static_assert(Decoder::kPadding >= simdjson::SIMDJSON_PADDING);

namespace {

// JSON text in JSON text: a record in a CloudWatch message in a string is 2.
constexpr int kTextLevelMax = 4;
// How many times its size a text may be scanned to find where the records in it end.
constexpr std::size_t kSplitScans = 8;
// A parser that has grown beyond this is replaced once its record is done.
constexpr std::size_t kParserBytesKept = 4 * 1024 * 1024;

constexpr std::array<std::string_view, kRejectReasonCount> kReasonNames{
    "malformed_json", "too_large",    "too_deep",  "not_an_object",
    "unknown_source", "no_timestamp", "wrong_type",
    "too_many_fields"};
constexpr std::array<std::string_view, kSourceKindCount> kKindNames{"cloudtrail", "bedrock", "ecs"};

class RecordEvent final : public Event {
 public:
  RecordEvent(std::size_t field_count, RecordView* record) : Event(field_count), record_(record) {}

  void AppendDocument(std::string* out) override {
    Document document;
    if (kind_ == SourceKind::kEcs) {
      document.PutMembers("", record_->root);
    }
    record_->normaliser->WriteDocument(*record_, &document);
    document.AppendTo(out);
  }

  void Begin(SourceKind kind, const Facts& facts) {
    NextEvent();
    kind_ = kind;
    data_stream_ = facts.data_stream;
    event_id_ = facts.event_id;
    account_ = facts.account;
    region_ = facts.region;
    identity_ = facts.identity;
    timestamp_ms_ = record_->timestamp_ms;
    ingested_ms_ = record_->ingested_ms;
  }

 protected:
  Value Load(FieldId id) override { return record_->normaliser->Load(*record_, id); }

 private:
  RecordView* record_;
};

// How long the parsed document is: a member takes two words or three, another value one or two.
std::size_t TapeWords(const simdjson::dom::parser& parser) {
  constexpr uint64_t kPayload = (uint64_t{1} << 56) - 1;
  return parser.doc.tape == nullptr ? 0 : static_cast<std::size_t>(parser.doc.tape[0] & kPayload);
}

std::string_view TrimBlanks(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

std::string_view SourceKindName(SourceKind kind) {
  return kKindNames[static_cast<std::size_t>(kind)];
}

std::string_view RejectReasonName(RejectReason reason) {
  return kReasonNames[static_cast<std::size_t>(reason)];
}

class Decoder::Impl {
 public:
  Impl(std::shared_ptr<const FieldRegistry> registry, Options options);

  void Decode(std::string_view record, std::size_t record_index, UnixMillis arrival_ms, Sink* sink);

 private:
  struct Place {  // an element of an envelope, for messages
    std::string_view list;
    std::size_t index;
  };

  void DecodeText(std::string_view text, int level, bool may_split);
  void DecodePacked(std::string_view text, int level);
  bool Unpack(std::string_view gzip, std::string* out);
  simdjson::error_code Parse(std::string_view text, int level, Element* root);
  void RefuseText(simdjson::error_code error, std::string_view text);
  bool DecodePieces(std::string_view text, int level);
  void DecodeElement(const Element& element, int level, std::string_view original);
  void DecodeObject(const Element& element, int level, std::string_view original);
  void DecodeList(std::string_view name, const Element& list, std::string_view text_key, int level);
  void DecodeListItem(const Element& item, std::string_view text_key, int level);
  void Emit(SourceKind kind, const Element& root, const Element& envelope,
            std::string_view original);
  bool SetTimes(const Facts& facts);
  void Refuse(RejectReason reason, std::string_view message);

  std::shared_ptr<const FieldRegistry> registry_;
  Options options_;
  RecordView record_;
  EcsIndex ecs_index_;
  std::array<std::unique_ptr<Normaliser>, kSourceKindCount> normalisers_;
  RecordEvent event_;
  std::array<std::unique_ptr<simdjson::dom::parser>, kTextLevelMax> parsers_;
  std::array<std::string, kTextLevelMax> rewritten_;  // texts whose numbers had to be quoted
  std::array<std::string, kTextLevelMax> unpacked_;
  std::string packed_;           // scratch: what base64 stood for
  std::size_t unpack_left_ = 0;  // bytes that the record in work may still unpack to
  std::vector<Place> places_;
  std::size_t record_index_ = 0;
  Sink* sink_ = nullptr;
};

Decoder::Impl::Impl(std::shared_ptr<const FieldRegistry> registry, Options options)
    : registry_(std::move(registry)),
      options_(std::move(options)),
      record_(options_),
      event_(registry_->size(), &record_) {
  WEIR_CHECK(options_.depth_max > 0, "depth_max {}", options_.depth_max);
  for (const SourceDefinition* source : Sources()) {
    normalisers_[static_cast<std::size_t>(source->kind)] =
        std::make_unique<Normaliser>(*source, *registry_, options_.documents);
  }
  normalisers_[static_cast<std::size_t>(SourceKind::kEcs)] =
      MakeEcsNormaliser(*registry_, &ecs_index_, options_.documents);
  record_.ecs = &ecs_index_;
}

void Decoder::Impl::Decode(std::string_view record, std::size_t record_index,
                           UnixMillis arrival_ms, Sink* sink) {
  record_index_ = record_index;
  record_.arrival_ms = arrival_ms;
  sink_ = sink;
  places_.clear();
  if (record.size() > options_.record_bytes_max) {
    Refuse(RejectReason::kTooLarge,
           fmt::format("{} bytes, at most {}", record.size(), options_.record_bytes_max));
    return;
  }
  unpack_left_ = options_.record_bytes_max;
  if (!HasGzipMagic(record)) {
    DecodeText(record, 0, true);
  } else if (Unpack(record, &unpacked_[0])) {
    record = std::string_view(unpacked_[0]).substr(0, unpacked_[0].size() - kPadding);
    DecodeText(record, 0, true);
  }
  if (std::max(record.size(), options_.record_bytes_max - unpack_left_) > kParserBytesKept) {
    for (auto& parser : parsers_) {
      parser.reset();
    }
    unpacked_ = {};
  }
}

// What a record unpacks to, in all its parts together, may be as large as a record. out gets padding.
bool Decoder::Impl::Unpack(std::string_view gzip, std::string* out) {
  bool too_large = false;
  if (!Gunzip(gzip, unpack_left_, out, &too_large)) {
    Refuse(too_large ? RejectReason::kTooLarge : RejectReason::kMalformedJson,
           too_large ? fmt::format("over {} bytes when unpacked", options_.record_bytes_max)
                     : "damaged gzip data");
    return false;
  }
  unpack_left_ -= out->size();
  out->append(kPadding, '\0');
  return true;
}

// Base64 of gzip of a text.
void Decoder::Impl::DecodePacked(std::string_view text, int level) {
  if (level + 1 >= kTextLevelMax) {
    Refuse(RejectReason::kTooDeep,
           fmt::format("JSON text nested in JSON text more than {} times", kTextLevelMax));
    return;
  }
  if (!DecodeBase64(text, &packed_)) {
    Refuse(RejectReason::kMalformedJson, "damaged base64 data");
    return;
  }
  std::string& unpacked = unpacked_[static_cast<std::size_t>(level) + 1];
  if (HasGzipMagic(packed_) && Unpack(packed_, &unpacked)) {
    DecodeText(std::string_view(unpacked).substr(0, unpacked.size() - kPadding), level + 1, true);
  }
}

// text is followed by kPadding readable bytes.
void Decoder::Impl::DecodeText(std::string_view text, int level, bool may_split) {
  if (level >= kTextLevelMax) {
    Refuse(RejectReason::kTooDeep,
           fmt::format("JSON text nested in JSON text more than {} times", kTextLevelMax));
    return;
  }
  if (text.starts_with("\xef\xbb\xbf")) {
    text.remove_prefix(3);
  }
  text = TrimBlanks(text);
  if (text.empty() && !options_.source) {
    Refuse(RejectReason::kMalformedJson, "an empty record");
    return;
  }
  if (text.starts_with(kBase64OfGzip)) {
    return DecodePacked(text, level);
  }
  static const std::string kEmptyObject = "{}" + std::string(kPadding, '\0');
  const std::string_view original = text;
  text = text.empty() ? std::string_view(kEmptyObject).substr(0, 2) : text;
  Element root;
  const simdjson::error_code error = Parse(text, level, &root);
  if (error == simdjson::SUCCESS &&
      TapeWords(*parsers_[static_cast<std::size_t>(level)]) / 2 > options_.fields_max) {
    Refuse(RejectReason::kTooManyFields,
           fmt::format("more than {} values", options_.fields_max));
  } else if (error == simdjson::SUCCESS) {
    DecodeElement(root, level, original);
  } else if (error == simdjson::CAPACITY || error == simdjson::MEMALLOC ||
             error == simdjson::DEPTH_ERROR || !may_split || !DecodePieces(text, level)) {
    RefuseText(error, text);
  }
}

simdjson::error_code Decoder::Impl::Parse(std::string_view text, int level, Element* root) {
  std::unique_ptr<simdjson::dom::parser>& parser = parsers_[static_cast<std::size_t>(level)];
  if (parser == nullptr) {
    parser = std::make_unique<simdjson::dom::parser>();
    // simdjson counts the document as a level of its own.
    const auto depth = static_cast<std::size_t>(options_.depth_max) + 1;
    if (const auto error = parser->allocate(simdjson::dom::MINIMAL_DOCUMENT_CAPACITY, depth)) {
      return error;
    }
  }
  simdjson::error_code error = parser->parse(text.data(), text.size(), false).get(*root);
  std::string& rewritten = rewritten_[static_cast<std::size_t>(level)];
  if (error == simdjson::NUMBER_ERROR && QuoteHugeNumbers(text, &rewritten)) {
    rewritten.reserve(rewritten.size() + kPadding);
    error = parser->parse(rewritten.data(), rewritten.size(), false).get(*root);
  }
  return error;
}

void Decoder::Impl::RefuseText(simdjson::error_code error, std::string_view text) {
  if (error == simdjson::DEPTH_ERROR) {
    Refuse(RejectReason::kTooDeep, fmt::format("nested more than {} deep", options_.depth_max));
  } else if (error == simdjson::CAPACITY || error == simdjson::MEMALLOC) {
    Refuse(RejectReason::kTooLarge, fmt::format("{} bytes are more than the parser can hold",
                                                text.size()));
  } else {
    Refuse(RejectReason::kMalformedJson,
           fmt::format("no JSON at byte {} of {}: {}", FindJsonError(text), text.size(),
                       simdjson::error_message(error)));
  }
}

// Several texts one after another, on lines or not: each is a record. False when the text is not that,
// but one record with an error in it.
bool Decoder::Impl::DecodePieces(std::string_view text, int level) {
  std::vector<std::string_view> pieces;
  bool any_object = false;
  std::size_t scan_left = kSplitScans * text.size();  // failed attempts scan the same bytes again
  for (std::string_view rest = text; !rest.empty(); rest = TrimBlanks(rest)) {
    std::size_t size = rest.size();
    if (scan_left > 0) {
      JsonScanner scanner(false);
      const bool whole = scanner.Scan(rest) == JsonScanner::Result::kDone;
      scan_left -= std::min(scan_left, scanner.position());
      any_object = any_object || (whole && rest.front() == '{');
      size = whole ? scanner.position() : std::min(rest.find('\n'), rest.size());
    }
    pieces.push_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  if (pieces.size() < 2 || !any_object) {
    return false;
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    places_.push_back({"text", i});
    DecodeText(pieces[i], level, false);
    places_.pop_back();
  }
  return true;
}

void Decoder::Impl::DecodeElement(const Element& element, int level, std::string_view original) {
  if (IsObject(element)) {
    DecodeObject(element, level, original);
  } else if (IsText(element)) {
    DecodeText(TextOf(element), level + 1, true);
  } else if (IsArray(element) && places_.empty()) {
    DecodeList("", element, {}, level);
  } else {
    Refuse(RejectReason::kNotAnObject, IsArray(element) ? "an array" : "a bare value");
  }
}

void Decoder::Impl::DecodeObject(const Element& element, int level, std::string_view original) {
  const Object object = ObjectOf(element);
  for (const SourceDefinition* source : Sources()) {
    if (source->recognises(object) && options_.source.value_or(source->kind) == source->kind) {
      return Emit(source->kind, element, element, original);
    }
  }
  Element payload;
  switch (RecogniseEnvelope(object, &payload)) {
    case Envelope::kRecords:
      return DecodeList("Records", payload, {}, level);
    case Envelope::kLogEvents:
      return DecodeList("logEvents", payload, "message", level);
    case Envelope::kLookup:
      return DecodeList("Events", payload, "CloudTrailEvent", level);
    case Envelope::kControl:
      return;
    case Envelope::kEventBridge:
      return DecodeObject(payload, level, {});
    case Envelope::kPacked:
      return DecodeText(TextOf(payload), level, false);
    case Envelope::kSearchHit:
      return Emit(SourceKind::kEcs, payload, element, {});
    case Envelope::kNone:
      break;
  }
  if (options_.source) {
    return Emit(*options_.source, element, element, original);
  }
  if (IsEcsDocument(object)) {
    return Emit(SourceKind::kEcs, element, element, original);
  }
  Refuse(RejectReason::kUnknownSource,
         "an object that is no CloudTrail record, Bedrock invocation log, ECS document or "
         "envelope of these");
}

// text_key: the member of each item that holds the record as JSON text; empty when items are records.
void Decoder::Impl::DecodeList(std::string_view name, const Element& list,
                               std::string_view text_key, int level) {
  std::size_t index = 0;
  for (const Element& item : ArrayOf(list)) {
    places_.push_back({name, index++});
    DecodeListItem(item, text_key, level);
    places_.pop_back();
  }
}

void Decoder::Impl::DecodeListItem(const Element& item, std::string_view text_key, int level) {
  if (text_key.empty()) {
    DecodeElement(item, level, {});
    return;
  }
  Element text;
  if (!IsObject(item)) {
    Refuse(RejectReason::kNotAnObject, "a list item that is no object");
  } else if (!FindMember(ObjectOf(item), text_key, &text) || !IsText(text)) {
    Refuse(RejectReason::kWrongType, fmt::format("{} is no string", text_key));
  } else {
    DecodeText(TextOf(text), level + 1, true);
  }
}

void Decoder::Impl::Emit(SourceKind kind, const Element& root, const Element& envelope,
                         std::string_view original) {
  record_.arena.Reset();
  record_.normaliser = normalisers_[static_cast<std::size_t>(kind)].get();
  record_.root = root;
  record_.envelope = envelope;
  record_.original = original;
  record_.place.reset();
  if (kind == SourceKind::kEcs) {
    ecs_index_.SetRoot(root);
  } else {
    record_.normaliser->paths().SetRoot(root);
  }
  Facts facts;
  facts.data_stream = record_.normaliser->source().data_stream;
  record_.normaliser->source().find_facts(record_, &facts);
  if (!facts.wrong_type.empty()) {
    Refuse(RejectReason::kWrongType,
           fmt::format("{} has another JSON type than it must have", facts.wrong_type));
    return;
  }
  if (!SetTimes(facts)) {
    return;
  }
  record_.data_stream = facts.data_stream;
  record_.identity = facts.identity;
  event_.Begin(kind, facts);
  sink_->OnEvent(event_);
}

bool Decoder::Impl::SetTimes(const Facts& facts) {
  if (!facts.timestamp_ms && options_.reject_without_timestamp) {
    Refuse(RejectReason::kNoTimestamp,
           facts.time_unreadable ? "the event's time is no ISO 8601 time" : "the event has no time");
    return false;
  }
  record_.timestamp_ms = facts.timestamp_ms.value_or(record_.arrival_ms);
  record_.ingested_ms = facts.ingested_ms.value_or(
      options_.ingested == Options::Ingested::kArrival ? record_.arrival_ms
                                                       : record_.timestamp_ms);
  return true;
}

void Decoder::Impl::Refuse(RejectReason reason, std::string_view message) {
  Reject reject{record_index_, reason, {}};
  for (const Place& place : places_) {
    reject.message += fmt::format("{}[{}]: ", place.list, place.index);
  }
  reject.message += message;
  sink_->OnReject(reject);
}

std::string MakeErrorDocument(std::string_view text, std::string_view message,
                              UnixMillis arrival_ms) {
  Document document;
  std::string json;
  const auto quoted = [&json](std::string_view value) -> const std::string& {
    json.clear();
    AppendJsonString(value, &json);
    return json;
  };
  const std::string time = FormatTime(arrival_ms);
  document.Put("@timestamp", quoted(time));
  document.Put("error.message", "[" + quoted(message) + "]");
  document.Put("event.created", quoted(time));
  document.Put("event.kind", quoted("pipeline_error"));
  if (!text.empty()) {
    document.Put("event.original", quoted(text));
  }
  document.Put("tags", R"(["preserve_original_event"])");
  std::string out;
  document.AppendTo(&out);
  return out;
}

Decoder::Decoder(std::shared_ptr<const FieldRegistry> registry, Options options)
    : impl_(std::make_unique<Impl>(std::move(registry), std::move(options))) {}

Decoder::~Decoder() = default;

void Decoder::Decode(std::string_view record, std::size_t record_index, UnixMillis arrival_ms,
                     Sink* sink) {
  impl_->Decode(record, record_index, arrival_ms, sink);
}

}  // namespace weir::source
