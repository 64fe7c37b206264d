#include "common/wire/alert_query.h"

#include <fmt/format.h>

#include "common/wire/alert.h"
#include "common/wire/text.h"
#include "common/wire/time.h"

namespace weir::wire {
namespace {

namespace pb = weir::alert::v1;

constexpr int kConditionsMax = 1000;   // of one list
constexpr std::size_t kTextBytesMax = 4096;

Status CheckSize(std::string_view field, int count) {
  return count <= kConditionsMax
             ? OkStatus()
             : InvalidArgument("filter.{}: at most {} entries, not {}", field, kConditionsMax, count);
}

// Seconds and nanoseconds of a timestamp are the client's.
StatusOr<UnixMillis> TimeOf(std::string_view field, const google::protobuf::Timestamp& time) {
  constexpr int64_t kSecondsMax = 253402300799;   // the end of year 9999
  if (time.seconds() < -62135596800 || time.seconds() > kSecondsMax || time.nanos() < 0 ||
      time.nanos() > 999'999'999) {
    return InvalidArgument("filter.{}: {} seconds and {} nanoseconds are no time of the years 1 to 9999",
                           field, time.seconds(), time.nanos());
  }
  return TimeFromProto(time);
}

Status ReadTimes(const pb::AlertFilter& message, alert::AlertFilter* filter) {
  if (message.has_fired_from()) {
    WEIR_ASSIGN_OR_RETURN(filter->fired_from_ms, TimeOf("fired_from", message.fired_from()));
  }
  if (message.has_fired_until()) {
    WEIR_ASSIGN_OR_RETURN(filter->fired_until_ms, TimeOf("fired_until", message.fired_until()));
  }
  if (message.has_changed_from()) {
    WEIR_ASSIGN_OR_RETURN(filter->changed_from_ms, TimeOf("changed_from", message.changed_from()));
  }
  if (message.has_changed_until()) {
    WEIR_ASSIGN_OR_RETURN(filter->changed_until_ms, TimeOf("changed_until", message.changed_until()));
  }
  return OkStatus();
}

Status ReadEnums(const pb::AlertFilter& message, alert::AlertFilter* filter) {
  for (int i = 0; i < message.severities_size(); ++i) {
    const auto known = FromProto(message.severities(i));
    if (!known.has_value()) {
      return InvalidArgument("filter.severities[{}]: {} is no severity", i,
                             static_cast<int>(message.severities(i)));
    }
    filter->severities.insert(*known);
  }
  for (int i = 0; i < message.statuses_size(); ++i) {
    const auto known = FromProto(message.statuses(i));
    if (!known.has_value()) {
      return InvalidArgument("filter.statuses[{}]: {} is no status", i,
                             static_cast<int>(message.statuses(i)));
    }
    filter->statuses.insert(*known);
  }
  return OkStatus();
}

}  // namespace

StatusOr<alert::AlertFilter> FromProto(const pb::AlertFilter& message) {
  alert::AlertFilter filter;
  WEIR_RETURN_IF_ERROR(CheckSize("rule_ids", message.rule_ids_size()));
  WEIR_RETURN_IF_ERROR(CheckSize("tenants", message.tenants_size()));
  WEIR_RETURN_IF_ERROR(CheckSize("assignees", message.assignees_size()));
  WEIR_RETURN_IF_ERROR(CheckSize("fields", message.fields_size()));
  filter.rules.assign(message.rule_ids().begin(), message.rule_ids().end());
  filter.tenants.insert(message.tenants().begin(), message.tenants().end());
  filter.assignees.insert(message.assignees().begin(), message.assignees().end());
  WEIR_RETURN_IF_ERROR(ReadEnums(message, &filter));
  for (int i = 0; i < message.fields_size(); ++i) {
    if (message.fields(i).name().empty()) {
      return InvalidArgument("filter.fields[{}].name: expected the name of a column", i);
    }
    filter.fields.push_back({message.fields(i).name(), message.fields(i).value()});
  }
  WEIR_RETURN_IF_ERROR(ReadTimes(message, &filter));
  if (message.text().size() > kTextBytesMax) {
    return InvalidArgument("filter.text: at most {} bytes, not {}", kTextBytesMax,
                           message.text().size());
  }
  filter.text = message.text();
  if (message.alert_id_prefix().size() > 32 ||
      message.alert_id_prefix().find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
    return InvalidArgument("filter.alert_id_prefix: expected up to 32 hexadecimal digits, got '{}'",
                           message.alert_id_prefix());
  }
  filter.id_prefix = message.alert_id_prefix();
  return filter;
}

void ToProto(const alert::AlertFilter& filter, pb::AlertFilter* message) {
  message->mutable_rule_ids()->Add(filter.rules.begin(), filter.rules.end());
  message->mutable_tenants()->Add(filter.tenants.begin(), filter.tenants.end());
  message->mutable_assignees()->Add(filter.assignees.begin(), filter.assignees.end());
  for (const rule::Severity severity : filter.severities) {
    message->add_severities(ToProto(severity));
  }
  for (const alert::AlertStatus status : filter.statuses) {
    message->add_statuses(ToProto(status));
  }
  for (const alert::FieldCondition& field : filter.fields) {
    pb::FieldCondition* added = message->add_fields();
    added->set_name(field.name);
    added->set_value(field.value);
  }
  const alert::AlertFilter open;
  if (filter.fired_from_ms != open.fired_from_ms) {
    TimeToProto(filter.fired_from_ms, message->mutable_fired_from());
  }
  if (filter.fired_until_ms != open.fired_until_ms) {
    TimeToProto(filter.fired_until_ms, message->mutable_fired_until());
  }
  if (filter.changed_from_ms != open.changed_from_ms) {
    TimeToProto(filter.changed_from_ms, message->mutable_changed_from());
  }
  if (filter.changed_until_ms != open.changed_until_ms) {
    TimeToProto(filter.changed_until_ms, message->mutable_changed_until());
  }
  message->set_text(filter.text);
  message->set_alert_id_prefix(filter.id_prefix);
}

StatusOr<alert::Action> ActionFromProto(const pb::BatchUpdateAlertsRequest& message) {
  alert::Action action;
  action.request_id = message.request_id();
  switch (message.action_case()) {
    case pb::BatchUpdateAlertsRequest::kAcknowledge:
      action.kind = alert::Action::Kind::kAcknowledge;
      break;
    case pb::BatchUpdateAlertsRequest::kClose:
      action.kind = alert::Action::Kind::kClose;
      action.text = message.close().reason();
      if (message.close().has_end_suppression()) {
        action.end_suppression = message.close().end_suppression();
      }
      break;
    case pb::BatchUpdateAlertsRequest::kReopen:
      action.kind = alert::Action::Kind::kReopen;
      break;
    case pb::BatchUpdateAlertsRequest::kAssign:
      action.kind = alert::Action::Kind::kAssign;
      action.text = message.assign().assignee();
      break;
    case pb::BatchUpdateAlertsRequest::kComment:
      action.kind = alert::Action::Kind::kComment;
      action.text = message.comment().text();
      break;
    case pb::BatchUpdateAlertsRequest::ACTION_NOT_SET:
      return InvalidArgument(
          "action: expected one of acknowledge, close, reopen, assign and comment");
  }
  return action;
}

void ToProto(const alert::Action& action, pb::BatchUpdateAlertsRequest* message) {
  message->set_request_id(action.request_id);
  switch (action.kind) {
    case alert::Action::Kind::kAcknowledge:
      message->mutable_acknowledge();
      break;
    case alert::Action::Kind::kClose:
      message->mutable_close()->set_reason(action.text);
      if (action.end_suppression.has_value()) {
        message->mutable_close()->set_end_suppression(*action.end_suppression);
      }
      break;
    case alert::Action::Kind::kReopen:
      message->mutable_reopen();
      break;
    case alert::Action::Kind::kAssign:
      message->mutable_assign()->set_assignee(action.text);
      break;
    case alert::Action::Kind::kComment:
      message->mutable_comment()->set_text(action.text);
      break;
  }
}

StatusOr<alert::Incident> FromProto(const pb::GetAlertResponse& message) {
  alert::Incident incident;
  WEIR_ASSIGN_OR_RETURN(incident.alert, FromProto(message.alert()));
  for (const pb::Alert& related : message.related()) {
    WEIR_ASSIGN_OR_RETURN(alert::Alert alert, FromProto(related));
    incident.related.push_back(std::move(alert));
  }
  incident.related_total = message.related_total();
  if (message.has_series()) {
    incident.series = FromProto(message.series());
  }
  if (message.has_suppression()) {
    incident.suppression = FromProto(message.suppression());
  }
  const pb::AlertTimings& timings = message.timings();
  const auto fill = [](bool known, int64_t millis, std::optional<int64_t>* delay_ms) {
    if (known) {
      *delay_ms = millis;
    }
  };
  fill(timings.has_event_to_arrival_millis(), timings.event_to_arrival_millis(),
       &incident.timings.event_to_arrival_ms);
  fill(timings.has_arrival_to_fired_millis(), timings.arrival_to_fired_millis(),
       &incident.timings.arrival_to_fired_ms);
  fill(timings.has_fired_to_acknowledged_millis(), timings.fired_to_acknowledged_millis(),
       &incident.timings.fired_to_acknowledged_ms);
  fill(timings.has_fired_to_closed_millis(), timings.fired_to_closed_millis(),
       &incident.timings.fired_to_closed_ms);
  return incident;
}

void ToProto(const alert::RowSeries& series, pb::RowSeries* message) {
  message->set_pane_millis(series.pane_ms);
  for (const auto& [time_ms, rows] : series.counts) {
    pb::RowCount* count = message->add_counts();
    TimeToProto(time_ms, count->mutable_time());
    count->set_rows(rows);
  }
}

alert::RowSeries FromProto(const pb::RowSeries& message) {
  alert::RowSeries series;
  series.pane_ms = message.pane_millis();
  for (const pb::RowCount& count : message.counts()) {
    series.counts.emplace_back(TimeFromProto(count.time()), count.rows());
  }
  return series;
}

void ToProto(const alert::SuppressionState& state, pb::SuppressionState* message) {
  TimeToProto(state.until_ms, message->mutable_until());
  CellsToProto(state.key, message->mutable_key());
}

alert::SuppressionState FromProto(const pb::SuppressionState& message) {
  alert::SuppressionState state;
  state.until_ms = TimeFromProto(message.until());
  CellsFromProto(message.key(), &state.key);
  return state;
}

void StripForLists(alert::Alert* alert) {
  alert->note.clear();
  alert->comments.clear();
  alert->history.clear();
}

}  // namespace weir::wire
