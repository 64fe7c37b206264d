#include "common/config/options.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/base/units.h"

namespace weir::config {
namespace {

constexpr int64_t kKiB = 1024;
constexpr int64_t kMiB = 1024 * kKiB;
constexpr int64_t kGiB = 1024 * kMiB;
constexpr int64_t kSecond = 1000;
constexpr int64_t kHour = 3600 * kSecond;

Status ValidateName(const std::string& value) {
  const bool fine = std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (!fine || value.empty() || value.size() > 64) {
    return InvalidArgument("expected 1 to 64 of a-z, 0-9, '-', '_' and '.', got '{}'", value);
  }
  return OkStatus();
}

Status ValidateAddress(const std::string& value) {
  const std::size_t colon = value.rfind(':');
  int port = -1;
  if (colon != std::string::npos && colon != 0) {
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data() + colon + 1, end, port);
    if (error != std::errc() || stop != end) {
      port = -1;
    }
  }
  if (port < 0 || port > 65535) {
    return InvalidArgument("expected HOST:PORT with a port of 0 to 65535, got '{}'", value);
  }
  return OkStatus();
}

Status ValidateProducer(const std::string& value) {
  if (value.empty() || value.size() > 256) {
    return InvalidArgument("expected a name of 1 to 256 bytes, got {} bytes", value.size());
  }
  return OkStatus();
}

Status ValidateOptionalName(const std::string& value) {
  return value.empty() ? OkStatus() : ValidateName(value);
}

Status ValidateOptionalAddress(const std::string& value) {
  return value.empty() ? OkStatus() : ValidateAddress(value);
}

Status ValidateHealthAddress(const std::string& value) {
  return value == "0" ? OkStatus() : ValidateAddress(value);
}

// Whoever opens the file says what is wrong with it.
Status ValidateOptionalPath(const std::string& /*value*/) {
  return OkStatus();
}

std::vector<Option> MakeTable() {
  using Type = OptionType;
  return {
      {"listen", Type::kText, "127.0.0.1:7431", &Config::listen,
       "Address that the gRPC services listen on. Port 0 takes a free port, which the first line of "
       "output names.",
       0, 0, {}, ValidateAddress},
      {"insecure_listen", Type::kChoice, "refused", &Config::insecure_listen,
       "Whether `listen` may name an address that other machines reach although callers are not asked who "
       "they are over TLS (`tls.cert` with `auth.file`, or with `tls.client_certificates: required`). "
       "`allowed` is for networks where something else sees to it.",
       0, 0, {"refused", "allowed"}},
      {"data_dir", Type::kText, "./weir-data", &Config::data_dir,
       "Directory of the durable state, made if absent. One process at a time may use it."},
      {"rules", Type::kList, "", &Config::rules,
       "Rule files, or folders that are searched for *.toml and *.yml. Without any, events are read and "
       "counted but nothing can fire."},
      {"macros", Type::kList, "", &Config::macros,
       "Folders of macros (*.yml) for detections in Splunk's layout. They override those of the folder "
       "`macros` of the detections' own checkout."},
      {"overlays", Type::kList, "", &Config::overlays,
       "Overlay files, or folders that are searched for *.yaml: what is changed about rules that others "
       "wrote. They are part of the rule set."},
      {"tenant", Type::kText, "default", &Config::tenant,
       "Whose events these are. It is part of event identities and alert ids; do not change it for a "
       "data directory in use.",
       0, 0, {}, ValidateName},
      {"shards", Type::kNumber, "256", &Config::shards,
       "Number of virtual shards. Fixed when the data directory is created.", 1, 4096},
      {"clock", Type::kChoice, "wall", &Config::clock,
       "Where time comes from: `wall`, the time of day; or `replay`, the watermarks of the producers "
       "that replay.producers names, for history, demonstrations and tests. Fixed when the data "
       "directory is created.",
       0, 0, {"wall", "replay"}},
      {"mode", Type::kChoice, "auto", &Config::mode,
       "How windows are judged: `schedule`, at ticks as the SIEM's scheduler would; `continuous`, as "
       "events arrive; `auto`, continuous for every rule that allows it. Rules that do not allow it "
       "are judged at ticks in any case.",
       0, 0, {"auto", "schedule", "continuous"}},
      {"alerts", Type::kChoice, "episodes", &Config::alerts,
       "What becomes an alert: `episodes`, one for each run of firing windows of a group; or `parity`, "
       "each row of each tick as Elastic makes them, which implies mode `schedule`.",
       0, 0, {"episodes", "parity"}},
      {"evidence", Type::kChoice, "redacted", &Config::evidence,
       "What is kept and shown of prompts and completions (docs/privacy.md): `none`, a hash that tells them "
       "apart; `redacted`, also their length and the words of the rule in them; `full`, the text. What is "
       "stored already stays as it is.",
       0, 0, {"none", "redacted", "full"}},
      {"alerts_retention", Type::kDuration, "90d", &Config::alerts_retention_ms,
       "How long closed and recovered alerts are kept after their last change. Open and acknowledged ones "
       "are kept until they are closed; those that are older are counted by the status.",
       kHour, 3650 * 24 * kHour},
      {"lateness", Type::kDuration, "1h", &Config::lateness_ms,
       "How much older than the newest closed time an event may be and still be counted. Older ones "
       "are kept as dead letters and reported.",
       0, 7 * 24 * kHour},
      {"future", Type::kDuration, "5m", &Config::future_ms,
       "How far ahead of the clock an event may be and still be counted. Others are kept as dead "
       "letters and reported.",
       0, 24 * kHour},
      {"repeat_horizon", Type::kDuration, "2h", &Config::repeat_horizon_ms,
       "How long an event is remembered after it first arrived, so that it counts once however often and "
       "through whatever node it is delivered; 0s counts every delivery, for tests whose events share "
       "ids. The same on all workers; fixed when the data directory is created.",
       0, 7 * 24 * kHour},
      {"drain_timeout", Type::kDuration, "20s", &Config::drain_timeout_ms,
       "How long a stopping process waits for calls to end before it cuts them off. Work already "
       "accepted is always finished.",
       0, kHour},
      {"replay.producers", Type::kList, "", &Config::replay_producers,
       "Names of the producers of a replay. Time advances to the least of their watermarks, once all "
       "have joined. Required with clock `replay`, refused otherwise.",
       0, 0, {}, ValidateProducer},
      {"geoip.city", Type::kText, "", &Config::geoip_city,
       "File of a MaxMind City or Country database, from which source.geo is looked up by source.ip. "
       "Without one these fields are absent.",
       0, 0, {}, ValidateOptionalPath},
      {"geoip.asn", Type::kText, "", &Config::geoip_asn,
       "File of a MaxMind ASN database, from which source.as is looked up by source.ip. Without one "
       "these fields are absent.",
       0, 0, {}, ValidateOptionalPath},
      {"tls.cert", Type::kText, "", &Config::tls_cert,
       "PEM file with the certificate, and those between it and the CA, that this process shows: to its "
       "callers, and to other processes of the cluster, whose calls to each other are encrypted, too. It "
       "names the addresses that others use. Empty: nothing is encrypted.",
       0, 0, {}, ValidateOptionalPath},
      {"tls.key", Type::kText, "", &Config::tls_key, "PEM file with the private key of `tls.cert`.", 0, 0,
       {}, ValidateOptionalPath},
      {"tls.ca", Type::kText, "", &Config::tls_ca,
       "PEM file with the certificates of the CAs that clients' certificates, and those of other "
       "processes of the cluster, are signed by.",
       0, 0, {}, ValidateOptionalPath},
      {"tls.client_certificates", Type::kChoice, "optional", &Config::tls_client_certificates,
       "Whether a client without a certificate of `tls.ca` may connect. Without `auth.file` whoever may "
       "connect may call everything.",
       0, 0, {"optional", "required"}},
      {"tls.reload", Type::kDuration, "10s", &Config::tls_reload_ms,
       "How often the files of `tls` and `auth` are looked at for changes. New certificates count for new "
       "connections, new tokens for new calls; what is open goes on.",
       kSecond, kHour},
      {"auth.file", Type::kText, "", &Config::auth_file,
       "File of who may call what: bearer tokens and certificates, each with tenant and roles "
       "(docs/operations.md). Needs `tls.cert`. Empty: whoever connects may call everything.",
       0, 0, {}, ValidateOptionalPath},
      {"auth.token_file", Type::kText, "", &Config::auth_token_file,
       "File whose first line is the bearer token that this process shows to other processes of the "
       "cluster, of the role `node`. Empty: its certificate says who it is.",
       0, 0, {}, ValidateOptionalPath},
      {"health.listen", Type::kText, "127.0.0.1:7432", &Config::health_listen,
       "HOST:PORT that answers /livez, /readyz and /metrics over HTTP, without data and without TLS. 0: "
       "nobody. When the default is taken by another process this one goes on without.",
       0, 0, {}, ValidateHealthAddress},
      {"connection.max_age", Type::kDuration, "30m", &Config::connection_max_age_ms,
       "How old a connection to an ingest node may get, give or take a tenth, before the client is asked "
       "to connect anew, so that load spreads over new nodes. 0s: any age.",
       0, 7 * 24 * kHour},
      {"connection.grace", Type::kDuration, "30s", &Config::connection_grace_ms,
       "How long calls on such a connection may go on before they are cut. What was not answered is sent "
       "again and counted once.",
       0, kHour},
      {"cluster.name", Type::kText, "weir", &Config::cluster_name,
       "Name of the cluster. Processes of one name and one metadata store make one cluster; another "
       "name is refused at every door.",
       0, 0, {}, ValidateName},
      {"cluster.node", Type::kText, "", &Config::cluster_node,
       "Id of this process among those of its role. Empty: a worker makes one and keeps it in its data "
       "directory, others take a new one at each start.",
       0, 0, {}, ValidateOptionalName},
      {"cluster.advertise", Type::kText, "", &Config::cluster_advertise,
       "HOST:PORT under which other processes reach this one. Empty: the address it listens on.", 0, 0,
       {}, ValidateOptionalAddress},
      {"cluster.metadata", Type::kList, "", &Config::cluster_metadata,
       "Endpoints (HOST:PORT) of the etcd that the processes of a cluster find each other through. "
       "`weir all` needs none; the single roles do.",
       0, 0, {}, ValidateAddress},
      {"cluster.metadata_ca", Type::kText, "", &Config::cluster_metadata_ca,
       "PEM file with the certificate of the CA that etcd's certificates are signed by. Calls to etcd are "
       "encrypted then. Empty: they are not.",
       0, 0, {}, ValidateOptionalPath},
      {"cluster.metadata_cert", Type::kText, "", &Config::cluster_metadata_cert,
       "PEM file with the certificate that this process shows to etcd. Goes with "
       "`cluster.metadata_key`; both need `cluster.metadata_ca`. Empty: it shows none.",
       0, 0, {}, ValidateOptionalPath},
      {"cluster.metadata_key", Type::kText, "", &Config::cluster_metadata_key,
       "PEM file with the private key of `cluster.metadata_cert`.", 0, 0, {}, ValidateOptionalPath},
      {"cluster.lease", Type::kDuration, "3s", &Config::cluster_lease_ms,
       "How long a process that is not heard of is still taken for alive.", kSecond, 60 * kSecond},
      {"cluster.placement_delay", Type::kDuration, "2s", &Config::cluster_placement_delay_ms,
       "How long the first shards wait for workers that start at the same time.", 0, 600 * kSecond},
      {"cluster.activation_delay", Type::kDuration, "2s", &Config::cluster_activation_delay_ms,
       "How far ahead a new rule set's first moment is set, so that every node knows of it by then.", 0,
       600 * kSecond},
      {"worker.executors", Type::kNumber, "0", &Config::worker_executors,
       "Threads that own shards. 0 is one for each core.", 0, 256},
      {"worker.table_memory", Type::kSize, "192MiB", &Config::worker_table_memory_bytes,
       "Memory of the tables in front of the stored state. Above it the groups that rested longest "
       "are spilled to disk; nothing is dropped.",
       4 * kMiB, 1024 * kGiB},
      {"worker.store_memory", Type::kSize, "128MiB", &Config::worker_store_memory_bytes,
       "Memory of the store: block cache with filters and indexes, and write buffers.", 8 * kMiB,
       1024 * kGiB},
      {"worker.queue_memory", Type::kSize, "64MiB", &Config::worker_queue_memory_bytes,
       "Rows that may wait for the log. Above it, batches are answered with UNAVAILABLE and a delay.",
       kMiB, 64 * kGiB},
      {"worker.commit_interval", Type::kDuration, "40ms", &Config::worker_commit_interval_ms,
       "How far apart writes of the log start while batches come faster than they are written, so that "
       "each write holds more. It delays answers under load by as much at most; a batch that comes alone "
       "is written at once. 0 delays none.",
       0, 1000},
      {"worker.checkpoint_interval", Type::kDuration, "10s", &Config::worker_checkpoint_interval_ms,
       "How old changes may get that only the log holds. It bounds the time of a recovery, not what "
       "is safe.",
       100, kHour},
      {"worker.checkpoint_log", Type::kSize, "64MiB", &Config::worker_checkpoint_log_bytes,
       "How much log may gather before a checkpoint is made early.", kMiB, 64 * kGiB},
      {"ingest.threads", Type::kNumber, "0", &Config::ingest_threads,
       "Threads that decode records and run the heads of rules. 0 is one for each core.", 0, 256},
      {"ingest.batch_bytes_max", Type::kSize, "32MiB", &Config::ingest_batch_bytes_max,
       "Largest batch that is taken, in bytes of payload. Larger ones are refused for good.", 64 * kKiB,
       60 * kMiB},
      {"ingest.record_bytes_max", Type::kSize, "16MiB", &Config::ingest_record_bytes_max,
       "Largest record that is taken. Larger ones are rejected alone, by index and reason.", kKiB,
       60 * kMiB},
      {"ingest.message_bytes_max", Type::kSize, "64MiB", &Config::ingest_message_bytes_max,
       "Largest request of a collector (OTLP, Vector) that is taken, unpacked. Larger ones are refused "
       "for good.",
       64 * kKiB, 64 * kMiB},
      {"ingest.batch_records_max", Type::kNumber, "100000", &Config::ingest_batch_records_max,
       "Most records of a batch, or of a collector's request, that is taken.", 1, 10000000},
      {"ingest.record_depth_max", Type::kNumber, "64", &Config::ingest_record_depth_max,
       "How deeply the JSON of a record may be nested. Deeper ones are rejected alone.", 8, 1000},
      {"ingest.record_fields_max", Type::kNumber, "1000000", &Config::ingest_record_fields_max,
       "Most JSON values of a record, those of an envelope together. Larger ones are rejected alone.",
       100, 100000000},
      {"ingest.inflight_bytes", Type::kSize, "64MiB", &Config::ingest_inflight_bytes,
       "Payload that all streams together may have unanswered. Above it, batches are answered with "
       "UNAVAILABLE and a delay.",
       kMiB, 64 * kGiB},
      {"quota.events_per_second", Type::kNumber, "0", &Config::quota_events_per_second,
       "Events a second that a tenant may send to one ingest node, a second's worth at once. Above it, "
       "batches are answered with RESOURCE_EXHAUSTED and a delay. 0: no limit.",
       0, 1000000000},
      {"quota.bytes_per_second", Type::kSize, "0B", &Config::quota_bytes_per_second,
       "Likewise the payload, in bytes a second. 0: no limit.", 0, 1024 * kGiB},
      {"sources.silence", Type::kDuration, "15m", &Config::sources_silence_ms,
       "How long nothing has to come of a source (account, region and kind of events) before it may be "
       "called silent, if it paused for a quarter of that at most before; the rule weir.source_silent makes "
       "an alert of it. A source is watched once it was heard for four times this long. 0s: none is.",
       0, 30 * 24 * kHour},
      {"coordinator.alerts_max", Type::kNumber, "200000", &Config::coordinator_alerts_max,
       "Alerts that are held in memory, some 1.5 KiB each. When there are more, those that were closed or "
       "recovered first are left to the stores; lists that need them read those, and the status says how "
       "many.",
       100, 100000000},
      {"coordinator.watch_queue", Type::kNumber, "10000", &Config::coordinator_watch_queue,
       "Alerts that may wait for one slow watcher before its stream is ended.", 10, 10000000},
      {"log.level", Type::kChoice, "info", &Config::log_level, "Least level that is logged.", 0, 0,
       {"debug", "info", "warn", "error"}},
      {"log.format", Type::kChoice, "text", &Config::log_format,
       "Form of a log line on standard error: `text` as key=value fields, or `json`.", 0, 0,
       {"text", "json"}},
  };
}

std::string Limits(const Option& option) {
  const auto print = [&](int64_t value) {
    switch (option.type) {
      case OptionType::kDuration:
        return FormatDuration(value);
      case OptionType::kSize:
        return FormatByteSize(static_cast<uint64_t>(value));
      default:
        return std::to_string(value);
    }
  };
  return fmt::format("{} to {}", print(option.minimum), print(option.maximum));
}

StatusOr<int64_t> ParseInteger(const Option& option, const std::string& value) {
  switch (option.type) {
    case OptionType::kDuration: {
      auto parsed = ParseDuration(value);
      if (!parsed.ok()) {
        return InvalidArgument("expected a duration with a unit such as 500ms, 10s, 5m or 1h, got '{}'",
                               value);
      }
      return parsed;
    }
    case OptionType::kSize: {
      const auto parsed = ParseByteSize(value);
      if (!parsed.ok() || *parsed > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
        return InvalidArgument("expected a size with a unit such as 64KiB, 16MiB or 1GiB, got '{}'",
                               value);
      }
      return static_cast<int64_t>(*parsed);
    }
    default: {
      int64_t number = 0;
      const char* end = value.data() + value.size();
      const auto [stop, error] = std::from_chars(value.data(), end, number);
      if (error != std::errc() || stop != end || value.empty()) {
        return InvalidArgument("expected a whole number, got '{}'", value);
      }
      return number;
    }
  }
}

Status CheckText(const Option& option, const std::string& value) {
  if (option.type == OptionType::kChoice) {
    if (std::find(option.choices.begin(), option.choices.end(), value) == option.choices.end()) {
      return InvalidArgument("expected one of {}, got '{}'", fmt::join(option.choices, ", "), value);
    }
    return OkStatus();
  }
  if (option.validate != nullptr) {
    return option.validate(value);
  }
  if (value.empty()) {
    return InvalidArgument("expected a text that is not empty");
  }
  return OkStatus();
}

std::size_t EditDistance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      row[j] = std::min({above + 1, row[j - 1] + 1, replaced});
      diagonal = above;
    }
  }
  return row[right.size()];
}

std::string Replace(std::string_view key, char separator, bool upper) {
  std::string result;
  for (const char c : key) {
    const char mapped = c == '.' || c == '_' ? separator : c;
    result += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(mapped))) : mapped;
  }
  return result;
}

}  // namespace

std::string_view OptionTypeName(OptionType type) {
  switch (type) {
    case OptionType::kText:
      return "text";
    case OptionType::kChoice:
      return "choice";
    case OptionType::kList:
      return "list";
    case OptionType::kNumber:
      return "number";
    case OptionType::kDuration:
      return "duration";
    case OptionType::kSize:
      return "size";
  }
  WEIR_CHECK(false);
}

std::span<const Option> Options() {
  static const std::vector<Option>* const table = new std::vector<Option>(MakeTable());
  return *table;
}

const Option* FindOption(std::string_view key) {
  for (const Option& option : Options()) {
    if (option.key == key) {
      return &option;
    }
  }
  return nullptr;
}

std::string EnvironmentName(const Option& option) {
  return "WEIR_" + Replace(option.key, '_', true);
}

std::string FlagName(const Option& option) {
  return Replace(option.key, '-', false);
}

Status Apply(const Option& option, const std::vector<std::string>& values, Config* config) {
  if (option.type == OptionType::kList) {
    for (const std::string& value : values) {
      WEIR_RETURN_IF_ERROR(CheckText(option, value));
    }
    config->*std::get<std::vector<std::string> Config::*>(option.target) = values;
    return OkStatus();
  }
  if (values.size() != 1) {
    return InvalidArgument("expected one {}, got {} values", OptionTypeName(option.type),
                           values.size());
  }
  const std::string& value = values.front();
  if (option.type == OptionType::kText || option.type == OptionType::kChoice) {
    WEIR_RETURN_IF_ERROR(CheckText(option, value));
    config->*std::get<std::string Config::*>(option.target) = value;
    return OkStatus();
  }
  WEIR_ASSIGN_OR_RETURN(const int64_t number, ParseInteger(option, value));
  if (number < option.minimum || number > option.maximum) {
    return InvalidArgument("expected {}, got {}", Limits(option), value);
  }
  if (const auto* member = std::get_if<int64_t Config::*>(&option.target)) {
    config->**member = number;
  } else {
    config->*std::get<uint64_t Config::*>(option.target) = static_cast<uint64_t>(number);
  }
  return OkStatus();
}

std::string ValueText(const Option& option, const Config& config) {
  switch (option.type) {
    case OptionType::kText:
    case OptionType::kChoice:
      return config.*std::get<std::string Config::*>(option.target);
    case OptionType::kList:
      return fmt::format(
          "[{}]", fmt::join(config.*std::get<std::vector<std::string> Config::*>(option.target), ", "));
    case OptionType::kNumber:
      return std::to_string(config.*std::get<int64_t Config::*>(option.target));
    case OptionType::kDuration:
      return FormatDuration(config.*std::get<int64_t Config::*>(option.target));
    case OptionType::kSize:
      return FormatByteSize(config.*std::get<uint64_t Config::*>(option.target));
  }
  WEIR_CHECK(false);
}

std::string NearestName(std::string_view name, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = name.size() / 3 + 2;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = EditDistance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace weir::config
