// An alert with every field set.
#pragma once

#include <string>
#include <vector>

#include "common/alert/alert.h"
#include "common/types/coding.h"

namespace weir::alert {

inline NamedCell Cell(std::string name, const Value& value) {
  NamedCell cell;
  cell.name = std::move(name);
  EncodeValue(value, &cell.encoded);
  return cell;
}

inline NamedCell ListCell(std::string name, const std::vector<Value>& values) {
  return Cell(std::move(name), Value::Multi(values));
}

inline Alert SampleAlert() {
  Alert alert;
  alert.id = {0x0123456789abcdef, 0x1011121314151617};
  alert.tenant = "acme";
  alert.rule_id = "f4e1-77";
  alert.rule_name = "Model Probing by One Identity";
  alert.rule_version = 12;
  alert.dialect = rule::Dialect::kEsql;
  alert.severity = rule::Severity::kHigh;
  alert.risk_score = 73;
  alert.status = AlertStatus::kAcknowledged;
  alert.group = {
      Cell("aws.cloudtrail.user_identity.arn",
           Value::Keyword("arn:aws:sts::123456789012:assumed-role/Builder/alice")),
      Cell("cloud.account.id", Value::Keyword("123456789012")),
  };
  alert.columns = {
      Cell("Esql.source_ip_values", Value::Null()),
      Cell("cloud.account.id", Value::Keyword("123456789012")),
      ListCell("Esql.model_id", {Value::Keyword("claude-3"), Value::Keyword("nova")}),
      Cell("Esql.inference_call_count", Value::Long(623)),
      Cell("Esql.event_action_values", Value::Keyword("InvokeModel")),
  };
  alert.window_start_ms = 1730213504000;   // 2024-10-29T14:51:44Z
  alert.window_end_ms = 1730217104000;     // an hour later
  alert.episode_start_ms = 1730217104000;
  alert.episode_end_ms = 1730217164000;
  alert.first_event_ms = 1730213505250;
  alert.last_event_ms = 1730217103007;
  alert.arrived_at_ms = 1730217103100;
  alert.fired_at_ms = 1730217103350;
  alert.suppressed_count = 3;
  alert.flags = kLate | kWarming;
  alert.tags = {"Cloud", "AWS"};
  rule::ThreatMapping mapping;
  mapping.framework = "MITRE ATT&CK";
  mapping.tactic = {"TA0007", "Discovery", "https://attack.mitre.org/tactics/TA0007/"};
  mapping.techniques = {{{"T1580", "Cloud Infrastructure Discovery", "https://a/T1580"}, {}},
                        {{"T1069", "Permission Groups Discovery", "https://a/T1069"},
                         {{"T1069.003", "Cloud Groups", "https://a/T1069/003"}}}};
  rule::ThreatMapping atlas;
  atlas.framework = "MITRE ATLAS";
  atlas.techniques = {{{"AML.T0040", "", ""}, {}}};
  alert.threat = {mapping, atlas};
  alert.events = {{"e-1", 1730217102000}, {"e-2", 1730217103007}};
  alert.note = "## Triage\n\nLook at the calls.\n";
  alert.group_hash = {5, 6};
  alert.window_id = {7, 8};
  alert.revision = 9;
  alert.assignee = "kim";
  alert.recovered_at_ms = 1730217500000;
  alert.changed_at_ms = 1730217600000;
  alert.comments = {{"lee", 1730217400000, "looks like a build job"}};
  alert.comment_count = 1;
  alert.history = {{1730217300000, "kim", Change::Field::kStatus, "open", "acknowledged", ""},
                   {1730217600000, "lee", Change::Field::kAssignee, "", "kim", ""}};
  alert.history_dropped = 2;
  alert.lifecycle_revision = 5;
  alert.shard = 17;
  alert.change = 400;
  alert.cut_ms = 11;
  alert.requests = {{1, 2}};
  return alert;
}

}  // namespace weir::alert
