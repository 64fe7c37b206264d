#include "common/spl/commands.h"

#include <algorithm>

namespace weir::spl {
namespace {

constexpr std::string_view kNewValue =
    "tables of what was seen before are not kept; a rule that counts new values in its window "
    "(`dc`) comes near it";
constexpr std::string_view kReadsEvents = "a rule reads events";
constexpr std::string_view kToSinks = "alerts go to sinks";
constexpr std::string_view kNoChart = "a chart is no alert; use `stats ... by`";
constexpr std::string_view kNoModel =
    "models are not run; use a threshold, or `eventstats avg(...) stdev(...)`";
constexpr std::string_view kShownOnly = "alerts show values as they are; leave it out, or use `eval`";
constexpr std::string_view kByPaths = "JSON fields are read by their paths; use `rex` for others";
constexpr std::string_view kOneSearch =
    "one search is run over each event; use `stats ... by` over an OR of both conditions";

// clang-format off
constexpr CommandRow kCommands[] = {
    {"search", true, "keeps rows; case does not count, `*` is a wildcard"},
    {"where", true, "keeps rows for which an expression is true"},
    {"eval", true, "adds or replaces fields, left to right"},
    {"rename", true, "gives fields other names, also by wildcard"},
    {"fillnull", true, "puts a value where a field is missing"},
    {"fields", true, "keeps or removes fields"},
    {"table", true, "keeps fields in an order"},
    {"convert", true, "`ctime(field)`: a time as text, in UTC"},
    {"stats", true, "aggregates by fields; a row without one of them is dropped and counted"},
    {"eventstats", true, "aggregates and adds the result to every row"},
    {"bin", true, "rounds down to a span; hours and days are those of UTC"},
    {"bucket", true, "as bin"},
    {"dedup", true, "the first event of each combination, by event time"},
    {"sort", true, "orders rows; alone it changes no alert"},
    {"head", true, "the first rows"},
    {"spath", true, "reads JSON text by path"},
    {"mvexpand", true, "one row for each value"},
    {"rex", true, "named groups of a regular expression become fields"},
    {"regex", true, "keeps rows whose field a regular expression finds"},
    {"addinfo", true, "`info_min_time` and `info_max_time`: the judged range"},
    {"tstats", false, "data models are not accelerated here; write the search over `cloudtrail` with `stats`"},
    {"datamodel", false, "data models are not known; write the search over `cloudtrail`"},
    {"from", false, "data models and saved datasets are not known; write the search over `cloudtrail`"},
    {"pivot", false, "data models are not known; write the search with `stats`"},
    {"lookup", false, kNewValue},
    {"inputlookup", false, kNewValue},
    {"outputlookup", false, kNewValue},
    {"join", false, kOneSearch},
    {"append", false, kOneSearch},
    {"appendcols", false, kOneSearch},
    {"appendpipe", false, kOneSearch},
    {"multisearch", false, kOneSearch},
    {"union", false, kOneSearch},
    {"set", false, kOneSearch},
    {"selfjoin", false, kOneSearch},
    {"transaction", false, "events are not gathered into one; use `stats values(...) by` the fields they share"},
    {"streamstats", false, "events may arrive in any order, so that running totals have no one result; use `eventstats`"},
    {"delta", false, "events may arrive in any order; use `stats range(...)`"},
    {"autoregress", false, "events may arrive in any order; use `stats`"},
    {"accum", false, "events may arrive in any order; use `stats sum(...)`"},
    {"map", false, "a search cannot start others"},
    {"foreach", false, "write the expression for each field"},
    {"return", false, "subsearches are not run"},
    {"format", false, "subsearches are not run"},
    {"iplocation", false, "places of addresses are not known here; they must come with the events"},
    {"geostats", false, "places of addresses are not known here"},
    {"timechart", false, "a chart is no alert; use `bin _time` and `stats ... by _time`"},
    {"chart", false, kNoChart},
    {"top", false, "use `stats count by`, `sort` and `head`"},
    {"rare", false, "use `stats count by`, `sort` and `head`"},
    {"xyseries", false, kNoChart},
    {"untable", false, kNoChart},
    {"transpose", false, "rows of different groups would meet in one alert"},
    {"makeresults", false, kReadsEvents},
    {"metadata", false, kReadsEvents},
    {"mstats", false, kReadsEvents},
    {"rest", false, kReadsEvents},
    {"makemv", false, "use `eval f=split(f, \",\")`"},
    {"nomv", false, "use `eval f=mvjoin(f, \" \")`"},
    {"mvcombine", false, "use `stats values(...) by` the other fields"},
    {"replace", false, "use `eval f=replace(f, \"regex\", \"text\")`"},
    {"reverse", false, "alerts have no order"},
    {"tail", false, "use `sort` and `head`"},
    {"uniq", false, "use `dedup`"},
    {"addtotals", false, "use `eval`"},
    {"addcoltotals", false, "rows of different groups would meet in one alert"},
    {"extract", false, kByPaths},
    {"kv", false, kByPaths},
    {"xmlkv", false, "XML is not read; use `rex`"},
    {"xpath", false, "XML is not read; use `rex`"},
    {"inputcsv", false, kReadsEvents},
    {"outputcsv", false, kToSinks},
    {"collect", false, kToSinks},
    {"sendalert", false, kToSinks},
    {"sendemail", false, kToSinks},
    {"apply", false, kNoModel},
    {"fit", false, kNoModel},
    {"anomalydetection", false, "models are not run; use `eventstats avg(...) stdev(...)`"},
    {"anomalies", false, "models are not run; use `eventstats avg(...) stdev(...)`"},
    {"outlier", false, "models are not run; use `eventstats avg(...) stdev(...)`"},
    {"cluster", false, "models are not run; use `stats ... by`"},
    {"kmeans", false, "models are not run; use `stats ... by`"},
    {"predict", false, "models are not run; use `eventstats avg(...) stdev(...)`"},
    {"trendline", false, "models are not run; use `eventstats avg(...)`"},
    {"analyzefields", false, kNoModel},
    {"arules", false, kNoModel},
    {"associate", false, kNoModel},
    {"correlate", false, kNoModel},
    {"findtypes", false, kNoModel},
    {"typelearner", false, kNoModel},
    {"x11", false, kNoModel},
    {"contingency", false, kNoChart},
    {"gauge", false, kNoChart},
    {"makecontinuous", false, kNoChart},
    {"sichart", false, kNoChart},
    {"sirare", false, kNoChart},
    {"sistats", false, kNoChart},
    {"sitimechart", false, kNoChart},
    {"sitop", false, kNoChart},
    {"timewrap", false, kNoChart},
    {"abstract", false, kShownOnly},
    {"fieldformat", false, kShownOnly},
    {"highlight", false, kShownOnly},
    {"iconify", false, kShownOnly},
    {"outputtext", false, kShownOnly},
    {"reltime", false, kShownOnly},
    {"scrub", false, kShownOnly},
    {"rangemap", false, "use `eval f=case(...)`"},
    {"strcat", false, "use `eval f=a.b`"},
    {"filldown", false, "events may arrive in any order; use `fillnull`"},
    {"concurrency", false, "events may arrive in any order; use `bin _time` and `stats count by _time`"},
    {"localize", false, "a search cannot start others"},
    {"localop", false, "stages run where the events are; leave it out"},
    {"redistribute", false, "stages run where the events are; leave it out"},
    {"noop", false, "leave it out"},
    {"require", false, "no rows give no alert; leave it out"},
    {"eventtypes", false, "types of events are not known; write the condition"},
    {"tags", false, "tags are not known; write the condition"},
    {"typer", false, "types of events are not known; write the condition"},
    {"erex", false, "use `rex`"},
    {"multikv", false, kByPaths},
    {"kvform", false, kByPaths},
    {"fromjson", false, "use `spath`"},
    {"tojson", false, "alerts hold fields"},
    {"makejson", false, "alerts hold fields"},
    {"diff", false, "rows of different groups would meet in one alert"},
    {"fieldsummary", false, "rows of different groups would meet in one alert"},
    {"searchtxn", false, "events are not gathered into one; use `stats values(...) by` the fields they share"},
    {"audit", false, kReadsEvents},
    {"dbinspect", false, kReadsEvents},
    {"dbxquery", false, kReadsEvents},
    {"eventcount", false, kReadsEvents},
    {"gentimes", false, kReadsEvents},
    {"history", false, kReadsEvents},
    {"loadjob", false, kReadsEvents},
    {"mcatalog", false, kReadsEvents},
    {"mpreview", false, kReadsEvents},
    {"savedsearch", false, "a search cannot start others; write its text"},
    {"typeahead", false, kReadsEvents},
    {"walklex", false, kReadsEvents},
    {"mcollect", false, kToSinks},
    {"meventcollect", false, kToSinks},
    {"tscollect", false, kToSinks},
    {"dbxoutput", false, kToSinks},
    {"dbxlookup", false, kNewValue},
    {"script", false, "programs of others are not run"},
    {"run", false, "programs of others are not run"},
    {"runshellscript", false, "programs of others are not run"},
};
// clang-format on

}  // namespace

std::span<const CommandRow> Commands() {
  return kCommands;
}

const CommandRow* FindCommand(std::string_view name) {
  const auto* found = std::find_if(std::begin(kCommands), std::end(kCommands),
                                   [&](const CommandRow& row) { return row.name == name; });
  return found == std::end(kCommands) ? nullptr : found;
}

}  // namespace weir::spl
