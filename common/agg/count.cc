// COUNT, PRESENT and ABSENT.
//
// State of COUNT: varint, the number so far. State of PRESENT and ABSENT: one byte 1.
#include "common/agg/functions_internal.h"

namespace weir::agg {

namespace {

uint64_t ReadCount(std::string_view state) {
  if (state.empty()) {
    return 0;
  }
  ByteReader reader(state);
  const uint64_t count = reader.Varint();
  WEIR_CHECK(reader.ok() && reader.done());
  return count;
}

void AddToCount(std::string* state, uint64_t more) {
  const uint64_t count = ReadCount(*state) + more;
  state->clear();
  ByteWriter(state).Varint(count);
}

class Count final : public Aggregate {
 public:
  explicit Count(bool counts_rows) : counts_rows_(counts_rows) {}

  void Add(std::string* state, std::span<const Value> inputs, const Hash128&) const override {
    const std::size_t more = counts_rows_ ? 1 : inputs[0].count();
    if (more > 0) {
      AddToCount(state, more);
    }
  }

  void Merge(std::string* state, std::string_view other) const override {
    if (!other.empty()) {
      AddToCount(state, ReadCount(other));
    }
  }

  Value Finish(std::string_view state, Arena*) const override {
    return Value::Long(static_cast<int64_t>(ReadCount(state)));
  }

  DataType result_type() const override { return DataType::kLong; }
  bool grows() const override { return true; }

 private:
  const bool counts_rows_;
};

class Presence final : public Aggregate {
 public:
  explicit Presence(bool present) : present_(present) {}

  void Add(std::string* state, std::span<const Value> inputs, const Hash128&) const override {
    if (!inputs[0].is_null()) {
      state->assign(1, '\1');
    }
  }

  void Merge(std::string* state, std::string_view other) const override {
    if (!other.empty()) {
      WEIR_CHECK(other == "\1");
      state->assign(1, '\1');
    }
  }

  Value Finish(std::string_view state, Arena*) const override {
    return Value::Boolean(!state.empty() == present_);
  }

  DataType result_type() const override { return DataType::kBoolean; }
  bool grows() const override { return present_; }

 private:
  const bool present_;
};

}  // namespace

AggregatePtr MakeCount(bool counts_rows) {
  return std::make_shared<Count>(counts_rows);
}

AggregatePtr MakePresence(bool present) {
  return std::make_shared<Presence>(present);
}

}  // namespace weir::agg
