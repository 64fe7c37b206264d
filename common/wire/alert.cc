#include "common/wire/alert.h"

#include <array>
#include <optional>

#include "common/types/coding.h"
#include "common/wire/text.h"
#include "common/wire/time.h"

namespace weir::wire {
namespace {

namespace pb = weir::alert::v1;

void ValueToProto(const Value& value, pb::Value* message) {
  if (value.is_multi()) {
    for (const Value& item : value.items()) {
      ValueToProto(item, message->mutable_list_value()->add_values());
    }
    return;
  }
  switch (value.type()) {
    case DataType::kBoolean:
      message->set_boolean_value(value.boolean());
      break;
    case DataType::kInteger:
      message->set_integer_value(static_cast<int32_t>(value.integer()));
      break;
    case DataType::kLong:
    case DataType::kTimeDuration:
      message->set_long_value(value.integer());
      break;
    case DataType::kUnsignedLong:
      message->set_unsigned_long_value(value.unsigned_long());
      break;
    case DataType::kDouble:
      message->set_double_value(value.number());
      break;
    case DataType::kKeyword:
      message->set_keyword_value(ValidUtf8(value.text()));
      break;
    case DataType::kText:
      message->set_text_value(ValidUtf8(value.text()));
      break;
    case DataType::kDatetime:
      message->set_datetime_unix_millis(value.integer());
      break;
    case DataType::kIp:
      message->set_ip_value(std::string(value.text()));
      break;
    case DataType::kVersion:
      message->set_version_value(ValidUtf8(value.text()));
      break;
    case DataType::kNull:
    case DataType::kDatePeriod:
    case DataType::kUnsupported:
      break;
  }
}

// Views point into the message.
Value ValueFromProto(const pb::Value& message, Arena* arena) {
  switch (message.kind_case()) {
    case pb::Value::kBooleanValue:
      return Value::Boolean(message.boolean_value());
    case pb::Value::kIntegerValue:
      return Value::Integer(message.integer_value());
    case pb::Value::kLongValue:
      return Value::Long(message.long_value());
    case pb::Value::kUnsignedLongValue:
      return Value::UnsignedLong(message.unsigned_long_value());
    case pb::Value::kDoubleValue:
      return Value::Double(message.double_value());
    case pb::Value::kKeywordValue:
      return Value::Keyword(message.keyword_value());
    case pb::Value::kTextValue:
      return Value::String(DataType::kText, message.text_value());
    case pb::Value::kDatetimeUnixMillis:
      return Value::Datetime(message.datetime_unix_millis());
    case pb::Value::kIpValue:
      return message.ip_value().size() == 16 ? Value::Ip(message.ip_value().data()) : Value::Null();
    case pb::Value::kVersionValue:
      return Value::String(DataType::kVersion, message.version_value());
    case pb::Value::kListValue: {
      std::vector<Value> items;
      for (const pb::Value& item : message.list_value().values()) {
        // A list of lists or of mixed types is no value of ours.
        const Value value = item.has_list_value() ? Value::Null() : ValueFromProto(item, arena);
        if (!value.is_null() && (items.empty() || items.front().type() == value.type())) {
          items.push_back(value);
        }
      }
      return Value::MakeMulti(items, arena);
    }
    case pb::Value::KIND_NOT_SET:
      break;
  }
  return Value::Null();
}

void EntryToProto(const rule::ThreatEntry& entry, pb::ThreatEntry* message) {
  message->set_id(ValidUtf8(entry.id));
  message->set_name(ValidUtf8(entry.name));
  message->set_reference(ValidUtf8(entry.reference));
}

rule::ThreatEntry EntryFromProto(const pb::ThreatEntry& message) {
  return {message.id(), message.name(), message.reference()};
}

void ThreatToProto(const rule::ThreatMapping& threat, pb::ThreatMapping* message) {
  message->set_framework(ValidUtf8(threat.framework));
  EntryToProto(threat.tactic, message->mutable_tactic());
  for (const rule::ThreatTechnique& technique : threat.techniques) {
    pb::ThreatTechnique* added = message->add_techniques();
    EntryToProto(technique.entry, added->mutable_entry());
    for (const rule::ThreatEntry& entry : technique.subtechniques) {
      EntryToProto(entry, added->add_subtechniques());
    }
  }
}

rule::ThreatMapping ThreatFromProto(const pb::ThreatMapping& message) {
  rule::ThreatMapping threat;
  threat.framework = message.framework();
  threat.tactic = EntryFromProto(message.tactic());
  for (const pb::ThreatTechnique& technique : message.techniques()) {
    rule::ThreatTechnique& added = threat.techniques.emplace_back();
    added.entry = EntryFromProto(technique.entry());
    for (const pb::ThreatEntry& entry : technique.subtechniques()) {
      added.subtechniques.push_back(EntryFromProto(entry));
    }
  }
  return threat;
}

pb::Dialect DialectToProto(rule::Dialect dialect) {
  switch (dialect) {
    case rule::Dialect::kEsql:
      return pb::DIALECT_ESQL;
    case rule::Dialect::kKuery:
      return pb::DIALECT_KUERY;
    case rule::Dialect::kEql:
      return pb::DIALECT_EQL;
    case rule::Dialect::kLucene:
      return pb::DIALECT_LUCENE;
  }
  return pb::DIALECT_UNSPECIFIED;
}

rule::Dialect DialectFromProto(pb::Dialect dialect) {
  switch (dialect) {
    case pb::DIALECT_KUERY:
      return rule::Dialect::kKuery;
    case pb::DIALECT_EQL:
      return rule::Dialect::kEql;
    case pb::DIALECT_LUCENE:
      return rule::Dialect::kLucene;
    default:
      return rule::Dialect::kEsql;
  }
}

void LifeToProto(const alert::Alert& alert, pb::Alert* message) {
  message->set_lifecycle_revision(alert.lifecycle_revision);
  message->set_assignee(ValidUtf8(alert.assignee));
  message->set_close_reason(ValidUtf8(alert.close_reason));
  for (const alert::Comment& comment : alert.comments) {
    pb::Comment* added = message->add_comments();
    added->set_author(ValidUtf8(comment.author));
    TimeToProto(comment.time_ms, added->mutable_time());
    added->set_text(ValidUtf8(comment.text));
  }
  for (const alert::Change& change : alert.history) {
    pb::Change* added = message->add_history();
    TimeToProto(change.time_ms, added->mutable_time());
    added->set_actor(ValidUtf8(change.actor));
    added->set_field(std::string(alert::ChangeFieldName(change.field)));
    added->set_from(ValidUtf8(change.from));
    added->set_to(ValidUtf8(change.to));
    added->set_reason(ValidUtf8(change.reason));
  }
  message->set_history_dropped(alert.history_dropped);
  message->set_shard(alert.shard);
  message->set_change(alert.change);
  message->set_comment_count(static_cast<uint32_t>(alert.comment_count));
}

void LifeFromProto(const pb::Alert& message, alert::Alert* alert) {
  alert->lifecycle_revision = message.lifecycle_revision();
  alert->assignee = message.assignee();
  alert->close_reason = message.close_reason();
  alert->closed_at_ms = TimeFromProto(message.closed_at());
  alert->recovered_at_ms = TimeFromProto(message.recovered_at());
  alert->changed_at_ms = TimeFromProto(message.changed_at());
  for (const pb::Comment& comment : message.comments()) {
    alert->comments.push_back({comment.author(), TimeFromProto(comment.time()), comment.text()});
  }
  for (const pb::Change& change : message.history()) {
    alert->history.push_back({TimeFromProto(change.time()), change.actor(),
                              change.field() == "assignee" ? alert::Change::Field::kAssignee
                                                           : alert::Change::Field::kStatus,
                              change.from(), change.to(), change.reason()});
  }
  alert->history_dropped = message.history_dropped();
  alert->shard = static_cast<uint16_t>(message.shard());
  alert->change = message.change();
  alert->comment_count = message.comment_count();
}

constexpr std::array<std::pair<alert::AlertFlag, pb::AlertFlag>, 5> kFlags = {{
    {alert::kLate, pb::ALERT_FLAG_LATE},
    {alert::kPartial, pb::ALERT_FLAG_PARTIAL},
    {alert::kApproximate, pb::ALERT_FLAG_APPROXIMATE},
    {alert::kWarming, pb::ALERT_FLAG_WARMING},
    {alert::kContinues, pb::ALERT_FLAG_CONTINUES},
}};

int HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

void CellsToProto(const std::vector<alert::NamedCell>& cells, CellMessages* messages) {
  Arena arena;
  for (const alert::NamedCell& cell : cells) {
    pb::Cell* message = messages->Add();
    message->set_name(ValidUtf8(cell.name));
    ByteReader reader(cell.encoded);
    ValueToProto(DecodeValue(&reader, &arena), message->mutable_value());
  }
}

void CellsFromProto(const CellMessages& messages, std::vector<alert::NamedCell>* cells) {
  Arena arena;
  for (const pb::Cell& message : messages) {
    alert::NamedCell& cell = cells->emplace_back();
    cell.name = message.name();
    EncodeValue(ValueFromProto(message.value(), &arena), &cell.encoded);
  }
}

pb::Severity ToProto(rule::Severity severity) {
  return static_cast<pb::Severity>(static_cast<int>(severity) + 1);
}

pb::AlertStatus ToProto(alert::AlertStatus status) {
  return static_cast<pb::AlertStatus>(static_cast<int>(status) + 1);
}

std::optional<rule::Severity> FromProto(pb::Severity severity) {
  if (severity < pb::SEVERITY_LOW || severity > pb::SEVERITY_CRITICAL) {
    return std::nullopt;
  }
  return static_cast<rule::Severity>(severity - 1);
}

std::optional<alert::AlertStatus> FromProto(pb::AlertStatus status) {
  if (status < pb::ALERT_STATUS_OPEN || status > pb::ALERT_STATUS_RECOVERED) {
    return std::nullopt;
  }
  return static_cast<alert::AlertStatus>(status - 1);
}

StatusOr<Hash128> ParseAlertId(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = HexDigit(text[i]);
    const int low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) {
      break;
    }
    bytes += static_cast<char>(high * 16 + low);
  }
  if (text.size() != 32 || bytes.size() != 16) {
    return InvalidArgument("'{}' is no alert id: expected 32 hexadecimal digits", text);
  }
  return Hash128::FromBytes(bytes);
}

void ToProto(const alert::Alert& alert, pb::Alert* message) {
  message->set_alert_id(alert.id.ToHex());
  message->set_tenant(alert.tenant);
  message->set_rule_id(ValidUtf8(alert.rule_id));
  message->set_rule_name(ValidUtf8(alert.rule_name));
  message->set_rule_version(alert.rule_version);
  message->set_dialect(DialectToProto(alert.dialect));
  message->set_severity(ToProto(alert.severity));
  message->set_risk_score(alert.risk_score);
  message->set_status(ToProto(alert.status));
  CellsToProto(alert.group, message->mutable_group());
  CellsToProto(alert.columns, message->mutable_columns());
  const auto set_time = [&](UnixMillis time_ms, auto mutable_field) {
    if (time_ms != 0) {
      TimeToProto(time_ms, (message->*mutable_field)());
    }
  };
  set_time(alert.window_start_ms, &pb::Alert::mutable_window_start);
  set_time(alert.window_end_ms, &pb::Alert::mutable_window_end);
  set_time(alert.episode_start_ms, &pb::Alert::mutable_episode_start);
  set_time(alert.episode_end_ms, &pb::Alert::mutable_episode_end);
  set_time(alert.first_event_ms, &pb::Alert::mutable_first_event);
  set_time(alert.last_event_ms, &pb::Alert::mutable_last_event);
  set_time(alert.arrived_at_ms, &pb::Alert::mutable_arrived_at);
  set_time(alert.fired_at_ms, &pb::Alert::mutable_fired_at);
  set_time(alert.changed_at_ms, &pb::Alert::mutable_changed_at);
  set_time(alert.closed_at_ms, &pb::Alert::mutable_closed_at);
  set_time(alert.recovered_at_ms, &pb::Alert::mutable_recovered_at);
  message->set_suppressed_count(alert.suppressed_count);
  for (const auto& [bit, flag] : kFlags) {
    if ((alert.flags & bit) != 0) {
      message->add_flags(flag);
    }
  }
  for (const std::string& tag : alert.tags) {
    message->add_tags(ValidUtf8(tag));
  }
  for (const rule::ThreatMapping& threat : alert.threat) {
    ThreatToProto(threat, message->add_threat());
  }
  for (const alert::EventRef& event : alert.events) {
    pb::EventRef* added = message->add_events();
    added->set_id(ValidUtf8(event.id));
    TimeToProto(event.timestamp_ms, added->mutable_timestamp());
  }
  message->set_note(ValidUtf8(alert.note));
  message->set_revision(alert.revision);
  LifeToProto(alert, message);
}

StatusOr<alert::Alert> FromProto(const pb::Alert& message) {
  alert::Alert alert;
  WEIR_ASSIGN_OR_RETURN(alert.id, ParseAlertId(message.alert_id()));
  alert.tenant = message.tenant();
  alert.rule_id = message.rule_id();
  alert.rule_name = message.rule_name();
  alert.rule_version = message.rule_version();
  alert.dialect = DialectFromProto(message.dialect());
  alert.severity = FromProto(message.severity()).value_or(rule::Severity::kLow);
  alert.risk_score = message.risk_score();
  alert.status = FromProto(message.status()).value_or(alert::AlertStatus::kOpen);
  CellsFromProto(message.group(), &alert.group);
  CellsFromProto(message.columns(), &alert.columns);
  // An absent time is the zero message, which is time 0: absent.
  alert.window_start_ms = TimeFromProto(message.window_start());
  alert.window_end_ms = TimeFromProto(message.window_end());
  alert.episode_start_ms = TimeFromProto(message.episode_start());
  alert.episode_end_ms = TimeFromProto(message.episode_end());
  alert.first_event_ms = TimeFromProto(message.first_event());
  alert.last_event_ms = TimeFromProto(message.last_event());
  alert.arrived_at_ms = TimeFromProto(message.arrived_at());
  alert.fired_at_ms = TimeFromProto(message.fired_at());
  alert.suppressed_count = message.suppressed_count();
  for (const int flag : message.flags()) {
    for (const auto& [bit, known] : kFlags) {
      alert.flags |= flag == known ? bit : 0U;
    }
  }
  alert.tags.assign(message.tags().begin(), message.tags().end());
  for (const pb::ThreatMapping& threat : message.threat()) {
    alert.threat.push_back(ThreatFromProto(threat));
  }
  for (const pb::EventRef& event : message.events()) {
    alert.events.push_back({event.id(), TimeFromProto(event.timestamp())});
  }
  alert.note = message.note();
  alert.revision = message.revision();
  LifeFromProto(message, &alert);
  return alert;
}

}  // namespace weir::wire
