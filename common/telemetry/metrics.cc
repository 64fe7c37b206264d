#include "common/telemetry/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "common/base/check.h"

namespace weir::metrics {

namespace {

bool IsSnakeCase(std::string_view name) {
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

void CheckName(Kind kind, std::string_view name) {
  WEIR_CHECK(IsSnakeCase(name) && name.starts_with("weir_"), "metric {}", name);
  WEIR_CHECK((kind == Kind::kCounter) == name.ends_with("_total"),
             "metric {}: counters, and only they, end in _total", name);
}

// "le" is the label that Prometheus puts on buckets.
void CheckLabels(std::string_view name, const Labels& labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    WEIR_CHECK(IsSnakeCase(labels[i].first) && labels[i].first != "le", "metric {}: label {}", name,
               labels[i].first);
    WEIR_CHECK(i == 0 || labels[i - 1].first != labels[i].first, "metric {}: label {} twice", name,
               labels[i].first);
  }
}

bool SameLabelNames(const Labels& left, const Labels& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const auto& a, const auto& b) { return a.first == b.first; });
}

prometheus::MetricType ToPrometheus(Kind kind) {
  switch (kind) {
    case Kind::kCounter:
      return prometheus::MetricType::Counter;
    case Kind::kGauge:
      return prometheus::MetricType::Gauge;
    case Kind::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric ToPrometheus(Kind kind, const Sample& sample) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : sample.labels) {
    metric.label.push_back({name, value});
  }
  metric.counter.value = kind == Kind::kCounter ? sample.value : 0;
  metric.gauge.value = kind == Kind::kGauge ? sample.value : 0;
  uint64_t cumulative = 0;
  for (std::size_t i = 0; i < sample.counts.size(); ++i) {
    cumulative += sample.counts[i];
    metric.histogram.bucket.push_back(
        {cumulative, i < sample.bounds.size() ? sample.bounds[i]
                                              : std::numeric_limits<double>::infinity()});
  }
  metric.histogram.sample_count = cumulative;
  metric.histogram.sample_sum = sample.sum;
  return metric;
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)),
      counts_(std::make_unique<std::atomic<uint64_t>[]>(bounds_.size() + 1)) {
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    WEIR_CHECK(std::isfinite(bounds_[i]) && (i == 0 || bounds_[i - 1] < bounds_[i]),
               "histogram bound {}", bounds_[i]);
  }
}

void Histogram::Observe(double value) {
  if (std::isnan(value)) {
    return;
  }
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<uint64_t> Histogram::BucketCounts() const {
  std::vector<uint64_t> counts(bounds_.size() + 1);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counts[i] = counts_[i].load(std::memory_order_relaxed);
  }
  return counts;
}

std::vector<double> ExponentialBounds(double first, double factor, int count) {
  WEIR_CHECK(first > 0 && factor > 1 && count > 0);
  std::vector<double> bounds;
  for (int i = 0; i < count; ++i) {
    bounds.push_back(first * std::pow(factor, i));
  }
  return bounds;
}

// One of the three, by the family's kind.
struct Registry::Series {
  Counter counter;
  Gauge gauge;
  std::unique_ptr<Histogram> histogram;
};

struct Registry::Family {
  std::string help;
  Kind kind;
  std::map<Labels, std::unique_ptr<Series>> series;
};

Registry::Registry() = default;
Registry::~Registry() = default;

// REQUIRES: mutex_ is held.
Registry::Series& Registry::GetSeries(Kind kind, std::string_view name, std::string_view help,
                                      Labels labels) {
  std::sort(labels.begin(), labels.end());
  auto family = families_.find(name);
  if (family == families_.end()) {
    CheckName(kind, name);
    auto made = std::make_unique<Family>(Family{std::string(help), kind, {}});
    family = families_.emplace(std::string(name), std::move(made)).first;
  }
  auto& all = family->second->series;
  WEIR_CHECK(family->second->kind == kind && family->second->help == help,
             "metric {} is known with another kind or help", name);
  WEIR_CHECK(all.empty() || SameLabelNames(all.begin()->first, labels),
             "metric {} is known with other labels", name);
  if (const auto found = all.find(labels); found != all.end()) {
    return *found->second;
  }
  CheckLabels(name, labels);
  if (all.size() >= kLabelSetsMax) {
    for (auto& [label, value] : labels) {
      value = "other";
    }
  }
  std::unique_ptr<Series>& series = all[std::move(labels)];
  if (series == nullptr) {
    series = std::make_unique<Series>();
  }
  return *series;
}

Counter& Registry::GetCounter(std::string_view name, std::string_view help, Labels labels) {
  const std::lock_guard lock(mutex_);
  return GetSeries(Kind::kCounter, name, help, std::move(labels)).counter;
}

Gauge& Registry::GetGauge(std::string_view name, std::string_view help, Labels labels) {
  const std::lock_guard lock(mutex_);
  return GetSeries(Kind::kGauge, name, help, std::move(labels)).gauge;
}

Histogram& Registry::GetHistogram(std::string_view name, std::string_view help,
                                  std::vector<double> bounds, Labels labels) {
  const std::lock_guard lock(mutex_);
  Series& series = GetSeries(Kind::kHistogram, name, help, std::move(labels));
  if (series.histogram == nullptr) {
    series.histogram = std::make_unique<Histogram>(std::move(bounds));
  } else {
    WEIR_CHECK(series.histogram->bounds() == bounds, "metric {} is known with other bounds", name);
  }
  return *series.histogram;
}

std::vector<FamilySnapshot> Registry::Snapshot() const {
  const std::lock_guard lock(mutex_);
  std::vector<FamilySnapshot> snapshot;
  for (const auto& [name, family] : families_) {
    FamilySnapshot& copy = snapshot.emplace_back();
    copy.name = name;
    copy.help = family->help;
    copy.kind = family->kind;
    for (const auto& [labels, series] : family->series) {
      Sample& sample = copy.samples.emplace_back();
      sample.labels = labels;
      if (series->histogram != nullptr) {
        sample.bounds = series->histogram->bounds();
        sample.counts = series->histogram->BucketCounts();
        sample.sum = series->histogram->sum();
      } else {
        sample.value = family->kind == Kind::kCounter
                           ? static_cast<double>(series->counter.value())
                           : series->gauge.value();
      }
    }
  }
  return snapshot;
}

std::string Registry::ExposeText() const {
  std::vector<prometheus::MetricFamily> families;
  for (const FamilySnapshot& snapshot : Snapshot()) {
    prometheus::MetricFamily& family = families.emplace_back();
    family.name = snapshot.name;
    family.help = snapshot.help;
    family.type = ToPrometheus(snapshot.kind);
    for (const Sample& sample : snapshot.samples) {
      family.metric.push_back(ToPrometheus(snapshot.kind, sample));
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace weir::metrics
