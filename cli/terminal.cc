#include "cli/terminal.h"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace weir::cli {

bool StdoutIsTerminal() {
  return isatty(STDOUT_FILENO) != 0;
}

bool StderrIsTerminal() {
  return isatty(STDERR_FILENO) != 0;
}

int StdoutWidth() {
  winsize size{};
  if (!StdoutIsTerminal() || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) {
    return 0;
  }
  return size.ws_col;
}

bool StdoutColour() {
  const char* no_color = std::getenv("NO_COLOR");   // NOLINT(concurrency-mt-unsafe)
  return StdoutIsTerminal() && (no_color == nullptr || *no_color == '\0');
}

void Print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void PrintError(const std::string& message) {
  fmt::print(stderr, "weir: {}\n", message);
}

void PrintCallError(const std::string& address, const Status& status) {
  if (status.code() == StatusCode::kUnavailable) {
    PrintError(fmt::format("no answer from {}: {}; is `weir all` running there? (--address names another)",
                           address, status));
  } else if (status.code() == StatusCode::kUnimplemented) {
    PrintError(address + " does not offer this call: of a cluster, coordinators are asked for "
                         "alerts and status, and ingest nodes take events");
  } else {
    PrintError(fmt::format("{}", status));
  }
}

std::string HumanBytes(uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string HumanCount(uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t position = text.size(); position > 3; position -= 3) {
    text.insert(position - 3, ",");
  }
  return text;
}

}  // namespace weir::cli
