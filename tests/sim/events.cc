#include "tests/sim/events.h"

#include <fmt/format.h>

namespace weir::sim {
namespace {

bool Any(const Event&) { return true; }
bool Failed(const Event& event) { return event.failed; }
bool FailedDelete(const Event& event) { return event.failed && event.action == "delete"; }

// frame: from, interval. extra: lines of [rule] and tables behind it.
std::string RuleText(const std::string& id, const std::string& from, const std::string& query,
                     const std::string& lines, const std::string& tables) {
  return fmt::format(R"([metadata]
creation_date = "2026/01/01"
maturity = "production"
updated_date = "2026/01/01"

[rule]
author = ["Weir"]
description = "A rule of the simulation."
from = "{}"
interval = "10s"
language = "esql"
name = "Simulation: {}"
risk_score = 21
rule_id = "{}"
severity = "low"
type = "esql"
{}query = '''
FROM logs-sim.calls-*
{}
'''
{})",
                     from, id, id, lines, query, tables);
}

std::vector<SimRule> MakeRules() {
  const std::string by_arrival = "timestamp_override = \"event.ingested\"\n";
  const std::string suppressed =
      "\n[rule.alert_suppression]\ngroup_by = [\"cloud.account.id\"]\n"
      "missing_fields_strategy = \"suppress\"\n"
      "\n[rule.alert_suppression.duration]\nunit = \"s\"\nvalue = 40\n";
  std::vector<SimRule> rules;
  const auto add = [&](const std::string& id, const std::string& from, const std::string& query,
                       bool (*wants)(const Event&), bool at_ticks, const std::string& tables) {
    rules.push_back({id, RuleText(id, from, query, at_ticks ? by_arrival : "", tables), at_ticks, wants});
  };
  add("sim-busy", "now-30s",
      "| STATS calls = COUNT(*) BY user.name, cloud.account.id\n| WHERE calls >= 6", Any, false, "");
  add("sim-very-busy", "now-30s",
      "| STATS calls = COUNT(*) BY user.name, cloud.account.id\n| WHERE calls >= 9", Any, false, "");
  add("sim-many-actions", "now-20s",
      "| STATS kinds = COUNT_DISTINCT(event.action), seen = VALUES(event.action) BY user.name\n"
      "| WHERE kinds >= 4",
      Any, false, "");
  add("sim-failures", "now-25s",
      "| WHERE event.outcome == \"failure\"\n"
      "| STATS failures = COUNT(*), addresses = VALUES(source.ip) BY user.name\n"
      "| WHERE failures >= 3",
      Failed, false, "");
  add("sim-account", "now-2h", "| STATS calls = COUNT(*) BY cloud.account.id\n| WHERE calls >= 1", Any,
      false, "");
  add("sim-failures-at-ticks", "now-20s",
      "| WHERE event.outcome == \"failure\"\n| STATS failures = COUNT(*) BY user.name\n"
      "| WHERE failures >= 2 AND failures < 500",
      Failed, true, "");
  add("sim-suppressed", "now-20s",
      "| STATS calls = COUNT(*) BY user.name, cloud.account.id\n| WHERE calls >= 3 AND calls < 500", Any,
      true, suppressed);
  add("sim-spread", "now-20s",
      "| STATS calls = COUNT(*) BY user.name\n| WHERE calls >= 4 AND calls < 500\n"
      "| SORT calls DESC, user.name\n| LIMIT 2",
      Any, true, "");
  add("sim-failed-deletes", "now-10s",
      "| WHERE event.outcome == \"failure\" AND event.action == \"delete\"\n"
      "| KEEP @timestamp, user.name, event.action",
      FailedDelete, false, "");
  return rules;
}

}  // namespace

std::string ToRecord(const Event& event, std::optional<UnixMillis> ingested_ms) {
  const std::string id = event.id.empty() ? "" : fmt::format(R"("_id":"{}",)", event.id);
  const std::string ingested =
      ingested_ms.has_value() ? fmt::format(R"(,"ingested":"{}")", FormatTime(*ingested_ms)) : "";
  return fmt::format(
      R"({{{}"_index":"logs-sim.calls-default","_source":{{"@timestamp":"{}",)"
      R"("event":{{"action":"{}","outcome":"{}"{}}},"user":{{"name":"u{}"}},)"
      R"("cloud":{{"account":{{"id":"a{}"}}}},"source":{{"ip":"203.0.113.{}"}}}}}})",
      id, FormatTime(event.time_ms), event.action, event.failed ? "failure" : "success", ingested,
      event.user, event.account, event.address);
}

const std::vector<SimRule>& Rules() {
  static const std::vector<SimRule> kRules = MakeRules();
  return kRules;
}

cluster::RuleSetTexts RuleTexts(int revision) {
  cluster::RuleSetTexts texts;
  texts.lateness_ms = kMillisPerHour;
  for (const SimRule& rule : Rules()) {
    std::string text = rule.file;
    const std::string score = "risk_score = 21";
    text.replace(text.find(score), score.size(), fmt::format("risk_score = {}", 21 + revision));
    texts.files.push_back({rule.id + ".toml", std::move(text)});
  }
  return texts;
}

}  // namespace weir::sim
