#include "common/plan/field_types_internal.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "common/esql/any_value.h"
#include "common/types/value.h"

namespace weir::plan {
namespace {

using esql::Expression;
using esql::ExpressionKind;
using esql::Operator;
using Names = std::set<std::string_view>;

// How deep the definitions of computed columns are followed.
constexpr int kDefinitionsMax = 20;

bool IsUsefulType(DataType type) {
  return type != DataType::kNull && type != DataType::kUnsupported && !IsTimespan(type);
}

// Numbers of unknown width are read as double: whole ones stay exact up to 2^53.
DataType Wide(DataType type) {
  return IsNumeric(type) ? DataType::kDouble : type == DataType::kText ? DataType::kKeyword : type;
}

bool IsNumberText(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool IsBlockText(std::string_view text) {
  char bytes[16];
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && ParseIp(text.substr(0, slash), bytes);
}

// Functions whose result has the type of their arguments.
const Names& PassingFunctions() {
  static const Names kNames = {"COALESCE", "GREATEST", "LEAST",    "MAX",       "MIN",
                               "MV_MAX",   "MV_MIN",   "MV_FIRST", "MV_LAST",   "MV_DEDUPE",
                               "VALUES",   "MV_SORT",  "FIRST",    "LAST",      "TOP",
                               "EARLIEST", "LATEST",
                               "MV_SLICE", "SAMPLE",   "CLAMP",    "CLAMP_MIN", "CLAMP_MAX"};
  return kNames;
}

// Functions whose first argument is a number.
const Names& NumericFunctions() {
  static const Names kNames = {
      "ABS",     "ACOS",       "ASIN",     "ATAN",      "AVG",       "CBRT",
      "CEIL",    "COS",        "COSH",     "EXP",       "FLOOR",     "LOG",
      "LOG10",   "MEDIAN",     "POW",      "ROUND",     "SIGNUM",    "SIN",
      "SINH",    "SQRT",       "STD_DEV",  "SUM",       "TAN",       "TANH",
      "STD_VAR", "MV_AVG",  "MV_SUM",     "VARIANCE", "MV_MEDIAN", "PERCENTILE", "MV_PERCENTILE",
      "ROUND_TO", "TO_DEGREES", "TO_RADIANS", "MEDIAN_ABSOLUTE_DEVIATION",
      "MV_MEDIAN_ABSOLUTE_DEVIATION"};
  return kNames;
}

std::optional<DataType> ResultOf(std::string_view function) {
  static const Names kNumbers = {"COUNT",      "COUNT_DISTINCT", "LENGTH",    "BYTE_LENGTH",
                                 "BIT_LENGTH", "LOCATE",         "MV_COUNT",  "DATE_DIFF",
                                 "TO_LONG",    "TO_INTEGER",     "TO_INT",    "TO_DOUBLE",
                                 "TO_DBL",     "DATE_EXTRACT",   "TO_UNSIGNED_LONG"};
  static const Names kDates = {"NOW", "DATE_TRUNC", "DATE_PARSE", "TO_DATETIME", "TO_DT", "TBUCKET"};
  static const Names kBooleans = {"TO_BOOLEAN", "TO_BOOL",     "STARTS_WITH", "ENDS_WITH",
                                  "CONTAINS",   "MV_CONTAINS", "CIDR_MATCH"};
  if (kNumbers.contains(function) || NumericFunctions().contains(function)) {
    return DataType::kDouble;
  }
  if (kDates.contains(function)) {
    return DataType::kDatetime;
  }
  if (kBooleans.contains(function)) {
    return DataType::kBoolean;
  }
  if (function == "TO_IP" || function == "IP_PREFIX") {
    return DataType::kIp;
  }
  return std::nullopt;
}

class Assumptions {
 public:
  explicit Assumptions(const FieldCatalogue& catalogue) : catalogue_(catalogue) {}

  void Read(const esql::Query& query);
  std::map<std::string, DataType, std::less<>> Take();

 private:
  void Define(const std::string& name, const Expression* value) { definitions_[name] = value; }
  void ReadColumns(const std::vector<esql::NamedExpression>& columns);
  // Notes what the expression says of its parts.
  void Visit(const Expression& node);
  void VisitCall(const Expression& call);
  void VisitAnyTest(const Expression& call);
  void Unify(const std::vector<const Expression*>& nodes);
  // The expression is used as a value of the type.
  void Note(const Expression& node, DataType type, int depth = 0);
  std::optional<DataType> TypeOf(const Expression& node, int depth = 0) const;

  const FieldCatalogue& catalogue_;
  std::map<std::string, const Expression*, std::less<>> definitions_;
  std::map<std::string, DataType, std::less<>> found_;
  std::vector<esql::ExpressionPtr> renamed_;   // columns under their former names
};

// The arguments of a call that have its type.
std::vector<const Expression*> PassedArguments(const Expression& call) {
  std::vector<const Expression*> passed;
  if (call.name == "CASE") {
    for (std::size_t i = 1; i < call.args.size(); i += 2) {
      passed.push_back(call.args[i].get());
    }
    if (call.args.size() % 2 == 1) {
      passed.push_back(call.args.back().get());
    }
    return passed;
  }
  const bool all = call.name == "COALESCE" || call.name == "GREATEST" || call.name == "LEAST";
  for (std::size_t i = 0; i < (all ? call.args.size() : std::min<std::size_t>(1, call.args.size()));
       ++i) {
    passed.push_back(call.args[i].get());
  }
  return passed;
}

bool Passes(const Expression& node) {
  return node.kind == ExpressionKind::kCall &&
         (node.name == "CASE" || PassingFunctions().contains(node.name));
}

void Assumptions::Note(const Expression& node, DataType type, int depth) {
  if (!IsUsefulType(type) || depth > kDefinitionsMax) {
    return;
  }
  if (Passes(node)) {
    for (const Expression* argument : PassedArguments(node)) {
      Note(*argument, type, depth + 1);
    }
    return;
  }
  if (node.kind != ExpressionKind::kColumn) {
    return;
  }
  if (const auto defined = definitions_.find(node.name); defined != definitions_.end()) {
    if (defined->second != nullptr) {
      Note(*defined->second, type, depth + 1);
    }
    return;
  }
  if (!catalogue_.TypeOf(node.name).has_value()) {
    found_.try_emplace(node.name, Wide(type));
  }
}

std::optional<DataType> Assumptions::TypeOf(const Expression& node, int depth) const {
  if (depth > kDefinitionsMax) {
    return std::nullopt;
  }
  switch (node.kind) {
    case ExpressionKind::kLiteral:
      return node.literal.type;
    case ExpressionKind::kList:
      return node.args.empty() ? std::nullopt : TypeOf(*node.args.front(), depth + 1);
    case ExpressionKind::kCast:
      return node.cast_type;
    case ExpressionKind::kColumn: {
      if (const auto defined = definitions_.find(node.name); defined != definitions_.end()) {
        return defined->second == nullptr ? std::nullopt : TypeOf(*defined->second, depth + 1);
      }
      if (const auto known = catalogue_.TypeOf(node.name); known.has_value()) {
        return known;
      }
      const auto found = found_.find(node.name);
      return found == found_.end() ? std::nullopt : std::optional<DataType>(found->second);
    }
    case ExpressionKind::kUnary:
      return node.op == Operator::kNot ? DataType::kBoolean : DataType::kDouble;
    case ExpressionKind::kBinary: {
      if (node.op >= Operator::kEqual) {
        return DataType::kBoolean;
      }
      const std::optional<DataType> left = TypeOf(*node.args[0], depth + 1);
      const std::optional<DataType> right = TypeOf(*node.args[1], depth + 1);
      const bool is_date = left == DataType::kDatetime || right == DataType::kDatetime;
      return is_date ? DataType::kDatetime : DataType::kDouble;
    }
    case ExpressionKind::kCall:
      break;
    default:
      return DataType::kBoolean;
  }
  if (!Passes(node)) {
    return ResultOf(node.name);
  }
  for (const Expression* argument : PassedArguments(node)) {
    const std::optional<DataType> type = TypeOf(*argument, depth + 1);
    if (type.has_value() && *type != DataType::kNull) {
      return type;
    }
  }
  return std::nullopt;
}

void Assumptions::Unify(const std::vector<const Expression*>& nodes) {
  for (const Expression* node : nodes) {
    const std::optional<DataType> type = TypeOf(*node);
    if (!type.has_value() || !IsUsefulType(*type)) {
      continue;
    }
    for (const Expression* other : nodes) {
      Note(*other, *type);
    }
    return;
  }
}

void Assumptions::VisitAnyTest(const Expression& call) {
  const Expression& field = *call.args.front();
  bool numbers = true;
  bool booleans = true;
  bool number_texts = true;
  bool any_block = false;
  for (std::size_t i = 1; i < call.args.size(); ++i) {
    const esql::Literal& literal = call.args[i]->literal;
    numbers = numbers && IsNumeric(literal.type);
    booleans = booleans && literal.type == DataType::kBoolean;
    number_texts = number_texts && (IsNumeric(literal.type) || IsNumberText(literal.text));
    any_block = any_block || IsBlockText(literal.text);
  }
  const bool is_range = call.name == esql::kAnyLess || call.name == esql::kAnyLessEqual ||
                        call.name == esql::kAnyGreater || call.name == esql::kAnyGreaterEqual;
  if (call.name != esql::kAnyEquals && !is_range) {
    return;
  }
  if (numbers || (is_range && number_texts)) {
    Note(field, DataType::kDouble);
  } else if (booleans) {
    Note(field, DataType::kBoolean);
  } else if (any_block) {
    Note(field, DataType::kIp);
  }
}

void Assumptions::VisitCall(const Expression& call) {
  if (call.args.empty()) {
    return;
  }
  if (esql::IsAnyValueTest(call.name)) {
    VisitAnyTest(call);
    return;
  }
  const auto note = [&](std::size_t i, DataType type) {
    if (i < call.args.size()) {
      Note(*call.args[i], type);
    }
  };
  if (call.name == "CASE") {
    for (std::size_t i = 0; i + 1 < call.args.size(); i += 2) {
      note(i, DataType::kBoolean);
    }
  }
  if (Passes(call)) {
    Unify(PassedArguments(call));
  } else if (NumericFunctions().contains(call.name)) {
    note(0, DataType::kDouble);
  } else if (call.name == "CIDR_MATCH" || call.name == "IP_PREFIX") {
    note(0, DataType::kIp);
  } else if (call.name == "DATE_TRUNC" || call.name == "DATE_EXTRACT") {
    note(1, DataType::kDatetime);
  } else if (call.name == "DATE_DIFF") {
    note(1, DataType::kDatetime);
    note(2, DataType::kDatetime);
  } else if (call.name == "DATE_FORMAT") {
    note(call.args.size() - 1, DataType::kDatetime);
  }
}

void Assumptions::Visit(const Expression& node) {
  switch (node.kind) {
    case ExpressionKind::kUnary:
      Note(*node.args[0], node.op == Operator::kNot ? DataType::kBoolean : DataType::kDouble);
      break;
    case ExpressionKind::kBinary:
      if (node.op == Operator::kAnd || node.op == Operator::kOr) {
        Note(*node.args[0], DataType::kBoolean);
        Note(*node.args[1], DataType::kBoolean);
      } else if (node.op >= Operator::kEqual) {
        Unify({node.args[0].get(), node.args[1].get()});
      } else {
        const auto is_span = [&](std::size_t i) {
          const std::optional<DataType> type = TypeOf(*node.args[i]);
          return type.has_value() && IsTimespan(*type);
        };
        for (const std::size_t i : {0U, 1U}) {
          Note(*node.args[i], is_span(1 - i) ? DataType::kDatetime : DataType::kDouble);
        }
      }
      break;
    case ExpressionKind::kIn: {
      std::vector<const Expression*> nodes;
      std::transform(node.args.begin(), node.args.end(), std::back_inserter(nodes),
                     [](const esql::ExpressionPtr& argument) { return argument.get(); });
      Unify(nodes);
      break;
    }
    case ExpressionKind::kLike:
    case ExpressionKind::kRlike:
      Note(*node.args[0], DataType::kKeyword);
      break;
    case ExpressionKind::kCall:
      VisitCall(node);
      break;
    default:
      break;
  }
  for (const esql::ExpressionPtr& argument : node.args) {
    Visit(*argument);
  }
}

void Assumptions::ReadColumns(const std::vector<esql::NamedExpression>& columns) {
  for (const esql::NamedExpression& column : columns) {
    Visit(*column.value);
    if (column.filter != nullptr) {
      Visit(*column.filter);
      Note(*column.filter, DataType::kBoolean);
    }
  }
  for (const esql::NamedExpression& column : columns) {
    const bool is_itself =
        column.value->kind == ExpressionKind::kColumn && column.value->name == column.name;
    if (!is_itself) {
      Define(column.name, column.value.get());
    }
  }
}

void Assumptions::Read(const esql::Query& query) {
  for (const esql::Command& command : query.commands) {
    if (const auto* where = std::get_if<esql::WhereCommand>(&command.body)) {
      Visit(*where->condition);
      Note(*where->condition, DataType::kBoolean);
    } else if (const auto* eval = std::get_if<esql::EvalCommand>(&command.body)) {
      ReadColumns(eval->columns);
    } else if (const auto* stats = std::get_if<esql::StatsCommand>(&command.body)) {
      ReadColumns(stats->groups);
      ReadColumns(stats->aggregates);
    } else if (const auto* rename = std::get_if<esql::RenameCommand>(&command.body)) {
      for (const esql::RenameCommand::Item& item : rename->items) {
        renamed_.push_back(esql::MakeColumnNode(item.from, item.from_range));
        Define(item.to, renamed_.back().get());
      }
    } else if (const auto* sort = std::get_if<esql::SortCommand>(&command.body)) {
      for (const esql::SortCommand::Key& key : sort->keys) {
        Visit(*key.value);
      }
    }
  }
}

std::map<std::string, DataType, std::less<>> Assumptions::Take() {
  std::erase_if(found_, [](const auto& entry) { return entry.second == DataType::kKeyword; });
  return std::move(found_);
}

}  // namespace

std::map<std::string, DataType, std::less<>> AssumeFieldTypes(const esql::Query& query,
                                                              const FieldCatalogue& catalogue) {
  Assumptions assumptions(catalogue);
  assumptions.Read(query);
  return assumptions.Take();
}

}  // namespace weir::plan
