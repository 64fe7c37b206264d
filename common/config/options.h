// The one table of options: name, type, default, limits and text of each. It feeds the parser of files,
// environment and flags, `weir config defaults` and docs/config.md, so that they cannot disagree.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/status.h"
#include "common/config/config.h"

namespace weir::config {

enum class OptionType : uint8_t { kText, kChoice, kList, kNumber, kDuration, kSize };
// "text", "choice", "list", "number", "duration", "size"
std::string_view OptionTypeName(OptionType type);

// Where the value goes.
using Target = std::variant<std::string Config::*, std::vector<std::string> Config::*,
                            int64_t Config::*, uint64_t Config::*>;

struct Option {
  std::string_view key;            // "worker.table_memory"; at most one dot
  OptionType type;
  std::string_view default_text;   // as in a file; lists: ""
  Target target;
  std::string_view text;           // sentences for people
  int64_t minimum = 0;             // numbers, durations in ms, sizes in bytes
  int64_t maximum = std::numeric_limits<int64_t>::max();
  std::vector<std::string_view> choices = {};
  // Checks a text or each item of a list; null: anything but empty.
  Status (*validate)(const std::string& value) = nullptr;
};

std::span<const Option> Options();
// Null when there is none.
const Option* FindOption(std::string_view key);

// "WEIR_WORKER_TABLE_MEMORY", "worker-table-memory"
std::string EnvironmentName(const Option& option);
std::string FlagName(const Option& option);

// Parses and stores values (exactly one, unless the option is a list). InvalidArgument says what is
// expected.
Status Apply(const Option& option, const std::vector<std::string>& values, Config* config);

// The value as it would be written in a file.
std::string ValueText(const Option& option, const Config& config);

// The candidate with the least edit distance, empty when none is near.
std::string NearestName(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace weir::config
