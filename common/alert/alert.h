// An alert as it is stored, listed and delivered: one shape everywhere (docs/formats.md, JSON keys in
// snake_case). The shard that decided an alert owns it; others see copies.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/hash.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/rule/rule.h"
#include "common/types/value.h"

namespace weir::alert {

// stored: do not renumber
enum class AlertStatus : uint8_t { kOpen = 0, kAcknowledged = 1, kClosed = 2, kRecovered = 3 };
std::string_view AlertStatusName(AlertStatus status);   // "open", ...

// Bits. stored: do not renumber
enum AlertFlag : uint32_t {
  kLate = 1,          // input arrived late changed it
  kPartial = 2,       // some input was refused or missing
  kApproximate = 4,   // a column is a sample or a sketch
  kWarming = 8,       // its window was younger than the look-back
  kContinues = 16,    // its signal is that of an earlier alert: late rows joined them, or it was too long
  kShadow = 32,       // its rule is in shadow mode: not delivered
  kSilenced = 64,     // a silence matches it: not delivered
  kStorm = 128,       // stands for the alerts that exceeded the rule's storm cap
};
// Names of the set bits, in order: "late", "partial", "approximate", "warming", "continues", "shadow",
// "silenced", "storm".
std::vector<std::string_view> AlertFlagNames(uint32_t flags);
// Whether sinks deliver the alert: it is neither in shadow nor silenced.
inline bool IsDelivered(uint32_t flags) { return (flags & (kShadow | kSilenced)) == 0; }

// A named cell. The value is in its canonical encoding (types/coding.h), so that it owns its bytes.
struct NamedCell {
  std::string name;
  std::string encoded;
};

struct EventRef {
  std::string id;            // eventID, requestId or the identity in hex
  UnixMillis timestamp_ms = 0;
};

// The hits folded into an alert. Times are judged instants; 0: none.
struct SuppressedSpan {
  UnixMillis first_ms = 0;
  UnixMillis last_ms = 0;
};

// What somebody said of an alert.
struct Comment {
  std::string author;
  UnixMillis time_ms = 0;
  std::string text;

  bool operator==(const Comment&) const = default;
};

// A change in an alert's life (common/alert/lifecycle.h makes them).
struct Change {
  // stored: do not renumber
  enum class Field : uint8_t { kStatus = 0, kAssignee = 1 };
  UnixMillis time_ms = 0;
  std::string actor;         // kEngine for what the engine did
  Field field = Field::kStatus;
  std::string from;
  std::string to;
  std::string reason;

  bool operator==(const Change&) const = default;
};
std::string_view ChangeFieldName(Change::Field field);   // "status", "assignee"
inline constexpr std::string_view kEngine = "weir";

struct Alert {
  Hash128 id;                // of tenant, rule, group, episode or tick; printed as 32 hex digits
  std::string tenant;
  std::string rule_id;
  std::string rule_name;
  uint64_t rule_version = 0; // rule-set version at the first commit
  rule::Dialect dialect = rule::Dialect::kEsql;
  rule::Severity severity = rule::Severity::kLow;
  int risk_score = 0;
  AlertStatus status = AlertStatus::kOpen;
  std::vector<NamedCell> group;
  std::vector<NamedCell> columns;
  UnixMillis window_start_ms = 0;    // the judged window is (start, end]
  UnixMillis window_end_ms = 0;
  UnixMillis episode_start_ms = 0;   // first and last firing window's end; equal for a tick's alert
  UnixMillis episode_end_ms = 0;
  UnixMillis first_event_ms = 0;
  UnixMillis last_event_ms = 0;
  UnixMillis arrived_at_ms = 0;      // arrival of the event that completed the condition
  UnixMillis fired_at_ms = 0;
  uint64_t suppressed_count = 0;     // hits folded into this alert by suppression, without itself
  SuppressedSpan suppression;        // of those hits
  uint32_t flags = 0;
  std::vector<std::string> tags;
  std::vector<rule::ThreatMapping> threat;
  std::vector<EventRef> events;      // a bounded sample, newest last
  // Its life.
  std::string assignee;              // empty: nobody
  std::string close_reason;          // of a closed alert
  UnixMillis closed_at_ms = 0;       // of a closed alert
  UnixMillis recovered_at_ms = 0;    // when its episode ended; 0: it goes on, or there is none
  UnixMillis changed_at_ms = 0;      // last change of anything
  std::vector<Comment> comments;     // oldest first, at most kCommentsMax
  std::vector<Change> history;       // oldest first, the latest kHistoryMax
  uint64_t history_dropped = 0;
  uint64_t comment_count = 0;        // also where comments are left out (lists, streams); not stored
  std::string note;                  // the rule's guide; not stored with the alert, added on read
  // Not shown: where the alert lives.
  Hash128 group_hash;                // of the window and the group's key
  Hash128 window_id;
  uint64_t revision = 0;             // grows with every change
  uint64_t lifecycle_revision = 0;   // grows with every change of status, assignee and comments
  uint16_t shard = 0;                // that owns it
  // Up to here hits fold into it, and later ones do not: it was closed for good. 0: they still do.
  UnixMillis cut_ms = 0;
  uint64_t change = 0;               // number of its last change among all of its shard's
  std::vector<Hash128> requests;     // that changed it last, oldest first, at most kRequestsMax
};

// Stored form, versioned; note is left out. docs/formats.md describes it.
std::string EncodeAlert(const Alert& alert);
StatusOr<Alert> DecodeAlert(std::string_view bytes);

// One line of JSON, keys in this order: alert_id, tenant, rule_id, rule_name, rule_version, dialect,
// severity, risk_score, status, group {column: value}, columns {column: value}, window_start,
// window_end, episode_start, episode_end, first_event, last_event, arrived_at, fired_at,
// suppressed_count, suppressed_first, suppressed_last, flags, tags, threat, events [{id, timestamp}],
// note, assignee, close_reason,
// closed_at, recovered_at, changed_at, comments [{author, time, text}], history [{time, actor, field,
// from, to, reason}], history_dropped, comment_count, revision, lifecycle_revision. Times are RFC 3339 UTC with
// milliseconds, null where 0. Values keep their type: numbers, booleans, strings (ips, dates and
// versions as text), arrays for multivalues, null.
std::string ToJson(const Alert& alert);

}  // namespace weir::alert
