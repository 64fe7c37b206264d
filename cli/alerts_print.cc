// How the `weir alerts` commands print.
#include "cli/alerts_internal.h"
#include "cli/terminal.h"

namespace weir::cli {
namespace {

alert::RenderOptions TerminalRender() {
  alert::RenderOptions options;
  options.width = StdoutWidth();
  options.colour = StdoutColour();
  return options;
}

}  // namespace

void AddAlertFormat(CLI::App* command, std::string* format,
                    const std::vector<std::string>& formats) {
  command
      ->add_option("--format", *format,
                   "Form of the output; default: table on a terminal, otherwise ndjson")
      ->check(CLI::IsMember(formats));
}

std::string AlertFormatOf(const std::string& format) {
  if (!format.empty()) {
    return format;
  }
  return StdoutIsTerminal() ? "table" : "ndjson";
}

void PrintAlerts(const std::vector<alert::Alert>& alerts, const std::string& format) {
  if (format == "table") {
    Print(alert::RenderTable(alerts, TerminalRender()));
    return;
  }
  const bool array = format == "json";
  std::string out = array ? "[" : "";
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    out += array ? (i == 0 ? "\n" : ",\n") : "";
    out += alert::ToJson(alerts[i]);
    out += array ? "" : "\n";
  }
  Print(out + (array ? "\n]\n" : ""));
}

void PrintStreamed(const alert::Alert& alert, const std::string& format, bool heading) {
  if (format != "table") {
    Print(alert::ToJson(alert) + "\n");
    return;
  }
  const std::string text = alert::RenderTable({alert}, TerminalRender());
  const std::size_t end = text.find('\n');
  Print(heading || end == std::string::npos ? text : text.substr(end + 1));
}

void PrintAlertPage(const alert::Alert& alert, const std::string& format) {
  if (format == "table") {
    Print(alert::RenderPage(alert, TerminalRender()));
  } else {
    Print(alert::ToJson(alert) + "\n");
  }
}

}  // namespace weir::cli
