// VARIANCE and STD_DEV of the population, from exact sums of the values and of their squares.
//
// State: varint count of values, ExactSum of the values with its length before it (varint), ExactSum
// of their squares (exact_sum_internal.h).
#include "common/agg/exact_sum_internal.h"
#include "common/agg/functions_internal.h"

namespace weir::agg {

namespace {

class Variance final : public Aggregate {
 public:
  explicit Variance(bool square_root) : square_root_(square_root) {}

  void Add(std::string* state, std::span<const Value> inputs, const Hash128&) const override {
    if (inputs[0].is_null()) {
      return;
    }
    Parts parts = Read(*state);
    parts.count += inputs[0].count();
    for (const Value& value : inputs[0].items()) {
      if (value.type() == DataType::kDouble) {
        parts.sum.AddDouble(value.number());
        parts.squares.AddSquare(value.number());
      } else {
        parts.sum.AddInteger(value.integer());
        parts.squares.AddIntegerSquare(value.integer());
      }
    }
    Write(parts, state);
  }

  void Merge(std::string* state, std::string_view other) const override {
    if (state->empty() || other.empty()) {
      state->append(other);
      return;
    }
    Parts parts = Read(*state);
    const Parts more = Read(other);
    parts.count += more.count;
    parts.sum.AddSum(more.sum);
    parts.squares.AddSum(more.squares);
    Write(parts, state);
  }

  Value Finish(std::string_view state, Arena*) const override {
    if (state.empty()) {
      return Value::Null();
    }
    const Parts parts = Read(state);
    const double variance = ExactSum::Variance(parts.count, parts.sum, parts.squares);
    return Value::Double(square_root_ ? std::sqrt(variance) : variance);
  }

  DataType result_type() const override { return DataType::kDouble; }

 private:
  struct Parts {
    uint64_t count = 0;
    ExactSum sum;
    ExactSum squares;
  };

  static Parts Read(std::string_view state) {
    Parts parts;
    if (!state.empty()) {
      ByteReader reader(state);
      parts.count = reader.Varint();
      parts.sum = ExactSum(reader.String());
      parts.squares = ExactSum(reader.Raw(reader.remaining()));
    }
    return parts;
  }
  static void Write(const Parts& parts, std::string* state) {
    std::string sum;
    parts.sum.AppendTo(&sum);
    state->clear();
    ByteWriter writer(state);
    writer.Varint(parts.count);
    writer.String(sum);
    parts.squares.AppendTo(state);
  }

  const bool square_root_;
};

}  // namespace

AggregatePtr MakeVariance(bool square_root) {
  return std::make_shared<Variance>(square_root);
}

}  // namespace weir::agg
