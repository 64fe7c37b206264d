// How the `weir alerts` commands print.
#include "cli/alerts_internal.h"
#include "cli/terminal.h"
#include "common/base/clock.h"

namespace weir::cli {
namespace {

std::string FormatOf(const AlertViewFlags& flags) {
  if (!flags.format.empty()) {
    return flags.format;
  }
  return StdoutIsTerminal() ? "table" : "ndjson";
}

alert::RenderOptions RenderOf(const AlertViewFlags& flags) {
  alert::RenderOptions options;
  options.width = StdoutWidth();
  options.colour = StdoutColour();
  options.unicode = LocaleIsUtf8();
  options.time = flags.time == "iso"        ? alert::TimeStyle::kIso
                 : flags.time == "relative" ? alert::TimeStyle::kRelative
                                            : alert::TimeStyle::kUtc;
  options.now_ms = SystemClock().Now();
  return options;
}

}  // namespace

void AddAlertView(CLI::App* command, AlertViewFlags* flags, const std::vector<std::string>& formats) {
  command
      ->add_option("--format", flags->format,
                   "Form of the output; default: table on a terminal, otherwise ndjson")
      ->check(CLI::IsMember(formats));
  command
      ->add_option("--time", flags->time,
                   "Times in tables and pages: 2026-01-02 03:04:05 (utc), 2026-01-02T03:04:05.000Z (iso), "
                   "5m ago (relative)")
      ->check(CLI::IsMember({"utc", "iso", "relative"}))
      ->capture_default_str();
}

AlertPrinter::AlertPrinter(const AlertViewFlags& flags, alert::AlertTable::Columns columns)
    : format_(FormatOf(flags)), table_(RenderOf(flags), columns) {}

bool AlertPrinter::Add(const std::vector<alert::Alert>& alerts) {
  std::string out;
  if (format_ == "table") {
    table_.set_now_ms(SystemClock().Now());
    out = table_.Lines(alerts);
    printed_ += alerts.size();
    return Print(out);
  }
  const bool array = format_ == "json";
  for (const alert::Alert& alert : alerts) {
    if (array) {
      out += printed_ == 0 ? "[\n" : ",\n";
    }
    out += alert::ToJson(alert);
    out += array ? "" : "\n";
    ++printed_;
  }
  return Print(out);
}

void AlertPrinter::Finish() {
  if (format_ == "json") {
    Print(printed_ == 0 ? "[]\n" : "\n]\n");
  } else if (format_ == "table" && printed_ == 0) {
    Print("no alerts\n");
  }
}

void PrintIncident(const alert::Incident& incident, const AlertViewFlags& flags) {
  Print(FormatOf(flags) == "table" ? alert::RenderIncident(incident, RenderOf(flags))
                                   : alert::IncidentToJson(incident) + "\n");
}

}  // namespace weir::cli
