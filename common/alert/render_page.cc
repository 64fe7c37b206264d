#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "common/alert/alert.h"
#include "common/alert/text_internal.h"
#include "common/base/units.h"

namespace weir::alert {

namespace {

constexpr std::size_t kNoteLinesMax = 12;
constexpr std::size_t kValuesMax = 20;
constexpr std::size_t kLabelWidthMax = 40;
constexpr std::size_t kIndent = 2;

class Page {
 public:
  explicit Page(std::size_t width) : width_(width) {}

  // A line of its own, wrapped; begins after indent blanks.
  void Text(std::string_view text, std::size_t indent = 0) {
    indent = Clamp(indent);
    out_.append(indent, ' ');
    AppendWrapped(text, width_, indent, indent, &out_);
  }
  void Blank() { out_.push_back('\n'); }
  // A heading behind a blank line.
  void Heading(std::string_view text) {
    Blank();
    Text(text);
  }
  // "  label   value", values aligned at label_width. A label that is too long has its line alone.
  void Pair(std::string_view label, std::string_view value, std::size_t label_width) {
    const std::size_t value_column = Clamp(kIndent + label_width + 2);
    const std::size_t label_end = kIndent + DisplayWidth(label);
    if (value_column == 0 || label_end + 2 > value_column) {
      Text(label, kIndent);
      Text(value, kIndent * 2);
      return;
    }
    out_.append(kIndent, ' ').append(label).append(value_column - label_end, ' ');
    AppendWrapped(value, width_, value_column, value_column, &out_);
  }
  std::string* out() { return &out_; }
  std::size_t width() const { return width_; }
  // The widest label that still leaves half of the line to values.
  std::size_t LabelWidthMax() const {
    return width_ == 0 ? kLabelWidthMax : std::min(kLabelWidthMax, width_ / 2);
  }

 private:
  // An indent that would leave much less than half a line to the text is none.
  std::size_t Clamp(std::size_t indent) const {
    const bool narrow = indent * 2 > width_ + 2 * (kIndent + 2) || indent + 4 > width_;
    return width_ != 0 && narrow ? 0 : indent;
  }

  const std::size_t width_;
  std::string out_;
};

void AddTitle(const Alert& alert, bool colour, Page* page) {
  std::string severity(rule::SeverityName(alert.severity));
  for (char& c : severity) {
    c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  const std::string name = SafeText(alert.rule_name.empty() ? alert.rule_id : alert.rule_name);
  const std::size_t used = DisplayWidth(severity) + 2;
  if (page->width() != 0 && used + 8 > page->width()) {
    page->Text(fmt::format("{}  {}", severity, name));
    return;
  }
  page->out()->append(colour ? Coloured(alert.severity, severity) : severity).append("  ");
  AppendWrapped(fmt::format("{} (risk {}, {})", name, alert.risk_score,
                            AlertStatusName(alert.status)),
                page->width(), used, used, page->out());
}

// "Within 1h up to 2024-10-29 15:51:44 UTC: inference call count 623, 2 models; for model_id=x."
void AddSentence(const Alert& alert, Page* page) {
  std::string sentence;
  if (alert.window_end_ms != 0) {
    const int64_t length_ms = alert.window_end_ms - alert.window_start_ms;
    sentence = alert.window_start_ms != 0 && length_ms > 0
                   ? fmt::format("Within {} up to {} UTC", FormatDuration(length_ms),
                                 ShortTime(alert.window_end_ms))
                   : fmt::format("At {} UTC", ShortTime(alert.window_end_ms));
    sentence.append(" the rule");
  } else {
    sentence = "The rule";
  }
  const std::string summary = SummarizeColumns(alert, 0);
  sentence.append(summary.empty() ? " matched" : " found " + summary);
  const std::string group = ShortGroup(alert);
  sentence.append(group.empty() ? "." : fmt::format(" for {}.", group));
  page->Blank();
  page->Text(sentence);
}

void AddCells(std::string_view heading, const std::vector<NamedCell>& cells, Page* page) {
  if (cells.empty()) {
    return;
  }
  page->Heading(heading);
  std::size_t label_width = 0;
  for (const NamedCell& cell : cells) {
    const std::size_t width = DisplayWidth(SafeText(cell.name));
    label_width = width <= page->LabelWidthMax() ? std::max(label_width, width) : label_width;
  }
  Arena arena;
  for (const NamedCell& cell : cells) {
    const ValueTextOptions options = {.shorten = false, .items_max = kValuesMax};
    page->Pair(SafeText(cell.name), ValueText(CellValue(cell, &arena), options), label_width);
  }
}

std::string Span(UnixMillis start_ms, UnixMillis end_ms) {
  return fmt::format("{} to {} UTC ({})", ShortTime(start_ms), ShortTime(end_ms),
                     FormatDuration(end_ms - start_ms));
}

std::string FullTime(UnixMillis time_ms) {
  std::string text = FormatTime(time_ms);
  std::replace(text.begin(), text.end(), 'T', ' ');
  text.pop_back();
  return text + " UTC";
}

void AddTimes(const Alert& alert, Page* page) {
  constexpr std::size_t kLabelWidth = 11;
  const auto add_time = [&](std::string_view label, UnixMillis time_ms) {
    if (time_ms != 0) {
      page->Pair(label, FullTime(time_ms), kLabelWidth);
    }
  };
  const UnixMillis times[] = {alert.window_end_ms,  alert.episode_start_ms, alert.first_event_ms,
                              alert.last_event_ms, alert.arrived_at_ms,    alert.fired_at_ms};
  if (std::all_of(std::begin(times), std::end(times), [](UnixMillis time) { return time == 0; })) {
    return;
  }
  page->Heading("Times");
  if (alert.window_start_ms != 0 && alert.window_end_ms != 0) {
    page->Pair("window", Span(alert.window_start_ms, alert.window_end_ms), kLabelWidth);
  }
  if (alert.episode_start_ms != 0 && alert.episode_end_ms > alert.episode_start_ms) {
    page->Pair("episode", Span(alert.episode_start_ms, alert.episode_end_ms), kLabelWidth);
  }
  add_time("first event", alert.first_event_ms);
  add_time("last event", alert.last_event_ms);
  add_time("arrived", alert.arrived_at_ms);
  add_time("fired", alert.fired_at_ms);
}

template <typename Texts>
std::string Joined(const Texts& texts) {
  return SafeText(fmt::format("{}", fmt::join(texts, ", ")));
}

// ", the first at ..., the last at ..."; empty when the times are not known.
std::string SuppressedTimes(const Alert& alert) {
  const SuppressedSpan& hits = alert.suppression;
  if (hits.first_ms == 0) {
    return "";
  }
  return alert.suppressed_count == 1
             ? ", at " + FullTime(hits.first_ms)
             : fmt::format(", from {} to {}", FullTime(hits.first_ms), FullTime(hits.last_ms));
}

void AddFacts(const Alert& alert, Page* page) {
  constexpr std::size_t kLabelWidth = 11;
  page->Heading("Alert");
  page->Pair("id", alert.id.ToHex(), kLabelWidth);
  if (!alert.tenant.empty()) {
    page->Pair("tenant", SafeText(alert.tenant), kLabelWidth);
  }
  page->Pair("rule", SafeText(fmt::format("{} ({}, rule set {})", alert.rule_id,
                                          rule::DialectName(alert.dialect), alert.rule_version)),
             kLabelWidth);
  page->Pair("suppressed",
             alert.suppressed_count == 0   ? "nothing"
             : alert.suppressed_count == 1 ? "1 further hit" + SuppressedTimes(alert)
                                           : fmt::format("{} further hits{}", alert.suppressed_count,
                                                         SuppressedTimes(alert)),
             kLabelWidth);
  if (const auto flags = AlertFlagNames(alert.flags); !flags.empty()) {
    page->Pair("flags", Joined(flags), kLabelWidth);
  }
  if (!alert.tags.empty()) {
    page->Pair("tags", Joined(alert.tags), kLabelWidth);
  }
}

void AddEvents(const Alert& alert, Page* page) {
  if (alert.events.empty()) {
    return;
  }
  page->Heading("Events (a sample, newest last)");
  for (const EventRef& event : alert.events) {
    const std::string time = event.timestamp_ms != 0 ? FullTime(event.timestamp_ms) : "no time";
    page->Text(fmt::format("{}  {}", time, SafeText(event.id)), kIndent);
  }
}

std::string EntryText(const rule::ThreatEntry& entry) {
  if (entry.name.empty() || entry.id.empty()) {
    return SafeText(entry.name.empty() ? entry.id : entry.name);
  }
  return SafeText(fmt::format("{} {}", entry.id, entry.name));
}

void AddTechniques(const Alert& alert, Page* page) {
  if (alert.threat.empty()) {
    return;
  }
  page->Heading("Techniques");
  for (const rule::ThreatMapping& mapping : alert.threat) {
    const std::string tactic = EntryText(mapping.tactic);
    page->Text(SafeText(mapping.framework) + (tactic.empty() ? "" : ": " + tactic), kIndent);
    for (const rule::ThreatTechnique& technique : mapping.techniques) {
      page->Text(EntryText(technique.entry), kIndent * 2);
      for (const rule::ThreatEntry& subtechnique : technique.subtechniques) {
        page->Text(EntryText(subtechnique), kIndent * 3);
      }
    }
  }
}

void AddNote(const Alert& alert, Page* page) {
  std::string_view rest = alert.note;
  while (!rest.empty() && (rest.back() == '\n' || rest.back() == '\r' || rest.back() == ' ')) {
    rest.remove_suffix(1);
  }
  while (rest.starts_with('\n')) {
    rest.remove_prefix(1);
  }
  if (rest.empty()) {
    return;
  }
  page->Heading("Note");
  for (std::size_t line = 0; !rest.empty() && line < kNoteLinesMax; ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string text(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) {
      text.pop_back();
    }
    std::replace(text.begin(), text.end(), '\t', ' ');
    if (text.empty()) {
      page->Blank();
    } else {
      page->Text(SafeText(text), kIndent);
    }
  }
  if (!rest.empty()) {
    const auto more = std::count(rest.begin(), rest.end(), '\n') + 1;
    page->Text(fmt::format("… {} more line{}", more, more == 1 ? "" : "s"), kIndent);
  }
}

}  // namespace

std::string RenderPage(const Alert& alert, const RenderOptions& options) {
  Page page(options.width > 0 ? static_cast<std::size_t>(options.width) : 0);
  AddTitle(alert, options.colour, &page);
  AddSentence(alert, &page);
  AddCells("Group", alert.group, &page);
  AddCells("Columns", alert.columns, &page);
  AddTimes(alert, &page);
  AddFacts(alert, &page);
  AddEvents(alert, &page);
  AddTechniques(alert, &page);
  AddNote(alert, &page);
  return std::move(*page.out());
}

}  // namespace weir::alert
