// Any-value tests: which evaluator a field's type asks for, and constants read as values of that
// type.
#include "common/expr/any_value_internal.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "common/base/time.h"
#include "common/esql/any_value.h"
#include "common/expr/conversion_internal.h"
#include "common/expr/ip_block_internal.h"

namespace weir::expr {
namespace {

struct InBlocks {
  std::vector<IpBlock> blocks;

  bool operator()(const Value& item, EvalContext& context) const {
    char bytes[16];
    std::string_view address = item.text();
    if (item.type() != DataType::kIp) {
      if (!ParseIp(TextOfItem(item, *context.arena), bytes)) {
        return false;
      }
      address = {bytes, sizeof bytes};
    }
    return std::any_of(blocks.begin(), blocks.end(),
                       [&](const IpBlock& block) { return block.Holds(address); });
  }
};

struct InTimes {
  struct Span {
    UnixMillis first;
    UnixMillis last;
  };
  std::vector<Span> spans;

  bool operator()(const Value& item, EvalContext& /*context*/) const {
    return std::any_of(spans.begin(), spans.end(), [&](const Span& span) {
      return item.integer() >= span.first && item.integer() <= span.last;
    });
  }
};

struct IsValue {
  std::vector<ExprPtr> constants;

  bool operator()(const Value& item, EvalContext& /*context*/) const {
    return std::any_of(constants.begin(), constants.end(), [&](const ExprPtr& constant) {
      return CompareValues(item, *constant->constant()) == 0;
    });
  }
};

// -1, 0 or 1 of the item against the constant must be in [least, most].
struct Limits {
  int least;
  int most;
  bool Hold(int order) const { return order >= least && order <= most; }
};

struct InRange {
  ExprPtr constant;  // of the field's type
  Limits limits;

  bool operator()(const Value& item, EvalContext& /*context*/) const {
    const int order = CompareValues(item, *constant->constant());
    return limits.Hold((order > 0) - (order < 0));
  }
};

struct InNumberRange {
  double constant;
  Limits limits;

  bool operator()(const Value& item, EvalContext& /*context*/) const {
    const double number = item.AsDouble();
    return !std::isnan(number) && limits.Hold((number > constant) - (number < constant));
  }
};

// The last instant that a date means which leaves out its last parts.
UnixMillis LastInstantOf(std::string_view text, UnixMillis first_ms) {
  constexpr std::size_t kYear = 4;
  constexpr std::size_t kMonth = 7;
  constexpr std::size_t kDay = 10;
  constexpr std::size_t kMinute = 16;
  constexpr std::size_t kSecond = 19;
  if (text.ends_with('Z')) {
    text.remove_suffix(1);
  }
  switch (text.size()) {
    case kYear:
    case kMonth: {
      CivilDate date = CivilFromDays(FloorDiv(first_ms, kMillisPerDay));
      if (text.size() == kYear || date.month == 12) {
        ++date.year;
        date.month = 1;
      } else {
        ++date.month;
      }
      return DaysFromCivil(date.year, date.month, 1) * kMillisPerDay - 1;
    }
    case kDay:
      return first_ms + kMillisPerDay - 1;
    case kMinute:
      return first_ms + kMillisPerMinute - 1;
    case kSecond:
      return first_ms + kMillisPerSecond - 1;
    default:
      return first_ms;
  }
}

class Builder {
 public:
  Builder(const esql::Expression& node, const std::vector<Operand>& operands,
          esql::Diagnostics* diagnostics)
      : node_(node), operands_(operands), diagnostics_(diagnostics) {}

  ExprPtr Build();

 private:
  const ExprPtr& field() const { return operands_.front().expr; }
  DataType type() const { return field()->type(); }
  bool Is(std::string_view name) const { return node_.name == name; }

  ExprPtr BuildEquals();
  ExprPtr BuildTimes();
  ExprPtr BuildBlocks();
  ExprPtr BuildRange();
  ExprPtr BuildTimeRange(const Operand& operand, Limits limits);
  // The constants as text; empty after reporting one that is not constant.
  std::optional<std::vector<std::string>> Texts();
  std::string TextOf(const Operand& operand) const {
    return ValueToString(*operand.expr->constant());
  }
  void WarnNever(const Operand& operand, std::string_view type_name) {
    diagnostics_->Warning(operand.source->range,
                          fmt::format("[{}] is no value of field [{}], which is of type [{}]: the "
                                      "comparison is never true",
                                      TextOf(operand), node_.args.front()->name, type_name));
  }
  // The constant as a value of the field's type; null when it is none.
  ExprPtr Converted(const Operand& operand);

  const esql::Expression& node_;
  const std::vector<Operand>& operands_;
  esql::Diagnostics* diagnostics_;
};

std::optional<std::vector<std::string>> Builder::Texts() {
  std::vector<std::string> texts;
  for (std::size_t i = 1; i < operands_.size(); ++i) {
    const Value* constant = operands_[i].expr->constant();
    if (constant == nullptr || constant->is_null() || constant->is_multi()) {
      diagnostics_->Error(operands_[i].source->range, "a field can only be compared with a constant");
      return std::nullopt;
    }
    texts.push_back(ValueToString(*constant));
  }
  return texts;
}

ExprPtr Builder::Converted(const Operand& operand) {
  Arena arena;
  Value value;
  ConversionError error;
  const Value& constant = *operand.expr->constant();
  if (!CanConvert(constant.type(), type()) ||
      !ConvertItem(constant, type(), arena, &value, &error)) {
    return nullptr;
  }
  return MakeConstant(value);
}

ExprPtr Builder::BuildTimes() {
  InTimes test;
  for (std::size_t i = 1; i < operands_.size(); ++i) {
    const std::string text = TextOf(operands_[i]);
    if (const std::optional<UnixMillis> time_ms = ParseDate(text); time_ms.has_value()) {
      test.spans.push_back({*time_ms, LastInstantOf(text, *time_ms)});
    } else {
      WarnNever(operands_[i], DataTypeName(type()));
    }
  }
  return MakeAnyValue(field(), std::move(test));
}

ExprPtr Builder::BuildBlocks() {
  InBlocks test;
  for (std::size_t i = 1; i < operands_.size(); ++i) {
    IpBlock block;
    if (ParseIpBlock(TextOf(operands_[i]), &block)) {
      test.blocks.push_back(block);
    } else {
      WarnNever(operands_[i], DataTypeName(DataType::kIp));
    }
  }
  return MakeAnyValue(field(), std::move(test));
}

ExprPtr Builder::BuildEquals() {
  switch (type()) {
    case DataType::kIp:
      return BuildBlocks();
    case DataType::kDatetime:
      return BuildTimes();
    default:
      break;
  }
  IsValue test;
  for (std::size_t i = 1; i < operands_.size(); ++i) {
    ExprPtr constant = Converted(operands_[i]);
    // A number that conversion has cut is not equal.
    const std::optional<double> number =
        IsNumeric(type()) ? ParseDouble(TextOf(operands_[i])) : std::nullopt;
    const std::string text = TextOf(operands_[i]);
    const bool odd = type() == DataType::kBoolean && text != "true" && text != "false";
    const bool cut = number.has_value() && constant != nullptr &&
                     constant->constant()->AsDouble() != *number;
    if (constant == nullptr || constant->constant()->is_null() || cut || odd) {
      WarnNever(operands_[i], DataTypeName(type()));
    } else {
      test.constants.push_back(std::move(constant));
    }
  }
  return MakeAnyValue(field(), std::move(test));
}

ExprPtr Builder::BuildTimeRange(const Operand& operand, Limits limits) {
  const std::string text = TextOf(operand);
  const std::optional<UnixMillis> time_ms = ParseDate(text);
  if (!time_ms.has_value()) {
    diagnostics_->Error(operand.source->range,
                        text.starts_with("now")
                            ? fmt::format("date math [{}] is not supported: an event is judged when "
                                          "it arrives, not at the time of a query",
                                          text)
                            : fmt::format("[{}] is no date", text));
    return nullptr;
  }
  // Greater than a day is after it; up to a day is to its end.
  const bool to_last = limits.least == 1 || (limits.most == 0 && limits.least == -1);
  const UnixMillis limit_ms = to_last ? LastInstantOf(text, *time_ms) : *time_ms;
  return MakeAnyValue(field(), InRange{MakeConstant(Value::Datetime(limit_ms)), limits});
}

ExprPtr Builder::BuildRange() {
  const Limits limits = Is(esql::kAnyLess)        ? Limits{-1, -1}
                        : Is(esql::kAnyLessEqual) ? Limits{-1, 0}
                        : Is(esql::kAnyGreater)   ? Limits{1, 1}
                                                  : Limits{0, 1};
  const Operand& operand = operands_[1];
  if (type() == DataType::kDatetime) {
    return BuildTimeRange(operand, limits);
  }
  if (IsNumeric(type())) {
    const std::optional<double> number = ParseDouble(TextOf(operand));
    if (!number.has_value()) {
      WarnNever(operand, DataTypeName(type()));
      return MakeConstant(Value::Boolean(false));
    }
    ExprPtr constant = Converted(operand);
    if (constant != nullptr && constant->constant()->AsDouble() == *number) {
      return MakeAnyValue(field(), InRange{std::move(constant), limits});
    }
    return MakeAnyValue(field(), InNumberRange{*number, limits});
  }
  ExprPtr constant = Converted(operand);
  if (constant == nullptr || constant->constant()->is_null()) {
    WarnNever(operand, DataTypeName(type()));
    return MakeConstant(Value::Boolean(false));
  }
  return MakeAnyValue(field(), InRange{std::move(constant), limits});
}

ExprPtr Builder::Build() {
  if (type() == DataType::kNull) {
    return MakeConstant(Value::Boolean(false));
  }
  if (Is(esql::kAnyContains) || Is(esql::kAnyContainsCi) || Is(esql::kAnyStarts) ||
      Is(esql::kAnyStartsCi) || Is(esql::kAnyEnds) || Is(esql::kAnyEndsCi)) {
    return BuildAnyPart(node_, operands_);
  }
  const std::optional<std::vector<std::string>> texts = Texts();
  if (!texts.has_value()) {
    return nullptr;
  }
  if (Is(esql::kAnyLike) || Is(esql::kAnyLikeCi)) {
    return BuildAnyLike(field(), *texts, Is(esql::kAnyLikeCi));
  }
  if (Is(esql::kAnyRegex) || Is(esql::kAnyRegexCi)) {
    return BuildAnyRegex(node_, field(), *texts, Is(esql::kAnyRegexCi), diagnostics_);
  }
  if (Is(esql::kAnyLess) || Is(esql::kAnyLessEqual) || Is(esql::kAnyGreater) ||
      Is(esql::kAnyGreaterEqual)) {
    return BuildRange();
  }
  if (Is(esql::kAnyCidr)) {
    return BuildBlocks();
  }
  const bool words = Is(esql::kAnyWord) || Is(esql::kAnyPhrase);
  if (type() == DataType::kText && words) {
    return BuildAnyWords(field(), *texts, Is(esql::kAnyPhrase));
  }
  if (IsString(type())) {
    return BuildAnyTexts(field(), *texts, Is(esql::kAnyEqualsCi));
  }
  return BuildEquals();
}

}  // namespace

ExprPtr BuildAnyValueTest(const esql::Expression& node, const std::vector<Operand>& operands,
                          esql::Diagnostics* diagnostics) {
  return Builder(node, operands, diagnostics).Build();
}

}  // namespace weir::expr
