// What a benchmark reads of its process, and how it reports.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::bench {

// Wall time and CPU time of the whole process since construction.
class Stopwatch {
 public:
  Stopwatch();
  double wall_s() const;
  double cpu_s() const;

 private:
  std::chrono::steady_clock::time_point wall_begin_;
  double cpu_begin_s_;
};

// The most memory this process ever had resident (VmHWM).
uint64_t PeakMemoryBytes();

double Median(std::vector<double> values);
// share in 0..1, nearest rank; 0 without values.
double Percentile(std::vector<double> values, double share);

// A folder for this process below the system's temporary folder; removed with everything in it.
class TempFolder {
 public:
  explicit TempFolder(std::string_view name);
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// Named numbers in the order they were found.
class Report {
 public:
  void Add(std::string name, double value, std::string unit);
  // "name  value unit" lines, or one JSON object {"name_unit": value}.
  std::string Text() const;
  std::string Json() const;

 private:
  struct Line {
    std::string name;
    double value;
    std::string unit;
  };
  std::vector<Line> lines_;
};

}  // namespace weir::bench
