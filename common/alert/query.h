// Which alerts are asked for, and in what order. An alert is looked at through its digest, which answers
// every condition without decoding the alert, so that a hundred thousand are searched in some milliseconds.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/hash.h"
#include "common/base/status.h"

namespace weir::alert {

// A column of the group or the output that has a value, written the way alerts show it.
struct FieldCondition {
  std::string name;
  std::string value;
};

// Conditions joined by AND; what is empty does not restrict.
struct AlertFilter {
  std::vector<std::string> rules;          // ids; '*' and '?' as in shells
  std::set<rule::Severity> severities;
  std::set<AlertStatus> statuses;
  std::set<std::string> tenants;
  std::set<std::string> assignees;
  std::vector<FieldCondition> fields;      // every one must hold
  UnixMillis fired_from_ms = INT64_MIN;    // [from, until)
  UnixMillis fired_until_ms = INT64_MAX;
  UnixMillis changed_from_ms = INT64_MIN;
  UnixMillis changed_until_ms = INT64_MAX;
  std::string text;                        // words
  std::set<Hash128> ids;
  std::string id_prefix;                   // how the id begins: hexadecimal digits, 32 at most
};

// What all alerts of a rule have in common.
struct AlertSource {
  std::string tenant;
  std::string rule_id;
  std::string text;     // name and tags, lower case
};

// What conditions and orders need of an alert.
struct AlertDigest {
  Hash128 id;
  std::shared_ptr<const AlertSource> source;
  rule::Severity severity = rule::Severity::kLow;
  AlertStatus status = AlertStatus::kOpen;
  int risk_score = 0;
  UnixMillis fired_at_ms = 0;
  UnixMillis changed_at_ms = 0;
  uint64_t suppressed_count = 0;
  std::string assignee;
  std::string text;                  // values of the group, lower case
  std::vector<uint64_t> cells;       // hashes of name and value, of every column, sorted
  std::vector<uint64_t> group_cells; // the same of the group, sorted
};

// Makes digests; sources are shared by all alerts of a rule. Not thread safe.
class Digester {
 public:
  AlertDigest Make(const Alert& alert);

 private:
  // Sources stay while an alert uses them.
  std::unordered_map<Hash128, std::weak_ptr<const AlertSource>> sources_;
  std::size_t sweep_at_ = 1024;
};

// A filter made ready to be asked often. Not thread safe: it remembers what it found out about sources.
class FilterRun {
 public:
  // notes: the guides of rules by id, for words in them; may be null, must outlive the run.
  using Notes = std::unordered_map<std::string, std::string>;
  explicit FilterRun(const AlertFilter& filter, const Notes* notes = nullptr);

  bool Matches(const AlertDigest& digest);

 private:
  struct SourceVerdict {
    std::shared_ptr<const AlertSource> source;   // kept, so that no other takes its address
    bool matches = false;
    std::vector<bool> words;   // that occur in it
  };
  const SourceVerdict& VerdictOf(const AlertDigest& digest);

  AlertFilter filter_;
  const Notes* notes_;
  std::vector<std::string> words_;
  Hash128 id_first_;                            // ids that begin with the prefix are from here ...
  Hash128 id_last_;                             // ... to here
  std::vector<std::vector<uint64_t>> fields_;   // hashes of which one must be there
  std::unordered_map<const AlertSource*, SourceVerdict> verdicts_;
};

// Whether text is of the form of a pattern in which '*' stands for any characters and '?' for one.
bool MatchesGlob(std::string_view pattern, std::string_view text);

enum class OrderKey : uint8_t { kFired, kChanged, kSeverity, kRisk, kSuppressed };
struct AlertOrder {
  OrderKey key = OrderKey::kFired;
  bool descending = true;

  bool operator==(const AlertOrder&) const = default;
};
// From "fired_at desc"; empty: that. InvalidArgument names what there is.
StatusOr<AlertOrder> ParseOrder(std::string_view text);
std::string OrderText(const AlertOrder& order);
// Whether an alert keeps its place while it changes.
inline bool IsStable(const AlertOrder& order) { return order.key == OrderKey::kFired; }

// Where an alert stands in an order.
struct Position {
  int64_t key = 0;
  Hash128 id;

  auto operator<=>(const Position&) const = default;
};
Position PositionOf(const AlertDigest& digest, const AlertOrder& order);
// Whether a comes before b.
inline bool ComesBefore(const Position& a, const Position& b, const AlertOrder& order) {
  return order.descending ? b < a : a < b;
}
// 24 bytes, and back; InvalidArgument.
std::string EncodePosition(const Position& position);
StatusOr<Position> DecodePosition(std::string_view bytes);

}  // namespace weir::alert
