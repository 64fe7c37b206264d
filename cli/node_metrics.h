// The metrics of a process: one table of their names and meanings, and what fills them when they are
// scraped. Everything is read from counters that the roles keep anyway, so that events pay nothing for it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/rpc/access.h"
#include "common/telemetry/metrics.h"
#include "coordinator/alert_index.h"
#include "coordinator/leader.h"
#include "coordinator/source_watch.h"
#include "ingest/dispatcher.h"
#include "ingest/pipeline.h"
#include "ingest/source_ledger.h"
#include "weir/cluster/v1/cluster.pb.h"
#include "worker/alert_outbox.h"
#include "worker/worker.h"

namespace weir::cli {

struct MetricInfo {
  std::string_view name;
  metrics::Kind kind;
  std::string_view role;     // "ingest", "worker", "coordinator", "every"; `weir all` has them all
  std::string_view labels;   // names, separated by commas; empty: none
  std::string_view help;     // one sentence
};
// By role and name.
std::span<const MetricInfo> MetricTable();
// The reference page docs/metrics.md.
std::string MetricsMarkdown();

// One scrape: takes values by the names of the table.
class MetricSink {
 public:
  explicit MetricSink(metrics::Registry* registry) : registry_(registry) {}
  // REQUIRES: the table has the name, with these labels.
  void Put(std::string_view name, double value, metrics::Labels labels = {});

 private:
  metrics::Registry* const registry_;
};

void FillIngestMetrics(const ingest::PipelineStatus& pipeline,
                       const ingest::DispatcherStatus& dispatcher,
                       const weir::cluster::v1::IngestStatus& services, MetricSink* sink);
// What an ingest node heard from whom.
void FillHeardMetrics(const ingest::SourcesStatus& sources, MetricSink* sink);
void FillWorkerMetrics(const worker::WorkerStatus& status, MetricSink* sink);
void FillSinkMetrics(const std::vector<worker::SinkStatus>& sinks, UnixMillis now_ms,
                     MetricSink* sink);
void FillAlertMetrics(const coordinator::AlertIndex& index, MetricSink* sink);
void FillSourceMetrics(const coordinator::SourceWatch& watch, MetricSink* sink);
void FillLeaderMetrics(const coordinator::LeaderStatus& status, MetricSink* sink);
// session_alive: whether the lease in the metadata store surely lives.
void FillMemberMetrics(bool session_alive, MetricSink* sink);
void FillRpcMetrics(const rpc::CallCounts& counts, MetricSink* sink);

}  // namespace weir::cli
