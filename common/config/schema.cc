// The option table as a JSON schema, for editors and for whoever embeds a configuration in another file.
#include <algorithm>
#include <string>
#include <vector>

#include "common/base/check.h"
#include "common/base/json_writer.h"
#include "common/config/config.h"
#include "common/config/options.h"
#include "common/config/yaml_source_internal.h"

namespace weir::config {
namespace {

std::string_view SectionOf(const Option& option) {
  const std::size_t dot = option.key.find('.');
  return dot == std::string_view::npos ? std::string_view() : option.key.substr(0, dot);
}

void WriteType(std::string_view type, std::string_view pattern, JsonWriter* json) {
  json->Key("type");
  json->String(type);
  if (!pattern.empty()) {
    json->Key("pattern");
    json->String(pattern);
  }
}

// Which values an option takes. Limits of durations and sizes are left to Load.
void WriteValues(const Option& option, JsonWriter* json) {
  switch (option.type) {
    case OptionType::kText:
      WriteType("string", "", json);
      return;
    case OptionType::kDuration:
      WriteType("string", "^[0-9]+(ms|s|m|h|d|w)$", json);
      return;
    case OptionType::kSize:
      WriteType("string", "^[0-9]+(B|KiB|MiB|GiB|TiB)$", json);
      return;
    case OptionType::kChoice:
      json->Key("enum");
      json->BeginArray();
      for (const std::string_view choice : option.choices) {
        json->String(choice);
      }
      json->EndArray();
      return;
    case OptionType::kList:
      WriteType("array", "", json);
      json->Key("items");
      json->BeginObject();
      WriteType("string", "", json);
      json->EndObject();
      return;
    case OptionType::kNumber:
      WriteType("integer", "", json);
      json->Key("minimum");
      json->Int(option.minimum);
      json->Key("maximum");
      json->Int(option.maximum);
      return;
  }
  WEIR_CHECK(false);
}

void BeginSection(JsonWriter* json) {
  json->BeginObject();
  WriteType("object", "", json);
  json->Key("additionalProperties");
  json->Bool(false);
  json->Key("properties");
  json->BeginObject();
}

void EndSection(JsonWriter* json) {
  json->EndObject();
  json->EndObject();
}

void WriteOptions(std::string_view section, JsonWriter* json) {
  for (const Option& option : Options()) {
    if (SectionOf(option) != section) {
      continue;
    }
    json->Key(section.empty() ? option.key : option.key.substr(section.size() + 1));
    json->BeginObject();
    json->Key("description");
    json->String(option.text);
    WriteValues(option, json);
    json->EndObject();
  }
}

}  // namespace

std::string JsonSchema() {
  std::vector<std::string_view> sections;
  for (const Option& option : Options()) {
    const std::string_view section = SectionOf(option);
    if (!section.empty() && std::find(sections.begin(), sections.end(), section) == sections.end()) {
      sections.push_back(section);
    }
  }
  std::string out;
  JsonWriter json(&out);
  BeginSection(&json);
  WriteOptions("", &json);
  for (const std::string_view section : sections) {
    json.Key(section);
    BeginSection(&json);
    WriteOptions(section, &json);
    EndSection(&json);
  }
  json.Key("sinks");
  json.Raw(SinksSchema());
  EndSection(&json);
  return out + "\n";
}

}  // namespace weir::config
