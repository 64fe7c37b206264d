#include "common/alert/alert.h"
#include "common/alert/details.h"
#include "common/alert/json_parts.h"
#include "common/alert/text_internal.h"
#include "common/base/json_writer.h"

namespace weir::alert {

namespace {

void WriteTime(std::string_view key, UnixMillis time_ms, JsonWriter* json) {
  json->Key(key);
  if (time_ms == 0) {
    json->Null();
  } else {
    json->String(FormatTime(time_ms));
  }
}

void WriteText(std::string_view key, std::string_view text, JsonWriter* json) {
  json->Key(key);
  json->String(text);
}

void WriteSingle(const Value& value, JsonWriter* json) {
  switch (value.type()) {
    case DataType::kNull:
    case DataType::kUnsupported:
      json->Null();
      break;
    case DataType::kBoolean:
      json->Bool(value.boolean());
      break;
    case DataType::kInteger:
    case DataType::kLong:
      json->Int(value.integer());
      break;
    case DataType::kUnsignedLong:
      json->Uint(value.unsigned_long());
      break;
    case DataType::kDouble:
      json->Double(value.number());
      break;
    case DataType::kKeyword:
    case DataType::kText:
    case DataType::kVersion:
      json->String(value.text());
      break;
    case DataType::kDatetime:
    case DataType::kIp:
    case DataType::kDatePeriod:
    case DataType::kTimeDuration:
      json->String(ValueToString(value));
      break;
  }
}

void WriteCells(std::string_view key, const std::vector<NamedCell>& cells, JsonWriter* json) {
  json->Key(key);
  json->BeginObject();
  for (const NamedCell& cell : cells) {
    json->Key(cell.name);
    WriteCellValue(cell, json);
  }
  json->EndObject();
}

// Leaves the object open.
void BeginEntry(const rule::ThreatEntry& entry, JsonWriter* json) {
  json->BeginObject();
  WriteText("id", entry.id, json);
  WriteText("name", entry.name, json);
  WriteText("reference", entry.reference, json);
}

template <typename Texts>
void WriteTexts(std::string_view key, const Texts& texts, JsonWriter* json) {
  json->Key(key);
  json->BeginArray();
  for (const auto& text : texts) {
    json->String(text);
  }
  json->EndArray();
}

void WriteTimes(const Alert& alert, JsonWriter* json) {
  WriteTime("window_start", alert.window_start_ms, json);
  WriteTime("window_end", alert.window_end_ms, json);
  WriteTime("episode_start", alert.episode_start_ms, json);
  WriteTime("episode_end", alert.episode_end_ms, json);
  WriteTime("first_event", alert.first_event_ms, json);
  WriteTime("last_event", alert.last_event_ms, json);
  WriteTime("arrived_at", alert.arrived_at_ms, json);
  WriteTime("fired_at", alert.fired_at_ms, json);
}

void WriteEvents(const std::vector<EventRef>& events, JsonWriter* json) {
  json->Key("events");
  json->BeginArray();
  for (const EventRef& event : events) {
    json->BeginObject();
    WriteText("id", event.id, json);
    WriteTime("timestamp", event.timestamp_ms, json);
    json->EndObject();
  }
  json->EndArray();
}

void WriteLife(const Alert& alert, JsonWriter* json) {
  WriteText("assignee", alert.assignee, json);
  WriteText("close_reason", alert.close_reason, json);
  WriteTime("closed_at", alert.closed_at_ms, json);
  WriteTime("recovered_at", alert.recovered_at_ms, json);
  WriteTime("changed_at", alert.changed_at_ms, json);
  json->Key("comments");
  json->BeginArray();
  for (const Comment& comment : alert.comments) {
    json->BeginObject();
    WriteText("author", comment.author, json);
    WriteTime("time", comment.time_ms, json);
    WriteText("text", comment.text, json);
    json->EndObject();
  }
  json->EndArray();
  json->Key("history");
  json->BeginArray();
  for (const Change& change : alert.history) {
    json->BeginObject();
    WriteTime("time", change.time_ms, json);
    WriteText("actor", change.actor, json);
    WriteText("field", ChangeFieldName(change.field), json);
    WriteText("from", change.from, json);
    WriteText("to", change.to, json);
    WriteText("reason", change.reason, json);
    json->EndObject();
  }
  json->EndArray();
  json->Key("history_dropped");
  json->Uint(alert.history_dropped);
  json->Key("comment_count");
  json->Uint(alert.comment_count);
  json->Key("revision");
  json->Uint(alert.revision);
  json->Key("lifecycle_revision");
  json->Uint(alert.lifecycle_revision);
}

void WriteDelay(std::string_view name, const std::optional<int64_t>& delay_ms, JsonWriter* json) {
  json->Key(name);
  if (delay_ms.has_value()) {
    json->Int(*delay_ms);
  } else {
    json->Null();
  }
}

void WriteSeries(const std::optional<RowSeries>& series, JsonWriter* json) {
  json->Key("series");
  if (!series.has_value()) {
    json->Null();
    return;
  }
  json->BeginObject();
  json->Key("pane_ms");
  json->Int(series->pane_ms);
  json->Key("counts");
  json->BeginArray();
  for (const auto& [time_ms, rows] : series->counts) {
    json->BeginObject();
    WriteTime("time", time_ms, json);
    json->Key("rows");
    json->Uint(rows);
    json->EndObject();
  }
  json->EndArray();
  json->EndObject();
}

void WriteSuppression(const std::optional<SuppressionState>& state, JsonWriter* json) {
  json->Key("suppression");
  if (!state.has_value()) {
    json->Null();
    return;
  }
  json->BeginObject();
  WriteCells("key", state->key, json);
  WriteTime("until", state->until_ms, json);
  json->EndObject();
}

}  // namespace

void WriteCellValue(const NamedCell& cell, JsonWriter* json) {
  Arena arena;
  const Value value = CellValue(cell, &arena);
  if (!value.is_multi()) {
    WriteSingle(value, json);
    return;
  }
  json->BeginArray();
  for (const Value& item : value.items()) {
    WriteSingle(item, json);
  }
  json->EndArray();
}

void WriteThreatMappings(const std::vector<rule::ThreatMapping>& threat, JsonWriter* json) {
  json->BeginArray();
  for (const rule::ThreatMapping& mapping : threat) {
    json->BeginObject();
    WriteText("framework", mapping.framework, json);
    json->Key("tactic");
    BeginEntry(mapping.tactic, json);
    json->EndObject();
    json->Key("technique");
    json->BeginArray();
    for (const rule::ThreatTechnique& technique : mapping.techniques) {
      BeginEntry(technique.entry, json);
      json->Key("subtechnique");
      json->BeginArray();
      for (const rule::ThreatEntry& subtechnique : technique.subtechniques) {
        BeginEntry(subtechnique, json);
        json->EndObject();
      }
      json->EndArray();
      json->EndObject();
    }
    json->EndArray();
    json->EndObject();
  }
  json->EndArray();
}

std::string IncidentToJson(const Incident& incident) {
  std::string beside;
  JsonWriter json(&beside);
  json.BeginObject();
  WriteSeries(incident.series, &json);
  WriteSuppression(incident.suppression, &json);
  json.Key("timings");
  json.BeginObject();
  WriteDelay("event_to_arrival_ms", incident.timings.event_to_arrival_ms, &json);
  WriteDelay("arrival_to_fired_ms", incident.timings.arrival_to_fired_ms, &json);
  WriteDelay("fired_to_acknowledged_ms", incident.timings.fired_to_acknowledged_ms, &json);
  WriteDelay("fired_to_closed_ms", incident.timings.fired_to_closed_ms, &json);
  json.EndObject();
  json.Key("related");
  json.BeginArray();
  for (const Alert& alert : incident.related) {
    json.Raw(ToJson(alert));
  }
  json.EndArray();
  json.Key("related_total");
  json.Uint(incident.related_total);
  json.EndObject();
  // Both are objects with keys: one object of all.
  std::string out = ToJson(incident.alert);
  out.back() = ',';
  return out + beside.substr(1);
}

std::string ToJson(const Alert& alert) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  WriteText("alert_id", alert.id.ToHex(), &json);
  WriteText("tenant", alert.tenant, &json);
  WriteText("rule_id", alert.rule_id, &json);
  WriteText("rule_name", alert.rule_name, &json);
  json.Key("rule_version");
  json.Uint(alert.rule_version);
  WriteText("dialect", rule::DialectName(alert.dialect), &json);
  WriteText("severity", rule::SeverityName(alert.severity), &json);
  json.Key("risk_score");
  json.Int(alert.risk_score);
  WriteText("status", AlertStatusName(alert.status), &json);
  WriteCells("group", alert.group, &json);
  WriteCells("columns", alert.columns, &json);
  WriteTimes(alert, &json);
  json.Key("suppressed_count");
  json.Uint(alert.suppressed_count);
  WriteTime("suppressed_first", alert.suppression.first_ms, &json);
  WriteTime("suppressed_last", alert.suppression.last_ms, &json);
  WriteTexts("flags", AlertFlagNames(alert.flags), &json);
  WriteTexts("tags", alert.tags, &json);
  json.Key("threat");
  WriteThreatMappings(alert.threat, &json);
  WriteEvents(alert.events, &json);
  WriteText("note", alert.note, &json);
  WriteLife(alert, &json);
  json.EndObject();
  return out;
}

}  // namespace weir::alert
