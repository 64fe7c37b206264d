// VALUES: the distinct values, all of them or a sample of those least by hash.
//
// State: a set of encodings (value_set_internal.h).
#include <algorithm>

#include "common/agg/functions_internal.h"
#include "common/agg/value_set_internal.h"

namespace weir::agg {

namespace {

class Values final : public Aggregate {
 public:
  Values(DataType type, uint32_t limit) : type_(ResultTypeOf(type)), limit_(limit) {}

  void Add(std::string* state, std::span<const Value> inputs, const Hash128&) const override {
    for (const Value& value : inputs[0].items()) {
      InsertIntoSet(EncodeScratch(value), limit_, state);
    }
  }

  void Merge(std::string* state, std::string_view other) const override {
    MergeSets(other, limit_, state);
  }

  // Sorted ascending.
  Value Finish(std::string_view state, Arena* arena) const override {
    const std::vector<std::string_view> encodings = SetEncodings(state);
    auto* values = arena->AllocateArray<Value>(encodings.size());
    for (std::size_t i = 0; i < encodings.size(); ++i) {
      ByteReader reader(encodings[i]);
      values[i] = DecodeValue(&reader, arena);
      WEIR_CHECK(reader.ok());
    }
    std::sort(values, values + encodings.size(),
              [](const Value& a, const Value& b) { return OrderValues(a, b) < 0; });
    if (encodings.size() < 2) {
      return encodings.empty() ? Value::Null() : values[0];
    }
    return Value::Multi({values, encodings.size()});
  }

  DataType result_type() const override { return type_; }
  bool approximate(std::string_view state) const override { return SetWasCut(state); }

 private:
  const DataType type_;
  const uint32_t limit_;
};

}  // namespace

AggregatePtr MakeValues(DataType type, uint32_t limit) {
  return std::make_shared<Values>(type, limit);
}

}  // namespace weir::agg
