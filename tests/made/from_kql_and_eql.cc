// KQL and EQL as conditions: tests hold when any value passes, and are never null.
#include <algorithm>

#include <fmt/format.h>

#include "common/eql/parser.h"
#include "tests/made/condition.h"
#include "tests/made/pattern.h"

namespace weir::made {
namespace {

Datum DatumOf(const kql::Text& value) {
  const bool is_number = !value.text.empty() &&
                         value.text.find_first_not_of("0123456789") == std::string::npos &&
                         value.text.size() < 10;
  const bool is_truth = value.text == "true" || value.text == "false";
  return {value.text, value.quoted || !(is_number || is_truth)};
}

bool IsBlock(const std::string& text) {
  const std::size_t slash = text.find('/');
  return slash != std::string::npos && slash > 2 &&
         text.find_first_not_of("0123456789abcdef.:/") == std::string::npos &&
         text.find_first_of(".:") < slash && text.size() - slash <= 4;
}

TestKind KindOf(kql::Comparison comparison) {
  switch (comparison) {
    case kql::Comparison::kLess:
      return TestKind::kLess;
    case kql::Comparison::kLessEqual:
      return TestKind::kLessEqual;
    case kql::Comparison::kGreater:
      return TestKind::kGreater;
    case kql::Comparison::kGreaterEqual:
      return TestKind::kGreaterEqual;
  }
  return TestKind::kPresent;
}

// `name where`: what a comparison of two nodes means, the field on the left.
struct Sides {
  const eql::Node* field;
  const eql::Node* value;
  bool mirrored;
};

bool IsConstant(const eql::Node& node) {
  return node.kind == eql::NodeKind::kString || node.kind == eql::NodeKind::kInteger ||
         node.kind == eql::NodeKind::kDecimal || node.kind == eql::NodeKind::kBoolean;
}

Datum DatumOf(const eql::Node& node) {
  switch (node.kind) {
    case eql::NodeKind::kString:
      return {node.text, true};
    case eql::NodeKind::kInteger:
      return {fmt::format("{}", node.integer), false};
    case eql::NodeKind::kBoolean:
      return {node.integer != 0 ? "true" : "false", false};
    case eql::NodeKind::kDecimal:
      return {fmt::format("{}", node.number), false};
    default:
      throw Unread{"an EQL value that is no constant: " + eql::Print(node)};
  }
}

std::string FieldOf(const eql::Node& node) {
  if (node.kind != eql::NodeKind::kField) {
    throw Unread{"an EQL test of an expression: " + eql::Print(node)};
  }
  return node.text;
}

ConditionPtr FromNode(const eql::Node& node);

ConditionPtr FromCompare(const eql::Node& node) {
  const bool mirrored = !IsConstant(*node.children[1]) &&
                        node.children[1]->kind != eql::NodeKind::kNull;
  const eql::Node& left = *node.children[mirrored ? 1 : 0];
  const eql::Node& right = *node.children[mirrored ? 0 : 1];
  Test test;
  test.field = FieldOf(left);
  const bool negated = node.op == eql::Operator::kNotEqual;
  if (right.kind == eql::NodeKind::kNull) {
    const ConditionPtr present = Tested(std::move(test));
    return negated ? present : Negated(present);
  }
  test.values = {DatumOf(right)};
  switch (node.op) {
    case eql::Operator::kLess:
      test.kind = mirrored ? TestKind::kGreater : TestKind::kLess;
      break;
    case eql::Operator::kLessEqual:
      test.kind = mirrored ? TestKind::kGreaterEqual : TestKind::kLessEqual;
      break;
    case eql::Operator::kGreater:
      test.kind = mirrored ? TestKind::kLess : TestKind::kGreater;
      break;
    case eql::Operator::kGreaterEqual:
      test.kind = mirrored ? TestKind::kLessEqual : TestKind::kGreaterEqual;
      break;
    default:
      test.kind = TestKind::kEquals;
  }
  const ConditionPtr condition = Tested(std::move(test));
  return negated ? Negated(condition) : condition;
}

std::string Literally(const std::string& text) {
  std::string pattern;
  for (const char c : text) {
    pattern += c == '*' || c == '?' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return pattern;
}

ConditionPtr FromList(const eql::Node& node) {
  Test test;
  test.field = FieldOf(*node.children[0]);
  test.ignore_case = node.ignore_case || node.kind == eql::NodeKind::kSeq;
  test.kind = node.kind == eql::NodeKind::kIn      ? TestKind::kEquals
              : node.kind == eql::NodeKind::kRegex ? TestKind::kRegex
                                                   : TestKind::kWildcard;
  for (std::size_t i = 1; i < node.children.size(); ++i) {
    test.values.push_back(DatumOf(*node.children[i]));
    if (node.kind == eql::NodeKind::kSeq && !test.values.back().quoted) {
      test.kind = TestKind::kEquals;
    }
  }
  const ConditionPtr condition = Tested(std::move(test));
  return node.negated ? Negated(condition) : condition;
}

ConditionPtr FromCall(const eql::Node& node) {
  const std::string name = Lowered(node.text);
  if (node.children.empty()) {
    throw Unread{"an EQL call without arguments"};
  }
  Test test;
  test.field = FieldOf(*node.children[0]);
  test.ignore_case = node.ignore_case || name == "wildcard";
  test.kind = name == "match" ? TestKind::kRegex
              : name == "cidrmatch" ? TestKind::kCidr
                                    : TestKind::kWildcard;
  for (std::size_t i = 1; i < node.children.size(); ++i) {
    const eql::Node& argument = *node.children[i];
    if (name == "stringcontains" && argument.kind == eql::NodeKind::kField) {
      throw Unread{"an EQL call that compares two fields"};
    }
    Datum value = DatumOf(argument);
    if (name == "stringcontains") {
      value.text = "*" + Literally(value.text) + "*";
    } else if (name == "startswith") {
      value.text = Literally(value.text) + "*";
    } else if (name == "endswith") {
      value.text = "*" + Literally(value.text);
    } else if (name != "wildcard" && name != "match" && name != "cidrmatch") {
      throw Unread{"the EQL function " + node.text};
    }
    test.values.push_back(value);
  }
  return Tested(std::move(test));
}

ConditionPtr FromNode(const eql::Node& node) {
  switch (node.kind) {
    case eql::NodeKind::kAnd:
      return Both(FromNode(*node.children[0]), FromNode(*node.children[1]));
    case eql::NodeKind::kOr:
      return Either(FromNode(*node.children[0]), FromNode(*node.children[1]));
    case eql::NodeKind::kNot:
      return Negated(FromNode(*node.children[0]));
    case eql::NodeKind::kCompare:
      return FromCompare(node);
    case eql::NodeKind::kIn:
    case eql::NodeKind::kSeq:
    case eql::NodeKind::kLike:
    case eql::NodeKind::kRegex:
      return FromList(node);
    case eql::NodeKind::kCall:
      return FromCall(node);
    case eql::NodeKind::kBoolean:
      return Always(node.integer != 0);
    case eql::NodeKind::kField:
      return Tested({node.text, TestKind::kEquals, {{"true", false}}, false, false});
    default:
      throw Unread{"an EQL condition: " + eql::Print(node)};
  }
}

}  // namespace

ConditionPtr FromKql(const kql::Node& node) {
  switch (node.kind) {
    case kql::NodeKind::kAnd:
    case kql::NodeKind::kOr: {
      ConditionPtr whole;
      for (const kql::NodePtr& child : node.children) {
        ConditionPtr part = FromKql(*child);
        whole = whole == nullptr ? part
                : node.kind == kql::NodeKind::kAnd ? Both(whole, part)
                                                   : Either(whole, part);
      }
      return whole;
    }
    case kql::NodeKind::kNot:
      return Negated(FromKql(*node.children[0]));
    case kql::NodeKind::kIs: {
      if (node.field.has_wildcard) {
        throw Unread{"a wildcard in a field's name"};
      }
      Test test;
      test.field = node.field.text;
      if (node.value.has_wildcard && node.value.text == "*") {
        return Tested(std::move(test));
      }
      test.kind = node.value.has_wildcard ? TestKind::kWildcard : TestKind::kEquals;
      if (test.field.ends_with(".ip") && !node.value.has_wildcard && IsBlock(node.value.text)) {
        test.kind = TestKind::kCidr;
      }
      test.values = {node.value.has_wildcard ? Datum{node.value.pattern, true}
                                             : DatumOf(node.value)};
      return Tested(std::move(test));
    }
    case kql::NodeKind::kCompare: {
      Test test;
      test.field = node.field.text;
      test.kind = KindOf(node.comparison);
      test.values = {DatumOf(node.value)};
      return Tested(std::move(test));
    }
    default:
      throw Unread{"a KQL test of no field"};
  }
}

ConditionPtr FromEql(const eql::Query& query, const std::string& category_field) {
  ConditionPtr condition = FromNode(*query.condition);
  if (query.category.empty()) {
    return condition;
  }
  Test category;
  category.field = category_field;
  category.kind = TestKind::kEquals;
  category.values = {{query.category, true}};
  return Both(Tested(std::move(category)), std::move(condition));
}

}  // namespace weir::made
