// Finds and reads rule files.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

#include "common/rule/macro_files_internal.h"
#include "common/rule/rule.h"
#include "common/rule/toml_depth_internal.h"

namespace weir::rule {
namespace {

namespace fs = std::filesystem;

bool IsYaml(const fs::path& path) {
  return path.extension() == ".yml" || path.extension() == ".yaml";
}

// Whether a YAML file is a detection: checkouts hold macros, stories and other data beside them.
bool HasSearch(const fs::path& path) {
  std::ifstream stream(path);
  std::string line;
  while (std::getline(stream, line)) {
    if (line.starts_with("search:")) {
      return true;
    }
  }
  return false;
}

Status AppendFiles(const std::string& path, std::vector<std::string>* files) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    return NotFound("cannot load rules: no file or folder [{}]", path);
  }
  if (!fs::is_directory(status)) {
    files->push_back(path);
    return OkStatus();
  }
  fs::recursive_directory_iterator entry(path, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    // What is hidden is not meant: of version control, of editors, and the folder in which Kubernetes keeps the
    // files of a ConfigMap, all of which are there once more as links.
    if (entry->path().filename().native().starts_with('.')) {
      entry.disable_recursion_pending();
      continue;
    }
    std::error_code ignored;
    if (entry->is_directory(ignored)) {
      continue;
    }
    if (entry->path().extension() == ".toml" ||
        (IsYaml(entry->path()) && HasSearch(entry->path()))) {
      files->push_back(entry->path().string());
    }
  }
  if (error) {
    return Unavailable("cannot list rules in [{}]: {}", path, error.message());
  }
  return OkStatus();
}

LoadResult Unreadable(const std::string& path, const std::string& why) {
  LoadResult result;
  result.path = path;
  Finding finding;
  finding.path = path;
  finding.message = "cannot read the rule file: " + why;
  finding.rendered = path + ": error: " + finding.message + "\n";
  result.findings.push_back(std::move(finding));
  return result;
}

LoadResult LoadFile(const std::string& path, const LoadOptions& options, MacroFiles* macros) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) {
    return Unreadable(path, error.message());
  }
  if (size > kFileBytesMax) {
    return Unreadable(path, fmt::format("it has {} bytes, more than {}", size, kFileBytesMax));
  }
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream.is_open() || stream.bad()) {
    return Unreadable(path, "the file cannot be opened or read");
  }
  LoadResult result = LoadRule(path, std::move(text).str());
  if (!result.rule.has_value() || !result.rule->detection.has_value()) {
    return result;
  }
  // Again with the macros of its checkout, which the text holds from here on.
  std::string bundle = BundleMacros(result.text, result.rule->query,
                                    macros->For(path, options.macro_folders));
  return bundle == result.text ? result : LoadRule(path, std::move(bundle));
}

}  // namespace

StatusOr<std::vector<LoadResult>> LoadRules(const std::vector<std::string>& paths,
                                            const LoadOptions& options) {
  MacroFiles macros;
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    WEIR_RETURN_IF_ERROR(AppendFiles(path, &files));
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());

  std::vector<LoadResult> results;
  results.reserve(files.size());
  std::map<std::string, std::string> path_of_id;
  for (const std::string& file : files) {
    LoadResult result = LoadFile(file, options, &macros);
    if (result.rule.has_value()) {
      const auto [seen, added] = path_of_id.try_emplace(result.rule->id, file);
      if (!added) {
        Finding finding;
        finding.path = file;
        finding.message = fmt::format("rule_id [{}] is already used by {}", seen->first, seen->second);
        finding.rendered = file + ": error: " + finding.message + "\n";
        result.findings.push_back(std::move(finding));
        result.rule.reset();
      }
    }
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace weir::rule
