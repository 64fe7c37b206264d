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

// "Suite.Name" of every TEST and TEST_F of the tests, whose head may be on two lines.
std::set<std::string> TestNames(const Files& files) {
  std::set<std::string> names;
  for (const SourceFile& file : files) {
    if (!file.path.starts_with("tests/") || !file.path.ends_with(".cc")) {
      continue;
    }
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string& line = file.lines[i];
      if (!line.starts_with("TEST(") && !line.starts_with("TEST_F(")) {
        continue;
      }
      const std::string head = line + (i + 1 < file.lines.size() ? file.lines[i + 1] : "");
      const std::size_t open = head.find('(');
      const std::size_t comma = head.find(',', open);
      const std::size_t name = head.find_first_not_of(' ', comma + 1);
      const std::size_t close = head.find(')', open);
      if (comma != std::string::npos && close != std::string::npos && name < close) {
        names.insert(head.substr(open + 1, comma - open - 1) + "." + head.substr(name, close - name));
      }
    }
  }
  return names;
}

// `Suite.Name` of a line, which begin with capitals as options and commands do not.
std::vector<std::string> NamedTests(std::string_view line) {
  std::vector<std::string> tests;
  for (std::size_t begin = line.find('`'); begin != std::string_view::npos;) {
    const std::size_t end = line.find('`', begin + 1);
    if (end == std::string_view::npos) {
      break;
    }
    const std::string_view code = line.substr(begin + 1, end - begin - 1);
    if (!code.empty() && code[0] >= 'A' && code[0] <= 'Z' && code.find('.') != std::string_view::npos) {
      tests.emplace_back(code);
    }
    begin = line.find('`', end + 1);
  }
  return tests;
}

}  // namespace

Findings CheckPains(const Files& files) {
  constexpr std::string_view kPath = "docs/pains.md";
  const std::set<std::string> names = TestNames(files);
  Findings findings;
  bool found = false;
  for (const SourceFile& file : files) {
    if (file.path != kPath) {
      continue;
    }
    found = true;
    std::size_t rows = 0;   // of the table; the first two are its head
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      if (!file.lines[i].starts_with("|") || ++rows <= 2) {
        continue;
      }
      const std::vector<std::string> tests = NamedTests(file.lines[i]);
      if (tests.empty()) {
        findings.push_back(Finding(file, i + 1, "names no test"));
      }
      for (const std::string& test : tests) {
        if (!names.contains(test)) {
          findings.push_back(Finding(file, i + 1, fmt::format("no test {}", test)));
        }
      }
    }
  }
  if (!found) {
    findings.push_back(fmt::format("{} is missing", kPath));
  }
  return findings;
}

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
