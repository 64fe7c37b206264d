// Finds and reads overlay files.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fmt/format.h>

#include "common/overlay/overlay.h"

namespace weir::overlay {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kFileBytesMax = 4 << 20;

bool HasExtension(std::string_view path) {
  return path.ends_with(".yaml") || path.ends_with(".yml");
}

Status AppendFiles(const std::string& path, std::vector<std::string>* files) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    return NotFound("cannot load overlays: no file or folder [{}]", path);
  }
  if (!fs::is_directory(status)) {
    if (!HasExtension(path)) {
      return InvalidArgument("cannot load overlays: [{}] is neither a folder nor a .yaml file", path);
    }
    files->push_back(path);
    return OkStatus();
  }
  fs::recursive_directory_iterator entry(path, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    // As with rules: the files of a ConfigMap of Kubernetes are there twice, hidden and as links.
    if (entry->path().filename().native().starts_with('.')) {
      entry.disable_recursion_pending();
      continue;
    }
    std::error_code ignored;
    if (HasExtension(entry->path().string()) && !entry->is_directory(ignored)) {
      files->push_back(entry->path().string());
    }
  }
  if (error) {
    return Unavailable("cannot list overlays in [{}]: {}", path, error.message());
  }
  return OkStatus();
}

Overlay Unreadable(const std::string& path, const std::string& why) {
  Overlay overlay;
  overlay.path = path;
  overlay.findings.push_back(rule::MakeFinding({path, 0, 0}, esql::Severity::kError,
                                               "cannot read the overlay: " + why));
  return overlay;
}

Overlay LoadFile(const std::string& path) {
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
  return Parse(path, std::move(text).str());
}

}  // namespace

StatusOr<std::vector<Overlay>> LoadOverlays(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    WEIR_RETURN_IF_ERROR(AppendFiles(path, &files));
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  std::vector<Overlay> overlays;
  overlays.reserve(files.size());
  for (const std::string& file : files) {
    overlays.push_back(LoadFile(file));
  }
  return overlays;
}

}  // namespace weir::overlay
