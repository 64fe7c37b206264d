#include <algorithm>
#include <array>
#include <cstddef>

#include <fmt/format.h>

#include "common/alert/alert.h"
#include "common/alert/text_internal.h"

namespace weir::alert {

namespace {

constexpr std::size_t kColumns = 5;
constexpr std::size_t kSeverityColumn = 1;
constexpr std::size_t kFixedColumns = 2;    // time and severity keep their width
constexpr std::size_t kGap = 2;
constexpr std::size_t kFlexibleWidthMin = 8;  // below it a column is left out, the last first

constexpr std::size_t kSummaryWidthMin = 10;

using Row = std::array<std::string, kColumns>;
using Widths = std::array<std::size_t, kColumns>;

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

Row MakeRow(const Alert& alert) {
  const UnixMillis time_ms = alert.fired_at_ms != 0 ? alert.fired_at_ms : alert.window_end_ms;
  return {time_ms != 0 ? ShortTime(time_ms) : "-",
          std::string(rule::SeverityName(alert.severity)),
          SafeText(alert.rule_name.empty() ? alert.rule_id : alert.rule_name) + NotDelivered(alert),
          ShortGroup(alert),
          Counted(alert, 0)};
}

// Shares what is left of the line among the flexible columns: each gets what it needs up to an even
// share, and what the modest ones leave goes to the others. A width of 0 leaves a column out.
Widths FitWidths(Widths widths, std::size_t line_width) {
  std::size_t left = line_width;
  for (std::size_t i = 0; i < kFixedColumns; ++i) {
    left -= std::min(left, widths[i] + kGap);
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

std::string RenderRow(const Row& row, const Widths& widths, const rule::Severity* severity,
                      std::size_t line_width) {
  std::string line;
  std::string coloured;
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (widths[i] == 0) {
      continue;
    }
    const std::string cell = FitText(row[i], widths[i]);
    const std::string gap(line.empty() ? 0 : kGap, ' ');
    const std::string padding(widths[i] - DisplayWidth(cell), ' ');
    line.append(gap).append(cell).append(padding);
    coloured.append(gap)
        .append(severity != nullptr && i == kSeverityColumn ? Coloured(*severity, cell) : cell)
        .append(padding);
  }
  const auto trim = [](std::string* text) { text->erase(text->find_last_not_of(' ') + 1); };
  trim(&line);
  trim(&coloured);
  if (line_width != 0 && DisplayWidth(line) > line_width) {
    return FitText(line, line_width);
  }
  return coloured;
}

}  // namespace

std::string RenderTable(const std::vector<Alert>& alerts, const RenderOptions& options) {
  const std::size_t line_width = options.width > 0 ? static_cast<std::size_t>(options.width) : 0;
  if (alerts.empty()) {
    return (line_width == 0 ? "no alerts" : FitText("no alerts", line_width)) + "\n";
  }
  const Row header = {"TIME (UTC)", "SEVERITY", "RULE", "GROUP", "COUNTED"};
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
  if (line_width != 0) {
    widths = FitWidths(widths, line_width);
  }
  std::string table = RenderRow(header, widths, nullptr, line_width) + "\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (const std::size_t width = widths.back(); width != 0 && DisplayWidth(rows[i].back()) > width) {
      rows[i].back() = Counted(alerts[i], width);
    }
    const rule::Severity* severity = options.colour ? &alerts[i].severity : nullptr;
    table.append(RenderRow(rows[i], widths, severity, line_width)).push_back('\n');
  }
  return table;
}

}  // namespace weir::alert
