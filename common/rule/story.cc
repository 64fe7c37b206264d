#include "common/rule/story.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include <yaml-cpp/yaml.h>

#include "common/rule/yaml_reader_internal.h"

namespace weir::rule {
namespace {

namespace fs = std::filesystem;

constexpr char kFolder[] = "stories";
constexpr int kParentsMax = 8;

Status FindFolders(const std::string& path, std::set<fs::path>* folders) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return NotFound("cannot load stories: no file or folder [{}]", path);
  }
  fs::path parent(path);
  for (int i = 0; i < kParentsMax; ++i) {
    const fs::path folder = (parent.empty() ? fs::path(".") : parent) / kFolder;
    if (fs::is_directory(folder, error)) {
      folders->insert(folder);
      break;
    }
    if (parent.empty() || parent == parent.parent_path()) {
      break;
    }
    parent = parent.parent_path();
  }
  if (!fs::is_directory(path, error)) {
    return OkStatus();
  }
  fs::recursive_directory_iterator entry(path, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored) && entry->path().filename() == kFolder) {
      folders->insert(entry->path());
    }
  }
  return error ? Unavailable("cannot list stories in [{}]: {}", path, error.message()) : OkStatus();
}

// Nothing when the file is no story.
void ReadStory(const fs::path& path, std::vector<Story>* stories) {
  try {
    const YAML::Node file = YAML::LoadFile(path.string());
    LoadResult result;
    result.path = path.string();
    YamlReader reader(&result);
    Story story;
    story.path = path.string();
    if (!reader.String(file, "name", &story.name) ||
        !reader.String(file, "description", &story.description) ||
        reader.Find(file, "search").IsDefined()) {
      return;
    }
    reader.String(file, "id", &story.id);
    reader.Integer(file, "version", 0, 1'000'000, &story.version);
    reader.String(file, "narrative", &story.narrative);
    reader.Strings(file, "references", &story.references);
    const YAML::Node tags = reader.Find(file, "tags");
    if (!reader.Strings(tags, "category", &story.categories)) {
      reader.Strings(file, "category", &story.categories);
    }
    stories->push_back(std::move(story));
  } catch (const std::exception&) {
    // A file that is no YAML is no story.
  }
}

}  // namespace

StatusOr<std::vector<Story>> LoadStories(const std::vector<std::string>& paths) {
  std::set<fs::path> folders;
  for (const std::string& path : paths) {
    WEIR_RETURN_IF_ERROR(FindFolders(path, &folders));
  }
  std::vector<Story> stories;
  std::set<fs::path> seen;
  for (const fs::path& folder : folders) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error);
         !error && entry != fs::directory_iterator(); entry.increment(error)) {
      const std::string extension = entry->path().extension().string();
      std::error_code ignored;
      if ((extension == ".yml" || extension == ".yaml") &&
          seen.insert(fs::weakly_canonical(entry->path(), ignored)).second) {
        ReadStory(entry->path(), &stories);
      }
    }
  }
  std::sort(stories.begin(), stories.end(),
            [](const Story& left, const Story& right) { return left.name < right.name; });
  return stories;
}

}  // namespace weir::rule
