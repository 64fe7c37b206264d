#include <set>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "common/config/options.h"
#include "common/config/yaml_source_internal.h"

namespace weir::config {
namespace {

std::string Where(const std::string& path, const YAML::Mark& mark) {
  if (mark.is_null()) {
    return path;
  }
  return fmt::format("{}:{}:{}", path, mark.line + 1, mark.column + 1);
}

bool IsSection(const std::string& name) {
  for (const Option& option : Options()) {
    const std::size_t dot = option.key.find('.');
    if (dot != std::string_view::npos && option.key.substr(0, dot) == name) {
      return true;
    }
  }
  return false;
}

class YamlReader {
 public:
  YamlReader(const std::string& path, std::vector<YamlEntry>* entries,
             std::vector<Problem>* problems)
      : path_(path), entries_(entries), problems_(problems) {}

  void ReadMap(const YAML::Node& map, const std::string& prefix) {
    std::set<std::string> seen;
    for (const auto& item : map) {
      const std::string where = Where(path_, item.first.Mark());
      if (!item.first.IsScalar()) {
        problems_->push_back({where, prefix, "expected a name as key", ""});
        continue;
      }
      const std::string key = prefix + item.first.Scalar();
      if (!seen.insert(key).second) {
        problems_->push_back({where, key, fmt::format("key '{}' is given twice", key), ""});
        continue;
      }
      ReadEntry(key, where, item.second, prefix.empty());
    }
  }

 private:
  void ReadEntry(const std::string& key, const std::string& where, const YAML::Node& value,
                 bool top_level) {
    if (top_level && key == "sinks") {
      return;   // of ReadSinks
    }
    if (top_level && IsSection(key)) {
      if (value.IsMap()) {
        ReadMap(value, key + ".");
      } else if (!value.IsNull()) {
        problems_->push_back({where, key, fmt::format("'{}' is a section: expected keys below it", key),
                              ""});
      }
      return;
    }
    YamlEntry entry{key, where, {}};
    if (value.IsScalar()) {
      entry.values.push_back(value.Scalar());
    } else if (value.IsSequence()) {
      for (const YAML::Node& item : value) {
        if (!item.IsScalar()) {
          problems_->push_back({Where(path_, item.Mark()), key,
                                fmt::format("items of '{}' must be plain values", key), ""});
          return;
        }
        entry.values.push_back(item.Scalar());
      }
    } else if (value.IsMap() && FindOption(key) != nullptr) {
      problems_->push_back({where, key, fmt::format("'{}' takes a value, not keys below it", key), ""});
      return;
    } else if (value.IsNull() && FindOption(key) != nullptr) {
      problems_->push_back({where, key, fmt::format("'{}' has no value", key), ""});
      return;
    }
    entries_->push_back(std::move(entry));
  }

  const std::string& path_;
  std::vector<YamlEntry>* entries_;
  std::vector<Problem>* problems_;
};

}  // namespace

void ReadYaml(const std::string& path, const std::string& text, std::vector<YamlEntry>* entries,
              std::vector<Problem>* problems) {
  try {
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull() || !root.IsDefined()) {
      return;
    }
    if (!root.IsMap()) {
      problems->push_back({Where(path, root.Mark()), "", "expected keys and values", ""});
      return;
    }
    YamlReader(path, entries, problems).ReadMap(root, "");
  } catch (const YAML::Exception& error) {
    problems->push_back({Where(path, error.mark), "", fmt::format("not YAML: {}", error.msg), ""});
  }
}

}  // namespace weir::config
