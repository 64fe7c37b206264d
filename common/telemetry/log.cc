#include "common/telemetry/log.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "common/base/json_writer.h"

namespace weir::log {

namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warn", "error"};
constexpr std::string_view kFormatNames[] = {"text", "json"};

struct Target {
  std::shared_ptr<spdlog::logger> logger;
  Format format;
};

// Lines come rendered and may be long; spdlog adds the line's end, locks and writes.
std::shared_ptr<const Target> MakeTarget(spdlog::sink_ptr sink, Format format) {
  auto logger = std::make_shared<spdlog::logger>("weir", std::move(sink));
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::err);
  return std::make_shared<const Target>(Target{std::move(logger), format});
}

// The one log of the process. Never destroyed, so that destructors of statics may still log.
struct State {
  std::mutex mutex;
  std::shared_ptr<const Target> target =
      MakeTarget(std::make_shared<spdlog::sinks::stderr_sink_mt>(), Format::kText);
  std::atomic<Level> level = Level::kInfo;
};

State& GetState() {
  static State* const state = new State;
  return *state;
}

std::shared_ptr<const Target> CurrentTarget() {
  State& state = GetState();
  const std::lock_guard lock(state.mutex);
  return state.target;
}

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// Anything beyond printable ASCII is quoted: the JSON form is then valid UTF-8 whatever the bytes.
bool NeedsQuotes(std::string_view text) {
  return text.empty() || std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte >= 0x7f || c == '"' || c == '=' || c == '\\';
  });
}

void AppendText(std::string_view text, std::string* out) {
  if (NeedsQuotes(text)) {
    AppendJsonString(text, out);
  } else {
    out->append(text);
  }
}

struct TextAppender {
  std::string* out;
  void operator()(std::string_view text) const { AppendText(text, out); }
  void operator()(bool value) const { out->append(value ? "true" : "false"); }
  void operator()(auto number) const { fmt::format_to(std::back_inserter(*out), "{}", number); }
};

struct JsonAppender {
  JsonWriter* json;
  void operator()(std::string_view text) const { json->String(text); }
  void operator()(bool value) const { json->Bool(value); }
  void operator()(int64_t value) const { json->Int(value); }
  void operator()(uint64_t value) const { json->Uint(value); }
  void operator()(double value) const { json->Double(value); }
};

template <typename T, std::size_t N>
StatusOr<T> ParseName(std::string_view name, const std::string_view (&names)[N],
                      std::string_view what) {
  const auto* found = std::find(std::begin(names), std::end(names), name);
  if (found == std::end(names)) {
    return InvalidArgument("no {} \"{}\": use one of {}", what, name, fmt::join(names, ", "));
  }
  return static_cast<T>(found - std::begin(names));
}

}  // namespace

StatusOr<Level> ParseLevel(std::string_view name) {
  return ParseName<Level>(name, kLevelNames, "log level");
}

StatusOr<Format> ParseFormat(std::string_view name) {
  return ParseName<Format>(name, kFormatNames, "log format");
}

Status Init(const Options& options) {
  spdlog::sink_ptr sink;
  try {
    if (options.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    }
  } catch (const spdlog::spdlog_ex& error) {
    return FailedPrecondition("opening log file {}: {}", options.file, error.what());
  }
  auto target = MakeTarget(std::move(sink), options.format);
  State& state = GetState();
  const std::lock_guard lock(state.mutex);
  state.target.swap(target);
  state.level.store(options.level, std::memory_order_relaxed);
  target->logger->flush();
  return OkStatus();
}

void Flush() {
  CurrentTarget()->logger->flush();
}

bool Enabled(Level level) {
  return level >= GetState().level.load(std::memory_order_relaxed);
}

void Write(Level level, std::string_view message, Fields fields) {
  if (!Enabled(level)) {
    return;
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const UnixMillis now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::shared_ptr<const Target> target = CurrentTarget();
  const std::string line = Render(target->format, level, now_ms, message, fields);
  target->logger->log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

std::string Render(Format format, Level level, UnixMillis time_ms, std::string_view message,
                   Fields fields) {
  const std::string_view level_name = kLevelNames[static_cast<std::size_t>(level)];
  std::string line;
  if (format == Format::kJson) {
    JsonWriter json(&line);
    json.BeginObject();
    json.Key("time");
    json.String(FormatTime(time_ms));
    json.Key("level");
    json.String(level_name);
    json.Key("message");
    json.String(message);
    for (const Field& field : fields) {
      json.Key(field.key);
      std::visit(JsonAppender{&json}, field.value.value());
    }
    json.EndObject();
    return line;
  }
  line.append("time=");
  AppendTime(time_ms, &line);
  line.append(" level=").append(level_name).append(" message=");
  AppendText(message, &line);
  for (const Field& field : fields) {
    line.append(" ").append(field.key).append("=");
    std::visit(TextAppender{&line}, field.value.value());
  }
  return line;
}

}  // namespace weir::log
