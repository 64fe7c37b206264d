// The table of the primitives that searches of Splunk's language are lowered to. Their names are lower
// case, which no call in the text of an ES|QL query is.
#include "common/expr/spl_internal.h"

namespace weir::expr {
namespace {

constexpr ArgumentRule kRaw = ArgumentRule::kRaw;

// clang-format off
constexpr FunctionRow kRows[] = {
    {"spl_text", "value:any", kRaw, MakeSplText, "Value by value as text"},
    {"spl_number", "value:any", kRaw, MakeSplNumber, "Value by value as a number; what is none is left out"},
    {"spl_sort_text", "value:any", kRaw, MakeSplSortText, "The first value as text, to sort by"},
    {"spl_eq", "left:any, right:any", kRaw, MakeSplEqual, "Equality of eval and where"},
    {"spl_ne", "left:any, right:any", kRaw, MakeSplNotEqual, "Its opposite; null with null"},
    {"spl_lt", "left:any, right:any", kRaw, MakeSplLess, "Less, as numbers where both are"},
    {"spl_le", "left:any, right:any", kRaw, MakeSplLessEqual, "Less or equal"},
    {"spl_gt", "left:any, right:any", kRaw, MakeSplGreater, "Greater"},
    {"spl_ge", "left:any, right:any", kRaw, MakeSplGreaterEqual, "Greater or equal"},
    {"spl_in", "value:any, more:any*", kRaw, MakeSplIn, "Equality with one of several"},
    {"spl_isnum", "value:any", kRaw, MakeSplIsNumber, "Whether a value looks like a number"},
    {"spl_isint", "value:any", kRaw, MakeSplIsInteger, "Whether a value looks like a whole number"},
    {"spl_isstr", "value:any", kRaw, MakeSplIsText, "Whether a value is there and no number"},
    {"spl_keys_present", "key:any*", kRaw, MakeSplKeysPresent, "Whether every field of a stats' BY is there"},
    {"spl_case", "condition:any, value:any, more:any?*", kRaw, MakeSplCase, "The value behind the first true condition"},
    {"spl_coalesce", "value:any, more:any?*", kRaw, MakeSplCoalesce, "The first value that is not null"},
    {"spl_nullif", "left:any, right:any", kRaw, MakeSplNullif, "Null when both are equal"},
    {"spl_search_eq", "field:any, pattern:any*", kRaw, MakeSplSearchEqual, "Equality of search: any value, ignoring case, with wildcards"},
    {"spl_search_ne", "field:any, pattern:any", kRaw, MakeSplSearchNotEqual, "Whether some value differs"},
    {"spl_search_lt", "field:any, literal:any", kRaw, MakeSplSearchLess, "Less, of any value"},
    {"spl_search_le", "field:any, literal:any", kRaw, MakeSplSearchLessEqual, "Less or equal, of any value"},
    {"spl_search_gt", "field:any, literal:any", kRaw, MakeSplSearchGreater, "Greater, of any value"},
    {"spl_search_ge", "field:any, literal:any", kRaw, MakeSplSearchGreaterEqual, "Greater or equal, of any value"},
    {"spl_term", "raw:any, term:any", kRaw, MakeSplTerm, "Whether the raw event holds a term"},
    {"spl_len", "text:any", kRaw, MakeSplLength, "Number of characters"},
    {"spl_lower", "text:any", kRaw, MakeSplLower, "In lower case"},
    {"spl_upper", "text:any", kRaw, MakeSplUpper, "In upper case"},
    {"spl_substr", "text:any, start:any, length:any?", kRaw, MakeSplSubstring, "A part of a text"},
    {"spl_concat", "left:any, right:any", kRaw, MakeSplConcat, "Both texts; null with null"},
    {"spl_split", "text:any, delimiter:any", kRaw, MakeSplSplit, "The parts of a text"},
    {"spl_trim", "text:any, characters:any?", kRaw, MakeSplTrim, "Trimmed at both ends"},
    {"spl_ltrim", "text:any, characters:any?", kRaw, MakeSplLtrim, "Trimmed at the start"},
    {"spl_rtrim", "text:any, characters:any?", kRaw, MakeSplRtrim, "Trimmed at the end"},
    {"spl_like", "text:any, pattern:any", kRaw, MakeSplLike, "% is any run, _ one character"},
    {"spl_urldecode", "text:any", kRaw, MakeSplUrlDecode, "Percent escapes taken off"},
    {"spl_md5", "text:any", kRaw, MakeSplDigest<0>, "Digest"},
    {"spl_sha1", "text:any", kRaw, MakeSplDigest<1>, "Digest"},
    {"spl_sha256", "text:any", kRaw, MakeSplDigest<2>, "Digest"},
    {"spl_cidrmatch", "block:any, address:any", kRaw, MakeSplCidrMatch, "Whether a block holds an address"},
    {"spl_match", "text:any, regex:any", kRaw, MakeSplMatch, "Whether a regular expression is found"},
    {"spl_regex", "field:any, regex:any", kRaw, MakeSplRegex, "As spl_match, false for null"},
    {"spl_rex", "field:any, regex:any!, group:any!", kRaw, MakeSplRex, "A named group of the first match"},
    {"spl_replace", "text:any, regex:any, new:any", kRaw, MakeSplReplace, "Every match replaced"},
    {"spl_mvfind", "values:any, regex:any", kRaw, MakeSplMvFind, "Position of the first match"},
    {"spl_add", "left:any, right:any", kRaw, MakeSplAdd, "Sum of numbers, else both texts"},
    {"spl_subtract", "left:any, right:any", kRaw, MakeSplSubtract, "Difference"},
    {"spl_multiply", "left:any, right:any", kRaw, MakeSplMultiply, "Product"},
    {"spl_divide", "left:any, right:any", kRaw, MakeSplDivide, "Quotient; null by zero"},
    {"spl_modulo", "left:any, right:any", kRaw, MakeSplModulo, "Remainder; null by zero"},
    {"spl_tonumber", "text:any, base:any?", kRaw, MakeSplToNumber, "Text as a number"},
    {"spl_tostring", "value:any, format:any?", kRaw, MakeSplToString, "A value as text"},
    {"spl_round", "number:any, decimals:any?", kRaw, MakeSplRound, "Rounded"},
    {"spl_floor", "number:any", kRaw, MakeSplFloor, "Rounded down"},
    {"spl_ceil", "number:any", kRaw, MakeSplCeil, "Rounded up"},
    {"spl_abs", "number:any", kRaw, MakeSplAbs, "Absolute value"},
    {"spl_min", "value:any, more:any?*", kRaw, MakeSplMin, "The least argument"},
    {"spl_max", "value:any, more:any?*", kRaw, MakeSplMax, "The greatest argument"},
    {"spl_pow", "base:any, exponent:any", kRaw, MakeSplPow, "Power"},
    {"spl_sqrt", "number:any", kRaw, MakeSplSqrt, "Square root"},
    {"spl_exp", "number:any", kRaw, MakeSplExp, "Power of e"},
    {"spl_ln", "number:any", kRaw, MakeSplLn, "Natural logarithm"},
    {"spl_log", "number:any, base:any?", kRaw, MakeSplLog, "Logarithm"},
    {"spl_pi", "", kRaw, MakeSplPi, "Pi"},
    {"spl_bin", "number:any, span:any", kRaw, MakeSplBin, "Rounded down to a multiple of a span"},
    {"spl_sample_deviation", "variance:any, count:any", kRaw, MakeSplSampleDeviation, "Sample deviation from the population's variance"},
    {"spl_sample_variance", "variance:any, count:any", kRaw, MakeSplSampleVariance, "Sample variance from the population's"},
    {"spl_mvcount", "values:any", kRaw, MakeSplMvCount, "Number of values; null for none"},
    {"spl_mvindex", "values:any, first:any, last:any?", kRaw, MakeSplMvIndex, "Values by position"},
    {"spl_mvjoin", "values:any, separator:any", kRaw, MakeSplMvJoin, "Values as one text"},
    {"spl_mvappend", "values:any, more:any?*", kRaw, MakeSplMvAppend, "Values of all arguments"},
    {"spl_mvdedup", "values:any", kRaw, MakeSplMvDedup, "Without repeats"},
    {"spl_mvsort", "values:any", kRaw, MakeSplMvSort, "By character code"},
    {"spl_mvzip", "left:any, right:any, separator:any?", kRaw, MakeSplMvZip, "Joined pair by pair"},
    {"spl_item0", "", kRaw, MakeSplItem<0>, "The value at hand in an outer spl_mvfilter or spl_mvmap", "", false, false},
    {"spl_item1", "", kRaw, MakeSplItem<1>, "The value at hand in an inner one", "", false, false},
    {"spl_mvfilter0", "values:any, condition:any", kRaw, MakeSplMvFilter<0>, "Values for which a condition holds"},
    {"spl_mvfilter1", "values:any, condition:any", kRaw, MakeSplMvFilter<1>, "The same inside of another"},
    {"spl_mvmap0", "values:any, result:any", kRaw, MakeSplMvMap<0>, "An expression for each value"},
    {"spl_mvmap1", "values:any, result:any", kRaw, MakeSplMvMap<1>, "The same inside of another"},
    {"spl_epoch", "time:any", kRaw, MakeSplEpoch, "A time in seconds since 1970"},
    {"spl_clock_end", "time:any, interval:any!, delay:any!, length:any!", kRaw, MakeSplClockEnd, "Ends of the scheduler's ranges that hold a time, in seconds"},
    {"spl_relative_time", "time:any, change:any", kRaw, MakeSplRelativeTime, "A time moved and cut"},
    {"spl_strftime", "time:any, format:any", kRaw, MakeSplStrftime, "A time as text"},
    {"spl_strptime", "text:any, format:any", kRaw, MakeSplStrptime, "Text as a time"},
    {"spl_spath", "json:any, path:any", kRaw, MakeSplSpath, "What a path finds in JSON text"},
};
// clang-format on

}  // namespace

std::span<const FunctionRow> SplRows() {
  return kRows;
}

}  // namespace weir::expr
