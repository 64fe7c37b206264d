// What the primitives of Splunk's search language share. Its values have no types: a text that looks
// like a number is one where both sides of an operation do, and every number can be read as text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/expr/function_table.h"
#include "common/expr/functions_internal.h"
#include "common/regex/search_regex.h"

namespace weir::expr {

// A single value as a number: itself, or a text that is one through and through. A time counts seconds.
std::optional<double> SplNumber(const Value& item);
// A single value as text: whole numbers without a fraction.
std::string_view SplText(const Value& item, Arena& arena);
// Numbers by value where both are numbers, else texts by character code.
int SplCompare(const Value& left, const Value& right, Arena& arena);

// A number as a value: whole ones that a long holds exactly stay doubles, as all numbers are.
Value SplResult(double number);   // null when it is not finite

// The pattern of an argument: compiled with the query when it is constant, else at its first use by the
// thread. Null for a pattern that cannot be compiled.
class SplRegexArgument {
 public:
  // False after reporting.
  bool Prepare(const Call& call, std::size_t index);
  std::shared_ptr<const regex::SearchRegex> Get(const Frame& frame, const Value& pattern) const;

 private:
  std::shared_ptr<const regex::SearchRegex> constant_;
};

// The rows of the primitives, by theme.
std::span<const FunctionRow> SplRows();
// spl_compare.cc
ExprPtr MakeSplText(Call& call);
ExprPtr MakeSplNumber(Call& call);
ExprPtr MakeSplSortText(Call& call);
ExprPtr MakeSplEqual(Call& call);
ExprPtr MakeSplNotEqual(Call& call);
ExprPtr MakeSplLess(Call& call);
ExprPtr MakeSplLessEqual(Call& call);
ExprPtr MakeSplGreater(Call& call);
ExprPtr MakeSplGreaterEqual(Call& call);
ExprPtr MakeSplIn(Call& call);
ExprPtr MakeSplIsNumber(Call& call);
ExprPtr MakeSplIsInteger(Call& call);
ExprPtr MakeSplIsText(Call& call);
ExprPtr MakeSplKeysPresent(Call& call);
// spl_conditional.cc
ExprPtr MakeSplCase(Call& call);
ExprPtr MakeSplCoalesce(Call& call);
ExprPtr MakeSplNullif(Call& call);
// spl_search.cc
ExprPtr MakeSplSearchEqual(Call& call);
ExprPtr MakeSplSearchNotEqual(Call& call);
ExprPtr MakeSplSearchLess(Call& call);
ExprPtr MakeSplSearchLessEqual(Call& call);
ExprPtr MakeSplSearchGreater(Call& call);
ExprPtr MakeSplSearchGreaterEqual(Call& call);
ExprPtr MakeSplTerm(Call& call);
// spl_text.cc
ExprPtr MakeSplLength(Call& call);
ExprPtr MakeSplLower(Call& call);
ExprPtr MakeSplUpper(Call& call);
ExprPtr MakeSplSubstring(Call& call);
ExprPtr MakeSplConcat(Call& call);
ExprPtr MakeSplSplit(Call& call);
ExprPtr MakeSplTrim(Call& call);
ExprPtr MakeSplLtrim(Call& call);
ExprPtr MakeSplRtrim(Call& call);
ExprPtr MakeSplLike(Call& call);
ExprPtr MakeSplUrlDecode(Call& call);
ExprPtr MakeSplCidrMatch(Call& call);
template <int kAlgorithm>
ExprPtr MakeSplDigest(Call& call);
// spl_regex.cc
ExprPtr MakeSplMatch(Call& call);
ExprPtr MakeSplRegex(Call& call);
ExprPtr MakeSplRex(Call& call);
ExprPtr MakeSplReplace(Call& call);
ExprPtr MakeSplMvFind(Call& call);
// spl_number.cc
ExprPtr MakeSplAdd(Call& call);
ExprPtr MakeSplSubtract(Call& call);
ExprPtr MakeSplMultiply(Call& call);
ExprPtr MakeSplDivide(Call& call);
ExprPtr MakeSplModulo(Call& call);
ExprPtr MakeSplToNumber(Call& call);
ExprPtr MakeSplToString(Call& call);
ExprPtr MakeSplRound(Call& call);
ExprPtr MakeSplFloor(Call& call);
ExprPtr MakeSplCeil(Call& call);
ExprPtr MakeSplAbs(Call& call);
ExprPtr MakeSplMin(Call& call);
ExprPtr MakeSplMax(Call& call);
ExprPtr MakeSplPow(Call& call);
ExprPtr MakeSplSqrt(Call& call);
ExprPtr MakeSplExp(Call& call);
ExprPtr MakeSplLn(Call& call);
ExprPtr MakeSplLog(Call& call);
ExprPtr MakeSplPi(Call& call);
ExprPtr MakeSplBin(Call& call);
ExprPtr MakeSplSampleDeviation(Call& call);
ExprPtr MakeSplSampleVariance(Call& call);
// spl_multivalue.cc
ExprPtr MakeSplMvCount(Call& call);
ExprPtr MakeSplMvIndex(Call& call);
ExprPtr MakeSplMvJoin(Call& call);
ExprPtr MakeSplMvAppend(Call& call);
ExprPtr MakeSplMvDedup(Call& call);
ExprPtr MakeSplMvSort(Call& call);
ExprPtr MakeSplMvZip(Call& call);
template <int kLevel>
ExprPtr MakeSplItem(Call& call);
template <int kLevel>
ExprPtr MakeSplMvFilter(Call& call);
template <int kLevel>
ExprPtr MakeSplMvMap(Call& call);
// spl_time.cc
ExprPtr MakeSplEpoch(Call& call);
ExprPtr MakeSplClockEnd(Call& call);
ExprPtr MakeSplRelativeTime(Call& call);
ExprPtr MakeSplStrftime(Call& call);
ExprPtr MakeSplStrptime(Call& call);
// spl_json.cc
ExprPtr MakeSplSpath(Call& call);

}  // namespace weir::expr
