// Flags that say which alerts.
#include <algorithm>
#include <optional>

#include "cli/alerts_internal.h"
#include "cli/dial.h"
#include "cli/terminal.h"
#include "common/base/clock.h"
#include "common/base/time.h"
#include "common/base/units.h"
#include "common/wire/time.h"

namespace weir::cli {
namespace {

namespace pb = weir::alert::v1;

std::string UpperSnake(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// A time, or now with so much added for each millisecond of a duration.
StatusOr<UnixMillis> TimeOf(std::string_view flag, const std::string& text, UnixMillis now_ms,
                            int64_t direction) {
  if (const std::optional<UnixMillis> time_ms = ParseTime(text); time_ms.has_value()) {
    return *time_ms;
  }
  const StatusOr<int64_t> length_ms = ParseDuration(text);
  if (!length_ms.ok()) {
    return InvalidArgument("{}: '{}' is neither a time (2026-01-02T03:04:05Z) nor a duration (2h)",
                           flag, text);
  }
  return now_ms + direction * *length_ms;
}

Status FillTime(std::string_view flag, const std::string& text, UnixMillis now_ms,
                google::protobuf::Timestamp* (pb::AlertFilter::*field)(), pb::AlertFilter* filter) {
  if (text.empty()) {
    return OkStatus();
  }
  WEIR_ASSIGN_OR_RETURN(const UnixMillis time_ms, TimeOf(flag, text, now_ms, -1));
  wire::TimeToProto(time_ms, (filter->*field)());
  return OkStatus();
}

CLI::Option* AddList(CLI::App* command, const std::string& name, std::vector<std::string>* values,
                     const std::string& description) {
  return command->add_option(name, *values, description)->allow_extra_args(false);
}

}  // namespace

void AddAlertFilters(CLI::App* command, AlertFilterFlags* flags) {
  AddList(command, "--rule", &flags->rules,
          "Only alerts of this rule id; * and ? stand for others (may be repeated)");
  AddList(command, "--severity", &flags->severities, "Only of this severity (may be repeated)")
      ->check(CLI::IsMember({"low", "medium", "high", "critical"}));
  AddList(command, "--status", &flags->statuses, "Only in this status (may be repeated)")
      ->check(CLI::IsMember({"open", "acknowledged", "closed", "recovered"}));
  AddTenantDefault(
      AddList(command, "--tenant", &flags->tenants,
              "Only of this tenant (may be repeated); default: the context's, else all"),
      &flags->tenants);
  AddList(command, "--assignee", &flags->assignees, "Only assigned to this one (may be repeated)");
  AddList(command, "--field", &flags->fields,
          "Only where a column has this value: NAME=VALUE (may be repeated; all must hold)");
  command->add_option("--since", flags->since,
                      "Fired at or after: a time, or a duration before now");
  command->add_option("--until", flags->until, "Fired before: a time, or a duration before now");
  command->add_option("--changed-since", flags->changed_since,
                      "Last changed at or after: a time, or a duration before now");
  command->add_option("--text", flags->text,
                      "Words in the rule's name, tags or note, or in a value of the group");
}

Status FillAlertFilter(const AlertFilterFlags& flags, UnixMillis now_ms, pb::AlertFilter* filter) {
  filter->mutable_rule_ids()->Add(flags.rules.begin(), flags.rules.end());
  filter->mutable_tenants()->Add(flags.tenants.begin(), flags.tenants.end());
  filter->mutable_assignees()->Add(flags.assignees.begin(), flags.assignees.end());
  for (const std::string& name : flags.severities) {
    pb::Severity severity = pb::SEVERITY_UNSPECIFIED;
    pb::Severity_Parse("SEVERITY_" + UpperSnake(name), &severity);
    filter->add_severities(severity);
  }
  for (const std::string& name : flags.statuses) {
    pb::AlertStatus status = pb::ALERT_STATUS_UNSPECIFIED;
    pb::AlertStatus_Parse("ALERT_STATUS_" + UpperSnake(name), &status);
    filter->add_statuses(status);
  }
  for (const std::string& field : flags.fields) {
    const std::size_t equals = field.find('=');
    if (equals == std::string::npos || equals == 0) {
      return InvalidArgument("--field: expected NAME=VALUE, got '{}'", field);
    }
    pb::FieldCondition* condition = filter->add_fields();
    condition->set_name(field.substr(0, equals));
    condition->set_value(field.substr(equals + 1));
  }
  WEIR_RETURN_IF_ERROR(FillTime("--since", flags.since, now_ms,
                                &pb::AlertFilter::mutable_fired_from, filter));
  WEIR_RETURN_IF_ERROR(FillTime("--until", flags.until, now_ms,
                                &pb::AlertFilter::mutable_fired_until, filter));
  WEIR_RETURN_IF_ERROR(FillTime("--changed-since", flags.changed_since, now_ms,
                                &pb::AlertFilter::mutable_changed_from, filter));
  filter->set_text(flags.text);
  return OkStatus();
}

StatusOr<UnixMillis> TimeAhead(std::string_view flag, const std::string& text, UnixMillis now_ms) {
  return TimeOf(flag, text, now_ms, 1);
}

bool ReadAlertFilter(const AlertFilterFlags& flags, pb::AlertFilter* filter) {
  const Status status = FillAlertFilter(flags, SystemClock().Now(), filter);
  if (!status.ok()) {
    PrintError(std::string(Message(status)));
  }
  return status.ok();
}

}  // namespace weir::cli
