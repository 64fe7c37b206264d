// The page of one alert: the parts of render_page.cc, and what stands beside the alert.
#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "common/alert/page_internal.h"
#include "common/alert/render.h"
#include "common/alert/text_internal.h"
#include "common/base/units.h"

namespace weir::alert {

namespace {

constexpr std::size_t kChartWidthMax = 60;
constexpr std::string_view kBlocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::string_view kAscii[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
constexpr uint64_t kLevels = 8;

void AddChart(const Incident& incident, Page* page) {
  if (!incident.series.has_value() || incident.series->counts.empty()) {
    return;
  }
  std::size_t width = kChartWidthMax;
  if (page->width() != 0) {
    width = std::min(width, page->width() > 2 * kPageIndent ? page->width() - kPageIndent : 1);
  }
  const Chart chart = DrawChart(*incident.series, width, page->options().unicode);
  page->Heading("Counts over time");
  const bool narrow = page->width() != 0 && page->width() <= 2 * kPageIndent;
  page->Raw(std::string(narrow ? 0 : kPageIndent, ' ') + chart.marks);
  page->Text(chart.legend, kPageIndent);
}

void AddComments(const Alert& alert, Page* page) {
  if (alert.comments.empty()) {
    return;
  }
  page->Heading("Comments");
  for (const Comment& comment : alert.comments) {
    page->Text(fmt::format("{}  {}", page->Time(comment.time_ms), SafeText(comment.author)), kPageIndent);
    std::string_view rest = comment.text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      page->Text(SafeText(rest.substr(0, end)), kPageIndent * 2);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
}

void AddHistory(const Alert& alert, Page* page) {
  if (alert.history.empty()) {
    return;
  }
  page->Heading("History");
  if (alert.history_dropped != 0) {
    page->Text(fmt::format("({} older change{})", alert.history_dropped,
                           alert.history_dropped == 1 ? "" : "s"),
               kPageIndent);
  }
  for (const Change& change : alert.history) {
    const auto named = [](const std::string& value) { return value.empty() ? "none" : SafeText(value); };
    std::string text = fmt::format("{}  {}: {} {} -> {}", page->Time(change.time_ms),
                                   SafeText(change.actor), ChangeFieldName(change.field),
                                   named(change.from), named(change.to));
    if (!change.reason.empty()) {
      text += fmt::format(" ({})", SafeText(change.reason));
    }
    page->Text(text, kPageIndent);
  }
}

void AddRelated(const Incident& incident, Page* page) {
  page->Heading("Other alerts of the same entities, 48 h before and after");
  if (incident.related.empty()) {
    page->Text("none", kPageIndent);
    return;
  }
  RenderOptions options = page->options();
  const bool narrow = options.width > 0 && options.width <= static_cast<int>(2 * kPageIndent);
  if (options.width > 0 && !narrow) {
    options.width -= static_cast<int>(kPageIndent);
  }
  const std::string table = AlertTable(options).Lines(incident.related);
  for (std::size_t begin = 0; begin < table.size();) {
    const std::size_t end = table.find('\n', begin);
    page->Raw(std::string(narrow ? 0 : kPageIndent, ' ') + table.substr(begin, end - begin));
    begin = end + 1;
  }
  if (incident.related_total > incident.related.size()) {
    page->Text(fmt::format("and {} more", incident.related_total - incident.related.size()), kPageIndent);
  }
}

// The text as one word of a shell's command line.
std::string Quoted(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) {
    return text;
  }
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return quoted + "'";
}

void AddNext(const Alert& alert, Page* page) {
  const std::string id = alert.id.ToHex().substr(0, kShortIdDigits);
  page->Heading("Next");
  const auto add = [&](const std::string& command) { page->Text(command, kPageIndent); };
  add("weir explain alert " + id);
  if (alert.status == AlertStatus::kOpen) {
    add("weir alerts ack " + id);
  }
  if (alert.status == AlertStatus::kClosed || alert.status == AlertStatus::kRecovered) {
    add("weir alerts reopen " + id);
  }
  if (alert.status != AlertStatus::kClosed) {
    add(fmt::format("weir alerts close {} --reason 'false positive'", id));
  }
  add(fmt::format("weir alerts comment {} -m 'what was found'", id));
  // What events chose is shown as a command only where it is what it looks like.
  Arena arena;
  for (const NamedCell& cell : alert.group) {
    const Value value = CellValue(cell, &arena);
    const std::string condition = cell.name + "=" + (value.is_null() ? "" : ValueToString(value));
    if (!value.is_null() && !value.is_multi() && SafeText(condition) == condition) {
      add("weir alerts list --field " + Quoted(condition));
    }
  }
  if (SafeText(alert.rule_id) == alert.rule_id) {
    add("weir alerts list --rule " + Quoted(alert.rule_id));
  }
}

}  // namespace

Chart DrawChart(const RowSeries& series, std::size_t width, bool unicode) {
  Chart chart;
  if (series.counts.empty() || series.pane_ms <= 0) {
    return chart;
  }
  const UnixMillis begin_ms = series.counts.front().first - series.pane_ms;
  const UnixMillis end_ms = series.counts.back().first;
  const int64_t panes = std::max<int64_t>((end_ms - begin_ms) / series.pane_ms, 1);
  const auto marks_max = static_cast<int64_t>(std::max<std::size_t>(width, 1));
  const int64_t panes_a_mark = CeilDiv(panes, marks_max);
  const int64_t mark_ms = panes_a_mark * series.pane_ms;
  std::vector<uint64_t> rows(static_cast<std::size_t>(CeilDiv(panes, panes_a_mark)));
  for (const auto& [time_ms, count] : series.counts) {
    const int64_t mark = (time_ms - begin_ms - 1) / mark_ms;
    rows[static_cast<std::size_t>(
        std::clamp<int64_t>(mark, 0, static_cast<int64_t>(rows.size()) - 1))] += count;
  }
  const uint64_t most = *std::max_element(rows.begin(), rows.end());
  for (const uint64_t count : rows) {
    const uint64_t level = (count * kLevels + most - 1) / std::max<uint64_t>(most, 1);   // rounded up
    chart.marks.append(unicode ? kBlocks[level] : kAscii[level]);
  }
  chart.legend = fmt::format("{} to {} UTC, {} a mark, at most {} row{}", ShortTime(begin_ms),
                             ShortTime(end_ms), HumanDuration(mark_ms), most, most == 1 ? "" : "s");
  return chart;
}

std::string RenderIncident(const Incident& incident, const RenderOptions& options) {
  Page page(options);
  const Alert& alert = incident.alert;
  AddTitle(alert, &page);
  AddSentence(alert, &page);
  AddCells("Group", alert.group, &page);
  AddChart(incident, &page);
  AddCells("Evidence", alert.columns, &page);
  AddTimes(alert, incident.timings, &page);
  AddFacts(incident, &page);
  AddEvents(alert, &page);
  AddTechniques(alert, &page);
  AddNote(alert, &page);
  AddComments(alert, &page);
  AddHistory(alert, &page);
  AddRelated(incident, &page);
  AddNext(alert, &page);
  return std::move(*page.out());
}

}  // namespace weir::alert
