// SUM, AVG and WEIGHTED_AVG, all over exact sums.
//
// State of SUM: an ExactSum (exact_sum_internal.h).
// State of AVG: varint count of values, then their ExactSum.
// State of WEIGHTED_AVG: ExactSum of value * weight with its length before it (varint), then the
// ExactSum of the weights.
#include "common/agg/exact_sum_internal.h"
#include "common/agg/functions_internal.h"

namespace weir::agg {

namespace {

void AddValue(const Value& value, ExactSum* sum) {
  if (value.type() == DataType::kDouble) {
    sum->AddDouble(value.number());
  } else {
    sum->AddInteger(value.integer());
  }
}

class Sum final : public Aggregate {
 public:
  explicit Sum(DataType type)
      : result_type_(type == DataType::kInteger ? DataType::kLong : type) {}

  void Add(std::string* state, std::span<const Value> inputs, const Hash128&) const override {
    if (inputs[0].is_null()) {
      return;
    }
    ExactSum sum = Read(*state);
    for (const Value& value : inputs[0].items()) {
      AddValue(value, &sum);
    }
    Write(sum, state);
  }

  void Merge(std::string* state, std::string_view other) const override {
    if (state->empty() || other.empty()) {
      state->append(other);
      return;
    }
    ExactSum sum = Read(*state);
    sum.AddSum(Read(other));
    Write(sum, state);
  }

  Value Finish(std::string_view state, Arena*) const override {
    if (state.empty()) {
      return Value::Null();
    }
    const ExactSum sum = Read(state);
    if (result_type_ == DataType::kDouble) {
      return Value::Double(sum.ToDouble());
    }
    int64_t total = 0;
    return sum.ToInteger(&total) ? Value::Long(total) : Value::Null();
  }

  DataType result_type() const override { return result_type_; }

 private:
  static ExactSum Read(std::string_view state) {
    return state.empty() ? ExactSum() : ExactSum(state);
  }
  static void Write(const ExactSum& sum, std::string* state) {
    state->clear();
    sum.AppendTo(state);
  }

  const DataType result_type_;
};

class Average final : public Aggregate {
 public:
  void Add(std::string* state, std::span<const Value> inputs, const Hash128&) const override {
    if (inputs[0].is_null()) {
      return;
    }
    Parts parts = Read(*state);
    parts.count += inputs[0].count();
    for (const Value& value : inputs[0].items()) {
      AddValue(value, &parts.sum);
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
    Write(parts, state);
  }

  Value Finish(std::string_view state, Arena*) const override {
    if (state.empty()) {
      return Value::Null();
    }
    const Parts parts = Read(state);
    return Value::Double(parts.sum.DividedBy(parts.count));
  }

  DataType result_type() const override { return DataType::kDouble; }

 private:
  struct Parts {
    uint64_t count = 0;
    ExactSum sum;
  };

  static Parts Read(std::string_view state) {
    Parts parts;
    if (!state.empty()) {
      ByteReader reader(state);
      parts.count = reader.Varint();
      parts.sum = ExactSum(reader.Raw(reader.remaining()));
    }
    return parts;
  }
  static void Write(const Parts& parts, std::string* state) {
    state->clear();
    ByteWriter(state).Varint(parts.count);
    parts.sum.AppendTo(state);
  }
};

// A row counts when its value and its weight are there and the weight is single; each value of a
// multivalue has the row's weight.
class WeightedAverage final : public Aggregate {
 public:
  explicit WeightedAverage(bool whole) : whole_(whole) {}

  void Add(std::string* state, std::span<const Value> inputs, const Hash128&) const override {
    if (inputs[0].is_null() || inputs[1].count() != 1) {
      return;
    }
    const Value& weight = inputs[1];
    Parts parts = Read(*state);
    for (const Value& value : inputs[0].items()) {
      if (whole_) {
        parts.products.AddIntegerProduct(value.integer(), weight.integer());
      } else {
        parts.products.AddDouble(value.AsDouble() * weight.AsDouble());
      }
      AddValue(weight, &parts.weights);
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
    parts.products.AddSum(more.products);
    parts.weights.AddSum(more.weights);
    Write(parts, state);
  }

  Value Finish(std::string_view state, Arena*) const override {
    if (state.empty()) {
      return Value::Null();
    }
    const Parts parts = Read(state);
    int64_t unused = 0;
    if (parts.weights.is_zero() || (whole_ && (!parts.products.ToInteger(&unused) ||
                                               !parts.weights.ToInteger(&unused)))) {
      return Value::Null();
    }
    return Value::Double(parts.products.ToDouble() / parts.weights.ToDouble());
  }

  DataType result_type() const override { return DataType::kDouble; }

 private:
  struct Parts {
    ExactSum products;
    ExactSum weights;
  };

  static Parts Read(std::string_view state) {
    Parts parts;
    if (!state.empty()) {
      ByteReader reader(state);
      parts.products = ExactSum(reader.String());
      parts.weights = ExactSum(reader.Raw(reader.remaining()));
    }
    return parts;
  }
  static void Write(const Parts& parts, std::string* state) {
    std::string products;
    parts.products.AppendTo(&products);
    state->clear();
    ByteWriter(state).String(products);
    parts.weights.AppendTo(state);
  }

  const bool whole_;
};

}  // namespace

AggregatePtr MakeSum(DataType type) {
  return std::make_shared<Sum>(type);
}

AggregatePtr MakeAverage() {
  return std::make_shared<Average>();
}

AggregatePtr MakeWeightedAverage(bool whole) {
  return std::make_shared<WeightedAverage>(whole);
}

}  // namespace weir::agg
