// Overlays from the file to the alert: what they change takes effect, survives restarts and edits, and
// what does not fit is named while the rule runs on.
#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/overlay/overlay.h"
#include "tests/integration/overlay_world.h"

namespace weir::integration {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr UnixMillis kBegin = 1'767'225'600'000;   // 2026-01-01
constexpr int64_t kMinute = kMillisPerMinute;

std::string RuleText(const std::string& id, const std::string& query) {
  return fmt::format(
      "[rule]\nrule_id = \"{}\"\nname = \"Rule {}\"\nseverity = \"low\"\nrisk_score = 1\n"
      "interval = \"5m\"\nfrom = \"now-60m\"\ntype = \"esql\"\nlanguage = \"esql\"\nquery = '''\n"
      "{}\n'''\n",
      id, id, query);
}

worker::RuleFile CountRule(const std::string& id = "r") {
  return {id + ".toml", RuleText(id, "FROM logs-* | STATS calls = COUNT(*) BY user.name | WHERE "
                                     "calls >= 5")};
}
worker::RuleFile EventRule(const std::string& id = "r") {
  return {id + ".toml", RuleText(id, "FROM logs-* METADATA _id | WHERE event.action == \"x\" | KEEP "
                                     "@timestamp, user.name")};
}
worker::RuleFile Overlay(const std::string& text) { return {overlay::NameInRuleSet("o.yaml"), text}; }

std::vector<Document> Calls(UnixMillis at_ms, int count, const std::string& user,
                            const std::string& more = "") {
  std::vector<Document> documents;
  for (int i = 0; i < count; ++i) {
    documents.push_back({at_ms + i, fmt::format("\"user.name\":\"{}\",\"event.action\":\"x\"{}", user,
                                                more)});
  }
  return documents;
}

std::vector<std::string> Messages(const std::vector<rule::Finding>& findings) {
  std::vector<std::string> messages;
  for (const rule::Finding& finding : findings) {
    messages.push_back(fmt::format("{}:{}: {}", finding.line, finding.column, finding.message));
  }
  return messages;
}

std::vector<std::string> Brief(const OverlayWorld& world) {
  std::vector<std::string> lines;
  for (const alert::Alert& alert : world.Alerts()) {
    lines.push_back(fmt::format("{}{}{}", OverlayWorld::GroupText(alert),
                                alert.flags == 0 ? "" : " ",
                                fmt::join(alert::AlertFlagNames(alert.flags), ",")));
  }
  return lines;
}

TEST(OverlayRulesTest, AThresholdIsChangedByItsColumnAndTheCountsAreKept) {
  for (const bool restart : {false, true}) {
    OverlayWorld world({});
    world.Activate({CountRule()});
    world.Feed(Calls(kBegin, 4, "ann"));
    const Hash128 window = world.rules().windows.at(0).id;
    world.Activate({CountRule(), Overlay("rules: {r: {thresholds: {calls: 8}}}")});
    EXPECT_THAT(world.findings()[1], IsEmpty());
    EXPECT_EQ(world.rules().windows.at(0).id, window);
    if (restart) {
      world.Restart(true);
    }
    world.Feed(Calls(kBegin + kMinute, 3, "ann"));
    EXPECT_THAT(world.Alerts(), IsEmpty());   // 7 calls
    world.Feed(Calls(kBegin + 2 * kMinute, 1, "ann"));
    ASSERT_THAT(world.Alerts(), SizeIs(1));
    EXPECT_EQ(OverlayWorld::ColumnText(world.Alerts()[0], "calls"), "8");
    const auto& changes = world.rules().rules[0].source.adjustments.changes;
    ASSERT_THAT(changes, SizeIs(1));
    EXPECT_EQ(changes[0].vendor, "5");
    EXPECT_EQ(changes[0].overlay, "8");
  }
}

TEST(OverlayRulesTest, OfARangeTheLowerBoundIsTheThreshold) {
  OverlayWorld world({});
  world.Activate({{"r.toml", RuleText("r", "FROM logs-* | STATS calls = COUNT(*), low = COUNT_DISTINCT(user.id) BY "
                                           "user.name | WHERE calls > 5 AND calls < 100 AND (low < 3 OR "
                                           "7 > low)")},
                  Overlay("rules: {r: {thresholds: {calls: 50, low: 2, call: 1}}}")});
  EXPECT_THAT(Messages(world.findings()[1]),
              ElementsAre("1:37: no longer fits: rule [r] compares column [low] with 2 constants: which "
                          "one is meant is not clear",
                          "1:45: no longer fits: rule [r] compares no column [call] with a constant "
                          "after STATS"));
  EXPECT_THAT(world.rules().rules.at(0).tail.text, HasSubstr("50"));
}

TEST(OverlayRulesTest, AShadowRuleAlertsWithoutBeingDelivered) {
  OverlayWorld world({});
  world.Activate({CountRule(), Overlay("rules: {r: {shadow: true, severity: high, risk_score: 80}}")});
  world.Feed(Calls(kBegin, 5, "ann"));
  world.End();
  EXPECT_THAT(Brief(world), ElementsAre("user.name=ann shadow"));
  const alert::Alert alert = world.Alerts()[0];
  EXPECT_FALSE(alert::IsDelivered(alert.flags));
  EXPECT_EQ(alert.severity, rule::Severity::kHigh);
  EXPECT_EQ(alert.risk_score, 80);
}

TEST(OverlayRulesTest, JudgingIsChosenPerRule) {
  OverlayWorld world({});
  world.Activate({CountRule("a"), CountRule("b"), CountRule("c"),
                  Overlay("rules: {a: {mode: schedule, interval: 10m, look_back: 30m}, b: {alerts: "
                          "parity}, c: {enabled: false}}")});
  ASSERT_THAT(world.rules().rules, SizeIs(2));
  const plan::Judge& a = world.rules().FindRule("a")->judge;
  EXPECT_EQ(a.mode, plan::JudgeMode::kSchedule);
  EXPECT_EQ(a.alerts, plan::AlertMode::kEpisodes);
  EXPECT_EQ(a.interval_ms, 10 * kMinute);
  EXPECT_EQ(a.lookback_ms, 30 * kMinute);
  EXPECT_EQ(world.rules().FindRule("b")->judge.alerts, plan::AlertMode::kParity);
}

constexpr char kExceptions[] = R"(rules:
  r:
    exceptions:
      - {name: robots, field: user.name, values: [robot, "ro\"bot"], author: a, reason: b}
      - name: office
        filter: 'source.ip: "10.0.0.0/8" and not event.action: x'
        author: a
        reason: b
      - {name: until-noon, filter: "user.name: eve", until: "2026-01-01T12:00:00Z", author: a, reason: b}
)";

TEST(OverlayRulesTest, ExceptedEventsAreNotCountedAndSaidSo) {
  for (const std::size_t events_per_record : {1, 1000}) {
    OverlayWorld world({{}, events_per_record, events_per_record == 1 ? 3U : 0U});
    world.Activate({CountRule(), Overlay(kExceptions)});
    EXPECT_THAT(Messages(world.findings()[1]), IsEmpty());
    world.Feed(Calls(kBegin, 6, "robot"));
    world.Feed(Calls(kBegin + kMinute, 5, "ann", ",\"source.ip\":\"10.1.2.3\""));
    world.Feed(Calls(kBegin + 2 * kMinute, 7, "eve"));
    world.Feed(Calls(kBegin + 13 * 60 * kMinute, 5, "eve"));   // the exception has ended
    world.End();
    EXPECT_THAT(Brief(world), ElementsAre("user.name=ann", "user.name=eve"));
    EXPECT_THAT(world.excepted(), ElementsAre(Pair("robots", 6U), Pair("until-noon", 7U)));
  }
}

TEST(OverlayRulesTest, OnlyEventsThatTheRuleWouldCountAreExcepted) {
  OverlayWorld world({});
  world.Activate({EventRule(), Overlay("rules: {r: {exceptions: [{name: n, field: user.name, values: "
                                       "ann, author: a, reason: b}]}}")});
  world.Feed({{kBegin, "\"user.name\":\"ann\",\"event.action\":\"x\""},
              {kBegin + 1, "\"user.name\":\"ann\",\"event.action\":\"y\""},
              {kBegin + 2, "\"user.name\":\"bob\",\"event.action\":\"x\""}});
  world.End();
  EXPECT_THAT(world.Alerts(), SizeIs(1));
  EXPECT_THAT(world.excepted(), ElementsAre(Pair("n", 1U)));
  // The exception's field is no column that the query shows.
  EXPECT_THAT(world.Alerts()[0].columns, SizeIs(2));
}

TEST(OverlayRulesTest, WhatDoesNotFitIsNamedAndTheRuleRuns) {
  OverlayWorld world({});
  world.Activate({CountRule(), Overlay(R"(rules:
  r:
    written_for_version: 2
    mode: continuous
    thresholds: {cals: 3}
    exceptions:
      - {name: gone, field: user.nmae, values: [x], author: a, reason: b}
      - {name: broken, filter: "user.name: (", author: a, reason: b}
    suppression: {group_by: [nobody], duration: 1h}
  gone: {enabled: true}
silences:
  - {name: s, rules: [r], group: {account: "1"}, until: 2030-01-01, author: a, reason: b}
)")});
  EXPECT_THAT(
      Messages(world.findings()[1]),
      ElementsAre(
          "10:3: no longer fits: no rule has the id [gone]",
          "3:26: no longer fits: written for version 2 of rule [r], which names none",
          AllOf(HasSubstr("5:18: no longer fits: rule [r] compares no column [cals]")),
          HasSubstr("8:32: exception [broken]: in KQL at 1:"),
          HasSubstr("7:29: no longer fits: exception [gone] tests field [user.nmae]"),
          HasSubstr("9:29: no longer fits: rule [r] has no output column [nobody] to suppress by"),
          HasSubstr("silence [s] asks for group column [account], which rule [r] does not have")));
  world.Feed(Calls(kBegin, 5, "ann"));
  world.End();
  EXPECT_THAT(world.Alerts(), SizeIs(1));
}

TEST(OverlayRulesTest, AnOverlayIsPartOfTheRuleSetsIdentity) {
  OverlayWorld world({});
  world.Activate({CountRule(), Overlay("rules: [")});
  EXPECT_THAT(Messages(world.findings()[1]), ElementsAre(HasSubstr("no YAML")));
  EXPECT_THAT(world.rules().rules, SizeIs(1));
  // Rules judged by a text that is no overlay any more go on as the vendor wrote them.
  world.Activate({CountRule()});
  EXPECT_THAT(world.findings(), SizeIs(1));
}

TEST(OverlayRulesTest, ASilenceKeepsAlertsBackUntilItEnds) {
  for (const bool restart : {false, true}) {
    OverlayWorld world({});
    world.Activate({CountRule(), Overlay(R"(silences:
  - {name: s, rules: ["Rule *"], severities: [low], group: {user.name: "a*"}, until: "2026-01-01T02:00:00Z", author: a, reason: b}
)")});
    world.Feed(Calls(kBegin, 5, "ann"));
    world.Feed(Calls(kBegin + kMinute, 5, "bob"));
    if (restart) {
      world.Restart(true);
    }
    EXPECT_THAT(Brief(world), ElementsAre("user.name=ann silenced", "user.name=bob"));
    world.Feed(Calls(kBegin + 3 * 60 * kMinute, 5, "ann"));
    EXPECT_THAT(Brief(world), ElementsAre("user.name=ann silenced", "user.name=bob", "user.name=ann"));
  }
}

TEST(OverlayRulesTest, AnAlertThatOutlastsItsSilenceIsDelivered) {
  for (const std::size_t events_per_record : {1, 1000}) {
    OverlayWorld world({{}, events_per_record, 0});
    world.Activate({CountRule(), Overlay("silences: [{name: s, group: {user.name: ann}, until: "
                                         "\"2026-01-01T00:30:00Z\", author: a, reason: b}]")});
    for (int minute = 0; minute < 60; minute += 10) {
      world.Feed(Calls(kBegin + minute * kMinute, 5, "ann"));
    }
    world.End();
    EXPECT_THAT(Brief(world), ElementsAre("user.name=ann"));
  }
}

// Alerts of fifty users within an hour, at most ten of them one by one.
constexpr char kStormCap[] = "rules: {r: {storm_cap: {alerts: 10, per: 1h}}}";

void ExpectStorm(const OverlayWorld& world, std::size_t hits) {
  const std::vector<alert::Alert> alerts = world.Alerts();
  ASSERT_THAT(alerts, SizeIs(11));
  const auto storm = std::find_if(alerts.begin(), alerts.end(), [](const alert::Alert& alert) {
    return (alert.flags & alert::kStorm) != 0;
  });
  ASSERT_NE(storm, alerts.end());
  EXPECT_EQ(storm->suppressed_count, hits - 10);
  EXPECT_THAT(storm->group, IsEmpty());
  EXPECT_EQ(OverlayWorld::ColumnText(*storm, "storm.cap"), "10");
  EXPECT_LT(storm->suppression.first_ms, storm->suppression.last_ms);
}

TEST(OverlayRulesTest, AStormIsOneCountedAlert) {
  std::vector<Document> documents;
  for (int user = 0; user < 50; ++user) {
    for (const Document& call : Calls(kBegin + 1 + user * 40 * kMillisPerSecond, 5, fmt::format("u{}", user))) {
      documents.push_back(call);
    }
  }
  std::vector<std::string> first;
  for (const auto& [events, restart] :
       std::vector<std::pair<std::size_t, std::size_t>>{{1000, 0}, {7, 0}, {1, 40}}) {
    OverlayWorld world({{}, events, restart});
    world.Activate({CountRule(), Overlay(kStormCap)});
    world.Feed(documents);
    world.End();
    ExpectStorm(world, 50);
    std::vector<std::string> ids;
    for (const alert::Alert& alert : world.Alerts()) {
      ids.push_back(alert.id.ToHex());
    }
    first = first.empty() ? ids : first;
    EXPECT_EQ(ids, first);
  }
}

TEST(OverlayRulesTest, AStormOfARuleWithoutStatsIsOneCountedAlert) {
  OverlayWorld world({{}, 7, 5});
  world.Activate({EventRule(), Overlay(kStormCap)});
  EXPECT_EQ(world.rules().classes.at(0).kind, plan::KeyClass::Kind::kHome);
  world.Feed(Calls(kBegin + 1, 50, "ann"));
  ExpectStorm(world, 50);
  // The next hour has a cap of its own.
  world.Feed(Calls(kBegin + 61 * kMinute, 3, "ann"));
  world.End();
  EXPECT_THAT(world.Alerts(), SizeIs(14));
}

TEST(OverlayRulesTest, AStormCapKeepsTheCounts) {
  OverlayWorld world({});
  world.Activate({CountRule()});
  world.Feed(Calls(kBegin, 4, "ann"));
  const Hash128 window = world.rules().windows.at(0).id;
  world.Activate({CountRule(), Overlay(kStormCap)});
  EXPECT_EQ(world.rules().windows.at(0).id, window);
  EXPECT_TRUE(world.rules().rules.at(0).spread);
  world.Feed(Calls(kBegin + kMinute, 1, "ann"));
  world.End();
  EXPECT_THAT(world.Alerts(), SizeIs(1));
}

TEST(OverlayRulesTest, ASignalThatLastsTooLongIsANewAlert) {
  std::vector<Document> documents;
  for (int minute = 0; minute < 600; minute += 10) {   // ten hours of one signal
    for (const Document& call : Calls(kBegin + minute * kMinute, 2, "ann")) {
      documents.push_back(call);
    }
  }
  for (const auto& [events, restart] :
       std::vector<std::pair<std::size_t, std::size_t>>{{1000, 0}, {1, 17}}) {
    OverlayWorld without({{}, events, restart});
    without.Activate({CountRule()});
    without.Feed(documents);
    without.End();
    EXPECT_THAT(without.Alerts(), SizeIs(1));
    OverlayWorld world({{}, events, restart});
    world.Activate({CountRule(), Overlay("rules: {r: {max_signal_duration: 3h}}")});
    EXPECT_EQ(world.rules().windows.at(0).id, without.rules().windows.at(0).id);
    world.Feed(documents);
    world.End();
    const std::vector<alert::Alert> alerts = world.Alerts();
    ASSERT_THAT(Brief(world), ElementsAre("user.name=ann", "user.name=ann continues",
                                          "user.name=ann continues", "user.name=ann continues"));
    for (const alert::Alert& alert : alerts) {
      EXPECT_LE(alert.episode_end_ms - alert.episode_start_ms, 180 * kMinute);
    }
    // One after the other, without a gap, over the same time.
    EXPECT_EQ(alerts.front().episode_start_ms, without.Alerts()[0].episode_start_ms);
    EXPECT_EQ(alerts[1].episode_start_ms, alerts[0].episode_end_ms + kMillisPerSecond);
    EXPECT_EQ(alerts.back().episode_end_ms, without.Alerts()[0].episode_end_ms);
  }
}

TEST(OverlayRulesTest, ASuppressionLastsNoLongerThanASignalMay) {
  OverlayWorld world({});
  world.Activate({EventRule(), Overlay("rules: {r: {suppression: {group_by: user.name, duration: 7d}, "
                                       "max_signal_duration: 1h}}")});
  for (int minute = 0; minute < 180; minute += 30) {
    world.Feed(Calls(kBegin + minute * kMinute, 1, "ann"));
  }
  world.End();
  ASSERT_THAT(world.Alerts(), SizeIs(2));   // at 0 and 90 minutes
  EXPECT_EQ(world.Alerts()[0].suppressed_count, 2U);
  EXPECT_EQ(world.Alerts()[0].suppression.last_ms, kBegin + 60 * kMinute);
}

// The overlay that ships fits the rules that ship.
TEST(OverlayRulesTest, TheSampleFitsThePack) {
  const auto loaded = rule::LoadRules({WEIR_ROOT "/deploy/rules"});
  ASSERT_TRUE(loaded.ok()) << Message(loaded.status());
  const auto overlays = overlay::LoadOverlays({WEIR_ROOT "/deploy/overlays"});
  ASSERT_TRUE(overlays.ok()) << Message(overlays.status());
  ASSERT_THAT(*overlays, SizeIs(1));
  std::vector<worker::RuleFile> files;
  for (const rule::LoadResult& file : *loaded) {
    files.push_back({file.path, file.text});
  }
  files.push_back({overlay::NameInRuleSet(overlays->front().path), overlays->front().text});
  OverlayWorld world({});
  world.Activate(files);
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_THAT(Messages(world.findings()[i]), IsEmpty()) << files[i].path;
  }
  std::size_t changed = 0;
  for (const plan::CompiledRule& rule : world.rules().rules) {
    changed += rule.source.adjustments.changes.empty() ? 0 : 1;
  }
  EXPECT_EQ(changed, 3U);
}

}  // namespace
}  // namespace weir::integration
