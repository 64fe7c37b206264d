// Tests on a field that hold when any of its values passes, and are false, never null, where there
// is none. KQL and EQL are lowered to calls of these. Their names are lower case, which no call in
// the text of an ES|QL query is: queries cannot name them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/esql/ast.h"

namespace weir::esql {

// (field, constant...): equal to one of the constants, each read as a value of the field's type. On
// ip fields a constant may be a CIDR block; on dates one that leaves out the time means the whole
// day.
inline constexpr std::string_view kAnyEquals = "any_equals";
inline constexpr std::string_view kAnyEqualsCi = "any_equals_ci";     // ignoring case
// As any_equals, but on text fields: one of the words, or the words in their order, ignoring case.
inline constexpr std::string_view kAnyWord = "any_word";
inline constexpr std::string_view kAnyPhrase = "any_phrase";
// (field, pattern...): the whole value, patterns as those of LIKE.
inline constexpr std::string_view kAnyLike = "any_like";
inline constexpr std::string_view kAnyLikeCi = "any_like_ci";
// (field, pattern...): the whole value, patterns as those of RLIKE.
inline constexpr std::string_view kAnyRegex = "any_regex";
inline constexpr std::string_view kAnyRegexCi = "any_regex_ci";
// (field, constant)
inline constexpr std::string_view kAnyLess = "any_less";
inline constexpr std::string_view kAnyLessEqual = "any_less_equal";
inline constexpr std::string_view kAnyGreater = "any_greater";
inline constexpr std::string_view kAnyGreaterEqual = "any_greater_equal";
// (field, text...): the texts may be other fields.
inline constexpr std::string_view kAnyContains = "any_contains";
inline constexpr std::string_view kAnyContainsCi = "any_contains_ci";
inline constexpr std::string_view kAnyStarts = "any_starts";
inline constexpr std::string_view kAnyStartsCi = "any_starts_ci";
inline constexpr std::string_view kAnyEnds = "any_ends";
inline constexpr std::string_view kAnyEndsCi = "any_ends_ci";
// (field, block...): ips, and text that is one.
inline constexpr std::string_view kAnyCidr = "any_cidr";

bool IsAnyValueTest(std::string_view name);

// Nodes of a lowered tree.
ExpressionPtr MakeColumnNode(std::string name, SourceRange range);
ExpressionPtr MakeKeywordNode(std::string text, SourceRange range);
ExpressionPtr MakeBooleanNode(bool value, SourceRange range);
ExpressionPtr MakeIntegerNode(int64_t value, SourceRange range);   // kInteger or kLong
ExpressionPtr MakeDoubleNode(double value, SourceRange range);
ExpressionPtr MakeCallNode(std::string_view name, SourceRange range);
ExpressionPtr MakeNotNode(ExpressionPtr operand, SourceRange range);
// left may be null: right then.
ExpressionPtr MakeJunctionNode(Operator op, ExpressionPtr left, ExpressionPtr right);
ExpressionPtr MakeBinaryNode(Operator op, ExpressionPtr left, ExpressionPtr right);
// IS NULL, or IS NOT NULL.
ExpressionPtr MakeIsNullNode(ExpressionPtr operand, bool negated, SourceRange range);

}  // namespace weir::esql
