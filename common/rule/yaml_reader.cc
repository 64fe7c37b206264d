#include "common/rule/yaml_reader_internal.h"

#include <charconv>

namespace weir::rule {

void YamlReader::Add(esql::Severity severity, const YAML::Mark& mark, std::string message,
                     std::string hint) {
  Finding finding;
  finding.severity = severity;
  finding.path = result_->path;
  finding.message = std::move(message);
  finding.hint = std::move(hint);
  if (mark.is_null()) {
    finding.rendered = fmt::format("{}: {}: {}\n", finding.path,
                                   severity == esql::Severity::kError ? "error" : "warning",
                                   finding.message);
  } else {
    finding.line = mark.line + 1;
    finding.column = mark.column + 1;
    esql::Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.line = finding.line;
    diagnostic.column = finding.column;
    diagnostic.message = finding.message;
    diagnostic.hint = finding.hint;
    finding.rendered = esql::Render(source_, diagnostic);
  }
  has_errors_ = has_errors_ || severity == esql::Severity::kError;
  result_->findings.push_back(std::move(finding));
}

YAML::Node YamlReader::Find(const YAML::Node& map, const std::string& key) const {
  if (!map.IsDefined() || !map.IsMap()) {
    return YAML::Node(YAML::NodeType::Undefined);
  }
  const YAML::Node value = map[key];
  return value.IsDefined() && !value.IsNull() ? value : YAML::Node(YAML::NodeType::Undefined);
}

bool YamlReader::String(const YAML::Node& map, const std::string& key, std::string* out,
                        bool required) {
  const YAML::Node value = Find(map, key);
  if (!value.IsDefined()) {
    if (required) {
      Error(map.Mark(), fmt::format("missing required field [{}]", key));
    }
    return false;
  }
  if (!value.IsScalar()) {
    Error(value.Mark(), fmt::format("field [{}] must be a text", key));
    return false;
  }
  *out = value.Scalar();
  if (required && out->find_first_not_of(" \t\r\n") == std::string::npos) {
    Error(value.Mark(), fmt::format("field [{}] must not be empty", key));
    return false;
  }
  return true;
}

bool YamlReader::Integer(const YAML::Node& map, const std::string& key, int minimum, int maximum,
                         int* out) {
  std::string text;
  if (!String(map, key, &text)) {
    return false;
  }
  int number = 0;
  const char* last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || stop != last || number < minimum || number > maximum) {
    Error(Find(map, key).Mark(), fmt::format("field [{}] must be a whole number from {} to {}, "
                                             "found [{}]",
                                             key, minimum, maximum, text));
    return false;
  }
  *out = number;
  return true;
}

bool YamlReader::Strings(const YAML::Node& map, const std::string& key,
                         std::vector<std::string>* out) {
  const YAML::Node value = Find(map, key);
  if (!value.IsDefined()) {
    return false;
  }
  if (value.IsScalar()) {
    if (!value.Scalar().empty()) {
      out->push_back(value.Scalar());
    }
    return true;
  }
  if (!value.IsSequence()) {
    Error(value.Mark(), fmt::format("field [{}] must be a list of texts", key));
    return false;
  }
  for (const YAML::Node& item : value) {
    if (!item.IsScalar()) {
      Error(item.Mark(), fmt::format("items of field [{}] must be texts", key));
      return false;
    }
    out->push_back(item.Scalar());
  }
  return true;
}

}  // namespace weir::rule
