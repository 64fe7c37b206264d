#include "cli/terminal.h"

#include <algorithm>
#include <cctype>
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
  if (StdoutIsTerminal() && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    return size.ws_col;
  }
  constexpr int kWidthMax = 10'000;
  const char* columns = std::getenv("COLUMNS");   // NOLINT(concurrency-mt-unsafe)
  return columns == nullptr ? 0 : std::clamp(std::atoi(columns), 0, kWidthMax);
}

bool StdoutColour() {
  const char* no_color = std::getenv("NO_COLOR");   // NOLINT(concurrency-mt-unsafe)
  return StdoutIsTerminal() && (no_color == nullptr || *no_color == '\0');
}

bool Print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

void PrintError(const std::string& message) {
  fmt::print(stderr, "weir: {}\n", message);
}

void PrintCallError(const std::string& address, const Status& status) {
  switch (status.code()) {
    case StatusCode::kUnavailable:
      PrintError(fmt::format(
          "no answer from {}: {}; is `weir all` running there? (--address names another)", address, status));
      break;
    case StatusCode::kDeadlineExceeded:
      PrintError(fmt::format("{} did not answer in time: {}; `weir cluster status` shows how it is",
                             address, status));
      break;
    case StatusCode::kUnimplemented:
      PrintError(address + " does not offer this call: of a cluster, coordinators are asked for alerts and "
                           "status, and ingest nodes take events");
      break;
    default:
      PrintError(fmt::format("{}", status));
      break;
  }
}

bool LocaleIsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);   // NOLINT(concurrency-mt-unsafe)
    if (value != nullptr && *value != '\0') {
      std::string text(value);
      std::transform(text.begin(), text.end(), text.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      return text.find("UTF-8") != std::string::npos || text.find("UTF8") != std::string::npos;
    }
  }
  return false;
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
