// A few hundred seeds hold all that the simulator checks; a seed gives the same run every time; and with
// any one of the mechanisms switched off that the checks are about, some seed finds a violation.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/telemetry/log.h"
#include "tests/sim/mutations.h"
#include "tests/sim/simulation.h"

namespace weir::sim {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

constexpr uint64_t kSeeds = 240;
constexpr uint64_t kSeedsForMutation = 60;

class SimTest : public ::testing::Test {
 protected:
  SimTest() {
    log::Options options;
    options.level = log::Level::kError;
    options.file = "/dev/null";
    EXPECT_TRUE(log::Init(options).ok());
  }
  ~SimTest() override { SetMutation(""); }
};

std::string Text(const SeedResult& result) {
  std::string text;
  for (const std::string& line : result.history) {
    text += line + "\n";
  }
  return text;
}

TEST_F(SimTest, SeedsFindNothing) {
  std::size_t alerts = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const SeedResult result = RunSeed(seed);
    alerts += result.alerts;
    ASSERT_THAT(result.violations, IsEmpty())
        << Text(result) << "seed " << seed << ": run it alone with weir-sim --seed " << seed;
  }
  EXPECT_GT(alerts, kSeeds);
}

TEST_F(SimTest, ASeedGivesTheSameRun) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const SeedResult one = RunSeed(seed);
    const SeedResult two = RunSeed(seed);
    EXPECT_THAT(one.history, Not(IsEmpty()));
    EXPECT_EQ(one.history, two.history) << "seed " << seed;
    EXPECT_EQ(one.history_hash, two.history_hash);
  }
}

class MutationTest : public SimTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(MutationTest, IsFound) {
  ASSERT_TRUE(SetMutation(GetParam()));
  for (uint64_t seed = 1; seed <= kSeedsForMutation; ++seed) {
    const SeedResult result = RunSeed(seed);
    if (!result.violations.empty()) {
      RecordProperty("seed", std::to_string(seed));
      RecordProperty("violation", result.violations.front());
      return;
    }
  }
  FAIL() << "no seed notices that " << GetParam() << " is switched off";
}

INSTANTIATE_TEST_SUITE_P(All, MutationTest, ::testing::ValuesIn(MutationNames()),
                         [](const auto& name) {
                           std::string text = name.param;
                           std::replace(text.begin(), text.end(), '-', '_');
                           return text;
                         });

}  // namespace
}  // namespace weir::sim
