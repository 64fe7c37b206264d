#include "cli/progress_bar.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "cli/terminal.h"

namespace weir::cli {
namespace {

constexpr int kBarWidth = 30;
constexpr int kLineWidth = 78;

std::string BarText(uint64_t read, uint64_t total, double seconds) {
  if (total == 0) {
    return fmt::format("read {}", HumanBytes(read));
  }
  const double part = std::min(1.0, static_cast<double>(read) / static_cast<double>(total));
  const int filled = static_cast<int>(part * kBarWidth);
  std::string text =
      fmt::format("[{:#<{}}{:.<{}}] {:3.0f}%  {} of {}", "", filled, "", kBarWidth - filled,
                  part * 100, HumanBytes(read), HumanBytes(total));
  if (part > 0.01) {
    text += fmt::format("  {:.0f} s left", seconds / part - seconds);
  }
  return text;
}

}  // namespace

std::function<void(uint64_t read, uint64_t total)> MakeProgressBar() {
  using Clock = std::chrono::steady_clock;
  if (!StderrIsTerminal()) {
    return nullptr;
  }
  struct Shown {
    Clock::time_point begin = Clock::now();
    Clock::time_point last;
    uint64_t read = 0;
  };
  auto shown = std::make_shared<Shown>();
  return [shown](uint64_t read, uint64_t total) {
    const auto now = Clock::now();
    if (read < shown->read) {
      shown->begin = now;  // the next file
    }
    shown->read = read;
    if (now - shown->last < std::chrono::milliseconds(100)) {
      return;
    }
    shown->last = now;
    const double seconds = std::chrono::duration<double>(now - shown->begin).count();
    fmt::print(stderr, "\r{:<{}.{}}", BarText(read, total, seconds), kLineWidth, kLineWidth);
  };
}

void ClearProgressBar() {
  if (StderrIsTerminal()) {
    fmt::print(stderr, "\r{:<{}}\r", "", kLineWidth);
  }
}

}  // namespace weir::cli
