#include "common/alert/render.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/alert/text_internal.h"

namespace weir::alert {

namespace {

// ID, TIME, SEVERITY, RULE, GROUP, COUNTED
constexpr std::size_t kIdColumn = 0;
constexpr std::size_t kTimeColumn = 1;
constexpr std::size_t kSeverityColumn = 2;
constexpr std::size_t kFixedColumns = 3;      // id, time and severity keep their width
constexpr std::size_t kGap = 2;
constexpr std::size_t kFlexibleWidthMin = 8;  // below it a column is left out, the last first
constexpr std::size_t kEvenLineWidth = 160;   // of tables with even columns, where nothing limits the line

constexpr std::size_t kSummaryWidthMin = 10;

// "count 623, 2 models (closed, late)". In a limited width (0: none) the words give way to the marks.
std::string Counted(const Alert& alert, std::size_t width) {
  std::string marks;
  const auto add = [&](std::string_view mark) {
    marks.append(marks.empty() ? "" : ", ").append(mark);
  };
  if (alert.status != AlertStatus::kOpen) {
    add(AlertStatusName(alert.status));
  }
  for (const std::string_view flag : AlertFlagNames(alert.flags)) {
    add(flag);
  }
  marks = marks.empty() ? "" : fmt::format(" ({})", marks);
  if (width != 0 && DisplayWidth(marks) + kSummaryWidthMin > width) {
    return SummarizeColumns(alert, width);
  }
  const std::string counted =
      SummarizeColumns(alert, width == 0 ? 0 : width - DisplayWidth(marks)) + marks;
  return counted.starts_with(' ') ? counted.substr(1) : counted;
}

std::string NotDelivered(const Alert& alert) {
  return (alert.flags & kShadow) != 0     ? " (shadow)"
         : (alert.flags & kSilenced) != 0 ? " (silenced)"
                                          : "";
}

std::string TimeCell(UnixMillis time_ms, const RenderOptions& options) {
  if (time_ms == 0) {
    return "-";
  }
  switch (options.time) {
    case TimeStyle::kIso:
      return FormatTime(time_ms);
    case TimeStyle::kRelative:
      return RelativeTime(time_ms, options.now_ms);
    case TimeStyle::kUtc:
      break;
  }
  return ShortTime(time_ms);
}

}  // namespace

AlertTable::AlertTable(const RenderOptions& options, Columns columns)
    : options_(options),
      columns_(columns),
      line_width_(options.width > 0 ? static_cast<std::size_t>(options.width) : 0) {}

AlertTable::Row AlertTable::MakeRow(const Alert& alert) const {
  const UnixMillis time_ms = alert.fired_at_ms != 0 ? alert.fired_at_ms : alert.window_end_ms;
  return {alert.id.ToHex().substr(0, kShortIdDigits),
          TimeCell(time_ms, options_),
          std::string(rule::SeverityName(alert.severity)),
          SafeText(alert.rule_name.empty() ? alert.rule_id : alert.rule_name) + NotDelivered(alert),
          ShortGroup(alert),
          Counted(alert, 0)};
}

// Shares what is left of the line among the flexible columns: each gets what it needs up to an even
// share, and what the modest ones leave goes to the others. A width of 0 leaves a column out.
AlertTable::Widths AlertTable::Fit(Widths widths) const {
  if (columns_ == Columns::kEven) {
    constexpr std::size_t kWidest = 1000;
    std::fill(widths.begin() + kFixedColumns, widths.end(), kWidest);
    widths[kSeverityColumn] = std::string_view("critical").size();
    widths[kTimeColumn] = std::max(widths[kTimeColumn], std::string_view("59m ago").size());
  }
  const std::size_t line_width =
      line_width_ != 0 ? line_width_ : columns_ == Columns::kEven ? kEvenLineWidth : 0;
  if (line_width == 0) {
    return widths;
  }
  std::size_t left = line_width;
  for (std::size_t i = 0; i < kFixedColumns; ++i) {
    left -= std::min(left, widths[i] + kGap);
  }
  if (left < kFlexibleWidthMin) {
    left = std::min(left + widths[kIdColumn] + kGap, line_width);
    widths[kIdColumn] = 0;
  }
  std::size_t shown = kColumns - kFixedColumns;
  while (shown > 0 && left < shown * kFlexibleWidthMin + (shown - 1) * kGap) {
    widths[kFixedColumns + --shown] = 0;
  }
  if (shown == 0) {
    return widths;
  }
  left -= (shown - 1) * kGap;
  std::array<std::size_t, kColumns - kFixedColumns> order = {0, 1, 2};
  std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown),
            [&](std::size_t a, std::size_t b) {
              return widths[kFixedColumns + a] < widths[kFixedColumns + b];
            });
  for (std::size_t i = 0; i < shown; ++i) {
    std::size_t& width = widths[kFixedColumns + order[i]];
    width = std::min(width, left / (shown - i));
    left -= width;
  }
  return widths;
}

std::string AlertTable::Line(const Row& row, const rule::Severity* severity) const {
  const bool cut = line_width_ != 0 || columns_ == Columns::kEven;
  std::string line;
  std::string coloured;
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (widths_[i] == 0) {
      continue;
    }
    const std::string cell = cut ? FitText(row[i], widths_[i]) : row[i];
    const std::string gap(line.empty() ? 0 : kGap, ' ');
    const std::size_t width = DisplayWidth(cell);
    const std::string padding(widths_[i] - std::min(width, widths_[i]), ' ');
    line.append(gap).append(cell).append(padding);
    coloured.append(gap)
        .append(severity != nullptr && i == kSeverityColumn ? Coloured(*severity, cell) : cell)
        .append(padding);
  }
  const auto trim = [](std::string* text) { text->erase(text->find_last_not_of(' ') + 1); };
  trim(&line);
  trim(&coloured);
  if (line_width_ != 0 && DisplayWidth(line) > line_width_) {
    return FitText(line, line_width_);
  }
  return coloured;
}

std::string AlertTable::Lines(const std::vector<Alert>& alerts) {
  if (alerts.empty()) {
    return "";
  }
  const Row header = {"ID",   options_.time == TimeStyle::kUtc ? "TIME (UTC)" : "TIME",
                      "SEVERITY", "RULE", "GROUP", "COUNTED"};
  std::vector<Row> rows;
  rows.reserve(alerts.size());
  Widths widths{};
  const auto widen = [&](const Row& row) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(row[i]));
    }
  };
  widen(header);
  for (const Alert& alert : alerts) {
    rows.push_back(MakeRow(alert));
    widen(rows.back());
  }
  std::string lines;
  if (!begun_) {
    widths_ = Fit(widths);
    lines = Line(header, nullptr) + "\n";
    begun_ = true;
  }
  const bool cut = line_width_ != 0 || columns_ == Columns::kEven;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string& counted = rows[i].back();
    if (cut && widths_.back() != 0 && DisplayWidth(counted) > widths_.back()) {
      counted = Counted(alerts[i], widths_.back());
    }
    lines.append(Line(rows[i], options_.colour ? &alerts[i].severity : nullptr)).push_back('\n');
  }
  return lines;
}

std::string RenderTable(const std::vector<Alert>& alerts, const RenderOptions& options) {
  if (alerts.empty()) {
    return (options.width <= 0 ? "no alerts"
                               : FitText("no alerts", static_cast<std::size_t>(options.width))) +
           "\n";
  }
  return AlertTable(options).Lines(alerts);
}

std::string RelativeTime(UnixMillis time_ms, UnixMillis now_ms) {
  const int64_t ago_ms = now_ms - time_ms;
  const int64_t length_ms = ago_ms < 0 ? -ago_ms : ago_ms;
  if (length_ms < kMillisPerSecond) {
    return "now";
  }
  struct Unit {
    int64_t millis;
    int64_t until;   // so many of it are said in it
    char name;
  };
  constexpr Unit kUnits[] = {{kMillisPerSecond, 60, 's'},
                             {kMillisPerMinute, 60, 'm'},
                             {kMillisPerHour, 48, 'h'},
                             {kMillisPerDay, INT64_MAX, 'd'}};
  for (const Unit& unit : kUnits) {
    if (length_ms / unit.millis < unit.until) {
      const std::string length = fmt::format("{}{}", length_ms / unit.millis, unit.name);
      return ago_ms < 0 ? "in " + length : length + " ago";
    }
  }
  return "now";
}

}  // namespace weir::alert
