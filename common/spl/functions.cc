#include "common/spl/functions.h"

#include <algorithm>

namespace weir::spl {
namespace {

// clang-format off
constexpr FunctionRow kFunctions[] = {
    // Conditions.
    {"if", "spl_case", 3, 3, Type::kSame, "one of two values; a null condition is not true"},
    {"case", "spl_case", 2, kAnyNumber, Type::kSame, "the value behind the first condition that is true, else null"},
    {"validate", "spl_case", 2, kAnyNumber, Type::kSame, "the value behind the first condition that is not true"},
    {"coalesce", "spl_coalesce", 1, kAnyNumber, Type::kSame, "the first value that is not null"},
    {"nullif", "spl_nullif", 2, 2, Type::kSame, "null when both are equal, else the first"},
    {"isnull", "", 1, 1, Type::kBoolean, "whether a field is missing"},
    {"isnotnull", "", 1, 1, Type::kBoolean, "whether a field is there"},
    {"null", "", 0, 0, Type::kNull, "no value"},
    {"true", "", 0, 0, Type::kBoolean, "true"},
    {"false", "", 0, 0, Type::kBoolean, "false"},
    {"in", "spl_in", 2, kAnyNumber, Type::kBoolean, "whether the first equals one of the others"},
    {"isnum", "spl_isnum", 1, 1, Type::kBoolean, "whether a value looks like a number"},
    {"isint", "spl_isint", 1, 1, Type::kBoolean, "whether a value looks like a whole number"},
    {"isstr", "spl_isstr", 1, 1, Type::kBoolean, "whether a value is there and no number"},
    // Text.
    {"len", "spl_len", 1, 1, Type::kNumber, "number of characters"},
    {"lower", "spl_lower", 1, 1, Type::kText, "in lower case"},
    {"upper", "spl_upper", 1, 1, Type::kText, "in upper case"},
    {"substr", "spl_substr", 2, 3, Type::kText, "a part from a 1-based position; a negative one counts from the end"},
    {"replace", "spl_replace", 3, 3, Type::kText, "every match of a regular expression; \\1 is a group"},
    {"split", "spl_split", 2, 2, Type::kText, "the parts between delimiters"},
    {"trim", "spl_trim", 1, 2, Type::kText, "without blanks, or the given characters, at both ends"},
    {"ltrim", "spl_ltrim", 1, 2, Type::kText, "at the start"},
    {"rtrim", "spl_rtrim", 1, 2, Type::kText, "at the end"},
    {"like", "spl_like", 2, 2, Type::kBoolean, "% is any run, _ one character; case counts"},
    {"match", "spl_match", 2, 2, Type::kBoolean, "whether a regular expression is found; the expression may be a field"},
    {"md5", "spl_md5", 1, 1, Type::kText, "digest"},
    {"sha1", "spl_sha1", 1, 1, Type::kText, "digest"},
    {"sha256", "spl_sha256", 1, 1, Type::kText, "digest"},
    {"urldecode", "spl_urldecode", 1, 1, Type::kText, "%41 as the character it stands for"},
    {"spath", "spl_spath", 2, 2, Type::kText, "what a path finds in JSON text"},
    {"json_extract", "spl_spath", 2, 2, Type::kText, "as spath"},
    // Numbers.
    {"tonumber", "spl_tonumber", 1, 2, Type::kNumber, "text as a number, also in another base; null when it is none"},
    {"tostring", "spl_tostring", 1, 2, Type::kText, "also \"hex\", \"commas\" and \"duration\""},
    {"round", "spl_round", 1, 2, Type::kNumber, "half away from zero"},
    {"floor", "spl_floor", 1, 1, Type::kNumber, "rounded down"},
    {"ceil", "spl_ceil", 1, 1, Type::kNumber, "rounded up"},
    {"ceiling", "spl_ceil", 1, 1, Type::kNumber, "rounded up"},
    {"abs", "spl_abs", 1, 1, Type::kNumber, "absolute value"},
    {"min", "spl_min", 1, kAnyNumber, Type::kText, "the least; texts are above numbers"},
    {"max", "spl_max", 1, kAnyNumber, Type::kText, "the greatest; texts are above numbers"},
    {"pow", "spl_pow", 2, 2, Type::kNumber, "power"},
    {"sqrt", "spl_sqrt", 1, 1, Type::kNumber, "square root"},
    {"exp", "spl_exp", 1, 1, Type::kNumber, "power of e"},
    {"ln", "spl_ln", 1, 1, Type::kNumber, "natural logarithm"},
    {"log", "spl_log", 1, 2, Type::kNumber, "logarithm, to base 10 unless another is given"},
    {"pi", "spl_pi", 0, 0, Type::kNumber, "3.14159265358979"},
    // Multivalues.
    {"mvcount", "spl_mvcount", 1, 1, Type::kNumber, "number of values; null when there is none"},
    {"mvindex", "spl_mvindex", 2, 3, Type::kText, "values by 0-based position; negative ones count from the end"},
    {"mvfind", "spl_mvfind", 2, 2, Type::kNumber, "position of the first value a regular expression finds, else null"},
    {"mvjoin", "spl_mvjoin", 2, 2, Type::kText, "the values with a text between them"},
    {"mvappend", "spl_mvappend", 1, kAnyNumber, Type::kText, "all values of all arguments"},
    {"mvdedup", "spl_mvdedup", 1, 1, Type::kText, "without repeats"},
    {"mvsort", "spl_mvsort", 1, 1, Type::kText, "by character code"},
    {"mvfilter", "spl_mvfilter", 1, 1, Type::kText, "the values of one field for which a condition holds"},
    {"mvmap", "spl_mvmap", 2, 2, Type::kText, "an expression for each value of a field"},
    {"mvzip", "spl_mvzip", 2, 3, Type::kText, "values joined pair by pair"},
    // Time.
    {"now", "", 0, 0, Type::kNumber, "the judged instant: of a search by the clock its end"},
    {"time", "", 0, 0, Type::kNumber, "as now"},
    {"relative_time", "spl_relative_time", 2, 2, Type::kNumber, "a time moved and cut: \"-70m@m\"; in UTC"},
    {"strftime", "spl_strftime", 2, 2, Type::kText, "a time as text; in UTC"},
    {"strptime", "spl_strptime", 2, 2, Type::kNumber, "text as a time; without a zone in UTC"},
    // Network.
    {"cidrmatch", "spl_cidrmatch", 2, 2, Type::kBoolean, "whether a block holds an address"},
};

constexpr RefusedFunction kRefused[] = {
    {"searchmatch", "use the command search"},
    {"lookup", "tables are not kept"},
    {"random", "the same events must give the same alerts"},
    {"relative_entropy", "not a function of a row"},
    {"commands", "not a function of a row"},
    {"mvrange", "use case"},
    {"mvreverse", "use mvindex"},
    {"mvdc", "use mvcount(mvdedup(f))"},
    {"json_object", "alerts hold fields"},
    {"json_array", "alerts hold fields"},
    {"json_array_to_mv", "use spath(f, \"{}\")"},
    {"json_keys", "fields are read by their paths"},
    {"json_valid", "use isnotnull(spath(f, path))"},
    {"json_set", "alerts hold fields"},
    {"json_append", "alerts hold fields"},
    {"typeof", "use isnum and isstr"},
    {"isbool", "use isnum and isstr"},
    {"sha512", "use sha256"},
    {"exact", "numbers are doubles"},
    {"sigfig", "use round"},
    {"printf", "use round and `.`"},
    {"ipmask", "use cidrmatch"},
    {"sin", "not needed by detections"},
    {"cos", "not needed by detections"},
    {"tan", "not needed by detections"},
    {"hypot", "use sqrt and pow"},
};
// clang-format on

}  // namespace

std::span<const FunctionRow> Functions() {
  return kFunctions;
}

const FunctionRow* FindFunction(std::string_view name) {
  const auto* found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                   [&](const FunctionRow& row) { return row.name == name; });
  return found == std::end(kFunctions) ? nullptr : found;
}

std::vector<std::string> FunctionNames() {
  std::vector<std::string> names;
  for (const FunctionRow& row : kFunctions) {
    names.emplace_back(row.name);
  }
  return names;
}

std::span<const RefusedFunction> RefusedFunctions() {
  return kRefused;
}

}  // namespace weir::spl
