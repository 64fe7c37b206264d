// weir-sim: runs seeds of the simulator and prints the history of the first that finds a violation.
#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "common/telemetry/log.h"
#include "tests/sim/mutations.h"
#include "tests/sim/simulation.h"

namespace {

void Print(const weir::sim::SeedResult& result) {
  for (const std::string& line : result.history) {
    std::cout << line << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs simulated clusters that everything happens to, and checks that nothing is lost.");
  uint64_t seeds = 100;
  uint64_t first = 1;
  uint64_t seed = 0;
  bool verbose = false;
  bool keep_going = false;
  std::string mutation;
  app.add_option("--seeds", seeds, "how many seeds to run");
  app.add_option("--first", first, "the first of them");
  app.add_option("--seed", seed, "this seed only, and print its history");
  app.add_flag("--verbose", verbose, "print every history, and the log of the nodes");
  app.add_flag("--keep-going", keep_going, "do not stop at the first violation");
  app.add_option("--mutation", mutation, "what to switch off: see docs/simulator.md");
  CLI11_PARSE(app, argc, argv);
  weir::log::Options log;
  log.level = verbose ? weir::log::Level::kDebug : weir::log::Level::kError;
  log.file = verbose ? "" : "/dev/null";
  if (!weir::log::Init(log).ok() || !weir::sim::SetMutation(mutation)) {
    std::cerr << fmt::format("there is no mutation {}\n", mutation);
    return 2;
  }
  if (seed != 0) {
    first = seed;
    seeds = 1;
  }
  uint64_t failed = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (uint64_t number = first; number < first + seeds; ++number) {
    const weir::sim::SeedResult result = weir::sim::RunSeed(number);
    failed += result.violations.empty() ? 0 : 1;
    if (verbose || seed != 0 || (!result.violations.empty() && !keep_going)) {
      Print(result);
    }
    if (!result.violations.empty() || verbose || seed != 0) {
      std::cout << fmt::format("seed {}: {} events, {} alerts, history {:016x}: {}\n", number,
                               result.events, result.alerts, result.history_hash,
                               result.violations.empty() ? "fine" : "VIOLATIONS");
      for (const std::string& violation : result.violations) {
        std::cout << "  " << violation << '\n';
      }
      std::cout.flush();
    }
    if (!result.violations.empty() && !keep_going) {
      return 1;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::cout << fmt::format("{} seeds, {} with violations, {:.1f} s\n", seeds, failed, took.count());
  return failed == 0 ? 0 : 1;
}
