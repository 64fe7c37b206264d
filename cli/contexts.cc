#include "cli/contexts.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/config/options.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

std::string Variable(const char* name) {
  const char* value = std::getenv(name);   // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? "" : value;
}

// The whole text; false with errno when it was not written and synced.
bool WriteAll(int file, const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(file, text.data() + written, text.size() - written);
    if (count < 0) {
      return false;
    }
    written += static_cast<std::size_t>(count);
  }
  return fsync(file) == 0;
}

}  // namespace

std::string ContextsPath() {
  if (const std::string path = Variable("WEIR_CLIENT_CONFIG"); !path.empty()) {
    return path;
  }
  if (const std::string folder = Variable("XDG_CONFIG_HOME"); !folder.empty()) {
    return folder + "/weir/config.yaml";
  }
  const std::string home = Variable("HOME");
  return home.empty() ? "" : home + "/.config/weir/config.yaml";
}

StatusOr<config::Contexts> LoadContexts() {
  const std::string path = ContextsPath();
  std::error_code error;
  if (path.empty() || !fs::exists(path, error)) {
    return config::Contexts();
  }
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) {
    return InvalidArgument("cannot read the contexts in '{}': {}", path, std::strerror(errno));
  }
  config::ContextsResult result = config::ParseContexts(path, text.str());
  std::string problems;
  for (const config::Problem& problem : result.problems) {
    problems += (problems.empty() ? "" : "\n") + problem.Render();
  }
  if (!problems.empty()) {
    return InvalidArgument("{}", problems);
  }
  const auto& contexts = result.contexts.contexts;
  if (std::any_of(contexts.begin(), contexts.end(),
                  [](const config::Context& context) { return !context.token.empty(); })) {
    WEIR_RETURN_IF_ERROR(CheckPrivate(path, "the file of contexts"));
  }
  return std::move(result.contexts);
}

Status SaveContexts(const config::Contexts& contexts) {
  const std::string path = ContextsPath();
  if (path.empty()) {
    return InvalidArgument("contexts are kept in the home folder, and HOME is not set: name a file with "
                           "WEIR_CLIENT_CONFIG");
  }
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::exists(folder, error)) {
    fs::create_directories(folder, error);
    if (!error) {
      fs::permissions(folder, fs::perms::owner_all, error);
    }
  }
  const std::string fresh = fmt::format("{}.{}", path, getpid());
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const bool written = file >= 0 && WriteAll(file, config::ContextsYaml(contexts));
  const int reason = errno;
  if (file >= 0) {
    close(file);
  }
  if (!written || rename(fresh.c_str(), path.c_str()) != 0) {
    const std::string why = std::strerror(written ? errno : reason);
    unlink(fresh.c_str());
    return MakeError(StatusCode::kUnknown, fmt::format("cannot write the contexts to '{}': {}", path, why));
  }
  return OkStatus();
}

StatusOr<config::Context> FindContext(const config::Contexts& contexts, const std::string& name) {
  if (const config::Context* context = contexts.Find(name); context != nullptr) {
    return *context;
  }
  const std::vector<std::string> names = contexts.Names();
  if (names.empty()) {
    return NotFound("no context '{}', nor any other in '{}': `weir context set {} --address HOST:PORT` makes "
                    "one",
                    name, ContextsPath(), name);
  }
  const std::string nearest = config::NearestName(name, names);
  return NotFound("no context '{}' in '{}'; {}", name, ContextsPath(),
                  nearest.empty() ? fmt::format("there are {}", fmt::join(names, ", "))
                                  : fmt::format("did you mean '{}'?", nearest));
}

std::string ContextFilePath(const std::string& path) {
  if (path.empty() || fs::path(path).is_absolute()) {
    return path;
  }
  return (fs::path(ContextsPath()).parent_path() / path).string();
}

Status CheckPrivate(const std::string& path, const std::string& what) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) {
    return InvalidArgument("{} '{}': {}", what, path, std::strerror(errno));
  }
  return (info.st_mode & (S_IRWXG | S_IRWXO)) == 0
             ? OkStatus()
             : InvalidArgument("{} '{}' holds a token, and others may read it: chmod 600 {}", what, path, path);
}

}  // namespace weir::cli
