// The list `sinks` of a configuration file.
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "common/base/json_writer.h"
#include "common/base/units.h"
#include "common/config/options.h"
#include "common/config/yaml_source_internal.h"

namespace weir::config {
namespace {

constexpr char kAny[] = "";

// Stores a scalar; InvalidArgument says what is expected.
using Setter = std::function<Status(const std::string& text, SinkConfig* sink)>;

struct Values {
  std::string schema;  // JSON schema
  Setter set;
};

struct Key {
  std::string_view type;  // of the sinks that have it; kAny: all
  Values values;
};

Values Text(std::string SinkConfig::*target) {
  return {R"({"type":"string","minLength":1})", [target](const std::string& text, SinkConfig* sink) {
            sink->*target = text;
            return text.empty() ? InvalidArgument("expected a text that is not empty") : OkStatus();
          }};
}

Values Choice(std::string SinkConfig::*target, std::vector<std::string> choices) {
  std::string schema;
  JsonWriter json(&schema);
  json.BeginObject();
  json.Key("enum");
  json.BeginArray();
  for (const std::string& choice : choices) {
    json.String(choice);
  }
  json.EndArray();
  json.EndObject();
  const auto set = [target, choices = std::move(choices)](const std::string& text,
                                                          SinkConfig* sink) {
    sink->*target = text;
    std::string all;
    for (const std::string& choice : choices) {
      if (text == choice) {
        return OkStatus();
      }
      all += (all.empty() ? "" : ", ") + choice;
    }
    return InvalidArgument("expected one of {}, got '{}'", all, text);
  };
  return {std::move(schema), set};
}

Values Flag(bool SinkConfig::*target) {
  return {R"({"type":"boolean"})", [target](const std::string& text, SinkConfig* sink) {
            sink->*target = text == "true";
            return text == "true" || text == "false"
                       ? OkStatus()
                       : InvalidArgument("expected true or false, got '{}'", text);
          }};
}

Values Duration(int64_t SinkConfig::*target, int64_t minimum, int64_t maximum) {
  const auto set = [=](const std::string& text, SinkConfig* sink) -> Status {
    WEIR_ASSIGN_OR_RETURN(sink->*target, ParseDuration(text));
    if (sink->*target < minimum || sink->*target > maximum) {
      return InvalidArgument("expected {} to {}, got {}", FormatDuration(minimum),
                             FormatDuration(maximum), text);
    }
    return OkStatus();
  };
  return {R"({"type":"string","pattern":"^[0-9]+(ms|s|m|h|d|w)$"})", set};
}

Values Number(int64_t SinkConfig::*target, int64_t minimum, int64_t maximum) {
  const auto set = [=](const std::string& text, SinkConfig* sink) {
    bool is_number = YAML::convert<int64_t>::decode(YAML::Node(text), sink->*target);
    is_number = is_number && sink->*target >= minimum && sink->*target <= maximum;
    return is_number
               ? OkStatus()
               : InvalidArgument("expected a number of {} to {}, got '{}'", minimum, maximum, text);
  };
  return {fmt::format(R"({{"type":"integer","minimum":{},"maximum":{}}})", minimum, maximum), set};
}

Values RotateSize() {
  return {R"({"type":"string","pattern":"^[0-9]+(B|KiB|MiB|GiB|TiB)$"})",
          [](const std::string& text, SinkConfig* sink) -> Status {
            WEIR_ASSIGN_OR_RETURN(sink->rotate_bytes, ParseByteSize(text));
            return OkStatus();
          }};
}

Values Name() {
  return {R"({"type":"string","pattern":"^[a-z0-9._-]{1,64}$"})",
          [](const std::string& text, SinkConfig* sink) {
            sink->name = text;
            const bool fine = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") ==
                              std::string::npos;
            return fine && !text.empty() && text.size() <= 64
                       ? OkStatus()
                       : InvalidArgument("expected 1 to 64 of a-z, 0-9, '-', '_' and '.', got '{}'",
                                         text);
          }};
}

const std::map<std::string, Key, std::less<>>& Keys() {
  constexpr int64_t kHourMs = 3600 * 1000;
  static const std::map<std::string, Key, std::less<>> kKeys = {
      {"name", {kAny, Name()}},
      {"type", {kAny, Choice(&SinkConfig::type, {"file", "webhook"})}},
      {"severity",
       {kAny, Choice(&SinkConfig::severity_min, {"low", "medium", "high", "critical"})}},
      {"history", {kAny, Flag(&SinkConfig::history)}},
      {"batch_max", {kAny, Number(&SinkConfig::batch_max, 1, 10'000)}},
      {"linger", {kAny, Duration(&SinkConfig::linger_ms, 0, kHourMs)}},
      {"retry_max", {kAny, Duration(&SinkConfig::retry_ms_max, 1000, kHourMs)}},
      {"path", {"file", Text(&SinkConfig::path)}},
      {"rotate_size", {"file", RotateSize()}},
      {"rotate_age", {"file", Duration(&SinkConfig::rotate_age_ms, 0, 3650 * 24 * kHourMs)}},
      {"rotate_keep", {"file", Number(&SinkConfig::rotate_keep, 0, 1000)}},
      {"sync", {"file", Flag(&SinkConfig::sync)}},
      {"url", {"webhook", Text(&SinkConfig::url)}},
      {"format", {"webhook", Choice(&SinkConfig::format, {"plain", "elastic-bulk", "splunk-hec"})}},
      {"batch", {"webhook", Choice(&SinkConfig::batch, {"ndjson", "array"})}},
      {"index", {"webhook", Text(&SinkConfig::index)}},
      {"ca_file", {"webhook", Text(&SinkConfig::ca_file)}},
      {"secret_file", {"webhook", Text(&SinkConfig::secret_file)}},
      {"secret_env", {"webhook", Text(&SinkConfig::secret_env)}},
      {"token_file", {"webhook", Text(&SinkConfig::token_file)}},
      {"token_env", {"webhook", Text(&SinkConfig::token_env)}},
      {"timeout", {"webhook", Duration(&SinkConfig::timeout_ms, 100, 600 * 1000)}},
  };
  return kKeys;
}

class SinkReader {
 public:
  SinkReader(const std::string& path, std::vector<Problem>* problems)
      : path_(path), problems_(problems) {}

  SinkConfig Read(const YAML::Node& item, std::string* where) {
    SinkConfig sink;
    *where = Where(item.Mark());
    if (!item.IsMap()) {
      Add(item.Mark(), "expected a sink: keys and values, of them name and type");
      return sink;
    }
    std::set<std::string> given;
    std::map<std::string, YAML::Mark> marks;
    for (const auto& entry : item) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      if (!given.insert(key).second) {
        Add(entry.first.Mark(), fmt::format("key '{}' is given twice", key));
        continue;
      }
      marks[key] = entry.first.Mark();
      ReadKey(key, entry.first.Mark(), entry.second, &sink);
    }
    CheckWhole(item.Mark(), marks, sink);
    return sink;
  }

  std::string Where(const YAML::Mark& mark) const {
    return fmt::format("{}:{}:{}", path_, mark.line + 1, mark.column + 1);
  }
  void Add(const YAML::Mark& mark, const std::string& message, const std::string& hint = "") {
    problems_->push_back({Where(mark), "sinks", message, hint});
  }

 private:
  void ReadKey(const std::string& key, const YAML::Mark& mark, const YAML::Node& value,
               SinkConfig* sink) {
    if (key == "rules") {
      ReadRules(mark, value, sink);
      return;
    }
    const auto found = Keys().find(key);
    if (found == Keys().end()) {
      std::vector<std::string> names = {"rules"};
      for (const auto& [name, known] : Keys()) {
        names.push_back(name);
      }
      const std::string nearest = NearestName(key, names);
      Add(mark, fmt::format("a sink has no key '{}'", key),
          nearest.empty() ? "" : fmt::format("did you mean '{}'?", nearest));
      return;
    }
    if (!value.IsScalar()) {
      Add(mark, fmt::format("'{}' takes one value", key));
      return;
    }
    const Status status = found->second.values.set(value.Scalar(), sink);
    if (!status.ok()) {
      Add(value.Mark(), fmt::format("'{}': {}", key, status));
    }
  }

  void ReadRules(const YAML::Mark& mark, const YAML::Node& value, SinkConfig* sink) {
    if (!value.IsSequence()) {
      Add(mark, "'rules' takes a list of rule ids, in which * and ? stand for characters");
      return;
    }
    for (const YAML::Node& rule : value) {
      if (!rule.IsScalar() || rule.Scalar().empty()) {
        Add(rule.Mark(), "'rules': expected a rule id");
        return;
      }
      sink->rules.push_back(rule.Scalar());
    }
  }

  void CheckWhole(const YAML::Mark& mark, const std::map<std::string, YAML::Mark>& marks,
                  const SinkConfig& sink) {
    const auto needs = [&](const std::string& key, std::string_view why) {
      if (!marks.contains(key)) {
        Add(mark, fmt::format("a sink{} needs '{}'", why, key));
      }
    };
    needs("name", "");
    needs("type", "");
    if (sink.type == "file") {
      needs("path", " of type file");
    } else if (sink.type == "webhook") {
      needs("url", " of type webhook");
    }
    if (sink.type == "webhook" && sink.format == "elastic-bulk") {
      needs("index", " of format elastic-bulk");
    }
    for (const auto& [key, at] : marks) {
      const auto known = Keys().find(key);
      if (known != Keys().end() && known->second.type != kAny && !sink.type.empty() &&
          known->second.type != sink.type) {
        Add(at, fmt::format("a sink of type {} has no '{}'", sink.type, key));
      }
    }
    if (marks.contains("batch") && sink.format != "plain") {
      Add(marks.at("batch"), fmt::format("format {} has no choice of 'batch'", sink.format));
    }
    if (marks.contains("index") && sink.format == "plain") {
      Add(marks.at("index"), "format plain has no 'index'");
    }
    for (const std::string kind : {"secret", "token"}) {
      if (marks.contains(kind + "_file") && marks.contains(kind + "_env")) {
        Add(marks.at(kind + "_env"), fmt::format("give {0}_file or {0}_env, not both", kind));
      }
    }
  }

  const std::string& path_;
  std::vector<Problem>* problems_;
};

}  // namespace

std::string SinksSchema() {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  json.Key("description");
  json.String("Where alerts are delivered to: docs/sinks.md.");
  json.Key("type");
  json.String("array");
  json.Key("items");
  json.BeginObject();
  json.Key("type");
  json.String("object");
  json.Key("additionalProperties");
  json.Bool(false);
  json.Key("required");
  json.Raw(R"(["name","type"])");
  json.Key("properties");
  json.BeginObject();
  for (const auto& [name, key] : Keys()) {
    json.Key(name);
    json.Raw(key.values.schema);
  }
  json.Key("rules");
  json.Raw(R"({"type":"array","items":{"type":"string","minLength":1}})");
  json.EndObject();
  json.EndObject();
  json.EndObject();
  return out;
}

void ReadSinks(const std::string& path, const std::string& text, std::vector<SinkConfig>* sinks,
               std::vector<Problem>* problems) {
  YAML::Node list;
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap() || !root["sinks"].IsDefined()) {
      return;
    }
    list.reset(root["sinks"]);
  } catch (const YAML::Exception&) {
    return;  // ReadYaml says so
  }
  if (list.IsNull()) {
    return;
  }
  SinkReader reader(path, problems);
  if (!list.IsSequence()) {
    reader.Add(list.Mark(), "'sinks' takes a list, an item for each sink");
    return;
  }
  std::set<std::string> names;
  for (const YAML::Node& item : list) {
    std::string where;
    SinkConfig sink = reader.Read(item, &where);
    if (!sink.name.empty() && !names.insert(sink.name).second) {
      problems->push_back(
          {where, "sinks", fmt::format("two sinks have the name '{}'", sink.name), ""});
    }
    sinks->push_back(std::move(sink));
  }
}

}  // namespace weir::config
