// PERCENTILE, MEDIAN and MEDIAN_ABSOLUTE_DEVIATION.
//
// State: a bag of numbers (number_bag_internal.h).
#include <algorithm>

#include "common/agg/functions_internal.h"
#include "common/agg/number_bag_internal.h"

namespace weir::agg {

namespace {

class OverBag : public Aggregate {
 public:
  void Add(std::string* state, std::span<const Value> inputs, const Hash128&) const override {
    for (const Value& value : inputs[0].items()) {
      AddToBag(value.AsDouble(), state);
    }
  }

  void Merge(std::string* state, std::string_view other) const override { MergeBags(other, state); }

  Value Finish(std::string_view state, Arena*) const override {
    return state.empty() ? Value::Null() : Value::Double(Read(ReadBag(state)));
  }

  DataType result_type() const override { return DataType::kDouble; }
  bool approximate(std::string_view state) const override { return !BagIsExact(state); }

 private:
  virtual double Read(std::vector<Weighted> sorted) const = 0;
};

class Percentile final : public OverBag {
 public:
  explicit Percentile(double percent) : percent_(percent) {}

 private:
  double Read(std::vector<Weighted> sorted) const override {
    return PercentileOf(sorted, percent_);
  }

  const double percent_;
};

class MedianAbsoluteDeviation final : public OverBag {
 private:
  double Read(std::vector<Weighted> sorted) const override {
    const double median = PercentileOf(sorted, 50);
    for (Weighted& item : sorted) {
      item.value = std::fabs(item.value - median);
    }
    std::sort(sorted.begin(), sorted.end(),
              [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
    return PercentileOf(sorted, 50);
  }
};

}  // namespace

AggregatePtr MakePercentile(double percent) {
  return std::make_shared<Percentile>(percent);
}

AggregatePtr MakeMedianAbsoluteDeviation() {
  return std::make_shared<MedianAbsoluteDeviation>();
}

}  // namespace weir::agg
