// The process's log: one event per line, a message and key=value fields. The levels mean: debug = per
// message, info = rare and useful, warn = may heal, error = data or service lost. spdlog writes it.
//
//   log::Info("opened store", {{"path", path}, {"shards", count}});
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/status.h"
#include "common/base/time.h"

namespace weir::log {

enum class Level : uint8_t { kDebug, kInfo, kWarn, kError };
enum class Format : uint8_t { kText, kJson };

// From "debug", "info", "warn", "error" and "text", "json"; InvalidArgument for anything else.
StatusOr<Level> ParseLevel(std::string_view name);
StatusOr<Format> ParseFormat(std::string_view name);

struct Options {
  Level level = Level::kInfo;
  Format format = Format::kText;
  std::string file;   // empty: standard error
};

// Directs the log from now on. Before the first call it goes to standard error as text from info on.
// Fails when the file cannot be opened, and leaves the log as it was. Thread safe.
Status Init(const Options& options);

// Hands everything written so far to the system; errors are always handed over at once.
void Flush();

// A field's value, for the length of the call: text is not copied.
class FieldValue {
 public:
  FieldValue(std::string_view text) : value_(text) {}           // NOLINT(google-explicit-constructor)
  FieldValue(const char* text) : value_(std::string_view(text)) {}  // NOLINT
  FieldValue(const std::string& text) : value_(std::string_view(text)) {}  // NOLINT
  FieldValue(const Status& status)                              // NOLINT(google-explicit-constructor)
      : value_(status.ok() ? std::string_view("ok") : Message(status)) {}
  FieldValue(bool value) : value_(value) {}                     // NOLINT(google-explicit-constructor)
  FieldValue(std::floating_point auto value) : value_(static_cast<double>(value)) {}  // NOLINT
  FieldValue(std::signed_integral auto value) : value_(static_cast<int64_t>(value)) {}  // NOLINT
  FieldValue(std::unsigned_integral auto value) : value_(static_cast<uint64_t>(value)) {}  // NOLINT

  const auto& value() const { return value_; }

 private:
  std::variant<std::string_view, int64_t, uint64_t, double, bool> value_;
};

struct Field {
  std::string_view key;   // snake_case
  FieldValue value;
};
using Fields = std::initializer_list<Field>;

// True when a line of that level would be written; for fields that cost something to make.
bool Enabled(Level level);

void Write(Level level, std::string_view message, Fields fields);

inline void Debug(std::string_view message, Fields fields = {}) {
  if (Enabled(Level::kDebug)) {
    Write(Level::kDebug, message, fields);
  }
}
inline void Info(std::string_view message, Fields fields = {}) {
  Write(Level::kInfo, message, fields);
}
inline void Warn(std::string_view message, Fields fields = {}) {
  Write(Level::kWarn, message, fields);
}
inline void Error(std::string_view message, Fields fields = {}) {
  Write(Level::kError, message, fields);
}

// The line that Write writes, without its end:
//   time=2024-10-29T15:51:44.000Z level=info message="opened store" path=/var/lib/weir shards=4
// Values that are empty or hold blanks, quotes, '=', control characters or no UTF-8 are quoted as JSON
// strings. As JSON, one object with the same keys. No text can make a second line.
std::string Render(Format format, Level level, UnixMillis time_ms, std::string_view message,
                   Fields fields);

}  // namespace weir::log
