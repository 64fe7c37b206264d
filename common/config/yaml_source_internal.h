// Flattens a YAML file into keys, values and positions. The only place that knows yaml-cpp.
#pragma once

#include <string>
#include <vector>

#include "common/config/config.h"

namespace weir::config {

struct YamlEntry {
  std::string key;                    // "worker.executors"
  std::string where;                  // "weir.yaml:3:5", of the key
  std::vector<std::string> values;    // one, or the items of a sequence
};

// Appends an entry for each leaf, and a problem for everything that has not the form section: key:
// value. Sections are the names before the dot of known keys.
void ReadYaml(const std::string& path, const std::string& text, std::vector<YamlEntry>* entries,
              std::vector<Problem>* problems);

// Appends the items of the list `sinks`, and a problem for everything that is wrong with them. Silent about
// what is no YAML.
void ReadSinks(const std::string& path, const std::string& text, std::vector<SinkConfig>* sinks,
               std::vector<Problem>* problems);
// What that list may be, as a JSON schema.
std::string SinksSchema();

}  // namespace weir::config
