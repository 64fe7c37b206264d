// Counters, gauges and histograms, updated without locks and read as Prometheus text. A registry is
// made by the binary and handed to what reports; prometheus-cpp renders, the hot path is ours because
// that library's histograms lock. Names: weir_<lib>_<noun>_<unit>, counters with _total at the end.
// Labels have few values, chosen by us and never by a user.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::metrics {

class Counter {
 public:
  void Add(uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double change) { value_.fetch_add(change, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

class Histogram {
 public:
  // REQUIRES: bounds are finite and rise strictly. A value belongs to the first bucket whose bound is
  // not below it; a last bucket without bound is added.
  explicit Histogram(std::vector<double> bounds);
  // NaN is ignored.
  void Observe(double value);

  const std::vector<double>& bounds() const { return bounds_; }
  // One count per bound and one for what lies above all; not cumulative. Each is right for itself; an
  // observation in progress may be in a bucket and not yet in the sum.
  std::vector<uint64_t> BucketCounts() const;
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> bounds_;
  const std::unique_ptr<std::atomic<uint64_t>[]> counts_;
  std::atomic<double> sum_ = 0;
};

// Bounds first, first * factor, ...; for durations in seconds and sizes in bytes.
std::vector<double> ExponentialBounds(double first, double factor, int count);

using Labels = std::vector<std::pair<std::string, std::string>>;

enum class Kind : uint8_t { kCounter, kGauge, kHistogram };

struct Sample {
  Labels labels;                 // sorted by name
  double value = 0;              // counters and gauges
  std::vector<double> bounds;    // histograms from here
  std::vector<uint64_t> counts;
  double sum = 0;
};
struct FamilySnapshot {
  std::string name;
  std::string help;
  Kind kind = Kind::kCounter;
  std::vector<Sample> samples;   // sorted by labels
};

// Label sets per name; what comes beyond is counted together, each label with the value "other".
inline constexpr std::size_t kLabelSetsMax = 1000;

class Registry {
 public:
  Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry();

  // Return the metric of that name and labels, made at the first call; it lives as long as the
  // registry. Take it once and keep it: this locks. REQUIRES: the name has the form above, label names
  // are snake_case, and a name always comes with the same kind, help and label names (a histogram
  // also with the same bounds). Thread safe.
  Counter& GetCounter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& GetGauge(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& GetHistogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                          Labels labels = {});

  // Everything, sorted by name. Thread safe.
  std::vector<FamilySnapshot> Snapshot() const;
  // The Prometheus text format, version 0.0.4.
  std::string ExposeText() const;

 private:
  struct Family;
  struct Series;
  Series& GetSeries(Kind kind, std::string_view name, std::string_view help, Labels labels);

  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Family>, std::less<>> families_;
};

}  // namespace weir::metrics
