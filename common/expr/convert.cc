// The :: operator and the TO_x functions: value by value, leaving out with a warning what does not
// convert.
#include <algorithm>
#include <charconv>
#include <string>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/expr/conversion_internal.h"
#include "common/expr/functions_internal.h"
#include "common/expr/operators_internal.h"

namespace weir::expr {

namespace {

struct ConvertCell {
  DataType target;
  Value operator()(const Frame& frame, Args args) const {
    return MapItems(args[0], frame.arena(), [&](const Value& item) {
      Value converted;
      ConversionError error;
      if (!ConvertItem(item, target, frame.arena(), &converted, &error)) [[unlikely]] {
        return frame.Fail(error.Text());
      }
      return converted;
    });
  }
};

// An IPv4 address whose parts have no leading zeros any more, each read in the base: 8 for a part that
// has one, or 10. What is no such address stays as it is.
std::string WithoutLeadingZeros(std::string_view text, bool octal) {
  std::string plain;
  int parts = 0;
  for (std::size_t begin = 0; begin <= text.size(); ++parts) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    const int base = octal && part.size() > 1 && part.front() == '0' ? 8 : 10;
    uint32_t number = 0;
    const auto parsed = std::from_chars(part.data(), part.data() + part.size(), number, base);
    if (part.empty() || parsed.ec != std::errc() || parsed.ptr != part.data() + part.size()) {
      return std::string(text);
    }
    plain += fmt::format("{}{}", parts == 0 ? "" : ".", number);
    begin = end + 1;
  }
  return parts == 4 ? plain : std::string(text);
}

std::string_view ConvertibleTypes(DataType type) {
  switch (type) {
    case DataType::kBoolean:
      return "boolean, numeric or string";
    case DataType::kInteger:
    case DataType::kLong:
    case DataType::kUnsignedLong:
    case DataType::kDouble:
      return "boolean, datetime, numeric or string";
    case DataType::kDatetime:
      return "datetime, numeric or string";
    case DataType::kIp:
      return "ip or string";
    case DataType::kVersion:
      return "string or version";
    case DataType::kDatePeriod:
      return "date_period or string";
    case DataType::kTimeDuration:
      return "string or time_duration";
    default:
      return "boolean, datetime, ip, numeric, string or version";
  }
}

ExprPtr Convert(const esql::Expression& node, const Operand& operand, DataType type,
                esql::Diagnostics* diagnostics) {
  const DataType from = operand.expr->type();
  if (!CanConvert(from, type)) {
    ReportArgumentType(node, operand, 0, true, ConvertibleTypes(type), diagnostics);
    return nullptr;
  }
  if (from == type) {
    return operand.expr;
  }
  if (from == DataType::kNull) {
    return MakeConstant(Value::Null(), type);
  }
  if (IsTimespan(type)) {
    const Value* constant = operand.expr->constant();
    if (constant == nullptr) {
      diagnostics->Error(node.range,
                         fmt::format("argument of [{}] must be a constant, received [{}]",
                                     diagnostics->source().Slice(node.range),
                                     diagnostics->source().Slice(operand.source->range)));
      return nullptr;
    }
    return CastLiteral(operand, type, diagnostics);
  }
  return MakeNode(type, MakeSite(node, diagnostics->source()), {operand.expr},
                  ArgumentRule::kFirstMulti, ConvertCell{type});
}

}  // namespace

ExprPtr BuildCast(const esql::Expression& node, const Operand& operand, DataType type,
                  esql::Diagnostics* diagnostics) {
  if (type == DataType::kNull || type == DataType::kUnsupported) {
    diagnostics->Error(node.range, fmt::format("Unsupported conversion to type [{}]",
                                               DataTypeName(type)));
    return nullptr;
  }
  return Convert(node, operand, type, diagnostics);
}

template <DataType kType>
ExprPtr MakeConversion(Call& call) {
  return Convert(*call.node, call.args[0], kType, call.diagnostics);
}

namespace {

ExprPtr MakeLenientToIp(Call& call, bool octal) {
  ExprPtr& arg = call.args[0].expr;
  if (IsString(arg->type())) {
    arg = call.Make(DataType::kKeyword, [octal](const Frame& frame, Args args) {
      return MapItems(args[0], frame.arena(), [&](const Value& item) {
        return frame.Text(WithoutLeadingZeros(item.text(), octal));
      });
    });
  }
  return MakeConversion<DataType::kIp>(call);
}

}  // namespace

ExprPtr MakeToIpDecimal(Call& call) {
  return MakeLenientToIp(call, false);
}

ExprPtr MakeToIpOctal(Call& call) {
  return MakeLenientToIp(call, true);
}

template ExprPtr MakeConversion<DataType::kBoolean>(Call& call);
template ExprPtr MakeConversion<DataType::kInteger>(Call& call);
template ExprPtr MakeConversion<DataType::kLong>(Call& call);
template ExprPtr MakeConversion<DataType::kUnsignedLong>(Call& call);
template ExprPtr MakeConversion<DataType::kDouble>(Call& call);
template ExprPtr MakeConversion<DataType::kKeyword>(Call& call);
template ExprPtr MakeConversion<DataType::kText>(Call& call);
template ExprPtr MakeConversion<DataType::kDatetime>(Call& call);
template ExprPtr MakeConversion<DataType::kIp>(Call& call);
template ExprPtr MakeConversion<DataType::kVersion>(Call& call);
template ExprPtr MakeConversion<DataType::kDatePeriod>(Call& call);
template ExprPtr MakeConversion<DataType::kTimeDuration>(Call& call);

}  // namespace weir::expr
