// Choice among values of Splunk's search language: of one type where all have it, else texts.
#include "common/expr/spl_internal.h"

namespace weir::expr {
namespace {

// The type of a choice: conditions, numbers, or text for everything else.
DataType ChoiceType(DataType chosen, DataType next) {
  const auto kind = [](DataType type) {
    return type == DataType::kBoolean || type == DataType::kNull ? type
           : IsNumeric(type)                                    ? DataType::kDouble
                                                                : DataType::kKeyword;
  };
  if (next == DataType::kNull) {
    return chosen;
  }
  return chosen == DataType::kNull || chosen == kind(next) ? kind(next) : DataType::kKeyword;
}

Value AsChoice(const Frame& frame, const Value& cell, DataType type) {
  return MapItems(cell, frame.arena(), [&](const Value& item) {
    if (type == DataType::kDouble) {
      return Value::Double(*SplNumber(item));
    }
    return type == DataType::kKeyword ? Value::Keyword(SplText(item, frame.arena())) : item;
  });
}

bool IsTrue(const Value& condition) {
  return !condition.is_null() && !condition.is_multi() &&
         condition.type() == DataType::kBoolean && condition.boolean();
}

}  // namespace

ExprPtr MakeSplCase(Call& call) {
  DataType type = DataType::kNull;
  for (std::size_t i = 0; i < call.size(); ++i) {
    const bool is_value = i % 2 == 1 || i + 1 == call.size();
    type = is_value ? ChoiceType(type, call.type(i)) : type;
  }
  return call.Make(type, [type](const Frame& frame, Args args) {
    for (std::size_t i = 0; i + 1 < args.size(); i += 2) {
      if (IsTrue(args[i])) {
        return AsChoice(frame, args[i + 1], type);
      }
    }
    return args.size() % 2 == 1 ? AsChoice(frame, args.back(), type) : Value::Null();
  });
}

ExprPtr MakeSplCoalesce(Call& call) {
  DataType type = DataType::kNull;
  for (std::size_t i = 0; i < call.size(); ++i) {
    type = ChoiceType(type, call.type(i));
  }
  return call.Make(type, [type](const Frame& frame, Args args) {
    for (const Value& value : args) {
      if (!value.is_null()) {
        return AsChoice(frame, value, type);
      }
    }
    return Value::Null();
  });
}

ExprPtr MakeSplNullif(Call& call) {
  const DataType type = ChoiceType(ChoiceType(DataType::kNull, call.type(0)), call.type(1));
  return call.Make(type, [type](const Frame& frame, Args args) {
    const bool equal = args[0].count() == 1 && args[1].count() == 1 &&
                       SplCompare(args[0], args[1], frame.arena()) == 0;
    return equal ? Value::Null() : AsChoice(frame, args[0], type);
  });
}

}  // namespace weir::expr
