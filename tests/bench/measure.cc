#include "tests/bench/measure.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <system_error>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/json_writer.h"

namespace weir::bench {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double ProcessCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

}  // namespace

Stopwatch::Stopwatch()
    : wall_begin_(std::chrono::steady_clock::now()), cpu_begin_s_(ProcessCpuSeconds()) {}

double Stopwatch::wall_s() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_begin_).count();
}

double Stopwatch::cpu_s() const {
  return ProcessCpuSeconds() - cpu_begin_s_;
}

uint64_t PeakMemoryBytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word == "VmHWM:") {
      uint64_t kibibytes = 0;
      status >> kibibytes;
      return kibibytes * 1024;
    }
  }
  return 0;
}

double Median(std::vector<double> values) {
  return Percentile(std::move(values), 0.5);
}

double Percentile(std::vector<double> values, double share) {
  if (values.empty()) {
    return 0;
  }
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(share * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

TempFolder::TempFolder(std::string_view name)
    : path_(std::filesystem::temp_directory_path() / fmt::format("{}_{}", name, getpid())) {
  std::filesystem::remove_all(path_);
  std::filesystem::create_directories(path_);
}

TempFolder::~TempFolder() {
  std::error_code ignored;   // a leftover in the temporary folder harms nobody
  std::filesystem::remove_all(path_, ignored);
}

void Report::Add(std::string name, double value, std::string unit) {
  lines_.push_back({std::move(name), value, std::move(unit)});
}

std::string Report::Text() const {
  std::string text;
  for (const Line& line : lines_) {
    const bool whole = line.value == std::floor(line.value) || line.value >= 1000;
    text += fmt::format("{:<44} {:>14} {}\n", line.name,
                        whole ? fmt::format("{:.0f}", line.value) : fmt::format("{:.3f}", line.value),
                        line.unit);
  }
  return text;
}

std::string Report::Json() const {
  std::string text;
  JsonWriter json(&text);
  json.BeginObject();
  for (const Line& line : lines_) {
    json.Key(line.unit.empty() ? line.name : line.name + "_" + line.unit);
    json.Double(line.value);
  }
  json.EndObject();
  return text + "\n";
}

}  // namespace weir::bench
