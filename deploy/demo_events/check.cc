#include "deploy/demo_events/check.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "deploy/demo_events/json.h"

namespace weir::demo {
namespace {

StatusOr<std::vector<JsonValue>> ParseAlerts(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && text[start] == '[') {
    WEIR_ASSIGN_OR_RETURN(JsonValue array, ParseJson(text));
    return std::move(array.elements);
  }
  std::vector<JsonValue> alerts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
      WEIR_ASSIGN_OR_RETURN(JsonValue alert, ParseJson(line));
      alerts.push_back(std::move(alert));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return alerts;
}

bool SameGroup(const ExpectedAlert& expected, const JsonValue& alert) {
  for (const auto& [name, value] : expected.group) {
    const JsonValue& cell = alert["group"][name];
    const JsonValue& found = cell.kind != JsonValue::Kind::kNull ? cell : alert["columns"][name];
    if (found.kind == JsonValue::Kind::kNull || found.Display() != value) {
      return false;
    }
  }
  return true;
}

// What is wrong with an alert of the right rule and group; empty when nothing is.
std::string Problem(const ExpectedAlert& expected, const JsonValue& alert) {
  const int64_t count = alert["columns"][expected.counted].AsInteger();
  if (count < expected.count_min || count > expected.count_max) {
    return fmt::format("{} is {}, outside {} to {}", expected.counted, count, expected.count_min,
                       expected.count_max);
  }
  const int64_t suppressed = alert["suppressed_count"].AsInteger();
  if (suppressed < expected.suppressed_min) {
    return fmt::format("suppressed_count is {}, below {}", suppressed, expected.suppressed_min);
  }
  return "";
}

}  // namespace

std::string ExpectedToJson(const std::vector<ExpectedAlert>& expected) {
  std::string text = "{\"alerts\": [\n";
  for (const ExpectedAlert& alert : expected) {
    JsonObject group;
    for (const auto& [name, value] : alert.group) {
      group.Text(name, value);
    }
    text += JsonObject()
                .Text("story", alert.story)
                .Text("rule_id", alert.rule_id)
                .Raw("group", group.str())
                .Text("counted", alert.counted)
                .Number("count_min", alert.count_min)
                .Number("count_max", alert.count_max)
                .Number("suppressed_min", alert.suppressed_min)
                .str();
    text += &alert == &expected.back() ? "\n" : ",\n";
  }
  return text + "]}\n";
}

StatusOr<std::vector<ExpectedAlert>> ExpectedFromJson(std::string_view text) {
  WEIR_ASSIGN_OR_RETURN(const JsonValue file, ParseJson(text));
  std::vector<ExpectedAlert> expected;
  for (const JsonValue& alert : file["alerts"].elements) {
    ExpectedAlert& added = expected.emplace_back();
    added.story = alert["story"].text;
    added.rule_id = alert["rule_id"].text;
    for (const auto& [name, value] : alert["group"].members) {
      added.group.emplace_back(name, value.text);
    }
    added.counted = alert["counted"].text;
    added.count_min = alert["count_min"].AsInteger();
    added.count_max = alert["count_max"].AsInteger();
    added.suppressed_min = alert["suppressed_min"].AsInteger();
  }
  if (expected.empty()) {
    return InvalidArgument("no expected alerts: not a file of expectations");
  }
  return expected;
}

StatusOr<CheckResult> CheckAlerts(const std::vector<ExpectedAlert>& expected,
                                  std::string_view alerts_text) {
  WEIR_ASSIGN_OR_RETURN(const std::vector<JsonValue> alerts, ParseAlerts(alerts_text));
  CheckResult result;
  result.passed = true;
  std::vector<bool> claimed(alerts.size(), false);
  const auto line = [&result](bool good, const std::string& text) {
    result.passed = result.passed && good;
    result.report += fmt::format("  {}  {}\n", good ? "ok     " : "WRONG  ", text);
  };
  for (const ExpectedAlert& wanted : expected) {
    bool found = false;
    for (std::size_t i = 0; i < alerts.size() && !found; ++i) {
      if (claimed[i] || alerts[i]["rule_id"].text != wanted.rule_id ||
          !SameGroup(wanted, alerts[i])) {
        continue;
      }
      found = true;
      claimed[i] = true;
      const std::string problem = Problem(wanted, alerts[i]);
      line(problem.empty(), problem.empty() ? wanted.story : wanted.story + ": " + problem);
    }
    if (!found) {
      line(false, "missing: " + wanted.story);
    }
  }
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    if (!claimed[i]) {
      line(false, fmt::format("unexpected alert: {} {}", alerts[i]["rule_name"].Display(),
                              alerts[i]["group"].Display()));
    }
  }
  return result;
}

}  // namespace weir::demo
