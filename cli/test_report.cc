#include "cli/test_report.h"

#include <fstream>
#include <iterator>

#include <fmt/format.h>

namespace weir::cli {

StatusOr<std::string> ReadTextFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return NotFound("'{}' cannot be read", path);
  }
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

Status WriteTextFile(const std::string& path, const std::string& text) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.flush();
  return stream ? OkStatus() : FailedPrecondition("'{}' cannot be written", path);
}

std::vector<backtest::TestCase> CasesOf(const std::string& prefix,
                                        const backtest::Comparison& comparison, double seconds) {
  std::vector<backtest::TestCase> cases;
  for (const backtest::Checked& check : comparison.checked) {
    backtest::TestCase& test = cases.emplace_back();
    test.name = fmt::format("{}{} (line {})", prefix, backtest::Describe(check.expectation),
                            check.expectation.line);
    if (check.found < check.expectation.count) {
      test.failure = fmt::format("{} of {} alerts", check.found, check.expectation.count);
      for (const std::string& near : check.near) {
        test.failure += "\nnear: " + near;
      }
    }
  }
  backtest::TestCase& others = cases.emplace_back();
  others.name = prefix + "no other alerts";
  if (!comparison.unexpected.empty()) {
    others.failure = fmt::format("{} alerts that nobody expected", comparison.unexpected.size());
    for (const std::string& alert : comparison.unexpected) {
      others.failure += "\n" + alert;
    }
  }
  cases.front().seconds = seconds;
  return cases;
}

}  // namespace weir::cli
