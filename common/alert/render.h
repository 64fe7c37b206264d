// Alerts for people: tables and pages, fitted to a terminal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/alert/alert.h"
#include "common/alert/details.h"

namespace weir::alert {

enum class TimeStyle : uint8_t {
  kUtc,        // 2024-10-29 15:51:44
  kIso,        // 2024-10-29T15:51:44.000Z
  kRelative,   // 5m ago
};

struct RenderOptions {
  int width = 0;               // columns; 0: no limit
  bool colour = false;         // severities in ANSI colours
  bool unicode = true;         // charts of blocks; otherwise of ASCII
  TimeStyle time = TimeStyle::kUtc;
  UnixMillis now_ms = 0;       // what kRelative counts from
};

// How many digits of an id tables show: enough to name an alert.
inline constexpr std::size_t kShortIdDigits = 12;

// "now", "42s ago", "5m ago", "3h ago", "12d ago"; "in 5m".
std::string RelativeTime(UnixMillis time_ms, UnixMillis now_ms);

// A table that comes in parts: one line an alert with the beginning of its id, time, severity, rule, group
// and what was counted.
class AlertTable {
 public:
  enum class Columns : uint8_t {
    kFitted,   // as wide as the first part needs them
    kEven,     // even shares of the line, for alerts that come one by one
  };
  explicit AlertTable(const RenderOptions& options, Columns columns = Columns::kFitted);

  // What relative times count from, from now on.
  void set_now_ms(UnixMillis now_ms) { options_.now_ms = now_ms; }

  // The lines of alerts; the first time below a heading. Of no alerts nothing.
  std::string Lines(const std::vector<Alert>& alerts);

 private:
  static constexpr std::size_t kColumns = 6;
  using Row = std::array<std::string, kColumns>;
  using Widths = std::array<std::size_t, kColumns>;

  Row MakeRow(const Alert& alert) const;
  Widths Fit(Widths widths) const;
  std::string Line(const Row& row, const rule::Severity* severity) const;

  RenderOptions options_;
  const Columns columns_;
  const std::size_t line_width_;
  bool begun_ = false;
  Widths widths_{};
};

// A whole table; "no alerts" when there is none.
std::string RenderTable(const std::vector<Alert>& alerts, const RenderOptions& options);

// One alert as the page that whoever is on call reads first: what happened, for whom, when, with what
// evidence, how it is to be understood, what people did about it, what else the same entities did, and what
// to do next.
std::string RenderIncident(const Incident& incident, const RenderOptions& options);

// Counts by time as one line of at most width (at least 1) marks, each of so many panes that all fit, and a
// line that says what a mark is. Empty without counts.
struct Chart {
  std::string marks;
  std::string legend;
};
Chart DrawChart(const RowSeries& series, std::size_t width, bool unicode);

// "count 623, 2 models" style: a one-line summary of the columns that are no group columns.
std::string SummarizeColumns(const Alert& alert, std::size_t width_max);

}  // namespace weir::alert
