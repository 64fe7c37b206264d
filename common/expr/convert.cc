// The :: operator and the TO_x functions: value by value, leaving out with a warning what does not
// convert.
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
