// The table of metrics: well formed, filled, and what docs/metrics.md says.
#include "cli/node_metrics.h"

#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/source_watch.h"
#include "tests/testing/http_get.h"

namespace weir::cli {
namespace {

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(NodeMetricsTest, TheReferencePageIsWhatTheTableSays) {
  EXPECT_EQ(TextOf(WEIR_ROOT "/docs/metrics.md"), MetricsMarkdown())
      << "run: weir config metrics > docs/metrics.md";
}

TEST(NodeMetricsTest, EveryMetricOfTheTableIsServedAndNoOther) {
  metrics::Registry registry;
  MetricSink sink(&registry);
  FillIngestMetrics({}, {}, {}, &sink);
  FillHeardMetrics({}, &sink);
  FillWorkerMetrics({}, &sink);
  worker::SinkStatus hook;
  hook.name = "hook";
  FillSinkMetrics({hook}, 0, &sink);
  FillAlertMetrics(coordinator::AlertIndex(100, 10), &sink);
  FillSourceMetrics(coordinator::SourceWatch({}, nullptr, nullptr), &sink);
  FillLeaderMetrics({}, &sink);
  FillMemberMetrics(true, &sink);
  FillRpcMetrics({}, &sink);
  std::set<std::string> served;
  for (const metrics::FamilySnapshot& family : registry.Snapshot()) {
    served.insert(family.name);
  }
  std::set<std::string> listed;
  for (const MetricInfo& info : MetricTable()) {
    EXPECT_TRUE(listed.insert(std::string(info.name)).second) << info.name;
    EXPECT_TRUE(info.help.ends_with('.')) << info.name;
  }
  // Those that the process itself fills in.
  EXPECT_EQ(listed.erase("weir_process_start_time_seconds"), 1U);
  EXPECT_EQ(listed.erase("weir_process_ready"), 1U);
  EXPECT_EQ(served, listed);
  EXPECT_FALSE(testing::ParsePrometheus(registry.ExposeText()).empty());
}

TEST(NodeMetricsTest, ValuesAreThoseOfTheStatus) {
  metrics::Registry registry;
  MetricSink sink(&registry);
  worker::WorkerStatus status;
  status.log_syncs = 7;
  status.queue_bytes = 300;
  status.frames_refused = 4;
  status.failure = "disk full";
  status.shards.resize(3);
  status.shards[1].state = worker::ShardState::kFailed;
  status.shards[2].lag_ms = 2500;
  status.rules.resize(2);
  status.rules[0].alerts = 2;
  status.rules[1].alerts = 3;
  FillWorkerMetrics(status, &sink);
  const auto values = testing::ParsePrometheus(registry.ExposeText());
  EXPECT_EQ(values.at("weir_worker_log_syncs_total"), 7);
  EXPECT_EQ(values.at("weir_worker_queue_bytes"), 300);
  EXPECT_EQ(values.at("weir_worker_frames_refused_total"), 4);
  EXPECT_EQ(values.at("weir_worker_failed"), 1);
  EXPECT_EQ(values.at("weir_worker_shards{state=\"serving\"}"), 2);
  EXPECT_EQ(values.at("weir_worker_shards{state=\"failed\"}"), 1);
  EXPECT_EQ(values.at("weir_worker_closed_lag_seconds"), 2.5);
  EXPECT_EQ(values.at("weir_worker_alerts_made_total"), 5);
}

TEST(NodeMetricsTest, WhatIsNotCountedOrDeliveredHasANumber) {
  metrics::Registry registry;
  MetricSink sink(&registry);
  ingest::PipelineStatus pipeline;
  pipeline.excepted[{"rule", "backup"}] = 3;
  pipeline.excepted[{"other", "test"}] = 4;
  FillIngestMetrics(pipeline, {}, {}, &sink);
  ingest::SourcesStatus sources;
  sources.sources.resize(2);
  sources.forgotten = 5;
  FillHeardMetrics(sources, &sink);
  worker::SinkStatus hook;
  hook.name = "hook";
  hook.filtered = 6;
  hook.gone = 7;
  FillSinkMetrics({hook}, 0, &sink);
  const auto values = testing::ParsePrometheus(registry.ExposeText());
  EXPECT_EQ(values.at("weir_ingest_rows_excepted_total"), 7);
  EXPECT_EQ(values.at("weir_ingest_sources"), 2);
  EXPECT_EQ(values.at("weir_ingest_sources_forgotten_total"), 5);
  EXPECT_EQ(values.at("weir_sink_filtered_total{sink=\"hook\"}"), 6);
  EXPECT_EQ(values.at("weir_sink_gone_total{sink=\"hook\"}"), 7);
}

}  // namespace
}  // namespace weir::cli
