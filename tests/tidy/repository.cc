#include "tests/tidy/repository.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <utility>

#include <fmt/format.h>

namespace weir::tidy {
namespace {

struct ClosePipe {
  void operator()(std::FILE* pipe) const { pclose(pipe); }
};

std::vector<std::string> TrackedPaths(const std::string& root) {
  const std::string command = fmt::format("git -C '{}' ls-files -z 2>/dev/null", root);
  const std::unique_ptr<std::FILE, ClosePipe> pipe(popen(command.c_str(), "r"));
  std::string output;
  std::array<char, 4096> buffer;
  while (pipe != nullptr) {
    const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe.get());
    if (count == 0) {
      break;
    }
    output.append(buffer.data(), count);
  }
  std::vector<std::string> paths;
  std::size_t start = 0;
  for (std::size_t end = output.find('\0'); end != std::string::npos;
       start = end + 1, end = output.find('\0', start)) {
    paths.push_back(output.substr(start, end - start));
  }
  return paths;
}

std::vector<std::string> WalkedPaths(const std::string& root) {
  std::vector<std::string> paths;
  auto entry = std::filesystem::recursive_directory_iterator(root);
  for (; entry != std::filesystem::recursive_directory_iterator(); ++entry) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory() && (name.starts_with(".") || name.starts_with("build"))) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file()) {
      paths.push_back(std::filesystem::relative(entry->path(), root).generic_string());
    }
  }
  return paths;
}

}  // namespace

Files LoadRepository(const std::string& root) {
  std::vector<std::string> paths = TrackedPaths(root);
  if (paths.empty()) {
    paths = WalkedPaths(root);
  }
  std::sort(paths.begin(), paths.end());
  Files files;
  for (const std::string& path : paths) {
    std::ifstream in(root + "/" + path, std::ios::binary);
    if (!in) {
      continue;  // tracked, but deleted in this checkout
    }
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (text.find('\0') == std::string::npos) {
      files.push_back(MakeFile(path, text));
    }
  }
  return files;
}

SourceFile MakeFile(std::string path, std::string_view text) {
  SourceFile file{std::move(path), {}};
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    file.lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return file;
}

std::string Finding(const SourceFile& file, std::size_t line, std::string_view what) {
  return line == 0 ? fmt::format("{}: {}", file.path, what)
                   : fmt::format("{}:{}: {}", file.path, line, what);
}

bool IsSource(std::string_view path) {
  return path.ends_with(".cc") || path.ends_with(".h");
}

}  // namespace weir::tidy
