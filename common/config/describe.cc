// Prints the option table: the default file, the reference page, a loaded configuration.
#include <cctype>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/base/units.h"
#include "common/config/config.h"
#include "common/config/options.h"

namespace weir::config {
namespace {

std::string Section(const Option& option) {
  const std::size_t dot = option.key.find('.');
  return dot == std::string_view::npos ? "" : std::string(option.key.substr(0, dot));
}

std::string_view NameInSection(const Option& option) {
  return option.key.substr(option.key.find('.') + 1);
}

// Quotes what YAML would read as something else than this text.
std::string Scalar(const std::string& value) {
  bool plain = !value.empty();
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    plain = plain && (std::isalnum(byte) != 0 || c == '.' || c == '/' || c == '_' || c == '-' ||
                      (c == ':' && &c != &value.back()));
  }
  if (plain && value.front() != '-') {
    return value;
  }
  std::string quoted = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string YamlValue(const Option& option, const Config& config) {
  if (option.type == OptionType::kList) {
    std::vector<std::string> items;
    for (const std::string& item :
         config.*std::get<std::vector<std::string> Config::*>(option.target)) {
      items.push_back(Scalar(item));
    }
    return fmt::format("[{}]", fmt::join(items, ", "));
  }
  return Scalar(ValueText(option, config));
}

// Comment lines of at most 100 columns.
void AppendComment(std::string_view text, std::string_view indent, std::string* out) {
  std::string line = fmt::format("{}#", indent);
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    if (line.size() + 1 + word.size() > 100) {
      *out += line + "\n";
      line = fmt::format("{}#", indent);
    }
    line += ' ';
    line += word;
    begin = end + 1;
  }
  *out += line + "\n";
}

std::string Values(const Option& option) {
  switch (option.type) {
    case OptionType::kChoice:
      return fmt::format("`{}`", fmt::join(option.choices, "`, `"));
    case OptionType::kNumber:
      return fmt::format("number, {} to {}", option.minimum, option.maximum);
    case OptionType::kDuration:
      return fmt::format("duration, {} to {}", FormatDuration(option.minimum),
                         FormatDuration(option.maximum));
    case OptionType::kSize:
      return fmt::format("size, {} to {}", FormatByteSize(static_cast<uint64_t>(option.minimum)),
                         FormatByteSize(static_cast<uint64_t>(option.maximum)));
    case OptionType::kText:
    case OptionType::kList:
      return std::string(OptionTypeName(option.type));
  }
  WEIR_CHECK(false);
}

}  // namespace

std::string DefaultsYaml() {
  const Config config = Load({}).config;
  std::string out =
      "# Every option of weir with its default. Durations take ms, s, m, h, d or w; sizes take B, KiB,\n"
      "# MiB, GiB or TiB. The environment (WEIR_WORKER_EXECUTORS) wins over this file, flags\n"
      "# (--worker-executors) win over the environment.\n";
  std::string section;
  for (const Option& option : Options()) {
    out += "\n";
    if (Section(option) != section) {
      section = Section(option);
      out += section + ":\n";
    }
    const std::string_view indent = section.empty() ? "" : "  ";
    AppendComment(option.text, indent, &out);
    out += fmt::format("{}{}: {}\n", indent, NameInSection(option), YamlValue(option, config));
  }
  return out;
}

std::string ReferenceMarkdown() {
  const Config config = Load({}).config;
  std::string out =
      "# Configuration\n\n"
      "<!-- Made by `weir config defaults --markdown`; a test compares. -->\n\n"
      "`weir all --config FILE` reads a YAML file with the keys below; a key with a dot stands in the\n"
      "section before the dot. The environment wins over the file, flags win over the environment, and\n"
      "everything has a default. `WEIR_CONFIG` may name the file. Lists are comma separated in the\n"
      "environment and repeated as flags.\n\n"
      "Durations take a unit of ms, s, m, h, d or w, sizes of B, KiB, MiB, GiB or TiB. `weir config\n"
      "check FILE` reports every unknown key, bad value and contradiction at once, with line and\n"
      "column; `weir config print` shows what is in force and where it came from.\n";
  std::string section = "-";
  for (const Option& option : Options()) {
    if (Section(option) != section) {
      section = Section(option);
      out += fmt::format("\n## {}\n", section.empty() ? "Top level" : section);
    }
    out += fmt::format("\n### `{}`\n\n{}\n\n", option.key, option.text);
    out += fmt::format("- Values: {}\n- Default: `{}`\n- Environment: `{}`, flag: `--{}`\n",
                       Values(option), YamlValue(option, config), EnvironmentName(option),
                       FlagName(option));
  }
  out +=
      "\n## sinks\n\n"
      "A list, in the file only: where alerts are delivered to. [sinks.md](sinks.md) has its keys.\n";
  return out;
}

std::string EffectiveYaml(const Config& config) {
  std::string out;
  std::string section;
  for (const Option& option : Options()) {
    if (Section(option) != section) {
      section = Section(option);
      out += section + ":\n";
    }
    const auto origin = config.origins.find(option.key);
    const bool is_default = origin == config.origins.end() || origin->second == "default";
    out += fmt::format("{}{}: {}{}\n", section.empty() ? "" : "  ", NameInSection(option),
                       YamlValue(option, config), is_default ? "" : "  # " + origin->second);
  }
  // What else is known of a sink stands in the file; secrets stand elsewhere.
  out += config.sinks.empty() ? "" : "sinks:\n";
  for (const SinkConfig& sink : config.sinks) {
    out += fmt::format("  - name: {}\n    type: {}\n    {}: {}\n", sink.name, sink.type,
                       sink.type == "file" ? "path" : "url",
                       sink.type == "file" ? sink.path : sink.url);
  }
  return out;
}

}  // namespace weir::config
