#include "common/alert/lifecycle.h"

#include <algorithm>

namespace weir::alert {

namespace {

void Remember(Change change, Alert* alert) {
  ++alert->lifecycle_revision;
  alert->history.push_back(std::move(change));
  if (alert->history.size() > kHistoryMax) {
    alert->history.erase(alert->history.begin());
    ++alert->history_dropped;
  }
}

void SetStatus(AlertStatus status, UnixMillis time_ms, std::string_view actor,
               std::string_view reason, Alert* alert) {
  Remember({time_ms, std::string(actor), Change::Field::kStatus,
            std::string(AlertStatusName(alert->status)), std::string(AlertStatusName(status)),
            std::string(reason)},
           alert);
  alert->status = status;
  const bool closed = status == AlertStatus::kClosed;
  alert->closed_at_ms = closed ? time_ms : 0;
  alert->close_reason = closed ? std::string(reason) : "";
}

// What an action would make of the status. Empty: it is that already.
StatusOr<std::optional<AlertStatus>> NextStatus(const Action& action, const Alert& alert) {
  using Next = std::optional<AlertStatus>;
  switch (action.kind) {
    case Action::Kind::kAcknowledge:
      if (alert.status == AlertStatus::kAcknowledged) {
        return Next();
      }
      if (alert.status != AlertStatus::kOpen) {
        return FailedPrecondition("alert {} is {}; reopen it first", alert.id.ToHex(),
                                  AlertStatusName(alert.status));
      }
      return Next(AlertStatus::kAcknowledged);
    case Action::Kind::kClose:
      if (alert.status != AlertStatus::kClosed) {
        return Next(AlertStatus::kClosed);
      }
      if (action.text != alert.close_reason) {
        return FailedPrecondition("alert {} is closed with the reason '{}'; reopen it first",
                                  alert.id.ToHex(), alert.close_reason);
      }
      return Next();
    case Action::Kind::kReopen:
      return alert.status == AlertStatus::kOpen ? Next() : Next(AlertStatus::kOpen);
    case Action::Kind::kAssign:
    case Action::Kind::kComment:
      return Next();
  }
  return Next();
}

Status CheckText(std::string_view field, std::string_view text, std::size_t bytes_min,
                 std::size_t bytes_max) {
  if (text.size() < bytes_min || text.size() > bytes_max) {
    return InvalidArgument("{}: expected {} to {} bytes, got {}", field, bytes_min, bytes_max,
                           text.size());
  }
  return OkStatus();
}

}  // namespace

std::string_view ActionName(Action::Kind kind) {
  switch (kind) {
    case Action::Kind::kAcknowledge:
      return "acknowledge";
    case Action::Kind::kClose:
      return "close";
    case Action::Kind::kReopen:
      return "reopen";
    case Action::Kind::kAssign:
      return "assign";
    case Action::Kind::kComment:
      return "comment";
  }
  return "unknown";
}

Status CheckAction(const Action& action) {
  WEIR_RETURN_IF_ERROR(CheckText("actor", action.actor, 1, kActorBytesMax));
  WEIR_RETURN_IF_ERROR(CheckText("request_id", action.request_id, 0, kRequestIdBytesMax));
  switch (action.kind) {
    case Action::Kind::kClose:
      return CheckText("close.reason", action.text, 0, kReasonBytesMax);
    case Action::Kind::kAssign:
      return CheckText("assign.assignee", action.text, 0, kAssigneeBytesMax);
    case Action::Kind::kComment:
      return CheckText("comment.text", action.text, 1, kCommentBytesMax);
    case Action::Kind::kAcknowledge:
    case Action::Kind::kReopen:
      return OkStatus();
  }
  return InvalidArgument("action {} is not known", static_cast<int>(action.kind));
}

StatusOr<Effect> Apply(const Action& action, UnixMillis time_ms, Alert* alert) {
  const Hash128 request = HashBytes128(action.request_id);
  if (!action.request_id.empty() &&
      std::find(alert->requests.begin(), alert->requests.end(), request) != alert->requests.end()) {
    return Effect::kUnchanged;
  }
  if (action.expected_revision != 0 && action.expected_revision != alert->lifecycle_revision) {
    return Aborted("alert {} is at lifecycle revision {}, not {}", alert->id.ToHex(),
                   alert->lifecycle_revision, action.expected_revision);
  }
  WEIR_ASSIGN_OR_RETURN(const std::optional<AlertStatus> status, NextStatus(action, *alert));
  if (status.has_value()) {
    SetStatus(*status, time_ms, action.actor,
              action.kind == Action::Kind::kClose ? action.text : "", alert);
  } else if (action.kind == Action::Kind::kAssign && action.text != alert->assignee) {
    Remember({time_ms, action.actor, Change::Field::kAssignee, alert->assignee, action.text, ""},
             alert);
    alert->assignee = action.text;
  } else if (action.kind == Action::Kind::kComment) {
    if (alert->comments.size() >= kCommentsMax) {
      return ResourceExhausted("alert {} has {} comments, as many as an alert may have",
                               alert->id.ToHex(), alert->comments.size());
    }
    ++alert->lifecycle_revision;
    alert->comments.push_back({action.actor, time_ms, action.text});
    alert->comment_count = alert->comments.size();
  } else {
    return Effect::kUnchanged;
  }
  if (!action.request_id.empty()) {
    alert->requests.push_back(request);
    if (alert->requests.size() > kRequestsMax) {
      alert->requests.erase(alert->requests.begin());
    }
  }
  return Effect::kChanged;
}

bool Recover(UnixMillis time_ms, Alert* alert) {
  if (alert->recovered_at_ms != 0) {
    return false;
  }
  alert->recovered_at_ms = time_ms;
  if (alert->status == AlertStatus::kOpen) {
    SetStatus(AlertStatus::kRecovered, time_ms, kEngine, "", alert);
  }
  return true;
}

bool GoOn(UnixMillis time_ms, Alert* alert) {
  const bool recovered = alert->recovered_at_ms != 0;
  alert->recovered_at_ms = 0;
  if (alert->status == AlertStatus::kRecovered) {
    SetStatus(AlertStatus::kOpen, time_ms, kEngine, "a late event belongs to it", alert);
    return true;
  }
  return recovered;
}

void EncodeAction(const Action& action, ByteWriter* writer) {
  writer->U8(static_cast<uint8_t>(action.kind));
  writer->String(action.actor);
  writer->String(action.request_id);
  writer->Varint(action.expected_revision);
  writer->String(action.text);
  // 0: as the rule judges, 1: no, 2: yes.
  writer->U8(action.end_suppression.has_value() ? (*action.end_suppression ? 2 : 1) : 0);
}

Action DecodeAction(ByteReader* reader) {
  Action action;
  const uint8_t kind = reader->U8();
  action.kind = static_cast<Action::Kind>(kind);
  action.actor = reader->String();
  action.request_id = reader->String();
  action.expected_revision = reader->Varint();
  action.text = reader->String();
  const uint8_t end = reader->U8();
  if (end != 0) {
    action.end_suppression = end == 2;
  }
  if (kind < static_cast<uint8_t>(Action::Kind::kAcknowledge) ||
      kind > static_cast<uint8_t>(Action::Kind::kComment) || end > 2) {
    reader->Fail();
  }
  return action;
}

}  // namespace weir::alert
