// Macros in files of their own, and their way behind the detection that calls them.
#include "common/rule/macro_files_internal.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <yaml-cpp/yaml.h>

#include "common/base/json_writer.h"

namespace weir::rule {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = 1024 * 1024;
constexpr int kParentsMax = 8;

void ReadMacro(const fs::path& path, spl::Macros* macros) {
  std::error_code error;
  if (fs::file_size(path, error) > kFileBytesMax || error) {
    return;
  }
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  try {
    for (const YAML::Node& file : YAML::LoadAll(text.str())) {
      if (!file.IsMap() || !file["name"].IsDefined() || !file["definition"].IsDefined() ||
          !file["name"].IsScalar() || !file["definition"].IsScalar()) {
        continue;
      }
      spl::Macro macro;
      macro.definition = file["definition"].Scalar();
      if (file["arguments"].IsDefined() && file["arguments"].IsSequence()) {
        for (const YAML::Node& argument : file["arguments"]) {
          macro.arguments.push_back(argument.IsScalar() ? argument.Scalar() : "");
        }
      }
      macros->insert_or_assign(file["name"].Scalar(), std::move(macro));
    }
  } catch (const std::exception&) {
    // Not a macro; a search that needs it says that it has no definition.
  }
}

}  // namespace

const spl::Macros& MacroFiles::In(const std::string& folder) {
  const auto known = folders_.find(folder);
  if (known != folders_.end()) {
    return known->second;
  }
  spl::Macros macros;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string extension = entry->path().extension().string();
    if (extension == ".yml" || extension == ".yaml") {
      ReadMacro(entry->path(), &macros);
    }
  }
  return folders_.emplace(folder, std::move(macros)).first->second;
}

spl::Macros MacroFiles::For(const std::string& detection,
                            const std::vector<std::string>& folders) {
  spl::Macros macros;
  fs::path parent = fs::path(detection).parent_path();
  std::error_code error;
  for (int i = 0; i < kParentsMax; ++i) {
    const fs::path folder = (parent.empty() ? fs::path(".") : parent) / "macros";
    if (fs::is_directory(folder, error)) {
      macros = In(folder.string());
      break;
    }
    if (parent.empty() || parent == parent.parent_path()) {
      break;
    }
    parent = parent.parent_path();
  }
  for (const std::string& folder : folders) {
    for (const auto& [name, macro] : In(folder)) {
      macros.insert_or_assign(name, macro);
    }
  }
  return macros;
}

std::string BundleMacros(std::string text, std::string_view search, const spl::Macros& macros) {
  std::string json;
  JsonWriter writer(&json);
  bool any = false;
  writer.BeginObject();
  writer.Key("macros");
  writer.BeginArray();
  for (const std::string& name : spl::CalledMacros(search, macros)) {
    const auto macro = macros.find(name);
    if (macro == macros.end()) {
      continue;
    }
    any = true;
    writer.BeginObject();
    writer.Key("name");
    writer.String(name);
    writer.Key("arguments");
    writer.BeginArray();
    for (const std::string& argument : macro->second.arguments) {
      writer.String(argument);
    }
    writer.EndArray();
    writer.Key("definition");
    writer.String(macro->second.definition);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  if (!any) {
    return text;
  }
  text += text.empty() || text.back() == '\n' ? "" : "\n";
  return text + "---\n" + json + "\n";
}

}  // namespace weir::rule
