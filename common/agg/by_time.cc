// FIRST(v, by) and LAST(v, by): the cell v of the row whose by is least or greatest. Rows without v do
// not count; of a multivalued by the least (LAST: the greatest) value counts; rows with a null by are
// taken only when no other row is there. Ties go to the least (LAST: greatest) event identity, among
// rows with a null by always to the least, and within one event to the least bytes of v.
//
// State: encoding of by (one byte 0 for null), 16 bytes event identity, encoding of v.
#include "common/agg/functions_internal.h"

namespace weir::agg {

namespace {

class ByTime final : public Aggregate {
 public:
  ByTime(DataType type, bool last) : type_(ResultTypeOf(type)), last_(last) {}

  void Add(std::string* state, std::span<const Value> inputs,
           const Hash128& identity) const override {
    if (inputs[0].is_null()) {
      return;
    }
    const Candidate candidate{Key(inputs[1]), identity, EncodeScratch(inputs[0])};
    if (state->empty() || Better(candidate, Read(*state))) {
      state->clear();
      EncodeValue(candidate.by, state);
      identity.AppendTo(state);
      state->append(candidate.value);
    }
  }

  void Merge(std::string* state, std::string_view other) const override {
    if (other.empty()) {
      return;
    }
    if (state->empty() || Better(Read(other), Read(*state))) {
      state->assign(other);
    }
  }

  Value Finish(std::string_view state, Arena* arena) const override {
    if (state.empty()) {
      return Value::Null();
    }
    ByteReader reader(Read(state).value);
    const Value value = DecodeValue(&reader, arena);
    WEIR_CHECK(reader.ok() && reader.done());
    return value;
  }

  DataType result_type() const override { return type_; }

 private:
  struct Candidate {
    Value by;
    Hash128 identity;
    std::string_view value;
  };

  Value Key(const Value& by) const {
    Value key;
    for (const Value& item : by.items()) {
      if (key.is_null() || (OrderValues(item, key) < 0) != last_) {
        key = item;
      }
    }
    return key;
  }

  static Candidate Read(std::string_view state) {
    ByteReader reader(state);
    Candidate out;
    out.by = DecodeValue(&reader, nullptr);
    out.identity.high = reader.Fixed64BigEndian();
    out.identity.low = reader.Fixed64BigEndian();
    out.value = reader.Raw(reader.remaining());
    WEIR_CHECK(reader.ok() && !out.value.empty());
    return out;
  }

  bool Better(const Candidate& left, const Candidate& right) const {
    if (left.by.is_null() != right.by.is_null()) {
      return right.by.is_null();
    }
    const bool reversed = last_ && !left.by.is_null();
    if (!left.by.is_null()) {
      const int order = OrderValues(left.by, right.by);
      if (order != 0) {
        return (order < 0) != reversed;
      }
    }
    if (left.identity != right.identity) {
      return (left.identity < right.identity) != reversed;
    }
    return left.value < right.value;
  }

  const DataType type_;
  const bool last_;
};

}  // namespace

AggregatePtr MakeByTime(DataType type, bool last) {
  return std::make_shared<ByTime>(type, last);
}

}  // namespace weir::agg
