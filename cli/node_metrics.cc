#include "cli/node_metrics.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "common/base/check.h"

namespace weir::cli {
namespace {

using metrics::Kind;

constexpr MetricInfo kTable[] = {
    {"weir_process_start_time_seconds", Kind::kGauge, "every", "version",
     "When the process started, in seconds since 1970; the label is the binary's version."},
    {"weir_process_ready", Kind::kGauge, "every", "",
     "1 when /readyz says yes, else 0."},
    {"weir_rpc_calls_refused_total", Kind::kCounter, "every", "reason",
     "Calls refused before they began: no_credentials, bad_token, unknown_certificate, wrong_role or "
     "unknown_method."},
    {"weir_rpc_access_loads_total", Kind::kCounter, "every", "result",
     "Times the access file was read again because it had changed: ok, or failed (then the "
     "old one counts on)."},
    {"weir_meta_session_alive", Kind::kGauge, "every", "",
     "1 while the lease in the metadata store surely lives; not for `weir all`, which has none."},

    {"weir_ingest_streams", Kind::kGauge, "ingest", "", "Push streams that are open."},
    {"weir_ingest_inflight_bytes", Kind::kGauge, "ingest", "",
     "Payload received and not yet answered: the queue of ingest."},
    {"weir_ingest_inflight_limit_bytes", Kind::kGauge, "ingest", "",
     "The limit of weir_ingest_inflight_bytes; above it batches are refused for now."},
    {"weir_ingest_batches_total", Kind::kCounter, "ingest", "", "Batches taken."},
    {"weir_ingest_batches_refused_total", Kind::kCounter, "ingest", "",
     "Batches refused, to be sent again or not."},
    {"weir_ingest_batches_restamped_total", Kind::kCounter, "ingest", "",
     "Batches put through again because a window had closed or rules had changed."},
    {"weir_ingest_batches_abandoned_total", Kind::kCounter, "ingest", "",
     "Batches that waited longer than their senders; nothing of them was taken."},
    {"weir_ingest_payload_bytes_total", Kind::kCounter, "ingest", "", "Payload taken."},
    {"weir_ingest_records_total", Kind::kCounter, "ingest", "", "Records taken."},
    {"weir_ingest_events_total", Kind::kCounter, "ingest", "", "Events taken."},
    {"weir_ingest_events_matched_total", Kind::kCounter, "ingest", "", "Events that a rule wanted."},
    {"weir_ingest_events_late_total", Kind::kCounter, "ingest", "",
     "Events beyond the allowed lateness, not counted."},
    {"weir_ingest_events_future_total", Kind::kCounter, "ingest", "",
     "Events too far ahead of the clock, not counted."},
    {"weir_ingest_events_repeated_total", Kind::kCounter, "ingest", "source",
     "Events that had been counted before, by source."},
    {"weir_ingest_events_other_total", Kind::kCounter, "ingest", "",
     "Metrics and traces that Vector sent, dropped."},
    {"weir_ingest_rejected_total", Kind::kCounter, "ingest", "reason",
     "Events rejected alone, by reason."},
    {"weir_ingest_evaluation_warnings_total", Kind::kCounter, "ingest", "",
     "Values that a rule could not evaluate and took as null."},
    {"weir_ingest_grok_limits_total", Kind::kCounter, "ingest", "",
     "GROK matches given up at the step limit."},
    {"weir_ingest_rows_without_group_total", Kind::kCounter, "ingest", "",
     "Rows of Splunk's searches dropped because a field they are grouped by is missing."},
    {"weir_ingest_rows_excepted_total", Kind::kCounter, "ingest", "",
     "Rows that exceptions of overlays kept from being counted."},
    {"weir_ingest_quota_refused_total", Kind::kCounter, "ingest", "quota",
     "Batches refused because a tenant's quota was used up: events or bytes."},
    {"weir_ingest_frames_split_total", Kind::kCounter, "ingest", "",
     "Frames that went to more than one worker."},
    {"weir_ingest_frames_resent_total", Kind::kCounter, "ingest", "",
     "Messages to workers sent again."},
    {"weir_ingest_frames_given_up_total", Kind::kCounter, "ingest", "",
     "Messages that no worker took in time; their batches were refused for now."},
    {"weir_ingest_frames_waiting", Kind::kGauge, "ingest", "",
     "Messages that wait to be sent to a worker again."},
    {"weir_ingest_sources", Kind::kGauge, "ingest", "", "Sources of events that are remembered."},
    {"weir_ingest_sources_forgotten_total", Kind::kCounter, "ingest", "",
     "Sources forgotten because there were too many; one that comes back counts as new."},

    {"weir_worker_events_applied_total", Kind::kCounter, "worker", "",
     "Events folded, once for every way of grouping; repeats excluded."},
    {"weir_worker_events_repeated_total", Kind::kCounter, "worker", "",
     "Events recognised as counted before."},
    {"weir_worker_events_late_total", Kind::kCounter, "worker", "",
     "Events beyond the allowed lateness."},
    {"weir_worker_events_future_total", Kind::kCounter, "worker", "", "Events ahead of the clock."},
    {"weir_worker_log_records_total", Kind::kCounter, "worker", "", "Log records appended."},
    {"weir_worker_log_syncs_total", Kind::kCounter, "worker", "",
     "Synced writes of the log; events applied divided by these is how well syncs are shared."},
    {"weir_worker_log_pending_bytes", Kind::kGauge, "worker", "",
     "Log that no checkpoint covers yet: what a recovery would read."},
    {"weir_worker_queue_bytes", Kind::kGauge, "worker", "",
     "Rows that wait for the log or to be applied: the queue of the worker."},
    {"weir_worker_queue_limit_bytes", Kind::kGauge, "worker", "",
     "The limit of weir_worker_queue_bytes; above it messages of ingest nodes are refused for now."},
    {"weir_worker_frames_refused_total", Kind::kCounter, "worker", "",
     "Messages of ingest nodes refused for now because the queue was full."},
    {"weir_worker_checkpoints_total", Kind::kCounter, "worker", "", "Checkpoints written."},
    {"weir_worker_table_bytes", Kind::kGauge, "worker", "", "Memory of the tables."},
    {"weir_worker_table_limit_bytes", Kind::kGauge, "worker", "",
     "Above it tables spill to disk; nothing is dropped."},
    {"weir_worker_store_disk_bytes", Kind::kGauge, "worker", "", "Size of the store on disk."},
    {"weir_worker_store_memory_bytes", Kind::kGauge, "worker", "", "Memory of the store."},
    {"weir_worker_groups", Kind::kGauge, "worker", "place",
     "Groups: in memory, or spilled (only on disk; an upper bound)."},
    {"weir_worker_identities", Kind::kGauge, "worker", "",
     "Event identities that are remembered to recognise repeats."},
    {"weir_worker_shards", Kind::kGauge, "worker", "state",
     "Shards that this worker has: recovering, serving or failed."},
    {"weir_worker_closed_lag_seconds", Kind::kGauge, "worker", "",
     "How far the closed time of the shard that is last is behind the clock; 0 in a replay."},
    {"weir_worker_failed", Kind::kGauge, "worker", "",
     "1 when the worker accepts nothing (disk full, damaged store), else 0."},
    {"weir_worker_rows_total", Kind::kCounter, "worker", "", "Rows folded by all rules."},
    {"weir_worker_rows_late_total", Kind::kCounter, "worker", "",
     "Rows not counted because they were late."},
    {"weir_worker_rows_future_total", Kind::kCounter, "worker", "",
     "Rows not counted because they were ahead of the clock."},
    {"weir_worker_alerts_made_total", Kind::kCounter, "worker", "", "Alerts made."},
    {"weir_worker_hits_suppressed_total", Kind::kCounter, "worker", "", "Hits suppressed."},
    {"weir_worker_alerts_open", Kind::kGauge, "worker", "", "Alerts whose episode goes on."},
    {"weir_worker_alerts_overdue", Kind::kGauge, "worker", "",
     "Alerts older than the retention, kept because nobody closed them."},
    {"weir_sink_pending_alerts", Kind::kGauge, "worker", "sink",
     "Alerts that wait to be delivered to a sink."},
    {"weir_sink_oldest_pending_seconds", Kind::kGauge, "worker", "sink",
     "How long the one that waits longest has; 0 when none waits."},
    {"weir_sink_delivered_total", Kind::kCounter, "worker", "sink", "Alerts that a sink took."},
    {"weir_sink_failures_total", Kind::kCounter, "worker", "sink",
     "Deliveries that failed and are repeated."},
    {"weir_sink_withheld_total", Kind::kCounter, "worker", "sink",
     "Alerts not delivered because they are in shadow or silenced."},
    {"weir_sink_filtered_total", Kind::kCounter, "worker", "sink",
     "Alerts not delivered because the sink asks for other rules or a higher severity."},
    {"weir_sink_gone_total", Kind::kCounter, "worker", "sink",
     "Alerts that the retention removed before the sink took them."},
    {"weir_sink_dead_letters", Kind::kGauge, "worker", "sink",
     "Alerts that a sink refused for good."},

    {"weir_coordinator_alerts", Kind::kGauge, "coordinator", "", "Alerts held in memory for lists."},
    {"weir_coordinator_alerts_bytes", Kind::kGauge, "coordinator", "", "Memory of these."},
    {"weir_coordinator_alerts_unlisted", Kind::kGauge, "coordinator", "",
     "Alerts that are not in memory because there are too many; lists read them from the stores."},
    {"weir_coordinator_leading", Kind::kGauge, "coordinator", "",
     "1 for the coordinator that leads, else 0; the sum over all has to be 1."},
    {"weir_coordinator_nodes", Kind::kGauge, "coordinator", "role",
     "Nodes whose lease lives, as this coordinator sees them."},
    {"weir_coordinator_shards", Kind::kGauge, "coordinator", "state",
     "Shards of the cluster: served, unassigned, unserved (their worker is gone) or damaged."},
    {"weir_coordinator_sources_watched", Kind::kGauge, "coordinator", "",
     "Sources of events that were heard for long enough to notice a silence; 0 where it does not lead."},
    {"weir_coordinator_sources_silent", Kind::kGauge, "coordinator", "",
     "Of these, sources that are silent now: `weir sources` names them."},
    {"weir_coordinator_rule_set_version", Kind::kGauge, "coordinator", "",
     "The newest rule set that was published."},
};

const MetricInfo* FindMetric(std::string_view name) {
  static const auto* const by_name = [] {
    auto* map = new std::map<std::string_view, const MetricInfo*>();
    for (const MetricInfo& info : kTable) {
      map->emplace(info.name, &info);
    }
    return map;
  }();
  const auto found = by_name->find(name);
  return found == by_name->end() ? nullptr : found->second;
}

std::string LabelNames(metrics::Labels labels) {
  std::string names;
  for (const auto& [label, value] : labels) {
    names += (names.empty() ? "" : ",") + label;
  }
  return names;
}

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kCounter:
      return "counter";
    case Kind::kGauge:
      return "gauge";
    case Kind::kHistogram:
      return "histogram";
  }
  WEIR_CHECK(false);
}

std::string_view RoleTitle(std::string_view role) {
  return role == "every" ? "Every process" : role == "ingest" ? "Ingest"
                       : role == "worker" ? "Worker" : "Coordinator";
}

void FillRows(const worker::WorkerStatus& status, MetricSink* sink) {
  worker::RuleStatus sum;
  for (const worker::RuleStatus& rule : status.rules) {
    sum.rows += rule.rows;
    sum.late += rule.late;
    sum.future += rule.future;
    sum.alerts += rule.alerts;
    sum.suppressed += rule.suppressed;
  }
  sink->Put("weir_worker_rows_total", static_cast<double>(sum.rows));
  sink->Put("weir_worker_rows_late_total", static_cast<double>(sum.late));
  sink->Put("weir_worker_rows_future_total", static_cast<double>(sum.future));
  sink->Put("weir_worker_alerts_made_total", static_cast<double>(sum.alerts));
  sink->Put("weir_worker_hits_suppressed_total", static_cast<double>(sum.suppressed));
}

void FillShards(const worker::WorkerStatus& status, MetricSink* sink) {
  std::map<worker::ShardState, int> states;
  worker::ShardStatus sum;
  for (const worker::ShardStatus& shard : status.shards) {
    ++states[shard.state];
    sum.log_bytes += shard.log_bytes;
    sum.groups_in_memory += shard.groups_in_memory;
    sum.groups_spilled += shard.groups_spilled;
    sum.identities += shard.identities;
    sum.alerts_open += shard.alerts_open;
    sum.alerts_overdue += shard.alerts_overdue;
    sum.lag_ms = std::max(sum.lag_ms, shard.lag_ms);
  }
  sink->Put("weir_worker_shards", states[worker::ShardState::kRecovering], {{"state", "recovering"}});
  sink->Put("weir_worker_shards", states[worker::ShardState::kServing], {{"state", "serving"}});
  sink->Put("weir_worker_shards", states[worker::ShardState::kFailed], {{"state", "failed"}});
  sink->Put("weir_worker_log_pending_bytes", static_cast<double>(sum.log_bytes));
  sink->Put("weir_worker_groups", static_cast<double>(sum.groups_in_memory), {{"place", "memory"}});
  sink->Put("weir_worker_groups", static_cast<double>(sum.groups_spilled), {{"place", "spilled"}});
  sink->Put("weir_worker_identities", static_cast<double>(sum.identities));
  sink->Put("weir_worker_alerts_open", static_cast<double>(sum.alerts_open));
  sink->Put("weir_worker_alerts_overdue", static_cast<double>(sum.alerts_overdue));
  sink->Put("weir_worker_closed_lag_seconds", static_cast<double>(sum.lag_ms) / 1000);
}

}  // namespace

std::span<const MetricInfo> MetricTable() {
  return kTable;
}

std::string MetricsMarkdown() {
  std::string text =
      "# Metrics\n\n"
      "<!-- Made by `weir config metrics`; a test compares. -->\n\n"
      "Every process answers `GET /metrics` on the address of `health.listen` in the Prometheus text\n"
      "format. `weir all` has the metrics of all roles. Counters begin at 0 with the process. Labels\n"
      "have few values, none of which is taken from events; what belongs to one rule, source or shard\n"
      "is shown by `weir cluster status` and `weir cluster shards`. While a process starts or drains\n"
      "only `weir_process_*` is served; `weir_rpc_*` needs an access file.\n";
  std::string_view role;
  for (const MetricInfo& info : kTable) {
    if (info.role != role) {
      role = info.role;
      text += fmt::format("\n## {}\n\n| name | kind | labels | meaning |\n| --- | --- | --- | --- |\n",
                          RoleTitle(role));
    }
    text += fmt::format("| `{}` | {} | {} | {} |\n", info.name, KindName(info.kind),
                        info.labels.empty() ? "" : fmt::format("`{}`", info.labels), info.help);
  }
  return text;
}

void MetricSink::Put(std::string_view name, double value, metrics::Labels labels) {
  const MetricInfo* info = FindMetric(name);
  WEIR_CHECK(info != nullptr, "metric {} is not in the table", name);
  WEIR_CHECK(LabelNames(labels) == info->labels, "metric {} has labels {}", name, info->labels);
  if (info->kind == Kind::kCounter) {
    registry_->GetCounter(name, info->help, std::move(labels)).Add(static_cast<uint64_t>(value));
  } else {
    registry_->GetGauge(name, info->help, std::move(labels)).Set(value);
  }
}

void FillIngestMetrics(const ingest::PipelineStatus& pipeline,
                       const ingest::DispatcherStatus& dispatcher,
                       const weir::cluster::v1::IngestStatus& services, MetricSink* sink) {
  const auto put = [sink](std::string_view name, uint64_t value, metrics::Labels labels = {}) {
    sink->Put(name, static_cast<double>(value), std::move(labels));
  };
  put("weir_ingest_streams", services.streams());
  put("weir_ingest_inflight_bytes", pipeline.inflight_bytes);
  put("weir_ingest_inflight_limit_bytes", pipeline.inflight_limit_bytes);
  put("weir_ingest_batches_total", pipeline.batches);
  put("weir_ingest_batches_refused_total", pipeline.batches_refused);
  put("weir_ingest_batches_restamped_total", pipeline.batches_restamped);
  put("weir_ingest_batches_abandoned_total", pipeline.abandoned);
  put("weir_ingest_payload_bytes_total", pipeline.bytes);
  put("weir_ingest_records_total", pipeline.records);
  put("weir_ingest_events_total", pipeline.events);
  put("weir_ingest_events_matched_total", pipeline.matched);
  put("weir_ingest_events_late_total", pipeline.late);
  put("weir_ingest_events_future_total", pipeline.future);
  for (int i = 0; i < source::kSourceKindCount; ++i) {
    const std::string source(source::SourceKindName(static_cast<source::SourceKind>(i)));
    put("weir_ingest_events_repeated_total", pipeline.repeated_by_source[i], {{"source", source}});
  }
  put("weir_ingest_events_other_total", services.other_events());
  for (int i = 0; i < source::kRejectReasonCount; ++i) {
    const std::string reason(source::RejectReasonName(static_cast<source::RejectReason>(i)));
    put("weir_ingest_rejected_total", pipeline.rejected[i], {{"reason", reason}});
  }
  put("weir_ingest_evaluation_warnings_total", pipeline.evaluation_warnings);
  put("weir_ingest_grok_limits_total", pipeline.grok_limits);
  uint64_t without_group = 0;
  for (const auto& [rule_id, rows] : pipeline.without_group) {
    without_group += rows;
  }
  put("weir_ingest_rows_without_group_total", without_group);
  uint64_t excepted = 0;
  for (const auto& [exception, rows] : pipeline.excepted) {
    excepted += rows;
  }
  put("weir_ingest_rows_excepted_total", excepted);
  uint64_t refused_events = 0;
  uint64_t refused_bytes = 0;
  for (const ingest::TenantUse& use : pipeline.tenants) {
    refused_events += use.refused_events;
    refused_bytes += use.refused_bytes;
  }
  put("weir_ingest_quota_refused_total", refused_events, {{"quota", "events"}});
  put("weir_ingest_quota_refused_total", refused_bytes, {{"quota", "bytes"}});
  put("weir_ingest_frames_split_total", dispatcher.frames_split);
  put("weir_ingest_frames_resent_total", dispatcher.resends);
  put("weir_ingest_frames_given_up_total", dispatcher.given_up);
  put("weir_ingest_frames_waiting", dispatcher.waiting);
}

void FillHeardMetrics(const ingest::SourcesStatus& sources, MetricSink* sink) {
  sink->Put("weir_ingest_sources", static_cast<double>(sources.sources.size()));
  sink->Put("weir_ingest_sources_forgotten_total", static_cast<double>(sources.forgotten));
}

void FillWorkerMetrics(const worker::WorkerStatus& status, MetricSink* sink) {
  sink->Put("weir_worker_events_applied_total", static_cast<double>(status.events_applied));
  sink->Put("weir_worker_events_repeated_total", static_cast<double>(status.repeats));
  sink->Put("weir_worker_events_late_total", static_cast<double>(status.late));
  sink->Put("weir_worker_events_future_total", static_cast<double>(status.future));
  sink->Put("weir_worker_log_records_total", static_cast<double>(status.log_records));
  sink->Put("weir_worker_log_syncs_total", static_cast<double>(status.log_syncs));
  sink->Put("weir_worker_queue_bytes", static_cast<double>(status.queue_bytes));
  sink->Put("weir_worker_queue_limit_bytes", static_cast<double>(status.queue_limit_bytes));
  sink->Put("weir_worker_frames_refused_total", static_cast<double>(status.frames_refused));
  sink->Put("weir_worker_checkpoints_total", static_cast<double>(status.checkpoints));
  sink->Put("weir_worker_table_bytes", static_cast<double>(status.table_bytes));
  sink->Put("weir_worker_table_limit_bytes", static_cast<double>(status.table_limit_bytes));
  sink->Put("weir_worker_store_disk_bytes", static_cast<double>(status.store.disk_bytes));
  sink->Put("weir_worker_store_memory_bytes", static_cast<double>(status.store.memory_bytes));
  sink->Put("weir_worker_failed", status.failure.empty() ? 0 : 1);
  FillShards(status, sink);
  FillRows(status, sink);
}

void FillSinkMetrics(const std::vector<worker::SinkStatus>& sinks, UnixMillis now_ms,
                     MetricSink* sink) {
  for (const worker::SinkStatus& status : sinks) {
    const metrics::Labels labels = {{"sink", status.name}};
    const int64_t oldest_ms = status.oldest_ms == 0 ? 0 : now_ms - status.oldest_ms;
    sink->Put("weir_sink_pending_alerts", static_cast<double>(status.pending), labels);
    sink->Put("weir_sink_oldest_pending_seconds", static_cast<double>(oldest_ms) / 1000, labels);
    sink->Put("weir_sink_delivered_total", static_cast<double>(status.delivered), labels);
    sink->Put("weir_sink_failures_total", static_cast<double>(status.retries), labels);
    sink->Put("weir_sink_withheld_total", static_cast<double>(status.withheld), labels);
    sink->Put("weir_sink_filtered_total", static_cast<double>(status.filtered), labels);
    sink->Put("weir_sink_gone_total", static_cast<double>(status.gone), labels);
    sink->Put("weir_sink_dead_letters", static_cast<double>(status.dead_letters), labels);
  }
}

void FillAlertMetrics(const coordinator::AlertIndex& index, MetricSink* sink) {
  sink->Put("weir_coordinator_alerts", static_cast<double>(index.size()));
  sink->Put("weir_coordinator_alerts_bytes", static_cast<double>(index.memory_bytes()));
  sink->Put("weir_coordinator_alerts_unlisted", static_cast<double>(index.unlisted()));
}

void FillSourceMetrics(const coordinator::SourceWatch& watch, MetricSink* sink) {
  sink->Put("weir_coordinator_sources_watched", static_cast<double>(watch.watched()));
  sink->Put("weir_coordinator_sources_silent", static_cast<double>(watch.silent()));
}

void FillLeaderMetrics(const coordinator::LeaderStatus& status, MetricSink* sink) {
  sink->Put("weir_coordinator_leading", status.leading ? 1 : 0);
  std::map<std::string, int> alive = {{"ingest", 0}, {"worker", 0}, {"coordinator", 0}};
  for (const coordinator::NodeStatus& node : status.nodes) {
    alive[node.name.role] += node.alive ? 1 : 0;
  }
  for (const auto& [role, count] : alive) {
    sink->Put("weir_coordinator_nodes", count, {{"role", role}});
  }
  sink->Put("weir_coordinator_shards", status.shards_served, {{"state", "served"}});
  sink->Put("weir_coordinator_shards", status.shards_unassigned, {{"state", "unassigned"}});
  sink->Put("weir_coordinator_shards", status.shards_unserved, {{"state", "unserved"}});
  sink->Put("weir_coordinator_shards", status.shards_damaged, {{"state", "damaged"}});
  sink->Put("weir_coordinator_rule_set_version", static_cast<double>(status.rules.value));
}

void FillMemberMetrics(bool session_alive, MetricSink* sink) {
  sink->Put("weir_meta_session_alive", session_alive ? 1 : 0);
}

void FillRpcMetrics(const rpc::CallCounts& counts, MetricSink* sink) {
  for (int i = 0; i < rpc::kRefusalCount; ++i) {
    sink->Put("weir_rpc_calls_refused_total", static_cast<double>(counts.refused[i]),
              {{"reason", std::string(rpc::RefusalName(static_cast<rpc::Refusal>(i)))}});
  }
  sink->Put("weir_rpc_access_loads_total", static_cast<double>(counts.list_loads - counts.list_failures),
            {{"result", "ok"}});
  sink->Put("weir_rpc_access_loads_total", static_cast<double>(counts.list_failures),
            {{"result", "failed"}});
}

}  // namespace weir::cli
