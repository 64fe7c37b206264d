// Whole plans as text. Identities are hashes; they are cut out before comparing.
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plan/plan_testing.h"

namespace weir::plan {
namespace {

std::string ExplainOnly(const rule::Rule& rule, const CompileOptions& options = {}) {
  const CompileResult result = CompileAll({rule}, options);
  if (result.rules->rules.empty()) {
    return fmt::format("{}", fmt::join(Briefs(result.findings[0]), "\n"));
  }
  static const std::regex kHash("[0-9a-f]{32}");
  return std::regex_replace(Explain(*result.rules, result.rules->rules[0]), kHash, "<id>");
}

TEST(ExplainTest, ShowsALocalContinuousRule) {
  rule::Rule rule = MakeRule(R"PLAN(
FROM logs-cloud-*
| WHERE event.provider == "models" AND event.action IN ("Run", "Ask") AND user.id IS NOT NULL
| EVAL minute = DATE_TRUNC(1 minute, @timestamp)
| GROK params """model=(?<model>[^,]+)"""
| WHERE model IS NOT NULL
| KEEP user.id, account, model, region, minute
| STATS calls = COUNT(*), regions = VALUES(region) BY user.id, account, model
| WHERE calls >= 500
| KEEP user.id, account, model, calls, regions
| SORT calls DESC)PLAN");
  rule.suppression.emplace();
  rule.suppression->group_by = {"user.id", "account"};
  rule.suppression->duration_ms = 3'600'000;
  rule.timestamp_override = "event.ingested";
  EXPECT_EQ(ExplainOnly(rule), R"PLAN(rule
  name          Test rule
  id            r1
  type          esql
  severity      medium, risk score 47
head (on ingest, row by row)
  from          logs-cloud-*
  steps         WHERE event.provider == "models"
                WHERE event.action IN ("Run", "Ask")
                WHERE user.id IS NOT NULL
                GROK params """model=(?<model>[^,]+)"""
                WHERE model IS NOT NULL
  fields        account, event.action, event.provider, params, region, user.id
  guards        event.provider in [models]
                event.action in [Ask, Run]
fold (on a shard)
  keys          user.id
                account
                grok(params, "model=(?<model>[^,]+)", "model")
  aggregates    COUNT(*)  (judged)
                VALUES(region) /* at most 1000 */
  panes         1s wide, 3600 a look-back, by @timestamp
  window        <id>
tail (on the results of the fold)
  steps         WHERE calls >= 500
                SORT calls DESC NULLS FIRST
  output        user.id, account, model, calls, regions
  group         user.id, account, model
routing
  class         <id>, key [account, user.id]
  why           local rule: every row of a group and of its suppression key has the same [account, user.id]
judge
  mode          continuous, alerts episodes
  why           every condition, once true, stays true while rows are added
  interval      10m
  look-back     1h
  lateness      1h
  growth        COUNT(*) >= 500
suppression
  by            user.id, account
  for           1h
  missing       suppress as one group
state
  cost          about 176 bytes a group with one pane: 64 + 32 x 3 keys + 16 the pane + 0 aggregates
                and about 24 bytes for each distinct value of 1 set
                each further pane with rows: 16 bytes
)PLAN");
}

TEST(ExplainTest, ShowsASpreadScheduledRule) {
  rule::Rule rule = MakeRule(
      "FROM logs-* | WHERE regio == \"x\" | STATS c = COUNT(*), s = SUM(bytes) BY user.id "
      "| EVAL mean = s / c | WHERE mean < 10 AND c > 5 | SORT mean | LIMIT 3");
  rule.suppression.emplace();
  rule.suppression->group_by = {"gone"};
  rule.suppression->missing = rule::Suppression::Missing::kDoNotSuppress;
  EXPECT_EQ(ExplainOnly(rule), R"PLAN(rule
  name          Test rule
  id            r1
  type          esql
  severity      medium, risk score 47
head (on ingest, row by row)
  from          logs-*
  steps         WHERE regio == "x"
  fields        bytes, regio, user.id
  guards        regio in [x]
fold (on a shard)
  keys          user.id
  aggregates    COUNT(*)  (judged)
                SUM(bytes)
  panes         10m wide, 6 a look-back, by @timestamp
  window        <id>
tail (on the results of the fold)
  steps         EVAL mean = s / c
                WHERE mean < 10
                WHERE c > 5
                SORT mean ASC NULLS LAST
                LIMIT 3
  output        c, s, user.id, mean
  group         user.id
routing
  class         <id>, key [user.id]
  why           spread rule (LIMIT compares rows of all groups): rows spread by [user.id], the coordinator merges all shards at each tick
judge
  mode          schedule, alerts episodes
  why           LIMIT chooses among the rows of different groups
  interval      10m
  look-back     1h
  lateness      1h
  growth        COUNT(*) > 5
suppression
  by            gone (missing)
  for           each execution
  missing       do not suppress
state
  cost          about 136 bytes a group with one pane: 64 + 32 x 1 keys + 16 the pane + 24 aggregates
                each further pane with rows: 40 bytes
remarks
  warning       alert suppression groups by [gone], which the query does not output: it is missing in every alert, so nothing is suppressed
  warning       line 1:21: field [regio] is not known in any data stream Weir normalises
)PLAN");
}

TEST(ExplainTest, ShowsARuleWithoutStats) {
  EXPECT_EQ(ExplainOnly(MakeRule("FROM logs-* METADATA _id | WHERE is_admin | SORT bytes")), R"PLAN(rule
  name          Test rule
  id            r1
  type          esql
  severity      medium, risk score 47
head (on ingest, row by row)
  from          logs-*
  steps         WHERE is_admin
  fields        @timestamp, is_admin
  guards        none
fold (on a shard)
  events        no STATS; a row carries 2 cells
  panes         1s wide, 3600 a look-back, by @timestamp
  window        <id>
tail (on the results of the fold)
  steps         none
  output        @timestamp, is_admin
  group         @timestamp, is_admin
routing
  class         <id>, by event identity
  why           no STATS: rows spread by the identity of their event
judge
  mode          continuous, alerts episodes
  why           no STATS: every matching row is an alert at once
  interval      10m
  look-back     1h
  lateness      1h
  growth        none
state
  cost          nothing is kept per group; a row lives for its alert
remarks
  note          SORT has no effect: every row is an alert of its own
  note          the query keeps every field; alerts show the columns it names
)PLAN");
}

}  // namespace
}  // namespace weir::plan
