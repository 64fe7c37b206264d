#include "common/sink/body.h"

#include <set>

#include <fmt/format.h>
#include <simdjson.h>

#include "common/alert/json_parts.h"
#include "common/alert/lifecycle.h"
#include "common/base/json_writer.h"
#include "common/base/time.h"

namespace weir::sink {

namespace {

constexpr std::size_t kReasonBytesMax = 512;

void Text(std::string_view key, std::string_view text, JsonWriter* json) {
  json->Key(key);
  json->String(text);
}

void Time(std::string_view key, UnixMillis time_ms, JsonWriter* json) {
  if (time_ms != 0) {
    Text(key, FormatTime(time_ms), json);
  }
}

std::string_view WorkflowStatus(const alert::Alert& alert) {
  switch (alert.status) {
    case alert::AlertStatus::kAcknowledged:
      return "acknowledged";
    case alert::AlertStatus::kClosed:
      return "closed";
    case alert::AlertStatus::kOpen:
    case alert::AlertStatus::kRecovered:
      break;
  }
  return "open";
}

std::string_view RuleTypeId(rule::Dialect dialect) {
  switch (dialect) {
    case rule::Dialect::kEsql:
      return "siem.esqlRule";
    case rule::Dialect::kEql:
      return "siem.eqlRule";
    case rule::Dialect::kKuery:
    case rule::Dialect::kLucene:
    case rule::Dialect::kSpl:
      break;
  }
  return "siem.queryRule";
}

void WriteRule(const alert::Alert& alert, JsonWriter* json) {
  Text("kibana.alert.rule.uuid", alert.rule_id, json);
  Text("kibana.alert.rule.rule_id", alert.rule_id, json);
  Text("kibana.alert.rule.name", alert.rule_name, json);
  Text("kibana.alert.rule.rule_type_id", RuleTypeId(alert.dialect), json);
  Text("kibana.alert.rule.consumer", "siem", json);
  Text("kibana.alert.rule.producer", "weir", json);
  Text("kibana.alert.rule.severity", rule::SeverityName(alert.severity), json);
  json->Key("kibana.alert.rule.risk_score");
  json->Int(alert.risk_score);
  json->Key("kibana.alert.rule.tags");
  json->BeginArray();
  for (const std::string& tag : alert.tags) {
    json->String(tag);
  }
  json->EndArray();
  json->Key("kibana.alert.rule.threat");
  alert::WriteThreatMappings(alert.threat, json);
  if (!alert.note.empty()) {
    Text("kibana.alert.rule.note", alert.note, json);
  }
}

void WriteSuppression(const alert::Alert& alert, JsonWriter* json) {
  if (alert.suppressed_count == 0) {
    return;
  }
  json->Key("kibana.alert.suppression.docs_count");
  json->Uint(alert.suppressed_count);
  Time("kibana.alert.suppression.start", alert.suppression.first_ms, json);
  Time("kibana.alert.suppression.end", alert.suppression.last_ms, json);
}

// Of the group and the columns, each name once; a document's own fields win.
void WriteColumns(const alert::Alert& alert, JsonWriter* json) {
  std::set<std::string_view> written;
  for (const auto* cells : {&alert.group, &alert.columns}) {
    for (const alert::NamedCell& cell : *cells) {
      const std::string_view name = cell.name;
      if (name.starts_with("kibana.") || name.starts_with("weir.") ||
          name.starts_with("event.kind") || name.starts_with("_") || name == "@timestamp" ||
          !written.insert(name).second) {
        continue;
      }
      json->Key(name);
      alert::WriteCellValue(cell, json);
    }
  }
}

std::string SplunkEnvelope(const BodyOptions& options, const alert::Alert& alert) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  json.Key("time");
  json.Raw(fmt::format("{}.{:03}", alert.fired_at_ms / 1000, alert.fired_at_ms % 1000));
  Text("source", "weir", &json);
  Text("sourcetype", "weir:alert", &json);
  if (!options.index.empty()) {
    Text("index", options.index, &json);
  }
  json.Key("event");
  json.Raw(alert::ToJson(alert));
  json.EndObject();
  return out;
}

std::string BulkAction(const BodyOptions& options, const alert::Alert& alert) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  json.Key("create");
  json.BeginObject();
  Text("_index", options.index, &json);
  Text("_id", alert.id.ToHex(), &json);
  json.EndObject();
  json.EndObject();
  return out;
}

}  // namespace

std::string_view ContentTypeOf(BodyFormat format) {
  return format == BodyFormat::kNdjson || format == BodyFormat::kElasticBulk
             ? "application/x-ndjson"
             : "application/json";
}

std::string ToElasticAlert(const alert::Alert& alert) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  Text("@timestamp", FormatTime(alert.fired_at_ms), &json);
  Text("event.kind", "signal", &json);
  Text("kibana.alert.uuid", alert.id.ToHex(), &json);
  Text("kibana.alert.status",
       alert.status == alert::AlertStatus::kRecovered ? "recovered" : "active", &json);
  Text("kibana.alert.workflow_status", WorkflowStatus(alert), &json);
  Text("kibana.alert.severity", rule::SeverityName(alert.severity), &json);
  json.Key("kibana.alert.risk_score");
  json.Int(alert.risk_score);
  json.Key("kibana.alert.depth");
  json.Int(1);
  Text("kibana.alert.reason",
       fmt::format("{} created {} alert.", alert.rule_name, rule::SeverityName(alert.severity)),
       &json);
  Time("kibana.alert.start", alert.fired_at_ms, &json);
  Time("kibana.alert.end", alert.recovered_at_ms, &json);
  Time("kibana.alert.last_detected", alert.last_event_ms, &json);
  Time("kibana.alert.original_time", alert.first_event_ms, &json);
  WriteSuppression(alert, &json);
  WriteRule(alert, &json);
  WriteColumns(alert, &json);
  Text("weir.alert.tenant", alert.tenant, &json);
  json.Key("weir.alert.revision");
  json.Uint(alert.revision);
  Time("weir.alert.window_start", alert.window_start_ms, &json);
  Time("weir.alert.window_end", alert.window_end_ms, &json);
  json.Key("weir.alert.flags");
  json.BeginArray();
  for (const std::string_view flag : alert::AlertFlagNames(alert.flags)) {
    json.String(flag);
  }
  json.EndArray();
  json.EndObject();
  return out;
}

std::string MakeBody(const BodyOptions& options, const std::vector<alert::Alert>& alerts) {
  std::string body = options.format == BodyFormat::kArray ? "[" : "";
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    switch (options.format) {
      case BodyFormat::kNdjson:
        body += alert::ToJson(alerts[i]) + "\n";
        break;
      case BodyFormat::kArray:
        body += (i == 0 ? "" : ",") + alert::ToJson(alerts[i]);
        break;
      case BodyFormat::kElasticBulk:
        body += BulkAction(options, alerts[i]) + "\n" + ToElasticAlert(alerts[i]) + "\n";
        break;
      case BodyFormat::kSplunkHec:
        body += SplunkEnvelope(options, alerts[i]) + "\n";
        break;
    }
  }
  return options.format == BodyFormat::kArray ? body + "]" : body;
}

StatusOr<std::vector<BulkItem>> ParseBulkResponse(std::string_view body, std::size_t count) {
  simdjson::dom::parser parser;
  simdjson::dom::array items;
  if (parser.parse(body.data(), body.size(), true)["items"].get_array().get(items) !=
      simdjson::SUCCESS) {
    return InvalidArgument("the answer to a bulk request has no list 'items'");
  }
  std::vector<BulkItem> results;
  for (const simdjson::dom::element item : items) {
    int64_t status = 0;
    const auto create = item["create"];
    if (create["status"].get_int64().get(status) != simdjson::SUCCESS) {
      return InvalidArgument("item {} of the answer to a bulk request has no create.status",
                             results.size());
    }
    BulkItem& result = results.emplace_back();
    result.status = static_cast<int>(status);
    std::string_view type;
    std::string_view reason;
    if (create["error"]["type"].get_string().get(type) == simdjson::SUCCESS) {
      result.reason = type;
    }
    if (create["error"]["reason"].get_string().get(reason) == simdjson::SUCCESS) {
      result.reason += ": " + std::string(reason.substr(0, kReasonBytesMax));
    }
  }
  if (results.size() != count) {
    return InvalidArgument("the answer to a bulk request of {} alerts has {} items", count,
                           results.size());
  }
  return results;
}

}  // namespace weir::sink
