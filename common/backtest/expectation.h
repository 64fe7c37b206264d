// What a backtest is expected to alert, compared with what it did: each alert must be expected, and
// each expectation met (docs/backtest.md has the format).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/status.h"

namespace weir::backtest {

struct Expectation {
  using Cells =
      std::map<std::string, std::vector<std::string>>;  // values as alerts show them, sorted

  std::string rule;            // id or name; empty: any
  std::optional<Cells> group;  // the whole group; empty: any
  Cells columns;               // of the columns, those that must have these values
  uint64_t count = 1;          // so many alerts are like that
  int line = 0;                // in its file
};

// From YAML (a list, or a map with the list `alerts`) or NDJSON (a line each, also lines as `weir
// backtest
// --format ndjson` prints them). InvalidArgument names path, line and what is wrong.
StatusOr<std::vector<Expectation>> ParseExpectations(const std::string& path,
                                                     const std::string& text);

// "rule r, group user.name=mallory, calls=5"
std::string Describe(const Expectation& expectation);
std::string Describe(const alert::Alert& alert);
// "user.name=mallory"
std::string DescribeGroup(const alert::Alert& alert);

// The result for one expectation.
struct Checked {
  Expectation expectation;
  uint64_t found = 0;             // of expectation.count; never more
  std::vector<std::string> near;  // alerts of that rule that nobody expected, and how they differ
};
struct Comparison {
  std::vector<Checked> checked;         // in the order of the expectations
  std::vector<std::string> unexpected;  // alerts that no expectation takes

  bool ok() const;
  // A line for each difference; empty when there is none.
  std::string Differences() const;
};
// Gives every alert to at most one expectation, so that as many as possible are met.
Comparison Compare(const std::vector<Expectation>& expectations,
                   const std::vector<alert::Alert>& alerts);

// A case of a test report.
struct TestCase {
  std::string name;
  std::string failure;  // empty: passed
  double seconds = 0;
};
// A test suite in the XML that JUnit writes and build servers read.
std::string ToJunit(const std::string& suite, const std::vector<TestCase>& cases);

}  // namespace weir::backtest
