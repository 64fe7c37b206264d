// The table of functions, the checks of their arguments and the choice of implementation.
#include "common/agg/aggregate.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <utility>

#include "common/agg/functions_internal.h"

namespace weir::agg {

namespace {

constexpr int kSampleMax = 100'000;

enum class Function : uint8_t {
  kAbsent,
  kAvg,
  kCount,
  kCountDistinct,
  kFirst,
  kLast,
  kMax,
  kMedian,
  kMedianAbsoluteDeviation,
  kMin,
  kPercentile,
  kPresent,
  kSample,
  kStdDev,
  kSum,
  kTop,
  kValues,
  kVariance,
  kWeightedAvg,
};

// Indexed by Function; sorted by name.
constexpr std::array<FunctionInfo, 19> kFunctions = {{
    {"ABSENT", 1, 1, 0, "True when no value is there."},
    {"AVG", 1, 1, 0, "The mean of all values."},
    {"COUNT", 0, 1, 0, "The number of values; without argument, of rows."},
    {"COUNT_DISTINCT", 1, 1, 1, "The number of distinct values; exact up to 10,000, then within 0.81 %."},
    {"FIRST", 2, 2, 0, "The value of the row whose second argument is least."},
    {"LAST", 2, 2, 0, "The value of the row whose second argument is greatest."},
    {"MAX", 1, 1, 0, "The greatest value."},
    {"MEDIAN", 1, 1, 0, "The middle value; exact up to 1,000 values, then within 0.2 %."},
    {"MEDIAN_ABSOLUTE_DEVIATION", 1, 1, 0, "The median of the distances from the median."},
    {"MIN", 1, 1, 0, "The least value."},
    {"PERCENTILE", 1, 1, 1, "The value at a percentage; exact up to 1,000 values, then within 0.2 %."},
    {"PRESENT", 1, 1, 0, "True when a value is there."},
    {"SAMPLE", 1, 1, 1, "A number of values chosen by the hash of their events."},
    {"STD_DEV", 1, 1, 0, "The standard deviation of the population."},
    {"SUM", 1, 1, 0, "The sum of all values; null when it leaves the range of long."},
    {"TOP", 1, 2, 2, "The least or greatest values, duplicates kept; the least one alone by default."},
    {"VALUES", 1, 1, 0, "The distinct values."},
    {"VARIANCE", 1, 1, 0, "The variance of the population."},
    {"WEIGHTED_AVG", 2, 2, 0, "The mean of all values, each counted by its weight."},
}};

// Other names. EARLIEST and LATEST take one argument: the plan adds @timestamp.
constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"EARLIEST", "FIRST"}, {"LATEST", "LAST"}, {"STD_VAR", "VARIANCE"}};

constexpr std::string_view kNumericOnly = "numeric except unsigned_long or counter types";
constexpr std::string_view kWholeNumber = "whole number except unsigned_long or counter types";
constexpr std::string_view kAnyValue = "any type except unsupported types and timespans";

bool IsSummable(DataType type) {
  return type == DataType::kNull ||
         (IsNumeric(type) && type != DataType::kUnsignedLong);
}

bool IsStorable(DataType type) {
  return !IsTimespan(type) && type != DataType::kUnsupported;
}

bool IsWhole(DataType type) {
  return type == DataType::kInteger || type == DataType::kLong;
}

// One call being checked.
class Maker {
 public:
  Maker(const FunctionInfo& info, std::span<const DataType> columns,
        std::span<const Value> constants, std::string_view call,
        std::span<const std::string_view> arguments, std::string* error)
      : info_(info),
        columns_(columns),
        constants_(constants),
        call_(call),
        arguments_(arguments),
        error_(error) {}

  AggregatePtr Make(const Options& options) const;

 private:
  AggregatePtr MakeOverNumbers(Function function) const;
  AggregatePtr MakeOverValues(Function function, const Options& options) const;
  AggregatePtr MakeTopFunction() const;
  AggregatePtr MakeSampleFunction() const;

  bool CheckCount() const;
  bool CheckConstantsNotNull() const;
  // Elasticsearch's sentence about the argument at an index of the call.
  void TypeError(std::size_t index, std::string_view wanted, DataType found) const;
  bool CheckColumn(std::size_t index, bool fits, std::string_view wanted) const {
    if (!fits) {
      TypeError(index, wanted, columns_[index]);
    }
    return fits;
  }
  // Reads the first constant as a count of at least 1.
  bool ReadLimit(uint32_t* limit) const;
  std::string_view Argument(std::size_t index) const {
    return index < arguments_.size() ? arguments_[index] : std::string_view("?");
  }

  const FunctionInfo& info_;
  std::span<const DataType> columns_;
  std::span<const Value> constants_;
  std::string_view call_;
  std::span<const std::string_view> arguments_;
  std::string* error_;
};

void Maker::TypeError(std::size_t index, std::string_view wanted, DataType found) const {
  static constexpr std::string_view kOrdinals[] = {"first ", "second ", "third ", "fourth "};
  const bool single = info_.columns_max + info_.constants_max == 1;
  *error_ = fmt::format("{}argument of [{}] must be [{}], found value [{}] type [{}]",
                        single ? "" : kOrdinals[std::min<std::size_t>(index, 3)], call_, wanted,
                        Argument(index), DataTypeName(found));
}

bool Maker::CheckCount() const {
  static constexpr std::string_view kNumbers[] = {"zero", "one", "two", "three", "four"};
  const auto given = static_cast<int>(columns_.size() + constants_.size());
  // Others may not leave their constants out.
  const bool constants_optional = info_.name == "COUNT_DISTINCT" || info_.name == "TOP";
  const int least = info_.columns_min + (constants_optional ? 0 : info_.constants_max);
  const int most = info_.columns_max + info_.constants_max;
  const auto columns = static_cast<int>(columns_.size());
  if (given >= least && given <= most && columns >= info_.columns_min &&
      columns <= info_.columns_max) {
    return true;
  }
  std::string name(info_.name);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto low = static_cast<std::size_t>(least);
  const auto high = static_cast<std::size_t>(most);
  *error_ = least == most
                ? fmt::format("error building [{}]: expects exactly {} argument{}", name,
                              kNumbers[low], least == 1 ? "" : "s")
                : fmt::format("error building [{}]: expects {} or {} arguments", name,
                              kNumbers[low], kNumbers[high]);
  return false;
}

bool Maker::CheckConstantsNotNull() const {
  for (std::size_t i = 0; i < constants_.size(); ++i) {
    if (constants_[i].count() != 1) {
      TypeError(columns_.size() + i, "a single constant", constants_[i].type());
      return false;
    }
  }
  return true;
}

bool Maker::ReadLimit(uint32_t* limit) const {
  const Value& constant = constants_[0];
  if (!IsWhole(constant.type())) {
    TypeError(1, "integer", constant.type());
    return false;
  }
  if (constant.integer() < 1) {
    *error_ = fmt::format("Limit must be greater than 0 in [{}], found [{}]", call_,
                          ValueToString(constant));
    return false;
  }
  if (constant.integer() > kSampleMax) {
    *error_ = fmt::format("Limit must be at most {} in [{}], found [{}]", kSampleMax, call_,
                          ValueToString(constant));
    return false;
  }
  *limit = static_cast<uint32_t>(constant.integer());
  return true;
}

AggregatePtr Maker::MakeTopFunction() const {
  if (!CheckColumn(0, IsStorable(columns_[0]), kAnyValue)) {
    return nullptr;
  }
  if (columns_.size() == 2 && !IsStorable(columns_[1])) {
    TypeError(3, kAnyValue, columns_[1]);
    return nullptr;
  }
  uint32_t limit = 1;
  if (!constants_.empty() && !ReadLimit(&limit)) {
    return nullptr;
  }
  if (constants_.size() < 2) {
    return MakeTop(columns_.back(), limit, false, columns_.size() == 2);
  }
  if (!IsString(constants_[1].type())) {
    TypeError(2, "string", constants_[1].type());
    return nullptr;
  }
  std::string order(constants_[1].text());
  std::transform(order.begin(), order.end(), order.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (order != "asc" && order != "desc") {
    *error_ = fmt::format("Invalid order value in [{}], expected [ASC, DESC] but got [{}]", call_,
                          constants_[1].text());
    return nullptr;
  }
  return MakeTop(columns_.back(), limit, order == "desc", columns_.size() == 2);
}

AggregatePtr Maker::MakeSampleFunction() const {
  uint32_t limit = 0;
  if (!CheckColumn(0, IsStorable(columns_[0]), kAnyValue) || !ReadLimit(&limit)) {
    return nullptr;
  }
  return MakeSample(columns_[0], limit);
}

AggregatePtr Maker::MakeOverNumbers(Function function) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!CheckColumn(i, IsSummable(columns_[i]), kNumericOnly)) {
      return nullptr;
    }
  }
  switch (function) {
    case Function::kAvg:
      return MakeAverage();
    case Function::kMedian:
      return MakePercentile(50);
    case Function::kMedianAbsoluteDeviation:
      return MakeMedianAbsoluteDeviation();
    case Function::kPercentile: {
      if (!IsSummable(constants_[0].type())) {
        TypeError(1, kNumericOnly, constants_[0].type());
        return nullptr;
      }
      const double percent = constants_[0].AsDouble();
      if (!(percent >= 0 && percent <= 100)) {
        *error_ = fmt::format("second argument of [{}] must be between 0 and 100, found [{}]", call_,
                              Argument(1));
        return nullptr;
      }
      return MakePercentile(percent);
    }
    case Function::kStdDev:
      return MakeVariance(true);
    case Function::kVariance:
      return MakeVariance(false);
    case Function::kWeightedAvg:
      return MakeWeightedAverage(IsWhole(columns_[0]) && IsWhole(columns_[1]));
    default:
      return MakeSum(columns_[0]);
  }
}

AggregatePtr Maker::MakeOverValues(Function function, const Options& options) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!CheckColumn(i, IsStorable(columns_[i]), kAnyValue)) {
      return nullptr;
    }
  }
  switch (function) {
    case Function::kAbsent:
    case Function::kPresent:
      return MakePresence(function == Function::kPresent);
    case Function::kCount:
      return MakeCount(columns_.empty());
    case Function::kCountDistinct:
      if (!constants_.empty() && !IsWhole(constants_[0].type())) {
        TypeError(1, kWholeNumber, constants_[0].type());
        return nullptr;
      }
      return MakeCountDistinct();
    case Function::kFirst:
    case Function::kLast:
      return MakeByTime(columns_[0], function == Function::kLast);
    case Function::kMax:
    case Function::kMin:
      return MakeExtreme(columns_[0], function == Function::kMax);
    default:
      return MakeValues(columns_[0], options.values_limit);
  }
}

AggregatePtr Maker::Make(const Options& options) const {
  if (!CheckCount() || !CheckConstantsNotNull()) {
    return nullptr;
  }
  const auto function = static_cast<Function>(&info_ - kFunctions.data());
  switch (function) {
    case Function::kTop:
      return MakeTopFunction();
    case Function::kSample:
      return MakeSampleFunction();
    case Function::kAvg:
    case Function::kMedian:
    case Function::kMedianAbsoluteDeviation:
    case Function::kPercentile:
    case Function::kStdDev:
    case Function::kSum:
    case Function::kVariance:
    case Function::kWeightedAvg:
      return MakeOverNumbers(function);
    default:
      return MakeOverValues(function, options);
  }
}

}  // namespace

std::span<const FunctionInfo> Functions() {
  return kFunctions;
}

const FunctionInfo* FindFunction(std::string_view upper_name) {
  for (const auto& [alias, name] : kAliases) {
    if (alias == upper_name) {
      upper_name = name;
    }
  }
  const auto* found = std::lower_bound(
      kFunctions.begin(), kFunctions.end(), upper_name,
      [](const FunctionInfo& info, std::string_view name) { return info.name < name; });
  return found != kFunctions.end() && found->name == upper_name ? found : nullptr;
}

AggregatePtr MakeAggregate(std::string_view upper_name, std::span<const DataType> columns,
                           std::span<const Value> constants, const Options& options,
                           std::string_view call, std::span<const std::string_view> arguments,
                           std::string* error) {
  const FunctionInfo* info = FindFunction(upper_name);
  if (info == nullptr) {
    *error = fmt::format("Unknown function [{}]", upper_name);
    return nullptr;
  }
  return Maker(*info, columns, constants, call, arguments, error).Make(options);
}

}  // namespace weir::agg
