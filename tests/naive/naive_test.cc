// The engine against the naive evaluator, and the cluster against the backtest, over random calls.
// A failure names the seed: run it alone with --gtest_filter=*Seed<n>.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/backtest/backtest.h"
#include "common/base/arena.h"
#include "common/types/coding.h"
#include "tests/naive/call_generator.h"
#include "tests/naive/cluster_run.h"
#include "tests/naive/naive_evaluator.h"

namespace weir::naive {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

constexpr uint64_t kFirstSeed = 1;
constexpr uint64_t kEndSeed = 21;

std::string CellText(const alert::NamedCell& cell) {
  Arena arena;
  ByteReader reader(cell.encoded);
  return ValueToString(DecodeValue(&reader, &arena));
}

std::string GroupText(const alert::Alert& alert) {
  std::map<std::string, std::string> cells;
  for (const alert::NamedCell& cell : alert.group) {
    cells[cell.name] = CellText(cell);
  }
  std::string text;
  for (const auto& [name, value] : cells) {
    text += (text.empty() ? "" : "; ") + name + "=" + value;
  }
  return text;
}

int64_t CountOf(const alert::Alert& alert) {
  for (const alert::NamedCell& cell : alert.columns) {
    if (cell.name == CountColumn(alert.rule_id)) {
      return std::stoll(CellText(cell));
    }
  }
  return -1;
}

// with_count: alerts made at ticks. Episodes count on, so theirs is not compared.
Hit HitOf(const alert::Alert& alert, bool with_count) {
  Hit hit;
  hit.rule_id = alert.rule_id;
  hit.group = GroupText(alert);
  hit.start_ms = alert.episode_start_ms;
  hit.end_ms = alert.episode_end_ms;
  hit.count = with_count ? CountOf(alert) : 0;
  hit.suppressed = alert.suppressed_count;
  EXPECT_EQ(alert.window_end_ms, alert.episode_start_ms);
  EXPECT_EQ(alert.window_start_ms, alert.window_end_ms - kMillisPerHour);
  return hit;
}

std::vector<Hit> HitsOf(const std::vector<alert::Alert>& alerts, bool with_count) {
  std::vector<Hit> hits;
  for (const alert::Alert& alert : alerts) {
    hits.push_back(HitOf(alert, with_count));
  }
  std::sort(hits.begin(), hits.end());
  return hits;
}

// All that must be equal between two runs at ticks.
std::string Fingerprint(const alert::Alert& alert) {
  std::string text = fmt::format(
      "{} {} {} {} window {}..{} events {}..{} suppressed {}", alert.id.ToHex(), alert.rule_id,
      GroupText(alert), FormatTime(alert.episode_start_ms), FormatTime(alert.window_start_ms),
      FormatTime(alert.window_end_ms), FormatTime(alert.first_event_ms),
      FormatTime(alert.last_event_ms), alert.suppressed_count);
  for (const alert::NamedCell& cell : alert.columns) {
    text += " " + cell.name + "=" + CellText(cell);
  }
  return text;
}

std::vector<std::string> Fingerprints(const std::vector<alert::Alert>& alerts) {
  std::vector<std::string> texts;
  for (const alert::Alert& alert : alerts) {
    texts.push_back(Fingerprint(alert));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

// Says what is missing and what is too much, not everything.
template <typename T>
void ExpectSame(const std::vector<T>& actual, const std::vector<T>& expected) {
  std::vector<T> missing;
  std::vector<T> surplus;
  std::set_difference(expected.begin(), expected.end(), actual.begin(), actual.end(),
                      std::back_inserter(missing));
  std::set_difference(actual.begin(), actual.end(), expected.begin(), expected.end(),
                      std::back_inserter(surplus));
  EXPECT_THAT(missing, IsEmpty()) << missing.size() << " missing of " << expected.size();
  EXPECT_THAT(surplus, IsEmpty()) << surplus.size() << " not expected of " << actual.size();
}

class NaiveTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  NaiveTest()
      : calls_(GenerateCalls(GetParam())),
        file_(std::filesystem::temp_directory_path() /
              fmt::format("weir_naive_test_{}_{}.ndjson", getpid(), GetParam())) {
    std::ofstream out(file_);
    for (const Call& call : calls_) {
      out << ToRecord(call) << '\n';
    }
  }
  ~NaiveTest() override { std::filesystem::remove(file_); }

  std::vector<alert::Alert> Backtest(plan::JudgeMode mode, Rules rules = Rules::kBedrock) {
    backtest::Options options;
    options.rule_paths = {rules == Rules::kBedrock ? WEIR_RULES_DIR : WEIR_QUERY_RULES_DIR};
    options.files = {file_.string()};
    options.mode = mode;
    if (mode == plan::JudgeMode::kSchedule) {
      options.alerts = plan::AlertMode::kParity;
    }
    auto result = backtest::Run(options);
    EXPECT_TRUE(result.ok()) << result.status();
    if (!result.ok()) {
      return {};
    }
    EXPECT_EQ(result->rules_loaded, 4U);
    EXPECT_EQ(result->rejected, 0U);
    EXPECT_EQ(result->events, calls_.size());
    return std::move(result->alerts);
  }

  ClusterOptions Cluster(plan::JudgeMode mode) const {
    ClusterOptions options;
    options.seed = GetParam();
    options.mode = mode;
    if (mode == plan::JudgeMode::kSchedule) {
      options.alerts = plan::AlertMode::kParity;
    }
    options.shard_count = std::vector<uint16_t>{1, 7, 64}[GetParam() % 3];
    options.executors = static_cast<int>(1 + GetParam() / 3 % 3);
    if (GetParam() % 2 == 0) {
      options.table_memory_bytes = 128 << 10;   // groups are spilled all the time
    }
    return options;
  }

  std::vector<alert::Alert> Run(const ClusterOptions& options) {
    auto alerts = RunCluster(calls_, options);
    EXPECT_TRUE(alerts.ok()) << alerts.status();
    return alerts.ok() ? std::move(*alerts) : std::vector<alert::Alert>();
  }

  const std::vector<Call> calls_;
  const std::filesystem::path file_;
};

TEST_P(NaiveTest, BacktestAtTicks) {
  const Findings expected = JudgeTicks(calls_);
  ASSERT_THAT(expected.alerts, Not(IsEmpty()));
  ExpectSame(HitsOf(Backtest(plan::JudgeMode::kSchedule), true), expected.alerts);
}

TEST_P(NaiveTest, BacktestContinuously) {
  const Findings expected = JudgeContinuously(calls_);
  ASSERT_THAT(expected.alerts, Not(IsEmpty()));
  ExpectSame(HitsOf(Backtest(plan::JudgeMode::kContinuous), false), expected.alerts);
}

// Takes the alerts of the rule without a threshold out: the times of their events.
std::vector<UnixMillis> TakeEvents(std::vector<alert::Alert>* alerts) {
  std::vector<UnixMillis> times;
  std::erase_if(*alerts, [&times](const alert::Alert& alert) {
    const bool is_event = alert.rule_id == "naive-query";
    if (is_event) {
      times.push_back(alert.first_event_ms);
    }
    return is_event;
  });
  std::sort(times.begin(), times.end());
  return times;
}

TEST_P(NaiveTest, QueriesAtTicks) {
  const Findings expected = JudgeTicks(calls_, Rules::kQueries);
  ASSERT_THAT(expected.alerts, Not(IsEmpty()));
  std::vector<alert::Alert> alerts = Backtest(plan::JudgeMode::kSchedule, Rules::kQueries);
  ExpectSame(TakeEvents(&alerts), RefusedCalls(calls_));
  ExpectSame(HitsOf(alerts, true), expected.alerts);
}

TEST_P(NaiveTest, QueriesContinuously) {
  const Findings expected = JudgeContinuously(calls_, Rules::kQueries);
  ASSERT_THAT(expected.alerts, Not(IsEmpty()));
  std::vector<alert::Alert> alerts = Backtest(plan::JudgeMode::kContinuous, Rules::kQueries);
  const std::vector<UnixMillis> events = TakeEvents(&alerts);
  EXPECT_THAT(events, Not(IsEmpty()));
  ExpectSame(events, RefusedCalls(calls_));
  ExpectSame(HitsOf(alerts, false), expected.alerts);
}

TEST_P(NaiveTest, ClusterAtTicks) {
  ExpectSame(Fingerprints(Run(Cluster(plan::JudgeMode::kSchedule))),
             Fingerprints(Backtest(plan::JudgeMode::kSchedule)));
}

TEST_P(NaiveTest, ClusterContinuouslyInOrder) {
  ClusterOptions options = Cluster(plan::JudgeMode::kContinuous);
  options.in_order = true;
  ExpectSame(HitsOf(Run(options), false),
             HitsOf(Backtest(plan::JudgeMode::kContinuous), false));
}

// Rows that come late begin episodes earlier, join them, and change which suppresses the other: of
// the probing rule every alert must be a true episode and every key must have one, of the others all.
TEST_P(NaiveTest, ClusterContinuouslyOutOfOrder) {
  std::set<Hit> wanted;
  std::set<Hit> allowed;
  std::set<std::string> keys;
  const Findings expected = JudgeContinuously(calls_);
  for (const std::vector<Hit>* hits : {&expected.alerts, &expected.suppressed}) {
    for (Hit hit : *hits) {
      hit.suppressed = 0;
      allowed.insert(hit);
      if (hit.rule_id == kProbingRule) {
        keys.insert(SuppressionKey(hit.group));
      } else {
        wanted.insert(hit);
      }
    }
  }
  for (const alert::Alert& alert : Run(Cluster(plan::JudgeMode::kContinuous))) {
    if ((alert.flags & alert::kContinues) != 0) {
      continue;
    }
    Hit hit = HitOf(alert, false);
    EXPECT_TRUE(hit.rule_id == kProbingRule || hit.suppressed == 0);
    hit.suppressed = 0;
    EXPECT_TRUE(allowed.contains(hit)) << ::testing::PrintToString(hit);
    EXPECT_TRUE(hit.rule_id == kProbingRule || wanted.erase(hit) == 1)
        << "twice: " << ::testing::PrintToString(hit);
    if (hit.rule_id == kProbingRule) {
      keys.erase(SuppressionKey(hit.group));
    }
  }
  EXPECT_THAT(wanted, IsEmpty());
  EXPECT_THAT(keys, IsEmpty());
}

// The comparisons say something only where there is something to compare.
TEST(NaiveSeedsTest, ReachEveryRuleAndSuppression) {
  for (Findings (*judge)(const std::vector<Call>&, Rules) : {JudgeTicks, JudgeContinuously}) {
    std::map<std::string, int> threshold_alerts;
    std::map<std::string, int> alerts;
    std::size_t suppressed = 0;
    int made_again = 0;   // alerts of a suppression key after its first
    for (uint64_t seed = kFirstSeed; seed < kEndSeed; ++seed) {
      const Findings findings = judge(GenerateCalls(seed), Rules::kBedrock);
      for (const Hit& hit : judge(GenerateCalls(seed), Rules::kQueries).alerts) {
        ++threshold_alerts[hit.rule_id];
      }
      std::set<std::string> keys;
      for (const Hit& hit : findings.alerts) {
        ++alerts[hit.rule_id];
        made_again += hit.rule_id == kProbingRule && !keys.insert(SuppressionKey(hit.group)).second;
      }
      suppressed += findings.suppressed.size();
    }
    EXPECT_EQ(alerts.size(), 4U);
    EXPECT_EQ(threshold_alerts.size(), 3U);
    for (const auto& [rule_id, count] : alerts) {
      EXPECT_GE(count, 10) << rule_id;
    }
    EXPECT_GE(suppressed, 3U);
    EXPECT_GE(made_again, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, NaiveTest, ::testing::Range(kFirstSeed, kEndSeed),
                         [](const auto& seed) { return "Seed" + std::to_string(seed.param); });

}  // namespace
}  // namespace weir::naive
