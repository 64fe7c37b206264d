#include "cli/role_options.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <thread>

#include "common/state/rocksdb/rocksdb_store.h"
#include "common/wire/text.h"

namespace weir::cli {
namespace {

int CountOrCores(int64_t count) {
  return count > 0 ? static_cast<int>(count)
                   : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

weir::cluster::v1::RuleFileState StateOf(const rule::LoadResult& loaded,
                                         const plan::RuleSet& rules, bool has_findings) {
  namespace pb = weir::cluster::v1;
  if (!loaded.rule.has_value()) {
    return pb::RULE_FILE_STATE_REFUSED;
  }
  const plan::CompiledRule* compiled = rules.FindRule(loaded.rule->id);
  if (compiled != nullptr && compiled->source.path == loaded.path) {
    return has_findings ? pb::RULE_FILE_STATE_LOADED_WITH_WARNINGS : pb::RULE_FILE_STATE_LOADED;
  }
  return loaded.rule->enabled ? pb::RULE_FILE_STATE_REFUSED : pb::RULE_FILE_STATE_DISABLED;
}

}  // namespace

StatusOr<std::unique_ptr<state::StateStore>> OpenStore(const config::Config& config) {
  std::error_code error;
  std::filesystem::create_directories(config.data_dir, error);
  if (error) {
    return FailedPrecondition("making the data directory '{}': {}", config.data_dir,
                              error.message());
  }
  state::RocksDbOptions options;
  options.path = config.data_dir + "/store";
  options.memory_bytes = config.worker_store_memory_bytes;
  options.all_synced = true;
  return state::OpenRocksDbStore(options);
}

worker::WorkerOptions MakeWorkerOptions(const config::Config& config) {
  worker::WorkerOptions options;
  options.tenant = config.tenant;
  options.shard_count = static_cast<uint16_t>(config.shards);
  options.clock =
      config.clock == "replay" ? worker::ClockMode::kReplay : worker::ClockMode::kWall;
  options.producers = config.replay_producers;
  options.lateness_ms = config.lateness_ms;
  options.repeat_horizon_ms = config.repeat_horizon_ms;
  options.future_ms = config.future_ms;
  options.executors = CountOrCores(config.worker_executors);
  options.table_memory_bytes = config.worker_table_memory_bytes;
  options.queue_bytes_max = config.worker_queue_memory_bytes;
  options.commit_interval_ms = config.worker_commit_interval_ms;
  options.checkpoint_interval_ms = config.worker_checkpoint_interval_ms;
  options.checkpoint_log_bytes = config.worker_checkpoint_log_bytes;
  options.alerts_retention_ms = config.alerts_retention_ms;
  return options;
}

StatusOr<ingest::PipelineOptions> MakePipelineOptions(const config::Config& config) {
  ingest::PipelineOptions options;
  options.tenant = config.tenant;
  options.shard_count = static_cast<uint16_t>(config.shards);
  options.replay = config.clock == "replay";
  options.producers = config.replay_producers;
  options.threads = CountOrCores(config.ingest_threads);
  options.batch_bytes_max = config.ingest_batch_bytes_max;
  options.record_bytes_max = config.ingest_record_bytes_max;
  options.inflight_bytes_max = config.ingest_inflight_bytes;
  options.record_depth_max = static_cast<int>(config.ingest_record_depth_max);
  options.record_fields_max = static_cast<uint64_t>(config.ingest_record_fields_max);
  options.batch_records_max = static_cast<uint64_t>(config.ingest_batch_records_max);
  options.quota.events_per_second = static_cast<uint64_t>(config.quota_events_per_second);
  options.quota.bytes_per_second = config.quota_bytes_per_second;
  options.sources.silence_ms_min = config.sources_silence_ms;
  if (!config.geoip_city.empty() || !config.geoip_asn.empty()) {
    WEIR_ASSIGN_OR_RETURN(options.geo,
                          source::GeoDatabase::Open(config.geoip_city, config.geoip_asn));
  }
  return options;
}

ingest::CollectOptions MakeCollectOptions(const config::Config& config) {
  ingest::CollectOptions options;
  options.message_bytes_max = config.ingest_message_bytes_max;
  return options;
}

int64_t SourceWatchInterval(const config::Config& config) {
  return std::clamp<int64_t>(config.sources_silence_ms / 4, 500, 30 * 1000);
}

plan::CompileOptions MakeCompileOptions(const config::Config& config) {
  plan::CompileOptions options;
  if (config.mode != "auto") {
    options.mode = config.mode == "schedule" ? plan::JudgeMode::kSchedule
                                             : plan::JudgeMode::kContinuous;
  }
  options.alerts =
      config.alerts == "parity" ? plan::AlertMode::kParity : plan::AlertMode::kEpisodes;
  options.lateness_ms = config.lateness_ms;
  options.evidence = plan::EvidenceNamed(config.evidence).value_or(plan::Evidence::kRedacted);
  return options;
}

StatusOr<LoadedRules> LoadRuleFiles(const config::Config& config) {
  LoadedRules rules;
  if (!config.rules.empty()) {
    WEIR_ASSIGN_OR_RETURN(rules.loaded, rule::LoadRules(config.rules, {config.macros}));
  }
  rules.file_of.assign(rules.loaded.size(), SIZE_MAX);
  for (std::size_t i = 0; i < rules.loaded.size(); ++i) {
    if (rules.loaded[i].rule.has_value()) {
      rules.file_of[i] = rules.files.size();
      rules.files.push_back({rules.loaded[i].path, rules.loaded[i].text});
    }
  }
  WEIR_ASSIGN_OR_RETURN(rules.overlays, overlay::LoadOverlays(config.overlays));
  for (const overlay::Overlay& overlay : rules.overlays) {
    rules.files.push_back({overlay::NameInRuleSet(overlay.path), overlay.text});
  }
  // The rules as they are in force, for their states.
  std::vector<rule::Rule> effective;
  for (const rule::LoadResult& loaded : rules.loaded) {
    if (loaded.rule.has_value()) {
      effective.push_back(*loaded.rule);
    }
  }
  overlay::Apply(&rules.overlays, &effective);
  for (std::size_t i = 0; i < rules.loaded.size(); ++i) {
    if (rules.loaded[i].rule.has_value()) {
      rules.loaded[i].rule = std::move(effective[rules.file_of[i]]);
    }
  }
  return rules;
}

std::vector<weir::cluster::v1::RuleFileStatus> StatusesOf(
    const LoadedRules& rules, const std::vector<std::vector<rule::Finding>>& findings,
    const plan::RuleSet& compiled) {
  std::vector<weir::cluster::v1::RuleFileStatus> files;
  for (std::size_t i = 0; i < rules.loaded.size(); ++i) {
    const rule::LoadResult& loaded = rules.loaded[i];
    weir::cluster::v1::RuleFileStatus& status = files.emplace_back();
    status.set_path(wire::ValidUtf8(loaded.path));
    if (loaded.rule.has_value()) {
      status.set_rule_id(wire::ValidUtf8(loaded.rule->id));
      status.set_rule_name(wire::ValidUtf8(loaded.rule->name));
    }
    std::set<std::string> seen;   // the activation repeats what loading found
    const auto add = [&](const std::vector<rule::Finding>& list) {
      for (const rule::Finding& finding : list) {
        const std::string& text = finding.rendered.empty() ? finding.message : finding.rendered;
        if (seen.insert(text).second) {
          status.add_findings(wire::ValidUtf8(text));
        }
      }
    };
    add(loaded.findings);
    if (rules.file_of[i] < findings.size()) {
      add(findings[rules.file_of[i]]);
    }
    status.set_state(StateOf(loaded, compiled, !seen.empty()));
  }
  const std::size_t first = rules.files.size() - rules.overlays.size();
  for (std::size_t i = 0; i < rules.overlays.size(); ++i) {
    weir::cluster::v1::RuleFileStatus& status = files.emplace_back();
    status.set_path(wire::ValidUtf8(rules.overlays[i].path));
    // A file that could not be read says so only when it is loaded.
    const std::vector<rule::Finding>& list =
        first + i < findings.size() && !findings[first + i].empty() ? findings[first + i]
                                                                    : rules.overlays[i].findings;
    bool has_errors = false;
    for (const rule::Finding& finding : list) {
      status.add_findings(wire::ValidUtf8(finding.rendered));
      has_errors = has_errors || finding.severity == esql::Severity::kError;
    }
    namespace pb = weir::cluster::v1;
    status.set_state(has_errors     ? pb::RULE_FILE_STATE_REFUSED
                     : list.empty() ? pb::RULE_FILE_STATE_LOADED
                                    : pb::RULE_FILE_STATE_LOADED_WITH_WARNINGS);
  }
  return files;
}

std::size_t CountRefused(const std::vector<weir::cluster::v1::RuleFileStatus>& files) {
  return static_cast<std::size_t>(std::count_if(files.begin(), files.end(), [](const auto& file) {
    return file.state() == weir::cluster::v1::RULE_FILE_STATE_REFUSED;
  }));
}

cluster::RuleSetTexts TextsOf(const LoadedRules& rules, const config::Config& config) {
  const plan::CompileOptions options = MakeCompileOptions(config);
  cluster::RuleSetTexts texts;
  if (options.mode.has_value()) {
    texts.mode = plan::JudgeModeName(*options.mode);
  }
  if (options.alerts.has_value()) {
    texts.alerts = plan::AlertModeName(*options.alerts);
  }
  texts.lateness_ms = options.lateness_ms;
  texts.evidence = plan::EvidenceName(options.evidence);
  for (const worker::RuleFile& file : rules.files) {
    texts.files.push_back({file.path, file.text});
  }
  return texts;
}

std::vector<worker::RuleFile> FilesOf(const cluster::RuleSetTexts& texts) {
  std::vector<worker::RuleFile> files;
  for (const cluster::RuleSetTexts::File& file : texts.files) {
    files.push_back({file.path, file.text});
  }
  return files;
}

plan::CompileOptions CompileOptionsOf(const cluster::RuleSetTexts& texts) {
  plan::CompileOptions options;
  for (const plan::JudgeMode mode : {plan::JudgeMode::kSchedule, plan::JudgeMode::kContinuous}) {
    if (texts.mode == plan::JudgeModeName(mode)) {
      options.mode = mode;
    }
  }
  for (const plan::AlertMode alerts : {plan::AlertMode::kParity, plan::AlertMode::kEpisodes}) {
    if (texts.alerts == plan::AlertModeName(alerts)) {
      options.alerts = alerts;
    }
  }
  options.lateness_ms = texts.lateness_ms;
  options.evidence = plan::EvidenceNamed(texts.evidence).value_or(plan::Evidence::kRedacted);
  return options;
}

}  // namespace weir::cli
