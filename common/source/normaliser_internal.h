// A normaliser is one file with one table that reads like the mapping: output field, how it is made,
// from which raw path. At start each field of the registry is bound to a row of the table, found by the
// field's name; at run time an event evaluates only the bindings that are asked for.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/arena.h"
#include "common/source/decoder.h"
#include "common/source/geo_database.h"
#include "common/source/java_text_internal.h"
#include "common/source/json_internal.h"
#include "common/source/path_table_internal.h"
#include "common/types/value.h"

namespace weir::source {

struct Binding;
class Document;
class Normaliser;
class EcsIndex;

// The record of the current event and the memory that making its fields takes. One per decoder.
struct RecordView {
  explicit RecordView(const Options& decoder_options) : options(decoder_options) {}

  // The raw value at a path of Normaliser::known(), or null when it is absent or empty.
  const Element* Known(std::size_t index) const;
  std::string_view KnownText(std::size_t index) const;
  // The value at a path, or null when it is absent or empty.
  const Element* Find(PathTable::Node node) const;

  const Options& options;
  Arena arena;
  JavaTextWriter java;
  std::string text;               // scratch
  std::vector<Element> leaves;    // scratch
  std::vector<Value> values;      // scratch

  Normaliser* normaliser = nullptr;
  EcsIndex* ecs = nullptr;        // for ECS documents
  Element root;
  Element envelope;               // what root is _source of; root itself when nothing is around it
  std::string_view original;      // the record's own bytes; empty inside an envelope
  bool in_document = false;       // a whole document is being made: lists keep their order
  std::optional<GeoAnswer> place; // of source.ip, once asked for
  std::string_view data_stream;
  std::optional<Hash128> identity;
  UnixMillis timestamp_ms = 0;
  UnixMillis ingested_ms = 0;
  UnixMillis arrival_ms = 0;
};

using Transform = Value (*)(RecordView& record, const Binding& binding);

// Writes everything below a "prefix.*" row into a document.
using Subtree = void (*)(RecordView& record, const Binding& binding, Document* document);

struct FieldRow {
  // A name; "name[]" for one that is a list in documents, also of one; "prefix.*" for all fields below it.
  std::string_view field;
  Transform transform;
  std::string_view argument = {};  // raw path ("a.b", or "a.b|c" for the first present); else a constant
  Subtree subtree = nullptr;       // of a "prefix.*" row
};

struct Binding {
  Transform transform = nullptr;  // null: events of this source never have the field
  DataType type = DataType::kNull;
  PathTable::Node path = 0;
  PathTable::Node second_path = 0;  // the alternative after '|', or 0
  uint32_t segment = 0;             // of an ECS name: see EcsIndex
  std::string argument;
  std::string rest;  // of a "prefix.*" row: what follows the prefix; of an ECS field: its name
};

struct Facts;

// A source: what its records look like, and its table. Each is defined in its own file and named once,
// in the list of sources.cc.
struct SourceDefinition {
  SourceKind kind;
  std::string_view data_stream;
  std::span<const FieldRow> rows;
  // Raw paths that code asks for by index, beside the rows' own.
  std::span<const std::string_view> known_paths;
  Empties empties;
  bool (*recognises)(const Object& object);
  void (*find_facts)(RecordView& record, Facts* facts);
  // Rows of a view over the same records, under a prefix of its own ("view:name", "view:*"): for rules,
  // never in documents.
  std::span<const FieldRow> (*view)() = nullptr;
};
std::span<const SourceDefinition* const> Sources();

// The bindings of one source to the fields of the registry, and the raw paths they read.
class Normaliser {
 public:
  // with_documents: WriteDocument will be called.
  Normaliser(const SourceDefinition& source, const FieldRegistry& registry, bool with_documents);

  const SourceDefinition& source() const { return source_; }

  Empties empties() const { return empties_; }
  PathTable& paths() { return paths_; }
  PathTable::Node known(std::size_t index) const { return known_[index]; }
  std::vector<Binding>& bindings() { return bindings_; }

  Value Load(RecordView& record, FieldId id) const {
    const Binding& binding = bindings_[id];
    return binding.transform == nullptr ? Value::Null() : binding.transform(record, binding);
  }

  // Every field that the table makes of the record. Of an ECS document: those that it may lack.
  void WriteDocument(RecordView& record, Document* document);

 private:
  struct DocumentRow {
    std::string_view name;  // without "[]" or ".*"
    bool is_list;
    Subtree subtree;
    Binding binding;
  };

  Binding Bind(const FieldRow& row, DataType type);

  const SourceDefinition& source_;
  Empties empties_;
  PathTable paths_;
  std::vector<PathTable::Node> known_;
  std::vector<Binding> bindings_;
  std::vector<DocumentRow> document_rows_;
};

inline const Element* RecordView::Find(PathTable::Node node) const {
  const Element* element = normaliser->paths().Find(node);
  return element == nullptr || IsEmpty(*element, normaliser->empties()) ? nullptr : element;
}
inline const Element* RecordView::Known(std::size_t index) const {
  return Find(normaliser->known(index));
}
inline std::string_view RecordView::KnownText(std::size_t index) const {
  const Element* element = Known(index);
  return element == nullptr ? std::string_view() : TextOrEmpty(*element);
}

// Transforms that more than one table uses.
Value CopyValue(RecordView& record, const Binding& binding);      // the value at the path, typed
Value PrintValue(RecordView& record, const Binding& binding);     // likewise; a text in documents
Value ConstantValue(RecordView& record, const Binding& binding);  // the argument
// The argument's words, which a shipper would add; and the one that says the original is kept. In a
// document, where nothing was shipped, only that.
Value TagsValue(RecordView& record, const Binding& binding);
Value TimestampValue(RecordView& record, const Binding& binding);
Value IngestedValue(RecordView& record, const Binding& binding);
Value ArrivalValue(RecordView& record, const Binding& binding);   // event.created
Value OriginalValue(RecordView& record, const Binding& binding);
Value DocumentIdValue(RecordView& record, const Binding& binding);
Value IndexValue(RecordView& record, const Binding& binding);

// Every scalar below `root` at `path`, as one cell.
Value LeavesValue(RecordView& record, const Element& root, std::string_view path, RenameKey rename,
                  DataType type);
// The texts that are not empty, as one cell.
Value TextsValue(RecordView& record, std::span<const std::string_view> texts, DataType type);
// The text, or null when it is empty.
Value OptionalText(RecordView& record, const Binding& binding, std::string_view text);
// A "prefix.*" row's object or list at its path, as it is but for empties.
void CopySubtree(RecordView& record, const Binding& binding, Document* document);
// A time for a field of any type: its ISO form for strings.
Value TimeValue(RecordView& record, UnixMillis time_ms, DataType type);
// ISO 8601, also its basic form "20131102T010628Z".
std::optional<UnixMillis> ParseAnyTime(std::string_view text);

// What the decoder must know before it gives an event out.
struct Facts {
  std::string_view event_id;
  std::string_view account;
  std::string_view region;
  std::string_view data_stream;
  std::optional<UnixMillis> timestamp_ms;
  std::optional<UnixMillis> ingested_ms;
  std::optional<Hash128> identity;
  std::string_view wrong_type;  // the raw path of a fact with the wrong JSON type, if any
  bool time_unreadable = false;
};

// Hashes tenant, source and ids: the identity of an event.
Hash128 MakeIdentity(std::string_view tenant, SourceKind kind,
                     std::initializer_list<std::string_view> ids, std::string* scratch);
// Reads a string member that a fact needs; anything else that is no null sets facts->wrong_type.
std::string_view FactText(RecordView& record, std::size_t known_index, std::string_view path,
                          Facts* facts);

extern const SourceDefinition kCloudTrailSource;  // cloudtrail.cc
extern const SourceDefinition kBedrockSource;     // bedrock.cc
extern const SourceDefinition kEcsSource;         // ecs.cc: anything else that is a document

// Also binds the fields that no row names: any is where its name says.
std::unique_ptr<Normaliser> MakeEcsNormaliser(const FieldRegistry& registry, EcsIndex* index,
                                              bool with_documents);

inline constexpr std::string_view kCloudTrailStream = "logs-aws.cloudtrail-default";
inline constexpr std::string_view kBedrockStream = "logs-aws_bedrock.invocation-default";

}  // namespace weir::source
