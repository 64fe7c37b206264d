// The factories named by the function table. Each has checked types and counts before it, builds
// the evaluator and returns null after reporting what is wrong with constant arguments.
#pragma once

#include "common/expr/calls_internal.h"

namespace weir::expr {

// conditional.cc
ExprPtr MakeCase(Call& call);
ExprPtr MakeCoalesce(Call& call);
ExprPtr MakeGreatest(Call& call);
ExprPtr MakeLeast(Call& call);
ExprPtr MakeRoundTo(Call& call);
ExprPtr MakeClamp(Call& call);
ExprPtr MakeClampMin(Call& call);
ExprPtr MakeClampMax(Call& call);

// string_functions.cc
ExprPtr MakeLength(Call& call);
ExprPtr MakeByteLength(Call& call);
ExprPtr MakeBitLength(Call& call);
ExprPtr MakeSubstring(Call& call);
ExprPtr MakeLeft(Call& call);
ExprPtr MakeRight(Call& call);
ExprPtr MakeConcat(Call& call);
ExprPtr MakeTrim(Call& call);
ExprPtr MakeLtrim(Call& call);
ExprPtr MakeRtrim(Call& call);
ExprPtr MakeToLower(Call& call);
ExprPtr MakeToUpper(Call& call);
ExprPtr MakeSplit(Call& call);
ExprPtr MakeStartsWith(Call& call);
ExprPtr MakeEndsWith(Call& call);
ExprPtr MakeContains(Call& call);
ExprPtr MakeLocate(Call& call);
ExprPtr MakeRepeat(Call& call);
ExprPtr MakeSpace(Call& call);
ExprPtr MakeReverse(Call& call);

// json_functions.cc
ExprPtr MakeJsonExtract(Call& call);

// match.cc
ExprPtr MakeMatch(Call& call);
ExprPtr MakeMatchPhrase(Call& call);

// replace.cc
ExprPtr MakeReplace(Call& call);

// encoding_functions.cc
ExprPtr MakeHash(Call& call);
ExprPtr MakeMd5(Call& call);
ExprPtr MakeSha1(Call& call);
ExprPtr MakeSha256(Call& call);
ExprPtr MakeToBase64(Call& call);
ExprPtr MakeFromBase64(Call& call);
ExprPtr MakeUrlEncode(Call& call);
ExprPtr MakeUrlEncodeComponent(Call& call);
ExprPtr MakeUrlDecode(Call& call);

// date_functions.cc
ExprPtr MakeDateTrunc(Call& call);
ExprPtr MakeDateDiff(Call& call);
ExprPtr MakeDateExtract(Call& call);
ExprPtr MakeDateFormat(Call& call);
ExprPtr MakeDateParse(Call& call);
ExprPtr MakeDayName(Call& call);
ExprPtr MakeMonthName(Call& call);
ExprPtr MakeYear(Call& call);
ExprPtr MakeMonth(Call& call);
ExprPtr MakeDay(Call& call);
ExprPtr MakeHour(Call& call);
ExprPtr MakeDaysInMonth(Call& call);
ExprPtr MakeNow(Call& call);

// bucket.cc
ExprPtr MakeBucket(Call& call);
ExprPtr MakeTbucket(Call& call);

// ip_functions.cc
ExprPtr MakeCidrMatch(Call& call);
ExprPtr MakeNetworkDirection(Call& call);
ExprPtr MakeIpPrefix(Call& call);

// math_functions.cc
ExprPtr MakeAbs(Call& call);
ExprPtr MakeCeil(Call& call);
ExprPtr MakeFloor(Call& call);
ExprPtr MakeRound(Call& call);
ExprPtr MakePow(Call& call);
ExprPtr MakeSqrt(Call& call);
ExprPtr MakeCbrt(Call& call);
ExprPtr MakeExp(Call& call);
ExprPtr MakeLog(Call& call);
ExprPtr MakeLog10(Call& call);
ExprPtr MakeSignum(Call& call);
ExprPtr MakeSin(Call& call);
ExprPtr MakeCos(Call& call);
ExprPtr MakeTan(Call& call);
ExprPtr MakeAsin(Call& call);
ExprPtr MakeAcos(Call& call);
ExprPtr MakeAtan(Call& call);
ExprPtr MakeAtan2(Call& call);
ExprPtr MakeSinh(Call& call);
ExprPtr MakeCosh(Call& call);
ExprPtr MakeTanh(Call& call);
ExprPtr MakeHypot(Call& call);
ExprPtr MakeAsinh(Call& call);
ExprPtr MakeAcosh(Call& call);
ExprPtr MakeAtanh(Call& call);
ExprPtr MakeCopySign(Call& call);
ExprPtr MakeScalb(Call& call);
ExprPtr MakeToDegrees(Call& call);
ExprPtr MakeToRadians(Call& call);
ExprPtr MakePi(Call& call);
ExprPtr MakeE(Call& call);
ExprPtr MakeTau(Call& call);

// multivalue_functions.cc
ExprPtr MakeMvCount(Call& call);
ExprPtr MakeMvDedupe(Call& call);
ExprPtr MakeMvMin(Call& call);
ExprPtr MakeMvMax(Call& call);
ExprPtr MakeMvFirst(Call& call);
ExprPtr MakeMvLast(Call& call);
ExprPtr MakeMvSum(Call& call);
ExprPtr MakeMvAvg(Call& call);
ExprPtr MakeMvMedian(Call& call);
ExprPtr MakeMvMedianAbsoluteDeviation(Call& call);
ExprPtr MakeMvPercentile(Call& call);
ExprPtr MakeMvConcat(Call& call);
ExprPtr MakeMvSort(Call& call);
ExprPtr MakeMvSlice(Call& call);
ExprPtr MakeMvAppend(Call& call);
ExprPtr MakeMvZip(Call& call);
ExprPtr MakeMvContains(Call& call);
ExprPtr MakeMvIntersects(Call& call);
ExprPtr MakeMvIntersection(Call& call);
ExprPtr MakeMvUnion(Call& call);
ExprPtr MakeMvPseriesWeightedSum(Call& call);
ExprPtr MakeMvDifference(Call& call);

// convert.cc
ExprPtr MakeToIpDecimal(Call& call);
ExprPtr MakeToIpOctal(Call& call);
template <DataType kType>
ExprPtr MakeConversion(Call& call);

}  // namespace weir::expr
