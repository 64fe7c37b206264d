// Conditions of ES|QL: three-valued, so what is not true of an absent field is not false either.
#include <fmt/format.h>

#include "common/kql/parser.h"
#include "tests/made/condition.h"
#include "tests/made/pattern.h"

namespace weir::made {
namespace {

using esql::Expression;
using esql::ExpressionKind;
using esql::Operator;

bool IsLiteral(const Expression& expression) {
  return expression.kind == ExpressionKind::kLiteral;
}

bool IsNullLiteral(const Expression& expression) {
  return IsLiteral(expression) && expression.literal.type == DataType::kNull;
}

Datum DatumOf(const Expression& expression) {
  if (expression.kind == ExpressionKind::kUnary && expression.op == Operator::kNegate) {
    Datum datum = DatumOf(*expression.args[0]);
    datum.text = "-" + datum.text;
    return datum;
  }
  if (!IsLiteral(expression)) {
    throw Unread{"a value that is no constant"};
  }
  const esql::Literal& literal = expression.literal;
  switch (literal.type) {
    case DataType::kKeyword:
      return {literal.text, true};
    case DataType::kBoolean:
      return {literal.integer != 0 ? "true" : "false", false};
    case DataType::kInteger:
    case DataType::kLong:
      return {fmt::format("{}", literal.integer), false};
    case DataType::kDouble:
      return {fmt::format("{}", literal.number), false};
    default:
      throw Unread{"a constant of an unusual type"};
  }
}

bool IsConversion(std::string_view name) {
  return name == "TO_LOWER" || name == "TO_UPPER" || name == "TO_STRING" || name == "TO_IP" ||
         name == "TO_LONG" || name == "TO_INTEGER" || name == "TO_DOUBLE" || name == "TO_BOOLEAN" ||
         name == "MV_FIRST" || name == "MV_LAST" || name == "MV_MIN" || name == "MV_MAX" ||
         name == "MV_DEDUPE" || name == "TRIM" || name == "MV_CONCAT" || name == "TO_DATETIME";
}

class Reader {
 public:
  explicit Reader(const Columns& columns) : columns_(columns) {}

  ConditionPtr Read(const Expression& expression);
  ConditionPtr TestOf(const Expression& subject, Test test);
  void Fields(const Expression& expression, std::vector<std::string>* fields);

 private:
  ConditionPtr ReadCall(const Expression& call);
  ConditionPtr ReadCompare(const Expression& expression);
  ConditionPtr CaseTest(const Expression& call, const Test& test);
  ConditionPtr ColumnTest(const std::string& name, Test test);
  static bool ConstantPasses(const Expression& constant, const Test& test);

  const Columns& columns_;
};

bool Reader::ConstantPasses(const Expression& constant, const Test& test) {
  if (IsNullLiteral(constant)) {
    return false;
  }
  const Datum value = DatumOf(constant);
  const double number = std::strtod(value.text.c_str(), nullptr);
  for (const Datum& wanted : test.values) {
    const double bound = std::strtod(wanted.text.c_str(), nullptr);
    const bool passes = test.kind == TestKind::kPresent        ? true
                        : test.kind == TestKind::kEquals       ? value.text == wanted.text
                        : test.kind == TestKind::kGreater      ? number > bound
                        : test.kind == TestKind::kGreaterEqual ? number >= bound
                        : test.kind == TestKind::kLess         ? number < bound
                        : test.kind == TestKind::kLessEqual    ? number <= bound
                                                               : false;
    if (passes) {
      return true;
    }
  }
  return false;
}

ConditionPtr Reader::CaseTest(const Expression& call, const Test& test) {
  ConditionPtr any = Always(false);
  ConditionPtr earlier_failed = Always(true);
  for (std::size_t i = 0; i + 1 < call.args.size(); i += 2) {
    const ConditionPtr condition = Read(*call.args[i]);
    any = Either(any, Both(earlier_failed, Both(condition, TestOf(*call.args[i + 1], test))));
    earlier_failed = Both(earlier_failed, Negated(condition));
  }
  if (call.args.size() % 2 == 1) {
    any = Either(any, Both(earlier_failed, TestOf(*call.args.back(), test)));
  }
  return any;
}

ConditionPtr Reader::ColumnTest(const std::string& name, Test test) {
  if (const auto computed = columns_.computed.find(name); computed != columns_.computed.end()) {
    Columns before = columns_;
    before.computed.erase(name);
    return Reader(before).TestOf(*computed->second, std::move(test));
  }
  if (const auto extracted = columns_.extracted.find(name); extracted != columns_.extracted.end()) {
    if (test.kind != TestKind::kPresent) {
      throw Unread{"a test of what GROK found"};
    }
    const auto& [input, sample] = extracted->second;
    return ColumnTest(input, {"", TestKind::kWildcard, {{"*" + sample + "*", true}}, false, true});
  }
  if (name == "@timestamp") {
    return Always(true);
  }
  test.field = name;
  return Tested(std::move(test));
}

ConditionPtr Reader::TestOf(const Expression& subject, Test test) {
  if (test.kind == TestKind::kPresent) {
    test.values = {{}};
  }
  switch (subject.kind) {
    case ExpressionKind::kColumn:
      return ColumnTest(subject.name, std::move(test));
    case ExpressionKind::kCast:
      return TestOf(*subject.args[0], std::move(test));
    case ExpressionKind::kLiteral:
      return Always(ConstantPasses(subject, test));
    case ExpressionKind::kCall:
      break;
    default:
      if (test.kind == TestKind::kEquals && !test.values[0].quoted) {   // (a AND b) == true
        const ConditionPtr truth = Read(subject);
        return test.values[0].text == "true" ? truth : Negated(truth);
      }
      throw Unread{"a test of a computed value"};
  }
  if (subject.name == "CASE") {
    return CaseTest(subject, test);
  }
  if (subject.name == "COALESCE") {
    ConditionPtr any = Always(false);
    ConditionPtr earlier_absent = Always(true);
    for (const esql::ExpressionPtr& argument : subject.args) {
      any = Either(any, Both(earlier_absent, TestOf(*argument, test)));
      earlier_absent = Both(earlier_absent, Negated(TestOf(*argument, {"", TestKind::kPresent, {}})));
    }
    return any;
  }
  if (IsConversion(subject.name)) {
    return TestOf(*subject.args[0], std::move(test));
  }
  if (test.kind == TestKind::kEquals && !test.values[0].quoted) {
    const ConditionPtr truth = Read(subject);
    return test.values[0].text == "true" ? truth : Negated(truth);
  }
  throw Unread{"a test of " + subject.name};
}

ConditionPtr Reader::ReadCompare(const Expression& expression) {
  const Expression* left = expression.args[0].get();
  const Expression* right = expression.args[1].get();
  const bool mirrored = IsLiteral(*left) && !IsLiteral(*right);
  if (mirrored) {
    std::swap(left, right);
  }
  if (left->kind == ExpressionKind::kColumn && left->name == "@timestamp") {
    return Always(true);   // made events are recent
  }
  Test test;
  test.values = {DatumOf(*right)};
  test.is_three_valued = true;
  switch (expression.op) {
    case Operator::kLess:
      test.kind = mirrored ? TestKind::kGreater : TestKind::kLess;
      break;
    case Operator::kLessEqual:
      test.kind = mirrored ? TestKind::kGreaterEqual : TestKind::kLessEqual;
      break;
    case Operator::kGreater:
      test.kind = mirrored ? TestKind::kLess : TestKind::kGreater;
      break;
    case Operator::kGreaterEqual:
      test.kind = mirrored ? TestKind::kLessEqual : TestKind::kGreaterEqual;
      break;
    default:
      test.kind = TestKind::kEquals;
  }
  const ConditionPtr condition = TestOf(*left, std::move(test));
  return expression.op == Operator::kNotEqual ? Negated(condition) : condition;
}

ConditionPtr Reader::ReadCall(const Expression& call) {
  if (call.name == "KQL" && call.args.size() == 1 && IsLiteral(*call.args[0])) {
    const esql::Source source(call.args[0]->literal.text);
    esql::Diagnostics diagnostics(&source);
    const kql::NodePtr node = kql::Parse(kql::Syntax::kKql, &diagnostics);
    if (node == nullptr) {
      throw Unread{"KQL that does not parse"};
    }
    return FromKql(*node);
  }
  if (call.args.size() < 2) {
    throw Unread{"the call of " + call.name};
  }
  Test test;
  test.is_three_valued = true;
  test.kind = TestKind::kWildcard;
  for (std::size_t i = 1; i < call.args.size(); ++i) {
    test.values.push_back(DatumOf(*call.args[i]));
    std::string& text = test.values.back().text;
    if (call.name == "STARTS_WITH") {
      text += "*";
    } else if (call.name == "ENDS_WITH") {
      text = "*" + text;
    } else if (call.name == "CONTAINS") {
      text = "*" + text + "*";
    } else if (call.name == "CIDR_MATCH") {
      test.kind = TestKind::kCidr;
    } else if (call.name == "MV_CONTAINS" || call.name == "MATCH") {
      test.kind = TestKind::kEquals;
    } else {
      throw Unread{"the call of " + call.name};
    }
  }
  return TestOf(*call.args[0], std::move(test));
}

ConditionPtr Reader::Read(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kBinary:
      if (expression.op == Operator::kAnd) {
        return Both(Read(*expression.args[0]), Read(*expression.args[1]));
      }
      if (expression.op == Operator::kOr) {
        return Either(Read(*expression.args[0]), Read(*expression.args[1]));
      }
      return ReadCompare(expression);
    case ExpressionKind::kUnary:
      return Negated(Read(*expression.args[0]));
    case ExpressionKind::kLiteral:
      return Always(expression.literal.type == DataType::kBoolean && expression.literal.integer != 0);
    case ExpressionKind::kColumn:
      return ColumnTest(expression.name, {"", TestKind::kEquals, {{"true", false}}, false, true});
    case ExpressionKind::kIsNull: {
      const ConditionPtr present = TestOf(*expression.args[0], {"", TestKind::kPresent, {}});
      return expression.negated ? present : Negated(present);
    }
    case ExpressionKind::kMatch:
      return TestOf(*expression.args[0],
                    {"", TestKind::kEquals, {DatumOf(*expression.args[1])}, false, false});
    case ExpressionKind::kCall:
      return ReadCall(expression);
    case ExpressionKind::kIn:
      if (IsLiteral(*expression.args[0])) {   // true IN (a, b)
        ConditionPtr any = Always(false);
        for (std::size_t i = 1; i < expression.args.size(); ++i) {
          any = Either(any, TestOf(*expression.args[i], {"", TestKind::kEquals,
                                                         {DatumOf(*expression.args[0])}, false, true}));
        }
        return expression.negated ? Negated(any) : any;
      }
      [[fallthrough]];
    case ExpressionKind::kLike:
    case ExpressionKind::kRlike: {
      Test test;
      test.is_three_valued = true;
      test.kind = expression.kind == ExpressionKind::kIn     ? TestKind::kEquals
                  : expression.kind == ExpressionKind::kLike ? TestKind::kWildcard
                                                             : TestKind::kRegex;
      for (std::size_t i = 1; i < expression.args.size(); ++i) {
        test.values.push_back(DatumOf(*expression.args[i]));
      }
      const ConditionPtr condition = TestOf(*expression.args[0], std::move(test));
      return expression.negated ? Negated(condition) : condition;
    }
    default:
      throw Unread{"a condition"};
  }
}

void Reader::Fields(const Expression& expression, std::vector<std::string>* fields) {
  if (expression.kind == ExpressionKind::kColumn) {
    const auto computed = columns_.computed.find(expression.name);
    if (computed != columns_.computed.end()) {
      Columns before = columns_;
      before.computed.erase(expression.name);
      Reader(before).Fields(*computed->second, fields);
    } else if (!columns_.extracted.contains(expression.name) && expression.name != "@timestamp") {
      fields->push_back(expression.name);
    }
    return;
  }
  if (expression.kind == ExpressionKind::kCall && expression.name == "CASE") {
    throw Unread{"the fields of CASE"};
  }
  for (const esql::ExpressionPtr& argument : expression.args) {
    Fields(*argument, fields);
    if (expression.kind == ExpressionKind::kCall && expression.name == "COALESCE") {
      return;
    }
  }
}

}  // namespace

ConditionPtr FromEsql(const Expression& expression, const Columns& columns) {
  return Reader(columns).Read(expression);
}

std::vector<std::string> FieldsOf(const Expression& expression, const Columns& columns) {
  std::vector<std::string> fields;
  Reader(columns).Fields(expression, &fields);
  return fields;
}

}  // namespace weir::made
