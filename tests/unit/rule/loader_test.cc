// Reading one rule file: every field, defaults, and every kind of mistake with its position.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "common/rule/rule.h"

namespace weir::rule {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kFull = R"TOML([metadata]
creation_date = "2030/01/02"
updated_date = "2030/02/03"
maturity = "production"
min_stack_version = "9.1.0"
integration = ["aws", "aws_bedrock"]

[rule]
author = ["A. Author"]
description = "Counts things."
rule_id = "11111111-2222-3333-4444-555555555555"
name = "Many things"
type = "esql"
language = "esql"
from = "now-60m"
interval = "10m"
risk_score = 73
severity = "high"
enabled = false
max_signals = 250
version = 7
license = "Apache-2.0"
note = "Look."
setup = "Set up."
building_block_type = "default"
timestamp_override = "event.ingested"
timestamp_override_fallback_disabled = true
index = ["logs-a-*", "logs-b-*"]
tags = ["Domain: LLM", "Mitre Atlas: T0024", "Mitre Atlas: T0024.000", "Mitre Atlas: T0040"]
references = ["https://example.org/a"]
false_positives = ["tests"]
query = '''
from logs-a-*
| stats c = count(*) by user.id
'''

[[rule.threat]]
framework = "MITRE ATT&CK"
  [rule.threat.tactic]
  id = "TA0010"
  name = "Exfiltration"
  reference = "https://example.org/TA0010/"
  [[rule.threat.technique]]
  id = "T1567"
  name = "Over a web service"
  reference = "https://example.org/T1567/"
    [[rule.threat.technique.subtechnique]]
    id = "T1567.002"
    name = "To cloud storage"
    reference = "https://example.org/T1567/002/"

[rule.alert_suppression]
group_by = ["user.id", "cloud.account.id"]
missing_fields_strategy = "doNotSuppress"
[rule.alert_suppression.duration]
value = 2
unit = "h"

[rule.investigation_fields]
field_names = ["user.id", "source.ip"]
)TOML";

// A rule of the least fields, with lines put into [rule] after line 7.
std::string Minimal(std::string_view lines = "", std::string_view query = "from a") {
  return fmt::format(R"([rule]
rule_id = "r1"
name = "n"
type = "esql"
severity = "low"
risk_score = 1
query = "{}"
{}
)",
                     query, lines);
}

std::vector<std::string> Briefs(const LoadResult& result) {
  std::vector<std::string> briefs;
  for (const Finding& finding : result.findings) {
    briefs.push_back(fmt::format(
        "{}:{}: {}: {}{}", finding.line, finding.column,
        finding.severity == esql::Severity::kError ? "error" : "warning", finding.message,
        finding.hint.empty() ? "" : " | " + finding.hint));
  }
  return briefs;
}

TEST(LoaderTest, ReadsEveryField) {
  const LoadResult result = LoadRule("full.toml", std::string(kFull));
  EXPECT_THAT(Briefs(result), IsEmpty());
  ASSERT_TRUE(result.rule.has_value());
  const Rule& rule = *result.rule;
  EXPECT_EQ(rule.path, "full.toml");
  EXPECT_EQ(rule.id, "11111111-2222-3333-4444-555555555555");
  EXPECT_EQ(rule.name, "Many things");
  EXPECT_EQ(rule.description, "Counts things.");
  EXPECT_EQ(rule.type, RuleType::kEsql);
  EXPECT_EQ(rule.type_name, "esql");
  EXPECT_EQ(rule.dialect, Dialect::kEsql);
  EXPECT_EQ(rule.query, "from logs-a-*\n| stats c = count(*) by user.id\n");
  EXPECT_EQ(rule.query_line, 33);   // the line after the opening quotes
  EXPECT_EQ(rule.severity, Severity::kHigh);
  EXPECT_EQ(rule.risk_score, 73);
  EXPECT_EQ(rule.interval_ms, 600'000);
  EXPECT_EQ(rule.lookback_ms, 3'600'000);
  EXPECT_EQ(rule.to_ms, 0);
  EXPECT_EQ(rule.timestamp_override, "event.ingested");
  EXPECT_TRUE(rule.timestamp_override_fallback_disabled);
  EXPECT_FALSE(rule.enabled);
  EXPECT_EQ(rule.max_signals, 250);
  EXPECT_EQ(rule.version, 7);
  EXPECT_THAT(rule.index, ElementsAre("logs-a-*", "logs-b-*"));
  EXPECT_THAT(rule.author, ElementsAre("A. Author"));
  EXPECT_THAT(rule.references, ElementsAre("https://example.org/a"));
  EXPECT_THAT(rule.false_positives, ElementsAre("tests"));
  EXPECT_THAT(rule.investigation_fields, ElementsAre("user.id", "source.ip"));
  EXPECT_EQ(rule.note, "Look.");
  EXPECT_EQ(rule.setup, "Set up.");
  EXPECT_EQ(rule.license, "Apache-2.0");
  EXPECT_EQ(rule.building_block_type, "default");
  EXPECT_EQ(rule.creation_date, "2030/01/02");
  EXPECT_EQ(rule.updated_date, "2030/02/03");
  EXPECT_EQ(rule.maturity, "production");
  EXPECT_EQ(rule.min_stack_version, "9.1.0");
  EXPECT_THAT(rule.integration, ElementsAre("aws", "aws_bedrock"));
  ASSERT_TRUE(rule.suppression.has_value());
  EXPECT_THAT(rule.suppression->group_by, ElementsAre("user.id", "cloud.account.id"));
  EXPECT_EQ(rule.suppression->duration_ms, 7'200'000);
  EXPECT_EQ(rule.suppression->missing, Suppression::Missing::kDoNotSuppress);
}

TEST(LoaderTest, MapsThreatsAndAtlasTags) {
  const LoadResult result = LoadRule("full.toml", std::string(kFull));
  ASSERT_TRUE(result.rule.has_value());
  ASSERT_EQ(result.rule->threat.size(), 2U);
  const ThreatMapping& attack = result.rule->threat[0];
  EXPECT_EQ(attack.framework, "MITRE ATT&CK");
  EXPECT_EQ(attack.tactic.id, "TA0010");
  EXPECT_EQ(attack.techniques.at(0).entry.id, "T1567");
  EXPECT_EQ(attack.techniques.at(0).subtechniques.at(0).name, "To cloud storage");
  const ThreatMapping& atlas = result.rule->threat[1];
  EXPECT_EQ(atlas.framework, "MITRE ATLAS");
  ASSERT_EQ(atlas.techniques.size(), 2U);
  EXPECT_EQ(atlas.techniques[0].entry.id, "AML.T0024");
  ASSERT_EQ(atlas.techniques[0].subtechniques.size(), 1U);
  EXPECT_EQ(atlas.techniques[0].subtechniques[0].id, "AML.T0024.000");
  EXPECT_EQ(atlas.techniques[0].subtechniques[0].reference,
            "https://atlas.mitre.org/techniques/AML.T0024.000");
  EXPECT_EQ(atlas.techniques[1].entry.id, "AML.T0040");
}

TEST(LoaderTest, TechniquesOfTagsThatTheMappingsNameAreNotNamedAgain) {
  std::string text(kFull);
  const std::string tag = "\"Mitre Atlas: T0040\"";
  text.replace(text.find(tag), tag.size(), tag + ", \"Mitre Atlas: T0051\"");
  const LoadResult result = LoadRule("full.toml", text + R"toml(
[[rule.threat]]
framework = "MITRE ATLAS"

[rule.threat.tactic]
id = "AML.TA0011"
name = "Impact"
reference = "https://atlas.mitre.org/tactics/AML.TA0011"

[[rule.threat.technique]]
id = "AML.T0040"
name = "AI Model Inference API Access"
reference = "https://atlas.mitre.org/techniques/AML.T0040"

[[rule.threat.technique]]
id = "AML.T0024"
name = "Exfiltration via AI Inference API"
reference = "https://atlas.mitre.org/techniques/AML.T0024"
)toml");
  ASSERT_TRUE(result.rule.has_value());
  ASSERT_EQ(result.rule->threat.size(), 3U);
  const std::vector<ThreatTechnique>& mapped = result.rule->threat[1].techniques;
  ASSERT_EQ(mapped.size(), 2U);
  EXPECT_TRUE(mapped[0].subtechniques.empty());
  ASSERT_EQ(mapped[1].subtechniques.size(), 1U);
  EXPECT_EQ(mapped[1].subtechniques[0].id, "AML.T0024.000");
  const std::vector<ThreatTechnique>& tags = result.rule->threat[2].techniques;
  ASSERT_EQ(tags.size(), 1U);
  EXPECT_EQ(tags[0].entry.id, "AML.T0051");
}

TEST(LoaderTest, HasElasticsDefaults) {
  const LoadResult result = LoadRule("m.toml", Minimal());
  EXPECT_THAT(Briefs(result), IsEmpty());
  ASSERT_TRUE(result.rule.has_value());
  EXPECT_EQ(result.rule->interval_ms, 300'000);
  EXPECT_EQ(result.rule->lookback_ms, 360'000);
  EXPECT_EQ(result.rule->to_ms, 0);
  EXPECT_TRUE(result.rule->enabled);
  EXPECT_EQ(result.rule->max_signals, 100);
  EXPECT_FALSE(result.rule->suppression.has_value());
  EXPECT_EQ(result.rule->query_line, 7);
}

TEST(LoaderTest, ReadsThresholdRules) {
  const LoadResult result = LoadRule("t.toml", R"([rule]
rule_id = "t1"
name = "t"
type = "threshold"
language = "kuery"
severity = "critical"
risk_score = 99
query = "event.outcome: failure"
[rule.threshold]
field = ["user.id"]
value = 10
[[rule.threshold.cardinality]]
field = "source.ip"
value = 3
[rule.alert_suppression.duration]
value = 5
unit = "m"
)");
  EXPECT_THAT(Briefs(result), IsEmpty());
  ASSERT_TRUE(result.rule.has_value());
  EXPECT_EQ(result.rule->dialect, Dialect::kKuery);
  ASSERT_TRUE(result.rule->threshold.has_value());
  EXPECT_THAT(result.rule->threshold->fields, ElementsAre("user.id"));
  EXPECT_EQ(result.rule->threshold->value, 10);
  EXPECT_EQ(result.rule->threshold->cardinality.at(0).field, "source.ip");
  EXPECT_EQ(result.rule->threshold->cardinality.at(0).value, 3);
  EXPECT_EQ(result.rule->suppression->duration_ms, 300'000);
}

TEST(LoaderTest, SubtractsToFromTheLookBack) {
  const LoadResult result = LoadRule("m.toml", Minimal("from = \"now-15m\"\nto = \"now-5m\""));
  ASSERT_TRUE(result.rule.has_value());
  EXPECT_EQ(result.rule->lookback_ms, 600'000);
  EXPECT_EQ(result.rule->to_ms, 300'000);
}

struct Mistake {
  std::string lines;
  std::string brief;
};

TEST(LoaderTest, ReportsMistakesWithTheirPosition) {
  const Mistake kMistakes[] = {
      {"interval = 5", "8:12: error: field [rule.interval] must be a string, found an integer"},
      {"interval = \"5\"", "8:12: error: field [rule.interval] must be a positive duration, found [5]"},
      {"from = \"yesterday\"",
       "8:8: error: field [rule.from] must be now or now-<number><unit>, unit s, m, h, d or w, found "
       "[yesterday]"},
      {"from = \"now\"", "8:8: error: field [rule.from] must lie before [rule.to]"},
      {"tags = [\"a\", 1]", "8:14: error: field [rule.tags] must be a list of strings, found an integer"},
      {"enabled = \"yes\"", "8:11: error: field [rule.enabled] must be a boolean, found a string"},
      {"max_signals = 0", "8:15: error: field [rule.max_signals] must be between 1 and 1000000, found 0"},
      {"language = \"kuery\"", "8:12: error: rule type [esql] cannot have language [kuery]"},
      {"alert_suppression = 1",
       "8:21: error: field [rule.alert_suppression] must be a table, found an integer"},
      {"alert_suppression.group_by = []",
       "8:30: error: field [rule.alert_suppression.group_by] must name 1 to 3 fields, found 0"},
      {"alert_suppression.group_by = [\"a\", \"b\", \"c\", \"d\"]",
       "8:30: error: field [rule.alert_suppression.group_by] must name 1 to 3 fields, found 4"},
  };
  for (const Mistake& mistake : kMistakes) {
    const LoadResult result = LoadRule("m.toml", Minimal(mistake.lines));
    EXPECT_FALSE(result.rule.has_value()) << mistake.lines;
    EXPECT_THAT(Briefs(result), ElementsAre(mistake.brief));
  }
}

TEST(LoaderTest, ReportsBadSuppressionParts) {
  const LoadResult result = LoadRule("m.toml", Minimal(R"([rule.alert_suppression]
group_by = ["a"]
missing_fields_strategy = "maybe"
[rule.alert_suppression.duration]
value = 5
unit = "d")"));
  EXPECT_THAT(Briefs(result),
              ElementsAre("13:8: error: field [rule.alert_suppression.duration.unit] must be s, m or "
                          "h, found [d]",
                          "10:27: error: field [rule.alert_suppression.missing_fields_strategy] must "
                          "be suppress or doNotSuppress, found [maybe]"));
}

TEST(LoaderTest, NamesEveryMissingField) {
  const LoadResult result = LoadRule("m.toml", "[metadata]\n\n[rule]\ntype = \"esql\"\n");
  EXPECT_FALSE(result.rule.has_value());
  EXPECT_THAT(Briefs(result),
              ElementsAre("3:1: error: missing required field [rule.rule_id]",
                          "3:1: error: missing required field [rule.name]",
                          "3:1: error: missing required field [rule.query]",
                          "3:1: error: missing required field [rule.severity]",
                          "3:1: error: missing required field [rule.risk_score]"));
}

TEST(LoaderTest, WarnsOfUnknownFieldsWithTheNearestName) {
  const LoadResult result = LoadRule("m.toml", Minimal("intervall = \"5m\"\nzzz = 1"));
  ASSERT_TRUE(result.rule.has_value());
  EXPECT_THAT(Briefs(result),
              ElementsAre("8:1: warning: unknown field [rule.intervall] is ignored | did you mean "
                          "[interval]?",
                          "9:1: warning: unknown field [rule.zzz] is ignored"));
}

TEST(LoaderTest, WarnsOfFieldsThatHaveNoEffectHere) {
  const LoadResult result =
      LoadRule("m.toml", Minimal("data_view_id = \"x\"\nexceptions_list = []\n"
                                 "timestamp_override = \"my.time\""));
  ASSERT_TRUE(result.rule.has_value());
  EXPECT_THAT(Briefs(result),
              ElementsAre("10:22: warning: timestamp_override [my.time] is not applied: @timestamp is "
                          "used",
                          "8:16: warning: field [rule.data_view_id] is not applied"));
}

std::string MinimalKql(std::string_view filters) {
  std::string text = Minimal();
  text.replace(text.find("\"esql\""), 6, "\"query\"");
  return text + "\n" + std::string(filters);
}

TEST(LoaderTest, ReadsFilters) {
  const LoadResult result = LoadRule("m.toml", MinimalKql(R"TOML(
[[rule.filters]]
[rule.filters.meta]
negate = true
[rule.filters.query.wildcard."file.path"]
"case_insensitive" = true
"value" = "*.tmp"

[[rule.filters]]
meta = {disabled = true}
query = {percolate = {}}

[[rule.filters]]
[rule.filters.query.bool]
minimum_should_match = 1
should = [{match_phrase = {"user.name" = "a"}}, {range = {"source.port" = {gte = 1, lt = 10}}}]
must_not = {exists = {field = "host.name"}}
)TOML"));
  EXPECT_THAT(Briefs(result), IsEmpty());
  ASSERT_TRUE(result.rule.has_value() && result.rule->filter.has_value());
  const std::vector<Filter>& parts = result.rule->filter->parts;
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].kind, Filter::Kind::kNot);
  EXPECT_EQ(parts[0].parts[0].kind, Filter::Kind::kWildcard);
  EXPECT_EQ(parts[0].parts[0].field, "file.path");
  EXPECT_THAT(parts[0].parts[0].values, ElementsAre("*.tmp"));
  EXPECT_TRUE(parts[0].parts[0].ignore_case);
  ASSERT_EQ(parts[1].parts.size(), 2U);
  EXPECT_EQ(parts[1].parts[0].kind, Filter::Kind::kAny);
  EXPECT_EQ(parts[1].parts[0].parts[1].parts[0].kind, Filter::Kind::kGreaterEqual);
  EXPECT_EQ(parts[1].parts[1].kind, Filter::Kind::kNot);
}

TEST(LoaderTest, RefusesFiltersThatItCannotApply) {
  const auto refusal = [](std::string_view filter) {
    const LoadResult result = LoadRule("m.toml", MinimalKql(fmt::format("[[rule.filters]]\n{}", filter)));
    EXPECT_FALSE(result.rule.has_value()) << filter;
    return result.findings.empty() ? "" : result.findings[0].message;
  };
  EXPECT_EQ(refusal("query = {percolate = {}}"), "filter query [percolate] is not supported");
  EXPECT_EQ(refusal("query = {}"), "field [rule.filters] has no query");
  EXPECT_EQ(refusal("query = {term = 7}"), "field [rule.filters.query.term] must be a table");
  EXPECT_EQ(refusal("query = {term = {a = {value = []}}}"),
            "field [rule.filters.query.term] must have a field and a value");
  EXPECT_EQ(refusal("query = {bool = {minimum_should_match = 2}}"),
            "field [rule.filters.query.bool.minimum_should_match] of other than 0 or 1 is not supported");
  std::string esql = Minimal();
  EXPECT_EQ(LoadRule("m.toml", esql + "\n[[rule.filters]]\nquery = {exists = {field = \"a\"}}")
                .findings[0]
                .message,
            "field [rule.filters] is not supported by rules of type [esql]");
}

TEST(LoaderTest, SuggestsKnownTypes) {
  std::string text = Minimal();
  text.replace(text.find("\"esql\""), 6, "\"esq1\"");
  EXPECT_THAT(Briefs(LoadRule("m.toml", text)),
              ElementsAre("4:8: error: unknown rule type [esq1] | did you mean [esql]?"));
}

TEST(LoaderTest, RendersTheLineAndACaret) {
  const LoadResult result = LoadRule("dir/m.toml", Minimal("interval = 5"));
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0].path, "dir/m.toml");
  EXPECT_THAT(result.findings[0].rendered,
              HasSubstr("dir/m.toml:8:12: error: field [rule.interval] must be a string"));
  EXPECT_THAT(result.findings[0].rendered, HasSubstr("interval = 5\n"));
  EXPECT_THAT(result.findings[0].rendered, HasSubstr("^"));
}

TEST(LoaderTest, SyntaxErrorsHaveAPosition) {
  const LoadResult result = LoadRule("m.toml", "[rule]\nname = \"a\nid = 1\n");
  EXPECT_FALSE(result.rule.has_value());
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0].line, 2);
  EXPECT_GT(result.findings[0].column, 0);
  EXPECT_THAT(result.findings[0].message, HasSubstr("cannot parse TOML"));
}

TEST(LoaderTest, SurvivesAnyBytes) {
  std::string garbage;
  for (int i = 0; i < 4096; ++i) {
    garbage.push_back(static_cast<char>((i * 131 + 17) % 256));
  }
  const std::string deep_list = "[rule]\nx = " + std::string(100'000, '[');
  std::string deep_key = "[rule]\na";
  for (int i = 0; i < 200'000; ++i) {
    deep_key += ".a";
  }
  std::string deep_header = "[";
  for (int i = 0; i < 200'000; ++i) {
    deep_header += "a.";
  }
  for (const std::string& text :
       {std::string(), std::string(" \n\t\r\n"), garbage, std::string(1000, '\0'), deep_list,
        deep_key + " = 1\n", deep_header + "a]\n", std::string("rule = 3"), std::string("a = 1"),
        std::string("[rule]\nquery = \"\xff\xfe\"")}) {
    const LoadResult result = LoadRule("bad.toml", text);
    EXPECT_FALSE(result.rule.has_value());
    ASSERT_FALSE(result.findings.empty());
    EXPECT_EQ(result.findings.back().severity, esql::Severity::kError);
    EXPECT_THAT(result.findings.back().rendered, HasSubstr("bad.toml"));
  }
}

TEST(LoaderTest, DotsInTextsAreNoDeepKeys) {
  const std::string dots(500, '.');
  const LoadResult result = LoadRule(
      "m.toml", Minimal(fmt::format("note = \"\"\"\n{0}\n\"quoted\" {0}\n\"\"\"\nsetup = '{0}' # {0}",
                                    dots)));
  EXPECT_THAT(Briefs(result), IsEmpty());
  EXPECT_TRUE(result.rule.has_value());
}

}  // namespace
}  // namespace weir::rule
