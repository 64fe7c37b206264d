// MIN and MAX.
//
// State: the canonical encoding (common/types/coding.h) of the least or greatest value so far.
#include "common/agg/functions_internal.h"

namespace weir::agg {

namespace {

class Extreme final : public Aggregate {
 public:
  Extreme(DataType type, bool maximum) : type_(ResultTypeOf(type)), maximum_(maximum) {}

  void Add(std::string* state, std::span<const Value> inputs, const Hash128&) const override {
    for (const Value& value : inputs[0].items()) {
      Fold(state, value);
    }
  }

  void Merge(std::string* state, std::string_view other) const override {
    if (state->empty() || other.empty()) {
      state->append(other);
      return;
    }
    Fold(state, Read(other));
  }

  Value Finish(std::string_view state, Arena*) const override {
    return state.empty() ? Value::Null() : Read(state);
  }

  DataType result_type() const override { return type_; }
  bool grows() const override { return maximum_; }

 private:
  // Only single values are stored, which decode without an arena.
  static Value Read(std::string_view state) {
    ByteReader reader(state);
    const Value value = DecodeValue(&reader, nullptr);
    WEIR_CHECK(reader.ok() && reader.done() && !value.is_null());
    return value;
  }

  void Fold(std::string* state, const Value& value) const {
    if (!state->empty()) {
      const int order = OrderValues(value, Read(*state));
      if (maximum_ ? order <= 0 : order >= 0) {
        return;
      }
      state->clear();
    }
    EncodeValue(value, state);
  }

  const DataType type_;
  const bool maximum_;
};

}  // namespace

AggregatePtr MakeExtreme(DataType type, bool maximum) {
  return std::make_shared<Extreme>(type, maximum);
}

}  // namespace weir::agg
