// The configuration of a weir process: one struct, filled from a YAML file, the environment and flags by
// the option table (options.h). Flags win over the environment, it over the file, it over the defaults,
// and the defaults run on a laptop. Only roles and the binary know this struct.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config/sink_config.h"

namespace weir::config {

// Members are set by the option table, which also holds their defaults and documentation.
struct Config {
  std::string listen;
  std::string insecure_listen;             // refused, allowed
  std::string data_dir;
  std::vector<std::string> rules;
  std::vector<std::string> macros;
  std::vector<std::string> overlays;
  std::string tenant;
  int64_t shards = 0;
  std::string clock;                       // wall, replay
  std::string mode;                        // auto, schedule, continuous
  std::string alerts;                      // episodes, parity
  std::string evidence;                    // none, redacted, full
  int64_t alerts_retention_ms = 0;
  int64_t lateness_ms = 0;
  int64_t repeat_horizon_ms = 0;
  std::string geoip_city;
  std::string geoip_asn;
  int64_t future_ms = 0;
  int64_t drain_timeout_ms = 0;
  std::vector<std::string> replay_producers;

  std::string tls_cert;                    // PEM files; empty: not encrypted
  std::string tls_key;
  std::string tls_ca;
  std::string tls_client_certificates;     // optional, required
  int64_t tls_reload_ms = 0;
  std::string auth_file;                   // who may call; empty: whoever connects
  std::string auth_token_file;             // what this process shows to others; empty: none
  std::string health_listen;               // 0: off
  int64_t connection_max_age_ms = 0;       // 0: any
  int64_t connection_grace_ms = 0;

  std::string cluster_name;
  std::string cluster_node;                // id of this process; empty: made
  std::string cluster_advertise;           // empty: the address it listens on
  std::vector<std::string> cluster_metadata;   // etcd endpoints; empty: embedded
  std::string cluster_metadata_ca;         // PEM files of TLS to etcd; empty: no TLS
  std::string cluster_metadata_cert;
  std::string cluster_metadata_key;
  int64_t cluster_lease_ms = 0;
  int64_t cluster_placement_delay_ms = 0;
  int64_t cluster_activation_delay_ms = 0;

  int64_t worker_executors = 0;            // 0: one per core
  uint64_t worker_table_memory_bytes = 0;
  uint64_t worker_store_memory_bytes = 0;
  uint64_t worker_queue_memory_bytes = 0;
  int64_t worker_commit_interval_ms = 0;
  int64_t worker_checkpoint_interval_ms = 0;
  uint64_t worker_checkpoint_log_bytes = 0;

  int64_t ingest_threads = 0;              // 0: one per core
  uint64_t ingest_batch_bytes_max = 0;
  uint64_t ingest_record_bytes_max = 0;
  uint64_t ingest_inflight_bytes = 0;
  uint64_t ingest_message_bytes_max = 0;
  int64_t ingest_batch_records_max = 0;
  int64_t ingest_record_depth_max = 0;
  int64_t ingest_record_fields_max = 0;
  int64_t quota_events_per_second = 0;     // 0: no limit
  uint64_t quota_bytes_per_second = 0;     // 0: no limit
  int64_t sources_silence_ms = 0;          // 0: never silent

  int64_t coordinator_alerts_max = 0;
  int64_t coordinator_watch_queue = 0;

  std::string log_level;                   // debug, info, warn, error
  std::string log_format;                  // text, json

  std::vector<SinkConfig> sinks;           // not of the option table: the list `sinks` of the file

  // Where each key got its value: "default", "weir.yaml:3:5", "environment WEIR_LISTEN", "--listen".
  std::map<std::string, std::string, std::less<>> origins;
};

// One thing wrong with the configuration.
struct Problem {
  std::string where;     // "weir.yaml:3:5", "environment WEIR_LISTEN", "--listen"; empty: none
  std::string key;       // may be empty
  std::string message;   // "unknown key 'worker.executers'"
  std::string hint;      // "did you mean 'worker.executors'?"; may be empty

  // "weir.yaml:3:5: unknown key 'worker.executers'; did you mean 'worker.executors'?"
  std::string Render() const;
};

// What to load from. Later members win.
struct Sources {
  // A YAML file and its text; an empty path means that there is none.
  std::string file_path;
  std::string file_text;
  // The process environment, names to values. Only names that start with WEIR_ are looked at.
  std::map<std::string, std::string> environment;
  // Keys ("worker.executors") and values of flags. A list is given as repeated entries.
  std::vector<std::pair<std::string, std::string>> flags;
};

struct LoadResult {
  Config config;                    // meaningful only without problems
  std::vector<Problem> problems;    // every error, in the order file, environment, flags, contradictions
  std::vector<Problem> warnings;    // WEIR_ variables that name no option
};

// Loads and checks everything; never stops at the first problem.
LoadResult Load(const Sources& sources);

// The defaults as a YAML file with a comment for each key.
std::string DefaultsYaml();
// The reference page of all options (docs/config.md).
std::string ReferenceMarkdown();
// The keys, types and choices of a configuration file as a JSON schema, on one line.
std::string JsonSchema();
// A configuration as YAML, with a comment that says where each value that is no default came from.
std::string EffectiveYaml(const Config& config);

}  // namespace weir::config
