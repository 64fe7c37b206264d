#include "common/overlay/yaml_reader_internal.h"

#include <charconv>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "common/base/time.h"
#include "common/base/units.h"
#include "common/esql/diagnostic.h"

namespace weir::overlay {
namespace {

std::string_view KindOf(const YAML::Node& node) {
  return node.IsMap() ? "a map" : node.IsSequence() ? "a list" : node.IsNull() ? "nothing" : "a value";
}

}  // namespace

rule::Place YamlReader::PlaceOf(const YAML::Node& node) const {
  const YAML::Mark mark = node.Mark();
  return mark.is_null() ? rule::Place{*path_, 0, 0}
                        : rule::Place{*path_, mark.line + 1, mark.column + 1};
}

void YamlReader::Error(const YAML::Node& node, std::string message, std::string hint) {
  ErrorAt(PlaceOf(node), std::move(message), std::move(hint));
}

void YamlReader::ErrorAt(const rule::Place& place, std::string message, std::string hint) {
  findings_->push_back(
      rule::MakeFinding(place, esql::Severity::kError, std::move(message), std::move(hint)));
}

void YamlReader::ForEachKey(
    const YAML::Node& map, std::string_view what,
    const std::function<void(const std::string&, const YAML::Node&, const YAML::Node&)>& visit) {
  if (!map.IsMap()) {
    Error(map, fmt::format("{} is a map of keys and values, got {}", what, KindOf(map)));
    return;
  }
  std::set<std::string> seen;
  for (const auto& item : map) {
    if (!item.first.IsScalar()) {
      Error(item.first, fmt::format("a key of {} is a name, got {}", what, KindOf(item.first)));
    } else if (!seen.insert(item.first.Scalar()).second) {
      Error(item.first, fmt::format("key [{}] is given twice", item.first.Scalar()));
    } else {
      visit(item.first.Scalar(), item.first, item.second);
    }
  }
}

void YamlReader::UnknownKey(const YAML::Node& key, std::string_view what,
                            const std::vector<std::string>& known) {
  const std::string near = esql::DidYouMean(key.Scalar(), known);
  Error(key, fmt::format("unknown key [{}] of {}", key.Scalar(), what),
        near.empty() ? fmt::format("known keys: {}", fmt::join(known, ", ")) : near);
}

void YamlReader::ForEachItem(const YAML::Node& list, std::string_view key,
                             const std::function<void(const YAML::Node&)>& visit) {
  if (!list.IsSequence()) {
    Error(list, fmt::format("[{}] is a list, got {}", key, KindOf(list)));
    return;
  }
  for (const YAML::Node& item : list) {
    visit(item);
  }
}

std::optional<std::string> YamlReader::Text(const YAML::Node& node, std::string_view key) {
  if (!node.IsScalar() || node.Scalar().empty()) {
    Error(node, fmt::format("[{}] is a text, got {}", key,
                            node.IsScalar() ? "an empty one" : KindOf(node)));
    return std::nullopt;
  }
  return node.Scalar();
}

std::optional<std::string> YamlReader::Choice(const YAML::Node& node, std::string_view key,
                                              const std::vector<std::string>& choices) {
  const std::optional<std::string> text = Text(node, key);
  if (!text.has_value()) {
    return std::nullopt;
  }
  for (const std::string& choice : choices) {
    if (choice == *text) {
      return text;
    }
  }
  Error(node, fmt::format("[{}] is one of {}, got [{}]", key, fmt::join(choices, ", "), *text),
        esql::DidYouMean(*text, choices));
  return std::nullopt;
}

std::optional<bool> YamlReader::Bool(const YAML::Node& node, std::string_view key) {
  if (node.IsScalar() && (node.Scalar() == "true" || node.Scalar() == "false")) {
    return node.Scalar() == "true";
  }
  Error(node, fmt::format("[{}] is true or false, got [{}]", key,
                          node.IsScalar() ? std::string_view(node.Scalar()) : KindOf(node)));
  return std::nullopt;
}

std::optional<int64_t> YamlReader::Integer(const YAML::Node& node, std::string_view key,
                                           int64_t minimum, int64_t maximum) {
  const std::string text = node.IsScalar() ? node.Scalar() : "";
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < minimum ||
      value > maximum) {
    Error(node, fmt::format("[{}] is a whole number from {} to {}, got [{}]", key, minimum, maximum,
                            node.IsScalar() ? std::string_view(text) : KindOf(node)));
    return std::nullopt;
  }
  return value;
}

std::optional<double> YamlReader::Number(const YAML::Node& node, std::string_view key) {
  const std::string text = node.IsScalar() ? node.Scalar() : "";
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() ||
      !std::isfinite(value)) {
    Error(node, fmt::format("[{}] is a number, got [{}]", key,
                            node.IsScalar() ? std::string_view(text) : KindOf(node)));
    return std::nullopt;
  }
  return value;
}

std::optional<int64_t> YamlReader::Duration(const YAML::Node& node, std::string_view key) {
  const std::string text = node.IsScalar() ? node.Scalar() : "";
  const StatusOr<int64_t> duration = ParseDuration(text);
  if (!duration.ok() || *duration <= 0) {
    Error(node, fmt::format("[{}] is a time above 0 with a unit, such as 90s, 10m or 1h, got [{}]",
                            key, node.IsScalar() ? std::string_view(text) : KindOf(node)));
    return std::nullopt;
  }
  return *duration;
}

std::optional<UnixMillis> YamlReader::Time(const YAML::Node& node, std::string_view key) {
  const std::string text = node.IsScalar() ? node.Scalar() : "";
  const std::optional<UnixMillis> time = ParseTime(text);
  if (!time.has_value()) {
    Error(node, fmt::format("[{}] is a time in UTC, such as 2026-03-31 or 2026-03-31T18:00:00Z, got [{}]",
                            key, node.IsScalar() ? std::string_view(text) : KindOf(node)));
  }
  return time;
}

std::vector<std::string> YamlReader::Texts(const YAML::Node& node, std::string_view key) {
  std::vector<std::string> texts;
  const auto add = [&](const YAML::Node& item) {
    if (std::optional<std::string> text = Text(item, key); text.has_value()) {
      texts.push_back(std::move(*text));
    }
  };
  if (node.IsScalar()) {
    add(node);
    return texts;
  }
  ForEachItem(node, key, add);
  if (node.IsSequence() && node.size() == 0) {
    Error(node, fmt::format("[{}] is empty", key));
  }
  return texts;
}

}  // namespace weir::overlay
