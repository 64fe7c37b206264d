#include "tests/bench/rules_bench.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "tests/bench/bench_node.h"
#include "tests/bench/made_rules.h"
#include "tests/bench/push_load.h"

namespace weir::bench {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kWarmUpBatches = 40;

struct Measured {
  uint64_t rules = 0;
  uint64_t matched = 0;
  uint64_t sent = 0;
  double per_second = 0;
  double cpu_us = 0;
};

StatusOr<Measured> Measure(const RulesOptions& options, const std::string& rules,
                           const std::string& data_dir, PushLoad* load) {
  WEIR_ASSIGN_OR_RETURN(const auto node, StartNode(rules, data_dir, options.settings, {}));
  WEIR_ASSIGN_OR_RETURN(const LoadResult warm_up,
                        load->Run(node->address(), kWarmUpBatches, 0, nullptr, false));
  WEIR_RETURN_IF_ERROR(CheckTaken(warm_up));
  const uint64_t batches = std::max<uint64_t>(options.events / kBatchRecords, 1);
  WEIR_ASSIGN_OR_RETURN(const LoadResult result,
                        load->Run(node->address(), batches, 0, nullptr, false));
  WEIR_RETURN_IF_ERROR(CheckTaken(result));
  Measured measured;
  measured.rules = node->rules_loaded();
  measured.matched = result.answers.matched;
  measured.sent = result.sent;
  measured.per_second = PerSecond(result.sent, result.wall_s);
  measured.cpu_us = MicrosPerEvent(result.sent, result.cpu_s);
  node->Stop();
  return measured;
}

// Of the rounds, the median of what value_of makes of one.
template <typename ValueOf>
double MedianOf(const std::vector<std::vector<Measured>>& rounds, const ValueOf& value_of) {
  std::vector<double> values;
  for (const std::vector<Measured>& round : rounds) {
    values.push_back(value_of(round));
  }
  return Median(std::move(values));
}

}  // namespace

Status RunRulesBench(const RulesOptions& options, Report* report) {
  const TempFolder folder("weir_bench_rules");
  for (const uint64_t count : options.counts) {
    WEIR_RETURN_IF_ERROR(
        WriteRules(options.rules, count, fmt::format("{}/rules{}", folder.path(), count)));
  }
  PushLoad load(options.streams, options.match, false);
  // Rounds outside, so that what else the machine does meets all counts alike.
  std::vector<std::vector<Measured>> rounds(static_cast<std::size_t>(options.rounds));
  for (std::size_t round = 0; round < rounds.size(); ++round) {
    for (const uint64_t count : options.counts) {
      const std::string data = fmt::format("{}/data{}_{}", folder.path(), count, round);
      WEIR_ASSIGN_OR_RETURN(
          rounds[round].emplace_back(),
          Measure(options, fmt::format("{}/rules{}", folder.path(), count), data, &load));
      std::error_code ignored;   // goes with the folder around it
      fs::remove_all(data, ignored);
    }
  }
  for (std::size_t i = 0; i < options.counts.size(); ++i) {
    const std::string name = fmt::format("rules_{}", options.counts[i]);
    const Measured& any = rounds.front()[i];
    report->Add(name + "_loaded", static_cast<double>(any.rules), "");
    report->Add(name + "_matched_share",
                static_cast<double>(any.matched) / static_cast<double>(any.sent), "");
    report->Add(name + "_events_per_second",
                MedianOf(rounds, [i](const auto& round) { return round[i].per_second; }), "");
    report->Add(name + "_cpu_per_event",
                MedianOf(rounds, [i](const auto& round) { return round[i].cpu_us; }), "us");
  }
  const std::size_t last = options.counts.size() - 1;
  for (std::size_t i = 0; i < std::min<std::size_t>(2, last); ++i) {
    const std::string name =
        fmt::format("rules_{}_to_{}", options.counts[last], options.counts[i]);
    report->Add(name + "_throughput_ratio", MedianOf(rounds, [&](const auto& round) {
                  return round[last].per_second / round[i].per_second;
                }), "");
    report->Add(name + "_cpu_ratio", MedianOf(rounds, [&](const auto& round) {
                  return round[i].cpu_us / round[last].cpu_us;
                }), "");
  }
  return OkStatus();
}

}  // namespace weir::bench
