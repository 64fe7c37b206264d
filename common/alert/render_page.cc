#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "common/alert/page_internal.h"
#include "common/alert/text_internal.h"
#include "common/base/units.h"

namespace weir::alert {

namespace {

constexpr std::size_t kNoteLinesMax = 12;
constexpr std::size_t kValuesMax = 20;

std::string Span(UnixMillis start_ms, UnixMillis end_ms) {
  return fmt::format("{} to {} UTC ({})", ShortTime(start_ms), ShortTime(end_ms),
                     HumanDuration(end_ms - start_ms));
}

// ", 250ms after what"; empty when it is not known.
std::string After(const std::optional<int64_t>& delay_ms, std::string_view what) {
  if (!delay_ms.has_value()) {
    return "";
  }
  return *delay_ms < 0 ? fmt::format(", {} before {}", HumanDuration(-*delay_ms), what)
                       : fmt::format(", {} after {}", HumanDuration(*delay_ms), what);
}

template <typename Texts>
std::string Joined(const Texts& texts) {
  return SafeText(fmt::format("{}", fmt::join(texts, ", ")));
}

// "3 further hits, from ... to ..."; without the times when they are not known.
std::string SuppressedHits(const Alert& alert, const Page& page) {
  const SuppressedSpan& hits = alert.suppression;
  if (alert.suppressed_count == 0) {
    return "nothing";
  }
  if (alert.suppressed_count == 1) {
    return "1 further hit" + (hits.first_ms == 0 ? "" : ", at " + page.Time(hits.first_ms));
  }
  return fmt::format("{} further hits{}", alert.suppressed_count,
                     hits.first_ms == 0 ? ""
                                        : fmt::format(", from {} to {}", page.Time(hits.first_ms),
                                                      page.Time(hits.last_ms)));
}

// "those of user.name=alice up to ..."
std::string FoldingHits(const SuppressionState& state, const Page& page) {
  Alert keyed;
  keyed.group = state.key;
  const std::string key = ShortGroup(keyed);
  return fmt::format("hits{} up to {}", key.empty() ? "" : " of " + key, page.Time(state.until_ms));
}

std::string EntryText(const rule::ThreatEntry& entry) {
  if (entry.name.empty() || entry.id.empty()) {
    return SafeText(entry.name.empty() ? entry.id : entry.name);
  }
  return SafeText(fmt::format("{} {}", entry.id, entry.name));
}

}  // namespace

void AddTitle(const Alert& alert, Page* page) {
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
  page->out()->append(page->options().colour ? Coloured(alert.severity, severity) : severity).append("  ");
  AppendWrapped(fmt::format("{} (risk {}, {})", name, alert.risk_score,
                            AlertStatusName(alert.status)),
                page->width(), used, used, page->out());
}

// "Within 1h up to 2024-10-29 15:51:44 UTC the rule found 623 calls, 2 models for model_id=x."
void AddSentence(const Alert& alert, Page* page) {
  std::string sentence;
  if (alert.window_end_ms != 0) {
    const int64_t length_ms = alert.window_end_ms - alert.window_start_ms;
    sentence = alert.window_start_ms != 0 && length_ms > 0
                   ? fmt::format("Within {} up to {} UTC", HumanDuration(length_ms),
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

void AddTimes(const Alert& alert, const Timings& timings, Page* page) {
  const auto add_time = [&](std::string_view label, UnixMillis time_ms, const std::string& after = "") {
    if (time_ms != 0) {
      page->Pair(label, page->Time(time_ms) + after, kFactLabelWidth);
    }
  };
  const UnixMillis times[] = {alert.window_end_ms,  alert.episode_start_ms, alert.first_event_ms,
                              alert.last_event_ms, alert.arrived_at_ms,    alert.fired_at_ms};
  if (std::all_of(std::begin(times), std::end(times), [](UnixMillis time) { return time == 0; })) {
    return;
  }
  page->Heading("Times");
  if (alert.window_start_ms != 0 && alert.window_end_ms != 0) {
    page->Pair("window", Span(alert.window_start_ms, alert.window_end_ms), kFactLabelWidth);
  }
  if (alert.episode_start_ms != 0 && alert.episode_end_ms > alert.episode_start_ms) {
    page->Pair("episode", Span(alert.episode_start_ms, alert.episode_end_ms), kFactLabelWidth);
  }
  add_time("first event", alert.first_event_ms);
  add_time("last event", alert.last_event_ms);
  add_time("arrived", alert.arrived_at_ms, After(timings.event_to_arrival_ms, "the last event"));
  add_time("fired", alert.fired_at_ms, After(timings.arrival_to_fired_ms, "the arrival"));
  if (timings.fired_to_acknowledged_ms.has_value()) {
    add_time("acknowledged", alert.fired_at_ms + *timings.fired_to_acknowledged_ms,
             After(timings.fired_to_acknowledged_ms, "the alert"));
  }
  add_time("closed", alert.closed_at_ms, After(timings.fired_to_closed_ms, "the alert"));
  add_time("recovered", alert.recovered_at_ms);
}

void AddFacts(const Incident& incident, Page* page) {
  const Alert& alert = incident.alert;
  page->Heading("Alert");
  page->Pair("id", alert.id.ToHex(), kFactLabelWidth);
  if (!alert.tenant.empty()) {
    page->Pair("tenant", SafeText(alert.tenant), kFactLabelWidth);
  }
  page->Pair("rule", SafeText(fmt::format("{} ({}, rule set {})", alert.rule_id,
                                          rule::DialectName(alert.dialect), alert.rule_version)),
             kFactLabelWidth);
  std::string status(AlertStatusName(alert.status));
  if (!alert.close_reason.empty()) {
    status += ": " + SafeText(alert.close_reason);
  }
  page->Pair("status", status, kFactLabelWidth);
  page->Pair("assignee", alert.assignee.empty() ? "nobody" : SafeText(alert.assignee), kFactLabelWidth);
  page->Pair("suppressed", SuppressedHits(alert, *page), kFactLabelWidth);
  if (incident.suppression.has_value()) {
    page->Pair("still folds", FoldingHits(*incident.suppression, *page), kFactLabelWidth);
  }
  if (const auto flags = AlertFlagNames(alert.flags); !flags.empty()) {
    page->Pair("flags", Joined(flags), kFactLabelWidth);
  }
  if (!alert.tags.empty()) {
    page->Pair("tags", Joined(alert.tags), kFactLabelWidth);
  }
}

void AddEvents(const Alert& alert, Page* page) {
  if (alert.events.empty()) {
    return;
  }
  page->Heading("Events (a sample, newest last)");
  for (const EventRef& event : alert.events) {
    const std::string time = event.timestamp_ms != 0 ? page->Time(event.timestamp_ms) : "no time";
    page->Text(fmt::format("{}  {}", time, SafeText(event.id)), kPageIndent);
  }
}

void AddTechniques(const Alert& alert, Page* page) {
  if (alert.threat.empty()) {
    return;
  }
  page->Heading("Techniques");
  for (const rule::ThreatMapping& mapping : alert.threat) {
    const std::string tactic = EntryText(mapping.tactic);
    page->Text(SafeText(mapping.framework) + (tactic.empty() ? "" : ": " + tactic), kPageIndent);
    for (const rule::ThreatTechnique& technique : mapping.techniques) {
      page->Text(EntryText(technique.entry), kPageIndent * 2);
      for (const rule::ThreatEntry& subtechnique : technique.subtechniques) {
        page->Text(EntryText(subtechnique), kPageIndent * 3);
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
      page->Text(SafeText(text), kPageIndent);
    }
  }
  if (!rest.empty()) {
    const auto more = std::count(rest.begin(), rest.end(), '\n') + 1;
    page->Text(fmt::format("… {} more line{}", more, more == 1 ? "" : "s"), kPageIndent);
  }
}

}  // namespace weir::alert
