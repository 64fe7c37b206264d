// weir-spec DIR [--data DIR] [--json]: runs every case of the folder's .csv-spec files and says how many
// give the table they expect. Exit status 0 when every file could be read, whatever its cases say.
#include <algorithm>
#include <filesystem>
#include <iostream>

#include "common/base/json_writer.h"
#include "tests/spec/run.h"

namespace {

using weir::spec::CaseResult;
using weir::spec::FileResult;
using weir::spec::Verdict;

constexpr Verdict kVerdicts[] = {Verdict::kPassed, Verdict::kFailed, Verdict::kUnsupported};

struct Arguments {
  std::string folder;
  std::string data;
  bool json = false;
};

std::optional<Arguments> ParseArguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--json") {
      arguments.json = true;
    } else if (argument == "--data" && i + 1 < argc) {
      arguments.data = argv[++i];
    } else if (arguments.folder.empty() && !argument.starts_with('-')) {
      arguments.folder = argument;
    } else {
      return std::nullopt;
    }
  }
  if (arguments.folder.empty()) {
    return std::nullopt;
  }
  if (arguments.data.empty()) {
    arguments.data = arguments.folder + "/data";
  }
  return arguments;
}

std::size_t Total(const std::vector<FileResult>& files, Verdict verdict) {
  std::size_t total = 0;
  for (const FileResult& file : files) {
    total += file.Count(verdict);
  }
  return total;
}

std::string Json(const std::vector<FileResult>& files) {
  std::string text;
  weir::JsonWriter writer(&text);
  writer.BeginObject();
  writer.Key("files");
  writer.BeginArray();
  for (const FileResult& file : files) {
    writer.BeginObject();
    writer.Key("name");
    writer.String(file.name);
    for (const Verdict verdict : kVerdicts) {
      writer.Key(VerdictName(verdict));
      writer.Uint(file.Count(verdict));
    }
    writer.Key("cases");
    writer.BeginArray();
    for (const CaseResult& result : file.cases) {
      writer.BeginObject();
      writer.Key("name");
      writer.String(result.name);
      writer.Key("status");
      writer.String(VerdictName(result.verdict));
      writer.Key("reason");
      writer.String(result.reason);
      writer.EndObject();
    }
    writer.EndArray();
    writer.EndObject();
  }
  writer.EndArray();
  writer.Key("totals");
  writer.BeginObject();
  for (const Verdict verdict : kVerdicts) {
    writer.Key(VerdictName(verdict));
    writer.Uint(Total(files, verdict));
  }
  writer.EndObject();
  writer.EndObject();
  return text;
}

void PrintTable(const std::vector<FileResult>& files) {
  for (const FileResult& file : files) {
    std::cout << fmt::format("{:40} {:4} passed {:4} failed {:4} unsupported\n", file.name,
                             file.Count(Verdict::kPassed), file.Count(Verdict::kFailed),
                             file.Count(Verdict::kUnsupported));
    for (const CaseResult& result : file.cases) {
      if (result.verdict != Verdict::kPassed) {
        std::cout << fmt::format("    {} {}: {}\n", VerdictName(result.verdict), result.name,
                                 result.reason);
      }
    }
  }
  const std::size_t passed = Total(files, Verdict::kPassed);
  const std::size_t failed = Total(files, Verdict::kFailed);
  std::cout << fmt::format("total: {} passed, {} failed, {} unsupported", passed, failed,
                           Total(files, Verdict::kUnsupported));
  if (passed + failed != 0) {
    std::cout << fmt::format("; {:.1f} % of what is supported passes",
                             100.0 * static_cast<double>(passed) /
                                 static_cast<double>(passed + failed));
  }
  std::cout << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Arguments> arguments = ParseArguments(argc, argv);
  if (!arguments.has_value()) {
    std::cerr << "usage: weir-spec DIR [--data DIR] [--json]\n";
    return 2;
  }
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(arguments->folder, error)) {
    if (entry.path().extension() == ".csv-spec") {
      paths.push_back(entry.path().string());
    }
  }
  if (error || paths.empty()) {
    std::cerr << fmt::format("weir-spec: reading {}: {}\n", arguments->folder,
                             error ? error.message() : "there is no .csv-spec file");
    return 1;
  }
  std::sort(paths.begin(), paths.end());
  weir::spec::SpecRunner runner(arguments->data);
  std::vector<FileResult> files;
  bool all_read = true;
  for (const std::string& path : paths) {
    weir::StatusOr<FileResult> file = runner.RunFile(path);
    if (file.ok()) {
      files.push_back(std::move(*file));
    } else {
      std::cerr << fmt::format("weir-spec: {}\n", weir::Message(file.status()));
      all_read = false;
    }
  }
  if (arguments->json) {
    std::cout << Json(files) << "\n";
  } else {
    PrintTable(files);
  }
  return all_read ? 0 : 1;
}
