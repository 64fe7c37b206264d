// Typed reads from the keys of one detection file. Every problem becomes a finding with its position; a
// read that fails leaves its target as it was.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "common/esql/diagnostic.h"
#include "common/rule/rule.h"

namespace weir::rule {

class YamlReader {
 public:
  // result->text and path must be set; findings go there.
  explicit YamlReader(LoadResult* result) : result_(result), source_(result->text, result->path) {}

  void Error(const YAML::Mark& mark, std::string message, std::string hint = "") {
    Add(esql::Severity::kError, mark, std::move(message), std::move(hint));
  }
  void Warning(const YAML::Mark& mark, std::string message, std::string hint = "") {
    Add(esql::Severity::kWarning, mark, std::move(message), std::move(hint));
  }
  bool has_errors() const { return has_errors_; }

  // The value of a key of a map; undefined when it is absent or null.
  YAML::Node Find(const YAML::Node& map, const std::string& key) const;
  // Each returns true when the key is there and has the type.
  bool String(const YAML::Node& map, const std::string& key, std::string* out, bool required = false);
  bool Integer(const YAML::Node& map, const std::string& key, int minimum, int maximum, int* out);
  // A list of texts; a single text counts as a list of one.
  bool Strings(const YAML::Node& map, const std::string& key, std::vector<std::string>* out);

 private:
  void Add(esql::Severity severity, const YAML::Mark& mark, std::string message, std::string hint);

  LoadResult* result_;
  esql::Source source_;
  bool has_errors_ = false;
};

// A detection of Splunk's layout, and the macros in the document behind it.
void LoadDetection(LoadResult* result);

}  // namespace weir::rule
