#include "common/expr/function_table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <unordered_map>

#include "common/base/check.h"
#include "common/expr/functions_internal.h"
#include "common/expr/spl_internal.h"

namespace weir::expr {

namespace {

constexpr ArgumentRule kSingle = ArgumentRule::kSingle;
constexpr ArgumentRule kFirstMulti = ArgumentRule::kFirstMulti;
constexpr ArgumentRule kRaw = ArgumentRule::kRaw;

// clang-format off
constexpr FunctionRow kRows[] = {
    // Conditions.
    {"CASE", "condition:any, value:any, more:any?*", kRaw, MakeCase, "The value after the first condition that is true, else the last value without a condition, else null"},
    {"COALESCE", "first:any, rest:any?*", kRaw, MakeCoalesce, "The first argument that is not null"},
    {"GREATEST", "first:value, rest:value?*", kRaw, MakeGreatest, "The greatest of the arguments' values; null if any argument is null"},
    {"LEAST", "first:value, rest:value?*", kRaw, MakeLeast, "The least of the arguments' values; null if any argument is null"},
    {"CLAMP", "field:value, min:value, max:value", kSingle, MakeClamp, "The value, kept between two bounds"},
    {"CLAMP_MIN", "field:value, min:value", kSingle, MakeClampMin, "The value, or the bound when it is less"},
    {"CLAMP_MAX", "field:value, max:value", kSingle, MakeClampMax, "The value, or the bound when it is greater"},

    // Text.
    {"LENGTH", "string:string", kSingle, MakeLength, "Number of code points"},
    {"BYTE_LENGTH", "string:string", kSingle, MakeByteLength, "Number of bytes in UTF-8"},
    {"BIT_LENGTH", "string:string", kSingle, MakeBitLength, "Number of bits in UTF-8"},
    {"SUBSTRING", "string:string, start:integer, length:integer?", kSingle, MakeSubstring, "Part of a text from a 1-based start; a negative start counts from the end"},
    {"LEFT", "string:string, length:integer", kSingle, MakeLeft, "The first code points"},
    {"RIGHT", "string:string, length:integer", kSingle, MakeRight, "The last code points"},
    {"CONCAT", "first:string, rest:string?*", kSingle, MakeConcat, "Texts joined without a separator"},
    {"TRIM", "string:string", kSingle, MakeTrim, "Text without blanks at both ends"},
    {"LTRIM", "string:string", kSingle, MakeLtrim, "Text without blanks at its start"},
    {"RTRIM", "string:string", kSingle, MakeRtrim, "Text without blanks at its end"},
    {"TO_LOWER", "string:string", kFirstMulti, MakeToLower, "Text in lower case, value by value"},
    {"TO_UPPER", "string:string", kFirstMulti, MakeToUpper, "Text in upper case, value by value"},
    {"REPLACE", "string:string, regex:string, new:string", kSingle, MakeReplace, "Every match of a regular expression replaced; $1 in the replacement is a group"},
    {"SPLIT", "string:string, delimiter:string", kSingle, MakeSplit, "The parts between delimiters as a multivalue"},
    {"STARTS_WITH", "string:string, prefix:string", kSingle, MakeStartsWith, "Whether a text begins with another"},
    {"ENDS_WITH", "string:string, suffix:string", kSingle, MakeEndsWith, "Whether a text ends with another"},
    {"CONTAINS", "string:string, substring:string", kSingle, MakeContains, "Whether a text holds another"},
    {"LOCATE", "string:string, substring:string, start:integer?", kSingle, MakeLocate, "1-based position of a text in another; 0 when absent"},
    {"REPEAT", "string:string, number:integer", kSingle, MakeRepeat, "A text several times over"},
    {"JSON_EXTRACT", "json:string, path:string", kSingle, MakeJsonExtract, "The value at a path (a.b[0]['c']) of a text of JSON, as text"},
    {"MATCH", "field:value, query:value", kRaw, MakeMatch, "As field : query"},
    {"MATCH_PHRASE", "field:value, query:string", kRaw, MakeMatchPhrase, "As field : query; of text fields the words in their order"},
    {"SPACE", "number:integer", kSingle, MakeSpace, "A text of blanks"},
    {"REVERSE", "string:string", kSingle, MakeReverse, "The characters in reverse order, each with its marks"},
    {"HASH", "algorithm:string, input:string", kSingle, MakeHash, "Digest in lower-case hexadecimal: MD5, SHA-1, SHA-256, SHA-512, SHA3-256, ..."},
    {"MD5", "input:string", kSingle, MakeMd5, "MD5 digest in lower-case hexadecimal"},
    {"SHA1", "input:string", kSingle, MakeSha1, "SHA-1 digest in lower-case hexadecimal"},
    {"SHA256", "input:string", kSingle, MakeSha256, "SHA-256 digest in lower-case hexadecimal"},
    {"TO_BASE64", "string:string", kSingle, MakeToBase64, "Text encoded in base64"},
    {"FROM_BASE64", "string:string", kSingle, MakeFromBase64, "Text decoded from base64"},
    {"URL_ENCODE", "string:string", kSingle, MakeUrlEncode, "Text encoded as a form value: a blank becomes +"},
    {"URL_ENCODE_COMPONENT", "string:string", kSingle, MakeUrlEncodeComponent, "Text encoded as a part of a URL: a blank becomes %20"},
    {"URL_DECODE", "string:string", kSingle, MakeUrlDecode, "Text decoded from URL encoding"},

    // Dates.
    {"NOW", "", kSingle, MakeNow, "The instant the query runs at, the same for all of it", "", false, false},
    {"DATE_TRUNC", "interval:timespan!, date:datetime", kSingle, MakeDateTrunc, "The start of the interval that holds a date; weeks start on Monday"},
    {"DATE_DIFF", "unit:string, start:datetime, end:datetime", kSingle, MakeDateDiff, "Whole units from start to end; negative backwards"},
    {"DATE_EXTRACT", "part:string, date:datetime", kSingle, MakeDateExtract, "A part of a date by its Java name: \"hour_of_day\", \"day_of_week\", ..."},
    {"DATE_FORMAT", "format:any, date:datetime?", kSingle, MakeDateFormat, "A date as text, in a Java pattern or ISO 8601"},
    {"DATE_PARSE", "format:string, string:string?", kSingle, MakeDateParse, "A date from text in a Java pattern or ISO 8601"},
    {"DAY_NAME", "date:datetime", kSingle, MakeDayName, "English name of the weekday"},
    {"MONTH_NAME", "date:datetime", kSingle, MakeMonthName, "English name of the month"},
    {"YEAR", "date:datetime", kSingle, MakeYear, "The year"},
    {"MONTH", "date:datetime", kSingle, MakeMonth, "The month of the year, from 1"},
    {"DAY", "date:datetime", kSingle, MakeDay, "The day of the month, from 1"},
    {"HOUR", "date:datetime", kSingle, MakeHour, "The hour of the day, from 0"},
    {"DAYS_IN_MONTH", "date:datetime", kSingle, MakeDaysInMonth, "Number of days of the month that holds a date"},
    {"BUCKET", "field:numeric|datetime, buckets:any, from:any?, to:any?", kSingle, MakeBucket, "The start of the bucket that holds a number or date", "BIN", true},
    {"TBUCKET", "interval:timespan!", kSingle, MakeTbucket, "The start of the interval that holds @timestamp", "", true},

    // Conversions.
    {"TO_BOOLEAN", "field:any", kFirstMulti, MakeConversion<DataType::kBoolean>, "As ::boolean", "TO_BOOL"},
    {"TO_INTEGER", "field:any", kFirstMulti, MakeConversion<DataType::kInteger>, "As ::integer; doubles are rounded", "TO_INT"},
    {"TO_LONG", "field:any", kFirstMulti, MakeConversion<DataType::kLong>, "As ::long; doubles are rounded"},
    {"TO_UNSIGNED_LONG", "field:any", kFirstMulti, MakeConversion<DataType::kUnsignedLong>, "As ::unsigned_long", "TO_UL TO_ULONG"},
    {"TO_DOUBLE", "field:any", kFirstMulti, MakeConversion<DataType::kDouble>, "As ::double", "TO_DBL"},
    {"TO_STRING", "field:any", kFirstMulti, MakeConversion<DataType::kKeyword>, "As ::keyword", "TO_STR"},
    {"TO_TEXT", "field:any", kFirstMulti, MakeConversion<DataType::kText>, "As ::text"},
    {"TO_DATETIME", "field:any", kFirstMulti, MakeConversion<DataType::kDatetime>, "As ::datetime; numbers are milliseconds", "TO_DT TO_DATE"},
    {"TO_IP", "field:any", kFirstMulti, MakeConversion<DataType::kIp>, "As ::ip"},
    {"TO_VERSION", "field:any", kFirstMulti, MakeConversion<DataType::kVersion>, "As ::version", "TO_VER"},
    {"TO_DATEPERIOD", "field:any", kSingle, MakeConversion<DataType::kDatePeriod>, "As ::date_period, of a constant"},
    {"TO_TIMEDURATION", "field:any", kSingle, MakeConversion<DataType::kTimeDuration>, "As ::time_duration, of a constant"},
    {"TO_DEGREES", "number:numeric", kFirstMulti, MakeToDegrees, "Radians as degrees"},
    {"TO_RADIANS", "number:numeric", kFirstMulti, MakeToRadians, "Degrees as radians"},

    // Addresses.
    {"CIDR_MATCH", "ip:ip, block:string, more:string?*", kSingle, MakeCidrMatch, "Whether any of the blocks holds an address"},
    {"IP_PREFIX", "ip:ip, v4_bits:integer, v6_bits:integer", kSingle, MakeIpPrefix, "An address cut to a prefix"},
    {"NETWORK_DIRECTION", "source:ip|string, destination:ip|string, internal_networks:string", kRaw, MakeNetworkDirection, "inbound, outbound, internal or external, seen from blocks and named ranges (\"private\") that are internal"},

    // Numbers.
    {"ABS", "number:numeric", kSingle, MakeAbs, "Absolute value"},
    {"CEIL", "number:numeric", kSingle, MakeCeil, "Rounded up; whole numbers unchanged"},
    {"FLOOR", "number:numeric", kSingle, MakeFloor, "Rounded down; whole numbers unchanged"},
    {"ROUND", "number:numeric, decimals:whole?", kSingle, MakeRound, "Rounded half away from zero"},
    {"POW", "base:numeric, exponent:numeric", kSingle, MakePow, "base to the power of exponent"},
    {"SQRT", "number:numeric", kSingle, MakeSqrt, "Square root"},
    {"CBRT", "number:numeric", kSingle, MakeCbrt, "Cube root"},
    {"EXP", "number:numeric", kSingle, MakeExp, "e to the power of a number"},
    {"LOG", "base_or_number:numeric, number:numeric?", kSingle, MakeLog, "Logarithm; natural without a base"},
    {"LOG10", "number:numeric", kSingle, MakeLog10, "Logarithm to base 10"},
    {"SIGNUM", "number:numeric", kSingle, MakeSignum, "-1, 0 or 1"},
    {"SIN", "angle:numeric", kSingle, MakeSin, "Sine"},
    {"COS", "angle:numeric", kSingle, MakeCos, "Cosine"},
    {"TAN", "angle:numeric", kSingle, MakeTan, "Tangent"},
    {"ASIN", "number:numeric", kSingle, MakeAsin, "Arc sine"},
    {"ACOS", "number:numeric", kSingle, MakeAcos, "Arc cosine"},
    {"ATAN", "number:numeric", kSingle, MakeAtan, "Arc tangent"},
    {"ATAN2", "y:numeric, x:numeric", kSingle, MakeAtan2, "Angle of the point (x, y)"},
    {"SINH", "number:numeric", kSingle, MakeSinh, "Hyperbolic sine"},
    {"COSH", "number:numeric", kSingle, MakeCosh, "Hyperbolic cosine"},
    {"TANH", "number:numeric", kSingle, MakeTanh, "Hyperbolic tangent"},
    {"ASINH", "number:numeric", kSingle, MakeAsinh, "Inverse hyperbolic sine"},
    {"ACOSH", "number:numeric", kSingle, MakeAcosh, "Inverse hyperbolic cosine"},
    {"ATANH", "number:numeric", kSingle, MakeAtanh, "Inverse hyperbolic tangent"},
    {"COPY_SIGN", "magnitude:numeric, sign:numeric", kSingle, MakeCopySign, "A number with the sign of another"},
    {"SCALB", "number:numeric, exponent:integer", kSingle, MakeScalb, "A number times 2 to the power of a whole number"},
    {"ROUND_TO", "value:numeric|datetime, points:numeric|datetime*", kSingle, MakeRoundTo, "The greatest of several points not above a value; the least point when all are above"},
    {"HYPOT", "a:numeric, b:numeric", kSingle, MakeHypot, "Length of the hypotenuse"},
    {"PI", "", kSingle, MakePi, "Ratio of a circle's circumference to its diameter"},
    {"E", "", kSingle, MakeE, "Base of the natural logarithm"},
    {"TAU", "", kSingle, MakeTau, "Twice PI"},

    // Multivalues.
    {"MV_COUNT", "field:value", kFirstMulti, MakeMvCount, "Number of values"},
    {"MV_DEDUPE", "field:value", kFirstMulti, MakeMvDedupe, "Values without repeats"},
    {"MV_MIN", "field:value", kFirstMulti, MakeMvMin, "Least value"},
    {"MV_MAX", "field:value", kFirstMulti, MakeMvMax, "Greatest value"},
    {"MV_SUM", "number:numeric", kFirstMulti, MakeMvSum, "Sum of the values"},
    {"MV_AVG", "number:numeric", kFirstMulti, MakeMvAvg, "Mean of the values"},
    {"MV_MEDIAN", "number:numeric", kFirstMulti, MakeMvMedian, "Median of the values"},
    {"MV_MEDIAN_ABSOLUTE_DEVIATION", "number:numeric", kFirstMulti, MakeMvMedianAbsoluteDeviation, "Median of the distances to the median"},
    {"MV_PERCENTILE", "number:numeric, percentile:numeric", kFirstMulti, MakeMvPercentile, "Percentile of the values, interpolated"},
    {"MV_FIRST", "field:value", kFirstMulti, MakeMvFirst, "First value"},
    {"MV_LAST", "field:value", kFirstMulti, MakeMvLast, "Last value"},
    {"MV_CONCAT", "string:string, separator:string", kFirstMulti, MakeMvConcat, "Values joined by a separator"},
    {"MV_SORT", "field:value, order:string?!", kFirstMulti, MakeMvSort, "Values in order: \"ASC\" or \"DESC\""},
    {"MV_SLICE", "field:value, start:integer, end:integer?", kFirstMulti, MakeMvSlice, "Values from a 0-based start to an end, both included; negative ones count from the end"},
    {"MV_APPEND", "first:value, second:value", kRaw, MakeMvAppend, "Values of both arguments; null if one is null"},
    {"MV_ZIP", "first:string, second:string, separator:string?", kRaw, MakeMvZip, "Values joined pair by pair"},
    {"MV_CONTAINS", "superset:value, subset:value", kRaw, MakeMvContains, "Whether the first holds all values of the second; never null", "MV_CONTAINS_ALL"},
    {"MV_INTERSECTS", "first:value, second:value", kRaw, MakeMvIntersects, "Whether a value is in both; never null"},
    {"MV_INTERSECTION", "first:value, second:value", kRaw, MakeMvIntersection, "The distinct values that are in both"},
    {"MV_UNION", "first:value, second:value", kRaw, MakeMvUnion, "The distinct values of both; null counts as empty"},
    {"MV_PSERIES_WEIGHTED_SUM", "number:numeric, p:numeric", kFirstMulti, MakeMvPseriesWeightedSum, "Sum of the values, each divided by its position to the power of p"},
    {"MV_DIFFERENCE", "first:value, second:value", kRaw, MakeMvDifference, "The distinct values of the first that are not in the second"},
};

// What calls with options are parsed to: TO_IP(x, {"leading_zeros": "octal"}). No call in the text of a
// query has a name in lower case.
constexpr FunctionRow kOptionRows[] = {
    {"to_ip_decimal", "field:any", kFirstMulti, MakeToIpDecimal, "As TO_IP; leading zeros of a part mean nothing"},
    {"to_ip_octal", "field:any", kFirstMulti, MakeToIpOctal, "As TO_IP; a part with leading zeros is octal"},
};

constexpr std::string_view kUnsupported[] = {
    "ALL_FIRST", "ALL_LAST", "ASCII", "CATEGORIZE", "CHUNK", "COUNT_OVER_TIME", "DATE_UNIT_COUNT", "DECAY",
    "DELTA", "DERIV", "EMBEDDING", "EMBED_TEXT", "EXTRACT_SNIPPETS", "FIELD_EXTRACT",
    "FIRST_OVER_TIME", "IDELTA", "INCREASE", "IN_RANGE", "IRATE", "KNN", "KQL", "MIN_OVER_TIME", "MULTI_MATCH", "QSTR", "RANGE_CONTAINS", "RANGE_INTERSECTS", "RANGE_MAX", "RANGE_MIN", "RANGE_WITHIN", "RATE", "SCORE", "ST_BUFFER", "ST_CENTROID_AGG",
    "ST_CONTAINS", "ST_DISJOINT", "ST_DISTANCE", "ST_ENVELOPE", "ST_EXTENT_AGG", "ST_GEOHASH",
    "ST_GEOHEX", "ST_GEOTILE", "ST_INTERSECTS", "ST_NPOINTS", "ST_SIMPLIFY", "ST_WITHIN", "ST_X",
    "ST_XMAX", "ST_XMIN", "ST_Y", "ST_YMAX", "ST_YMIN", "TERM", "TEXT_EMBEDDING",
    "TO_AGGREGATE_METRIC_DOUBLE", "TO_ASCII", "TO_CARTESIANPOINT", "TO_CARTESIANSHAPE", "TO_COUNTER", "TO_DATE_NANOS", "TO_DATE_RANGE",
    "TO_DATENANOS", "TO_DENSE_VECTOR", "TO_EXPONENTIAL_HISTOGRAM", "TO_GAUGE", "TO_GEOHASH", "TO_GEOHEX", "TO_GEOPOINT", "TO_GEOSHAPE",
    "TO_GEOTILE", "TO_RANGE", "TO_TDIGEST", "TOP_SNIPPETS", "TRANGE", "V_COSINE", "V_DOT_PRODUCT", "V_HAMMING",
    "V_L1_NORM", "V_L2_NORM", "V_MAGNITUDE",
};

constexpr std::string_view kAggregates[] = {
    "ABSENT", "AVG", "COUNT", "COUNT_DISTINCT", "EARLIEST", "FIRST", "LAST", "LATEST", "MAX", "MEDIAN",
    "MEDIAN_ABSOLUTE_DEVIATION", "MIN", "PERCENTILE", "PRESENT", "SAMPLE", "STD_DEV", "STD_VAR", "STDDEV",
    "SUM", "TOP", "VALUES", "VARIANCE", "WEIGHTED_AVG",
};
// clang-format on

constexpr TypeSet kNumericTypes = TypeBit(DataType::kInteger) | TypeBit(DataType::kLong) |
                                  TypeBit(DataType::kUnsignedLong) | TypeBit(DataType::kDouble);
constexpr TypeSet kStringTypes = TypeBit(DataType::kKeyword) | TypeBit(DataType::kText);
constexpr TypeSet kTimespanTypes =
    TypeBit(DataType::kDatePeriod) | TypeBit(DataType::kTimeDuration);
constexpr TypeSet kValueTypes = kNumericTypes | kStringTypes | TypeBit(DataType::kBoolean) |
                                TypeBit(DataType::kDatetime) | TypeBit(DataType::kIp) |
                                TypeBit(DataType::kVersion);

struct TypeName {
  std::string_view name;
  TypeSet types;
  std::string_view expected;
};
constexpr std::array<TypeName, 10> kTypeNames = {{
    {"any", kValueTypes | kTimespanTypes, "any type"},
    {"value", kValueTypes, "boolean, datetime, ip, numeric, string or version"},
    {"string", kStringTypes, "string"},
    {"numeric", kNumericTypes, "numeric"},
    {"integer", TypeBit(DataType::kInteger), "integer"},
    {"whole", TypeBit(DataType::kInteger) | TypeBit(DataType::kLong), "integer or long"},
    {"boolean", TypeBit(DataType::kBoolean), "boolean"},
    {"datetime", TypeBit(DataType::kDatetime), "datetime"},
    {"ip", TypeBit(DataType::kIp), "ip"},
    {"timespan", kTimespanTypes, "dateperiod or timeduration"},
}};

// Takes the text up to the separator, and the separator.
std::string_view Take(std::string_view* text, std::string_view separator) {
  const std::size_t end = std::min(text->find(separator), text->size());
  const std::string_view taken = text->substr(0, end);
  text->remove_prefix(std::min(end + separator.size(), text->size()));
  return taken;
}

Parameter ParseParameter(std::string_view text) {
  Parameter parameter;
  parameter.name = Take(&text, ":");
  while (!text.empty() && std::string_view("!?*").find(text.back()) != std::string_view::npos) {
    parameter.constant = parameter.constant || text.back() == '!';
    parameter.optional = parameter.optional || text.back() == '?';
    parameter.repeated = parameter.repeated || text.back() == '*';
    text.remove_suffix(1);
  }
  while (!text.empty()) {
    const std::string_view name = Take(&text, "|");
    const auto* known = std::find_if(kTypeNames.begin(), kTypeNames.end(),
                                     [&](const TypeName& type) { return type.name == name; });
    WEIR_CHECK(known != kTypeNames.end(), "unknown type {} in a signature", name);
    parameter.types |= known->types;
    parameter.expected.append(parameter.expected.empty() ? "" : " or ").append(known->expected);
  }
  return parameter;
}

void AddRows(std::span<const FunctionRow> rows,
             std::unordered_map<std::string_view, Function>* functions) {
  std::unordered_map<std::string_view, Function>& index = *functions;
  for (const FunctionRow& row : rows) {
    Function function{&row, {}};
    for (std::string_view rest = row.signature; !rest.empty();) {
      function.parameters.push_back(ParseParameter(Take(&rest, ", ")));
    }
    for (std::string_view rest = row.aliases; !rest.empty();) {
      index.emplace(Take(&rest, " "), function);
    }
    const bool added = index.emplace(row.name, std::move(function)).second;
    WEIR_CHECK(added, "function {} is listed twice", row.name);
  }
}

std::unordered_map<std::string_view, Function> MakeIndex() {
  std::unordered_map<std::string_view, Function> index;
  AddRows(kRows, &index);
  AddRows(kOptionRows, &index);
  AddRows(SplRows(), &index);
  return index;
}

const std::unordered_map<std::string_view, Function>& Index() {
  static const std::unordered_map<std::string_view, Function> index = MakeIndex();
  return index;
}

}  // namespace

std::size_t Function::min_args() const {
  return static_cast<std::size_t>(
      std::count_if(parameters.begin(), parameters.end(),
                    [](const Parameter& parameter) { return !parameter.optional; }));
}

std::size_t Function::max_args() const {
  return !parameters.empty() && parameters.back().repeated ? std::numeric_limits<std::size_t>::max()
                                                           : parameters.size();
}

std::span<const FunctionRow> FunctionRows() {
  return kRows;
}

const Function* FindFunction(std::string_view upper_name) {
  const auto found = Index().find(upper_name);
  return found == Index().end() ? nullptr : &found->second;
}

bool IsUnsupportedFunction(std::string_view upper_name) {
  return upper_name.starts_with("ST_") || upper_name.ends_with("_OVER_TIME") ||
         std::find(std::begin(kUnsupported), std::end(kUnsupported), upper_name) !=
             std::end(kUnsupported);
}

bool IsAggregateName(std::string_view upper_name) {
  return std::find(std::begin(kAggregates), std::end(kAggregates), upper_name) !=
         std::end(kAggregates);
}

std::vector<std::string> FunctionNames() {
  std::vector<std::string> names;
  for (const auto& [name, function] : Index()) {
    if (!function.row->grouping && std::isupper(static_cast<unsigned char>(name.front())) != 0) {
      names.emplace_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool IsGroupingFunction(std::string_view upper_name) {
  const Function* function = FindFunction(upper_name);
  return upper_name == "CATEGORIZE" || (function != nullptr && function->row->grouping);
}

}  // namespace weir::expr
