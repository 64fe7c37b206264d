#include "cli/alert_sinks.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "common/sink/file_sink.h"
#include "common/sink/webhook_sink.h"

namespace weir::cli {
namespace {

// The text of a file without the line's end, or of a variable; empty when neither is named.
StatusOr<std::string> ReadSecret(const std::string& file, const std::string& variable) {
  std::string secret;
  if (!file.empty()) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
      return FailedPrecondition("the file '{}' with its secret cannot be read", file);
    }
    secret.assign(std::istreambuf_iterator<char>(stream), {});
    while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) {
      secret.pop_back();
    }
  } else if (!variable.empty()) {
    const char* value =
        std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe): at the start
    secret = value == nullptr ? "" : value;
  } else {
    return secret;
  }
  if (secret.empty()) {
    return FailedPrecondition("{} '{}' holds no secret", file.empty() ? "the variable" : "the file",
                              file.empty() ? variable : file);
  }
  return secret;
}

rule::Severity SeverityOf(const std::string& name) {
  for (const rule::Severity severity :
       {rule::Severity::kMedium, rule::Severity::kHigh, rule::Severity::kCritical}) {
    if (name == rule::SeverityName(severity)) {
      return severity;
    }
  }
  return rule::Severity::kLow;
}

sink::BodyFormat FormatOf(const config::SinkConfig& config) {
  if (config.format == "elastic-bulk") {
    return sink::BodyFormat::kElasticBulk;
  }
  if (config.format == "splunk-hec") {
    return sink::BodyFormat::kSplunkHec;
  }
  return config.batch == "array" ? sink::BodyFormat::kArray : sink::BodyFormat::kNdjson;
}

StatusOr<std::unique_ptr<sink::Sink>> MakeSink(const config::SinkConfig& config,
                                               const Clock* clock) {
  if (config.type == "file") {
    sink::FileOptions options;
    options.path = config.path;
    options.bytes_max = config.rotate_bytes;
    options.age_ms_max = config.rotate_age_ms;
    options.keep = static_cast<int>(config.rotate_keep);
    options.sync = config.sync;
    return sink::MakeFileSink(std::move(options), clock);
  }
  sink::WebhookOptions options;
  options.url = config.url;
  options.body.format = FormatOf(config);
  options.body.index = config.index;
  WEIR_ASSIGN_OR_RETURN(options.secret, ReadSecret(config.secret_file, config.secret_env));
  WEIR_ASSIGN_OR_RETURN(options.token, ReadSecret(config.token_file, config.token_env));
  options.ca_file = config.ca_file;
  options.timeout_ms = config.timeout_ms;
  return sink::MakeWebhookSink(std::move(options), clock);
}

}  // namespace

StatusOr<std::unique_ptr<worker::AlertOutbox>> OpenSinks(const config::Config& config,
                                                         state::StateStore* store,
                                                         const Clock* clock,
                                                         worker::AlertSink* next) {
  auto outbox = std::make_unique<worker::AlertOutbox>(store, clock, next);
  for (const config::SinkConfig& item : config.sinks) {
    StatusOr<std::unique_ptr<sink::Sink>> sink = MakeSink(item, clock);
    if (!sink.ok()) {
      return Annotate(sink.status(), fmt::format("sink '{}'", item.name));
    }
    worker::SinkSettings settings;
    settings.name = item.name;
    settings.severity_min = SeverityOf(item.severity_min);
    settings.rules = item.rules;
    settings.history = item.history;
    settings.batch_max = static_cast<std::size_t>(item.batch_max);
    settings.linger_ms = item.linger_ms;
    settings.retry_ms_max = item.retry_ms_max;
    WEIR_RETURN_IF_ERROR(outbox->AddSink(std::move(settings), *std::move(sink)));
  }
  return outbox;
}

}  // namespace weir::cli
