// TOP: the n least or greatest values, duplicates kept; and SAMPLE, the n values whose hash with the
// event identity is least.
//
// State: records in result order, each the encoding of the ordered value and, for TOP with an output
// column and for SAMPLE, the encoding of what is returned. Records equal in the first are in the order
// of the bytes of the second. At most n records.
#include <algorithm>

#include "common/agg/functions_internal.h"

namespace weir::agg {

namespace {

struct Record {
  Value key;
  std::string_view output;  // empty without an output column
};

class RecordList {
 public:
  RecordList(uint32_t limit, bool descending, bool with_output)
      : limit_(limit), descending_(descending), with_output_(with_output) {}

  void Insert(const Record& added, std::string* state) const {
    ByteReader reader(*state);
    std::size_t position = state->size();
    uint32_t count = 0;
    std::size_t last_start = 0;
    while (!reader.done()) {
      last_start = static_cast<std::size_t>(reader.position() - state->data());
      if (Before(added, Read(&reader)) && position == state->size()) {
        position = last_start;
      }
      ++count;
    }
    if (count == limit_) {
      if (position == state->size()) {
        return;
      }
      state->resize(last_start);
    }
    std::string bytes;
    EncodeValue(added.key, &bytes);
    bytes.append(added.output);
    state->insert(position, bytes);
  }

  std::vector<Record> ReadAll(std::string_view state) const {
    std::vector<Record> records;
    ByteReader reader(state);
    while (!reader.done()) {
      records.push_back(Read(&reader));
    }
    return records;
  }

 private:
  Record Read(ByteReader* reader) const {
    Record record;
    record.key = DecodeValue(reader, nullptr);
    if (with_output_) {
      const char* start = reader->position();
      DecodeValue(reader, nullptr);
      record.output = {start, static_cast<std::size_t>(reader->position() - start)};
    }
    WEIR_CHECK(reader->ok() && !record.key.is_null());
    return record;
  }

  bool Before(const Record& left, const Record& right) const {
    const int order = OrderValues(left.key, right.key);
    if (order != 0) {
      return (order < 0) != descending_;
    }
    return left.output < right.output;
  }

  const uint32_t limit_;
  const bool descending_;
  const bool with_output_;
};

class Top : public Aggregate {
 public:
  Top(DataType type, uint32_t limit, bool descending, bool with_output)
      : list_(limit, descending, with_output),
        type_(ResultTypeOf(type)),
        with_output_(with_output) {}

  void Add(std::string* state, std::span<const Value> inputs, const Hash128&) const override {
    for (const Value& key : inputs[0].items()) {
      if (!with_output_) {
        list_.Insert({key, {}}, state);
        continue;
      }
      for (const Value& output : inputs[1].items()) {
        list_.Insert({key, EncodeScratch(output)}, state);
      }
    }
  }

  void Merge(std::string* state, std::string_view other) const override {
    for (const Record& record : list_.ReadAll(other)) {
      list_.Insert(record, state);
    }
  }

  Value Finish(std::string_view state, Arena* arena) const override {
    std::vector<Value> values;
    for (const Record& record : list_.ReadAll(state)) {
      if (!with_output_) {
        values.push_back(record.key);
        continue;
      }
      ByteReader reader(record.output);
      values.push_back(DecodeValue(&reader, arena));
    }
    return Value::MakeMulti(values, arena);
  }

  DataType result_type() const override { return type_; }

 protected:
  const RecordList& list() const { return list_; }

 private:
  const RecordList list_;
  const DataType type_;
  const bool with_output_;
};

class Sample final : public Top {
 public:
  Sample(DataType type, uint32_t limit) : Top(type, limit, false, true) {}

  void Add(std::string* state, std::span<const Value> inputs,
           const Hash128& identity) const override {
    uint64_t position = 0;
    for (const Value& value : inputs[0].items()) {
      std::string bytes = identity.ToBytes();
      ByteWriter(&bytes).Varint(position++);
      list().Insert({Value::UnsignedLong(Hash64(bytes)), EncodeScratch(value)}, state);
    }
  }

  bool approximate(std::string_view state) const override { return !state.empty(); }
};

}  // namespace

AggregatePtr MakeTop(DataType result_type, uint32_t limit, bool descending, bool with_output) {
  return std::make_shared<Top>(result_type, limit, descending, with_output);
}

AggregatePtr MakeSample(DataType type, uint32_t limit) {
  return std::make_shared<Sample>(type, limit);
}

}  // namespace weir::agg
