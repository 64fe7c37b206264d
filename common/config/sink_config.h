// Where alerts are delivered to, as configured: the items of the list `sinks` (docs/sinks.md). Only
// in the file: an item is too much for a flag or a variable of the environment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::config {

struct SinkConfig {
  std::string name;
  std::string type;  // file, webhook
  // Of all.
  std::string severity_min = "low";
  std::vector<std::string> rules;  // ids, with '*' and '?'; empty: all
  bool history = true;
  int64_t batch_max = 500;
  int64_t linger_ms = 1000;
  int64_t retry_ms_max = 60'000;
  // Of files.
  std::string path;
  uint64_t rotate_bytes = 64ULL << 20;  // 0: never
  int64_t rotate_age_ms = 0;            // 0: never
  int64_t rotate_keep = 5;
  bool sync = true;
  // Of webhooks.
  std::string url;
  std::string format = "plain";  // plain, elastic-bulk, splunk-hec
  std::string batch = "ndjson";  // of plain: ndjson, array
  std::string index;
  std::string ca_file;
  std::string secret_file;  // where the key of signatures stands, or
  std::string secret_env;   // the variable of the environment that holds it
  std::string token_file;
  std::string token_env;
  int64_t timeout_ms = 10'000;
};

}  // namespace weir::config
