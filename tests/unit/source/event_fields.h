// Decodes records in tests and keeps what comes out: the fields asked for, as text, and the rejections.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/source/decoder.h"

namespace weir::source {

struct SeenEvent {
  SourceKind kind;
  std::string data_stream;
  std::string event_id;
  UnixMillis timestamp_ms;
  UnixMillis ingested_ms;
  std::optional<Hash128> identity;
  std::map<std::string, std::string> fields;  // ValueToString; absent fields are not in it
  std::string document;                       // with Options::documents
};

class SeenEvents : public Sink {
 public:
  explicit SeenEvents(const FieldRegistry* registry, bool documents = false)
      : registry_(registry), documents_(documents) {}

  void OnEvent(Event& event) override {
    SeenEvent seen{event.kind(), std::string(event.data_stream()), std::string(event.event_id()),
                   event.timestamp_ms(), event.ingested_ms(), event.identity(), {}, {}};
    for (FieldId id = 0; id < registry_->size(); ++id) {
      if (const Value value = event.Get(id); !value.is_null()) {
        seen.fields[registry_->field(id).name] = ValueToString(value);
      }
    }
    if (documents_) {
      event.AppendDocument(&seen.document);
    }
    events.push_back(std::move(seen));
  }
  void OnReject(const Reject& reject) override { rejects.push_back(reject); }

  std::vector<SeenEvent> events;
  std::vector<Reject> rejects;

 private:
  const FieldRegistry* registry_;
  bool documents_;
};

constexpr UnixMillis kArrivalMs = 1'700'000'000'000;

// Types come from the catalogue; a field that it does not know is a keyword.
inline std::shared_ptr<FieldRegistry> MakeRegistry(const std::vector<std::string>& fields) {
  auto registry = std::make_shared<FieldRegistry>();
  for (const std::string& field : fields) {
    registry->Intern(field, Catalogue().TypeOf(field).value_or(DataType::kKeyword));
  }
  return registry;
}

inline SeenEvents DecodeRecords(const std::vector<std::string>& records,
                                const std::vector<std::string>& fields,
                                const Options& options = {}) {
  const auto registry = MakeRegistry(fields);
  Decoder decoder(registry, options);
  SeenEvents seen(registry.get(), options.documents);
  for (std::size_t i = 0; i < records.size(); ++i) {
    std::string padded = records[i];
    padded.append(Decoder::kPadding, '\0');
    decoder.Decode(std::string_view(padded).substr(0, records[i].size()), i, kArrivalMs, &seen);
  }
  return seen;
}

// The document of the only event; what went wrong for none.
inline std::string DocumentOf(const std::string& record, Options options = {}) {
  options.documents = true;
  const SeenEvents seen = DecodeRecords({record}, {}, options);
  return seen.events.size() == 1 ? seen.events[0].document
         : seen.rejects.empty()  ? "<no event>"
                                 : "<rejected: " + seen.rejects[0].message + ">";
}

// The text of one field of the only event; "<absent>" for none.
inline std::string FieldOf(const std::string& record, const std::string& field,
                           const Options& options = {}) {
  SeenEvents seen = DecodeRecords({record}, {field}, options);
  if (seen.events.size() != 1) {
    return seen.rejects.empty() ? "<no event>" : "<rejected: " + seen.rejects[0].message + ">";
  }
  const auto found = seen.events[0].fields.find(field);
  return found == seen.events[0].fields.end() ? "<absent>" : found->second;
}

}  // namespace weir::source
