#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/base/units.h"
#include "common/config/config.h"
#include "common/config/options.h"
#include "common/config/yaml_source_internal.h"

namespace weir::config {
namespace {

// Whether only this machine reaches HOST:PORT.
bool IsLoopback(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  // Digits and dots alone: 127.example.org is a name that may mean anything.
  return host == "localhost" || host == "[::1]" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

class Loader {
 public:
  LoadResult Run(const Sources& sources) {
    for (const Option& option : Options()) {
      std::vector<std::string> values;
      if (option.type != OptionType::kList) {
        values.emplace_back(option.default_text);
      }
      WEIR_CHECK(Apply(option, values, &result_.config).ok());
      result_.config.origins[std::string(option.key)] = "default";
    }
    LoadFile(sources);
    LoadEnvironment(sources);
    LoadFlags(sources);
    CheckContradictions();
    return std::move(result_);
  }

 private:
  void Set(const std::string& key, const std::string& where, const std::vector<std::string>& values) {
    const Option* option = FindOption(key);
    if (option == nullptr) {
      result_.problems.push_back({where, key, fmt::format("unknown key '{}'", key), Suggest(key)});
      return;
    }
    const Status status = Apply(*option, values, &result_.config);
    if (!status.ok()) {
      result_.problems.push_back({where, key, fmt::format("'{}': {}", key, status), ""});
      return;
    }
    result_.config.origins[key] = where;
  }

  static std::string Suggest(const std::string& key) {
    std::vector<std::string> keys;
    for (const Option& option : Options()) {
      keys.emplace_back(option.key);
    }
    std::string nearest = NearestName(key, keys);
    if (nearest.empty()) {
      // A key given without its section, or in the wrong one.
      const std::string last = key.substr(key.rfind('.') + 1);
      for (const std::string& candidate : keys) {
        if (candidate.substr(candidate.rfind('.') + 1) == last) {
          nearest = candidate;
          break;
        }
      }
    }
    return nearest.empty() ? "see `weir config defaults` for all keys"
                           : fmt::format("did you mean '{}'?", nearest);
  }

  void LoadFile(const Sources& sources) {
    if (sources.file_path.empty()) {
      return;
    }
    std::vector<YamlEntry> entries;
    ReadYaml(sources.file_path, sources.file_text, &entries, &result_.problems);
    for (const YamlEntry& entry : entries) {
      Set(entry.key, entry.where, entry.values);
    }
  }

  void LoadEnvironment(const Sources& sources) {
    std::map<std::string, const Option*> names;
    for (const Option& option : Options()) {
      names[EnvironmentName(option)] = &option;
    }
    for (const auto& [name, value] : sources.environment) {
      if (name.rfind("WEIR_", 0) != 0 || name == "WEIR_CONFIG" || name == "WEIR_ADDRESS" ||
          name.rfind("WEIR_CLIENT_", 0) == 0) {
        continue;
      }
      const auto found = names.find(name);
      if (found == names.end()) {
        WarnUnknownVariable(name, names);
        continue;
      }
      std::vector<std::string> values{value};
      if (found->second->type == OptionType::kList) {
        values = SplitList(value);
      }
      Set(std::string(found->second->key), "environment " + name, values);
    }
  }

  // A warning only: Kubernetes sets WEIR_SERVICE_HOST and the like for a service called weir.
  void WarnUnknownVariable(const std::string& name,
                           const std::map<std::string, const Option*>& names) {
    if (name.find("_SERVICE_") != std::string::npos || name.find("_PORT") != std::string::npos) {
      return;
    }
    std::vector<std::string> candidates;
    for (const auto& [known, option] : names) {
      candidates.push_back(known);
    }
    const std::string nearest = NearestName(name, candidates);
    result_.warnings.push_back({"environment " + name, "", "names no option and is ignored",
                                nearest.empty() ? "" : fmt::format("did you mean {}?", nearest)});
  }

  static std::vector<std::string> SplitList(const std::string& text) {
    std::vector<std::string> items;
    std::size_t begin = 0;
    while (begin <= text.size()) {
      const std::size_t comma = std::min(text.find(',', begin), text.size());
      if (comma > begin) {
        items.push_back(text.substr(begin, comma - begin));
      }
      begin = comma + 1;
    }
    return items;
  }

  void LoadFlags(const Sources& sources) {
    std::vector<std::string> order;
    std::map<std::string, std::vector<std::string>> values;
    for (const auto& [key, value] : sources.flags) {
      if (values.find(key) == values.end()) {
        order.push_back(key);
      }
      values[key].push_back(value);
    }
    for (const std::string& key : order) {
      const Option* option = FindOption(key);
      Set(key, option == nullptr ? "--" + key : "--" + FlagName(*option), values[key]);
    }
  }

  // Reports a pair of keys that do not go together, at the one that was set.
  void Contradiction(const std::string& key, const std::string& other, const std::string& message,
                     const std::string& hint) {
    const auto& origins = result_.config.origins;
    const std::string& place =
        origins.at(key) == "default" ? origins.at(other) : origins.at(key);
    result_.problems.push_back({place == "default" ? "" : place, key, message, hint});
  }

  void CheckContradictions() {
    const Config& config = result_.config;
    if (config.clock == "replay" && config.replay_producers.empty()) {
      Contradiction("clock", "replay.producers", "clock is replay, but replay.producers names nobody",
                    "name the producers that will send, for example [history]");
    }
    if (config.clock != "replay" && !config.replay_producers.empty()) {
      Contradiction("replay.producers", "clock",
                    fmt::format("replay.producers is given, but clock is {}", config.clock),
                    "set clock to replay");
    }
    std::vector<std::string> producers = config.replay_producers;
    std::sort(producers.begin(), producers.end());
    if (std::adjacent_find(producers.begin(), producers.end()) != producers.end()) {
      Contradiction("replay.producers", "clock", "replay.producers names a producer twice", "");
    }
    if (config.cluster_metadata_cert.empty() != config.cluster_metadata_key.empty()) {
      Contradiction("cluster.metadata_cert", "cluster.metadata_key",
                    "cluster.metadata_cert and cluster.metadata_key go together, and one is missing", "");
    }
    if (config.cluster_metadata_ca.empty() && !config.cluster_metadata_cert.empty()) {
      Contradiction("cluster.metadata_cert", "cluster.metadata_ca",
                    "cluster.metadata_cert is given, but cluster.metadata_ca names no CA",
                    "without it calls to etcd are not encrypted, and no certificate is shown");
    }
    CheckSecurity();
    if (config.alerts == "parity" && config.mode == "continuous") {
      Contradiction("alerts", "mode", "alerts is parity, which needs ticks, but mode is continuous",
                    "set mode to auto or schedule");
    }
    if (config.ingest_record_bytes_max > config.ingest_batch_bytes_max) {
      Contradiction("ingest.record_bytes_max", "ingest.batch_bytes_max",
                    fmt::format("ingest.record_bytes_max ({}) is above ingest.batch_bytes_max ({})",
                                FormatByteSize(config.ingest_record_bytes_max),
                                FormatByteSize(config.ingest_batch_bytes_max)),
                    "");
    }
    if (config.ingest_batch_bytes_max > config.ingest_inflight_bytes) {
      Contradiction("ingest.batch_bytes_max", "ingest.inflight_bytes",
                    fmt::format("ingest.batch_bytes_max ({}) is above ingest.inflight_bytes ({})",
                                FormatByteSize(config.ingest_batch_bytes_max),
                                FormatByteSize(config.ingest_inflight_bytes)),
                    "");
    }
  }

  void CheckSecurity() {
    const Config& config = result_.config;
    const bool encrypted = !config.tls_cert.empty();
    const bool required = config.tls_client_certificates == "required";
    if (config.tls_cert.empty() != config.tls_key.empty()) {
      Contradiction("tls.cert", "tls.key", "tls.cert and tls.key go together, and one is missing", "");
    }
    if (required && config.tls_ca.empty()) {
      Contradiction("tls.client_certificates", "tls.ca",
                    "tls.client_certificates is required, but tls.ca names no CA", "");
    }
    if (!encrypted && (required || !config.auth_file.empty() || !config.auth_token_file.empty())) {
      Contradiction(required ? "tls.client_certificates" : config.auth_file.empty()
                                                             ? "auth.token_file" : "auth.file",
                    "tls.cert", "callers are to be known, but tls.cert is not given",
                    "without TLS tokens would be readable by everybody");
    }
    if (encrypted && config.tls_ca.empty() && !config.cluster_metadata.empty()) {
      Contradiction("tls.ca", "cluster.metadata",
                    "tls.cert is given, but tls.ca names no CA that the other processes are known by", "");
    }
    const bool knows_callers = encrypted && (required || !config.auth_file.empty());
    if (!IsLoopback(config.listen) && !knows_callers && config.insecure_listen != "allowed") {
      Contradiction("listen", "insecure_listen",
                    fmt::format("listen is {}, which other machines reach, but callers are not asked who "
                                "they are",
                                config.listen),
                    "give tls.cert, tls.key and auth.file (or tls.client_certificates: required), or set "
                    "insecure_listen to allowed");
    }
  }

  LoadResult result_;
};

}  // namespace

std::string Problem::Render() const {
  std::string text = where.empty() ? "" : where + ": ";
  text += message;
  if (!hint.empty()) {
    text += "; " + hint;
  }
  return text;
}

LoadResult Load(const Sources& sources) {
  return Loader().Run(sources);
}

}  // namespace weir::config
