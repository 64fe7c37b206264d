#include "tests/tidy/docs_check.h"

#include <filesystem>
#include <set>

#include <fmt/format.h>

namespace weir::tidy {
namespace {

std::set<std::string> FilesAndFolders(const Files& files) {
  std::set<std::string> paths;
  for (const SourceFile& file : files) {
    for (std::filesystem::path path = file.path; !path.empty(); path = path.parent_path()) {
      paths.insert(path.generic_string());
    }
  }
  return paths;
}

// Where "](" links of one line point to, outside `code`.
std::vector<std::string> Targets(std::string_view line) {
  std::vector<std::string> targets;
  bool code = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '`') {
      code = !code;
    }
    if (code || !line.substr(i).starts_with("](")) {
      continue;
    }
    const std::size_t end = line.find_first_of(") ", i + 2);
    if (end != std::string_view::npos) {
      targets.emplace_back(line.substr(i + 2, end - i - 2));
    }
  }
  return targets;
}

bool IsElsewhere(std::string_view target) {
  return target.empty() || target.starts_with("#") || target.starts_with("mailto:") ||
         target.find("://") != std::string_view::npos;
}

}  // namespace

Findings CheckLinks(const Files& files) {
  const std::set<std::string> paths = FilesAndFolders(files);
  Findings findings;
  for (const SourceFile& file : files) {
    if (!file.path.ends_with(".md")) {
      continue;
    }
    bool fenced = false;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      if (file.lines[i].starts_with("```")) {
        fenced = !fenced;
      }
      if (fenced) {
        continue;
      }
      for (const std::string& target : Targets(file.lines[i])) {
        if (IsElsewhere(target)) {
          continue;
        }
        const std::filesystem::path folder = std::filesystem::path(file.path).parent_path();
        std::string path = (folder / target.substr(0, target.find('#'))).lexically_normal()
                               .generic_string();
        if (path.ends_with("/")) {
          path.pop_back();
        }
        if (path != "." && !paths.contains(path)) {
          findings.push_back(Finding(
              file, i + 1, fmt::format("link to {}: the repository has no {}", target, path)));
        }
      }
    }
  }
  return findings;
}

}  // namespace weir::tidy
