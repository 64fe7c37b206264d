// YAML with a place for every problem: maps whose keys are known, scalars of known types. Values that
// have an error come back empty, after a finding.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "common/overlay/overlay.h"

namespace weir::overlay {

class YamlReader {
 public:
  YamlReader(const std::string* path, std::vector<rule::Finding>* findings)
      : path_(path), findings_(findings) {}

  rule::Place PlaceOf(const YAML::Node& node) const;
  void Error(const YAML::Node& node, std::string message, std::string hint = "");
  void ErrorAt(const rule::Place& place, std::string message, std::string hint = "");

  // Calls visit(key, key node, value) for each key. What is no map, and keys that come twice, are errors;
  // a null value is an empty map. what names the map in messages: "an overlay".
  void ForEachKey(const YAML::Node& map, std::string_view what,
                  const std::function<void(const std::string&, const YAML::Node&, const YAML::Node&)>&
                      visit);
  void UnknownKey(const YAML::Node& key, std::string_view what,
                  const std::vector<std::string>& known);
  // What is no list is an error.
  void ForEachItem(const YAML::Node& list, std::string_view key,
                   const std::function<void(const YAML::Node&)>& visit);

  std::optional<std::string> Text(const YAML::Node& node, std::string_view key);   // not empty
  std::optional<std::string> Choice(const YAML::Node& node, std::string_view key,
                                    const std::vector<std::string>& choices);
  std::optional<bool> Bool(const YAML::Node& node, std::string_view key);
  std::optional<int64_t> Integer(const YAML::Node& node, std::string_view key, int64_t minimum,
                                 int64_t maximum);
  std::optional<double> Number(const YAML::Node& node, std::string_view key);
  std::optional<int64_t> Duration(const YAML::Node& node, std::string_view key);   // above 0
  std::optional<UnixMillis> Time(const YAML::Node& node, std::string_view key);
  // A text, or a list of texts.
  std::vector<std::string> Texts(const YAML::Node& node, std::string_view key);

 private:
  const std::string* path_;
  std::vector<rule::Finding>* findings_;
};

}  // namespace weir::overlay
