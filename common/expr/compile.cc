// From the syntax tree to evaluators: resolves names, dispatches on the kind of node and folds
// constants. Typing and evaluators of each kind are in the file of its theme.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/esql/any_value.h"
#include "common/expr/any_value_internal.h"
#include "common/expr/function_table.h"
#include "common/expr/operators_internal.h"

namespace weir::expr {

namespace {

using esql::Expression;
using esql::ExpressionKind;
using esql::Operator;

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

Value LiteralValue(const esql::Literal& literal) {
  switch (literal.type) {
    case DataType::kNull:
    case DataType::kUnsupported:
      return Value::Null();
    case DataType::kBoolean:
      return Value::Boolean(literal.integer != 0);
    case DataType::kInteger:
      return Value::Integer(static_cast<int32_t>(literal.integer));
    case DataType::kLong:
      return Value::Long(literal.integer);
    case DataType::kUnsignedLong:
      return Value::UnsignedLong(static_cast<uint64_t>(literal.integer));
    case DataType::kDouble:
      return Value::Double(literal.number);
    case DataType::kDatetime:
      return Value::Datetime(literal.integer);
    case DataType::kTimeDuration:
      return Value::TimeDuration(literal.integer);
    case DataType::kDatePeriod:
      return Value::DatePeriod(static_cast<int32_t>(literal.integer >> 32),
                               static_cast<int32_t>(literal.integer & 0xffffffff));
    case DataType::kKeyword:
    case DataType::kText:
    case DataType::kIp:
    case DataType::kVersion:
      return Value::String(literal.type, literal.text);
  }
  return Value::Null();
}

// "exactly one argument", "one or two arguments", "at least two arguments".
std::string ExpectedCount(std::size_t low, std::size_t high) {
  static constexpr std::string_view kNumbers[] = {"no", "one", "two", "three", "four", "five"};
  const std::string_view low_text = kNumbers[std::min<std::size_t>(low, 5)];
  const std::string_view high_text = kNumbers[std::min<std::size_t>(high, 5)];
  if (high > 5) {
    return fmt::format("at least {} argument{}", low_text, low == 1 ? "" : "s");
  }
  if (low == high) {
    return fmt::format("exactly {} argument{}", low_text, low == 1 ? "" : "s");
  }
  return fmt::format("{} {} {} arguments", low_text, high == low + 1 ? "or" : "to", high_text);
}

// The type a string literal takes for a parameter that is no string; kNull when it takes none.
DataType LiteralTarget(const Parameter& parameter, std::string_view text) {
  if ((parameter.types & TypeBit(DataType::kKeyword)) != 0) {
    return DataType::kNull;
  }
  if ((parameter.types & TypeBit(DataType::kDatePeriod)) != 0) {
    const auto last = text.find_last_of("0123456789");
    const auto unit = LowerCase(text.substr(last == std::string_view::npos ? 0 : last + 1));
    const auto first = unit.find_first_not_of(' ');
    const char c = first == std::string::npos ? ' ' : unit[first];
    const bool months = c == 'm' && (unit.find("mo") != std::string::npos);
    return c == 'd' || c == 'w' || c == 'q' || c == 'y' || months ? DataType::kDatePeriod
                                                                  : DataType::kTimeDuration;
  }
  for (const DataType type : {DataType::kDatetime, DataType::kIp, DataType::kBoolean,
                              DataType::kVersion, DataType::kDouble, DataType::kInteger}) {
    if ((parameter.types & TypeBit(type)) != 0) {
      return type;
    }
  }
  return DataType::kNull;
}

class Compiler {
 public:
  Compiler(const Scope& scope, esql::Diagnostics* diagnostics, bool allow_grouping)
      : scope_(scope), diagnostics_(diagnostics), allow_grouping_(allow_grouping) {}

  // Null after reporting.
  ExprPtr Compile(const Expression& node) {
    switch (node.kind) {
      case ExpressionKind::kLiteral:
        return MakeConstant(LiteralValue(node.literal), node.literal.type);
      case ExpressionKind::kList:
        return CompileList(node);
      case ExpressionKind::kColumn:
        return CompileColumn(node);
      case ExpressionKind::kStar:
        return Error(node, "[*] is only allowed as the argument of COUNT");
      case ExpressionKind::kCall:
        return CompileCall(node);
      case ExpressionKind::kBinary:
        if (node.op == Operator::kAnd || node.op == Operator::kOr) {
          return CompileJunction(node);
        }
        [[fallthrough]];
      default:
        return CompileOperator(node);
    }
  }

 private:
  ExprPtr Error(const Expression& node, std::string message, std::string hint = "") {
    diagnostics_->Error(node.range, std::move(message), std::move(hint));
    return nullptr;
  }

  std::string_view Text(const Expression& node) const {
    return diagnostics_->source().Slice(node.range);
  }

  // All of them are compiled, so that all problems are reported; false when one has failed.
  bool CompileArgs(const Expression& node, std::vector<Operand>* operands) {
    bool compiled = true;
    for (const esql::ExpressionPtr& arg : node.args) {
      operands->push_back({arg.get(), Compile(*arg)});
      compiled = compiled && operands->back().expr != nullptr;
    }
    return compiled;
  }

  static ExprPtr FoldIfConstant(ExprPtr expr, const std::vector<Operand>& operands) {
    const bool constant =
        expr != nullptr && expr->constant() == nullptr &&
        std::all_of(operands.begin(), operands.end(), [](const Operand& operand) {
          return operand.expr->constant() != nullptr;
        });
    return constant ? Fold(std::move(expr)) : expr;
  }

  ExprPtr CompileList(const Expression& node) {
    std::vector<Operand> operands;
    if (!CompileArgs(node, &operands)) {
      return nullptr;
    }
    DataType type = DataType::kNull;
    for (const Operand& operand : operands) {
      const DataType item = operand.expr->type();
      if (operand.expr->constant() == nullptr) {
        return Error(*operand.source, fmt::format("[{}] in a list must be a constant",
                                                  Text(*operand.source)));
      }
      const bool unsigned_mix =
          (type == DataType::kUnsignedLong) != (item == DataType::kUnsignedLong);
      type = type == DataType::kNull ? item
             : IsNumeric(type) && IsNumeric(item)
                 ? (unsigned_mix ? DataType::kDouble : WiderNumeric(type, item))
                 : type;
    }
    std::vector<Value> items;
    for (const Operand& operand : operands) {
      for (const Value& item : operand.expr->constant()->items()) {
        items.push_back(WidenItem(item, type));
      }
    }
    Arena arena;
    return MakeConstant(Value::MakeMulti(items, &arena), type);
  }

  ExprPtr CompileColumn(const Expression& node) {
    const auto column = scope_.Resolve(node.name);
    if (!column.has_value()) {
      return Error(node, fmt::format("Unknown column [{}]", node.name),
                   esql::DidYouMean(node.name, scope_.ColumnNames()));
    }
    if (column->type == DataType::kUnsupported) {
      return Error(node, fmt::format("Cannot use field [{}] with unsupported type [{}]", node.name,
                                     DataTypeName(column->type)));
    }
    ExprPtr constant = scope_.ConstantOf(node.name);
    return constant != nullptr ? constant : MakeColumn(*column);
  }

  // Left-deep chains of one operator become one evaluator.
  void Flatten(const Expression& node, Junction* junction, bool* compiled) {
    for (const esql::ExpressionPtr& arg : node.args) {
      if (arg->kind == ExpressionKind::kBinary && arg->op == node.op) {
        Flatten(*arg, junction, compiled);
        continue;
      }
      junction->operands.push_back({arg.get(), Compile(*arg)});
      junction->parents.push_back(&node);
      *compiled = *compiled && junction->operands.back().expr != nullptr;
    }
  }

  ExprPtr CompileJunction(const Expression& node) {
    Junction junction;
    junction.is_and = node.op == Operator::kAnd;
    bool compiled = true;
    Flatten(node, &junction, &compiled);
    if (!compiled) {
      return nullptr;
    }
    const std::vector<Operand> operands = junction.operands;
    return FoldIfConstant(BuildJunction(node, std::move(junction), diagnostics_), operands);
  }

  ExprPtr CompileOperator(const Expression& node) {
    std::vector<Operand> operands;
    if (!CompileArgs(node, &operands)) {
      return nullptr;
    }
    return FoldIfConstant(BuildOperator(node, operands), operands);
  }

  ExprPtr BuildOperator(const Expression& node, const std::vector<Operand>& operands) {
    switch (node.kind) {
      case ExpressionKind::kUnary:
        return node.op == Operator::kNot ? BuildNot(node, operands[0], diagnostics_)
                                         : BuildSign(node, operands[0], diagnostics_);
      case ExpressionKind::kBinary:
        return node.op >= Operator::kEqual
                   ? BuildCompare(node, operands[0], operands[1], diagnostics_)
                   : BuildArithmetic(node, operands[0], operands[1], diagnostics_);
      case ExpressionKind::kIn:
        return BuildIn(node, operands, diagnostics_);
      case ExpressionKind::kLike:
      case ExpressionKind::kRlike:
        return BuildLike(node, operands, diagnostics_);
      case ExpressionKind::kIsNull:
        return BuildIsNull(operands[0].expr, node.negated);
      case ExpressionKind::kCast:
        return BuildCast(node, operands[0], node.cast_type, diagnostics_);
      case ExpressionKind::kMatch:
        return BuildMatch(node, operands[0], operands[1], diagnostics_);
      default:
        WEIR_CHECK(false, "expression kind {}", static_cast<int>(node.kind));
    }
  }

  // Reports names that cannot be called here; null then.
  const Function* FindCallable(const Expression& node) {
    const Function* function = FindFunction(node.name);
    if (function != nullptr && (!function->row->grouping || allow_grouping_)) {
      return function;
    }
    if (function != nullptr) {
      Error(node, fmt::format("cannot use grouping function [{}] outside of a STATS command",
                              Text(node)));
    } else if (IsAggregateName(node.name)) {
      Error(node, allow_grouping_
                      ? fmt::format("cannot use an aggregate [{}] for grouping", Text(node))
                      : fmt::format("aggregate function [{}] not allowed outside STATS command",
                                    Text(node)));
    } else if (IsUnsupportedFunction(node.name)) {
      Error(node, fmt::format("function [{}] is not supported", LowerCase(node.name)));
    } else {
      const std::string hint = esql::DidYouMean(node.name, FunctionNames());
      Error(node, fmt::format("Unknown function [{}]", LowerCase(node.name)), LowerCase(hint));
    }
    return nullptr;
  }

  ExprPtr CompileAnyValueTest(const Expression& node) {
    std::vector<Operand> operands;
    return CompileArgs(node, &operands) ? BuildAnyValueTest(node, operands, diagnostics_) : nullptr;
  }

  ExprPtr CompileCall(const Expression& node) {
    if (esql::IsAnyValueTest(node.name)) {
      return CompileAnyValueTest(node);
    }
    const Function* function = FindCallable(node);
    Call call;
    const bool compiled = CompileArgs(node, &call.args);
    if (function == nullptr) {
      return nullptr;
    }
    if (call.size() < function->min_args() || call.size() > function->max_args()) {
      return Error(node, fmt::format("error building [{}]: expects {}, found {}",
                                     LowerCase(node.name),
                                     ExpectedCount(function->min_args(), function->max_args()),
                                     call.size()));
    }
    if (!compiled) {
      return nullptr;
    }
    call.node = &node;
    call.rule = function->row->rule;
    call.scope = &scope_;
    call.diagnostics = diagnostics_;
    if (!CheckArgs(*function, &call)) {
      return nullptr;
    }
    ExprPtr expr = function->row->make(call);
    // Calls without arguments and groupings are not constant in themselves: see FunctionRow.
    return function->row->constant && !function->row->grouping ? FoldIfConstant(expr, call.args)
                                                               : expr;
  }

  bool CheckArgs(const Function& function, Call* call) {
    bool fits = true;
    for (std::size_t i = 0; i < call->size(); ++i) {
      const Parameter& parameter =
          function.parameters[std::min(i, function.parameters.size() - 1)];
      fits = CheckArg(function, parameter, i, call) && fits;
    }
    return fits;
  }

  bool CheckArg(const Function& function, const Parameter& parameter, std::size_t i, Call* call) {
    Operand& operand = call->args[i];
    if (IsStringLiteral(*operand.source) && IsString(operand.expr->type())) {
      const Value& text = operand.expr->constant()->items()[0];
      const DataType target = LiteralTarget(parameter, text.text());
      if (target != DataType::kNull) {
        operand.expr = CastLiteral(operand, target, diagnostics_);
        return operand.expr != nullptr;
      }
    }
    const DataType type = operand.expr->type();
    if (type != DataType::kNull && (parameter.types & TypeBit(type)) == 0) {
      ReportArgumentType(*call->node, operand, i, function.max_args() == 1, parameter.expected,
                         diagnostics_);
      return false;
    }
    if (parameter.constant && operand.expr->constant() == nullptr) {
      Error(*operand.source,
            fmt::format("{}{}argument of [{}] must be a constant, received [{}]", Ordinal(i),
                        Ordinal(i).empty() ? "" : " ", Text(*call->node), Text(*operand.source)));
      return false;
    }
    return true;
  }

  const Scope& scope_;
  esql::Diagnostics* diagnostics_;
  bool allow_grouping_;
};

// These give one boolean or null whatever they read.
bool GivesSingleBoolean(const Expression& node) {
  switch (node.kind) {
    case ExpressionKind::kUnary:
    case ExpressionKind::kBinary:
    case ExpressionKind::kIn:
    case ExpressionKind::kLike:
    case ExpressionKind::kRlike:
    case ExpressionKind::kIsNull:
    case ExpressionKind::kMatch:
      return true;
    default:
      return false;
  }
}

void CollectColumns(const Expression& node, std::vector<std::string>* names) {
  if (node.kind == ExpressionKind::kColumn &&
      std::find(names->begin(), names->end(), node.name) == names->end()) {
    names->push_back(node.name);
  }
  if (node.kind == ExpressionKind::kCall && node.name == "TBUCKET" &&
      std::find(names->begin(), names->end(), "@timestamp") == names->end()) {
    names->emplace_back("@timestamp");
  }
  for (const esql::ExpressionPtr& arg : node.args) {
    CollectColumns(*arg, names);
  }
}

}  // namespace

ExprPtr Compile(const Expression& expression, const Scope& scope, esql::Diagnostics* diagnostics) {
  return Compiler(scope, diagnostics, false).Compile(expression);
}

ExprPtr CompileGrouping(const Expression& expression, const Scope& scope,
                        esql::Diagnostics* diagnostics) {
  return Compiler(scope, diagnostics, true).Compile(expression);
}

ExprPtr CompileCondition(const Expression& expression, const Scope& scope,
                         esql::Diagnostics* diagnostics) {
  ExprPtr condition = Compile(expression, scope, diagnostics);
  if (condition == nullptr) {
    return nullptr;
  }
  if (condition->type() != DataType::kBoolean && condition->type() != DataType::kNull) {
    diagnostics->Error(expression.range,
                       fmt::format("Condition expression needs to be boolean, found [{}]",
                                   UpperCase(DataTypeName(condition->type()))));
    return nullptr;
  }
  if (GivesSingleBoolean(expression) || condition->type() == DataType::kNull) {
    return condition;
  }
  return MakeTest(MakeSite(expression, diagnostics->source()), condition,
                  [](const Value& value) { return value.boolean(); });
}

bool IsConstant(const Expression& expression) {
  if (expression.kind == ExpressionKind::kColumn || expression.kind == ExpressionKind::kStar) {
    return false;
  }
  if (expression.kind == ExpressionKind::kCall) {
    const Function* function = FindFunction(expression.name);
    if (function == nullptr || !function->row->constant || function->row->grouping) {
      return false;
    }
  }
  return std::all_of(expression.args.begin(), expression.args.end(),
                     [](const esql::ExpressionPtr& arg) { return IsConstant(*arg); });
}

std::vector<std::string> ReferencedColumns(const Expression& expression) {
  std::vector<std::string> names;
  CollectColumns(expression, &names);
  return names;
}

}  // namespace weir::expr
