#include "common/telemetry/metrics.h"

#include <cmath>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::metrics {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(RegistryTest, ExposesPrometheusText) {
  Registry registry;
  registry.GetCounter("weir_ingest_events_total", "Events accepted.", {{"source", "otlp"}}).Add(3);
  registry.GetCounter("weir_ingest_events_total", "Events accepted.", {{"source", "a\"b\\c\nd"}})
      .Add();
  registry.GetGauge("weir_shard_groups_count", "Groups held.").Set(2.5);
  Histogram& histogram =
      registry.GetHistogram("weir_rpc_call_seconds", "Duration of calls.", {0.5, 1});
  histogram.Observe(0.25);
  histogram.Observe(0.5);
  histogram.Observe(4);
  EXPECT_EQ(registry.ExposeText(),
            "# HELP weir_ingest_events_total Events accepted.\n"
            "# TYPE weir_ingest_events_total counter\n"
            "weir_ingest_events_total{source=\"a\\\"b\\\\c\\nd\"} 1\n"
            "weir_ingest_events_total{source=\"otlp\"} 3\n"
            "# HELP weir_rpc_call_seconds Duration of calls.\n"
            "# TYPE weir_rpc_call_seconds histogram\n"
            "weir_rpc_call_seconds_count 3\n"
            "weir_rpc_call_seconds_sum 4.75\n"
            "weir_rpc_call_seconds_bucket{le=\"0.5\"} 2\n"
            "weir_rpc_call_seconds_bucket{le=\"1\"} 2\n"
            "weir_rpc_call_seconds_bucket{le=\"+Inf\"} 3\n"
            "# HELP weir_shard_groups_count Groups held.\n"
            "# TYPE weir_shard_groups_count gauge\n"
            "weir_shard_groups_count 2.5\n");
}

TEST(RegistryTest, GivesOneMetricPerNameAndLabelsInAnyOrder) {
  Registry registry;
  Counter& first = registry.GetCounter("weir_a_b_total", "h", {{"x", "1"}, {"y", "2"}});
  EXPECT_EQ(&first, &registry.GetCounter("weir_a_b_total", "h", {{"y", "2"}, {"x", "1"}}));
  EXPECT_NE(&first, &registry.GetCounter("weir_a_b_total", "h", {{"y", "1"}, {"x", "2"}}));
}

TEST(RegistryTest, CountsLabelSetsBeyondTheBoundTogether) {
  Registry registry;
  for (std::size_t i = 0; i < kLabelSetsMax + 50; ++i) {
    registry.GetCounter("weir_a_b_total", "h", {{"rule", std::to_string(i)}}).Add();
  }
  const std::vector<FamilySnapshot> snapshot = registry.Snapshot();
  ASSERT_THAT(snapshot, SizeIs(1));
  EXPECT_THAT(snapshot[0].samples, SizeIs(kLabelSetsMax + 1));
  EXPECT_EQ(registry.GetCounter("weir_a_b_total", "h", {{"rule", "other"}}).value(), 50U);
  EXPECT_EQ(registry.GetCounter("weir_a_b_total", "h", {{"rule", "7"}}).value(), 1U);
}

TEST(RegistryTest, LosesNoUpdateOfConcurrentThreads) {
  Registry registry;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&registry] {
      Counter& counter = registry.GetCounter("weir_a_b_total", "h");
      Gauge& gauge = registry.GetGauge("weir_a_b_count", "h");
      Histogram& histogram = registry.GetHistogram("weir_a_b_bytes", "h", {1, 2});
      for (int i = 0; i < 10000; ++i) {
        counter.Add();
        gauge.Add(1);
        histogram.Observe(i % 3 + 0.5);
      }
    });
  }
  for (int i = 0; i < 100; ++i) {
    registry.ExposeText();
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(registry.GetCounter("weir_a_b_total", "h").value(), 40000U);
  EXPECT_EQ(registry.GetGauge("weir_a_b_count", "h").value(), 40000);
  const Histogram& histogram = registry.GetHistogram("weir_a_b_bytes", "h", {1, 2});
  EXPECT_THAT(histogram.BucketCounts(), ElementsAre(13336, 13332, 13332));
  EXPECT_EQ(histogram.sum(), 13336 * 0.5 + 13332 * 1.5 + 13332 * 2.5);
}

TEST(HistogramTest, PutsBoundsIntoTheirOwnBucketAndIgnoresNan) {
  Histogram histogram({1, 10});
  for (const double value : {-1.0, 1.0, 1.5, 10.0, 11.0, std::nan("")}) {
    histogram.Observe(value);
  }
  EXPECT_THAT(histogram.BucketCounts(), ElementsAre(2, 2, 1));
  EXPECT_THAT(ExponentialBounds(0.5, 4, 3), ElementsAre(0.5, 2, 8));
}

TEST(RegistryDeathTest, RefusesBadAndContradictingNames) {
  Registry registry;
  registry.GetCounter("weir_a_b_total", "h", {{"x", "1"}});
  EXPECT_DEATH(registry.GetCounter("events_total", "h"), "metric events_total");
  EXPECT_DEATH(registry.GetCounter("weir_events", "h"), "_total");
  EXPECT_DEATH(registry.GetGauge("weir_events_total", "h"), "_total");
  EXPECT_DEATH(registry.GetCounter("weir_a_b_total", "other"), "another kind or help");
  EXPECT_DEATH(registry.GetCounter("weir_a_b_total", "h", {{"y", "1"}}), "other labels");
  EXPECT_DEATH(registry.GetGauge("weir_g_count", "h", {{"Le", "1"}}), "label Le");
}

}  // namespace
}  // namespace weir::metrics
