#include "common/window/firing.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::window {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Counts weights and holds from a threshold on.
class Weights final : public SlidingState {
 public:
  Weights(std::vector<int> weights, int threshold)
      : weights_(std::move(weights)), threshold_(threshold) {}
  void Enter(std::size_t position) override { sum_ += weights_[position]; }
  void Leave(std::size_t position) override { sum_ -= weights_[position]; }
  bool Condition() override { return sum_ >= threshold_; }

 private:
  std::vector<int> weights_;
  int threshold_;
  int sum_ = 0;
};

TEST(FiringTest, HoldsFromTheCrossingPaneUntilItsRowsLeave) {
  const std::vector<int64_t> indices = {10, 12};
  Weights state({2, 2}, 4);
  EXPECT_THAT(FindFiringRuns(indices, 5, INT64_MIN, &state), ElementsAre(FiringRun{12, 14}));
}

TEST(FiringTest, WindowExcludesThePaneExactlyALookbackAgo) {
  const std::vector<int64_t> indices = {10, 15};
  Weights state({2, 2}, 4);
  EXPECT_THAT(FindFiringRuns(indices, 5, INT64_MIN, &state), IsEmpty());
}

TEST(FiringTest, ClipsToJudgedPanes) {
  const std::vector<int64_t> indices = {10};
  Weights state({4}, 4);
  EXPECT_THAT(FindFiringRuns(indices, 5, 12, &state), ElementsAre(FiringRun{12, 14}));
  Weights again({4}, 4);
  EXPECT_THAT(FindFiringRuns(indices, 5, 15, &again), IsEmpty());
}

TEST(FiringTest, AgreesWithTryingEveryPane) {
  std::mt19937 random(20260310);
  for (int round = 0; round < 500; ++round) {
    std::vector<int64_t> indices;
    std::vector<int> weights;
    for (int64_t index = -5; index < 60; ++index) {
      if (random() % 4 == 0) {
        indices.push_back(index);
        weights.push_back(1 + static_cast<int>(random() % 3));
      }
    }
    const int64_t width = 1 + static_cast<int64_t>(random() % 12);
    const int threshold = 1 + static_cast<int>(random() % 8);
    Weights state(weights, threshold);
    const std::vector<FiringRun> runs = FindFiringRuns(indices, width, -100, &state);
    for (int64_t pane = -20; pane < 90; ++pane) {
      int sum = 0;
      for (std::size_t i = 0; i < indices.size(); ++i) {
        sum += indices[i] > pane - width && indices[i] <= pane ? weights[i] : 0;
      }
      const bool inside = std::any_of(runs.begin(), runs.end(), [&](const FiringRun& run) {
        return run.first <= pane && pane <= run.last;
      });
      ASSERT_EQ(inside, sum >= threshold) << "round " << round << " pane " << pane;
    }
  }
}

TEST(JoinRunsTest, JoinsRunsUpToTheGap) {
  EXPECT_THAT(JoinRuns({{1, 2}, {5, 6}, {10, 11}}, 3), ElementsAre(FiringRun{1, 6}, FiringRun{10, 11}));
  EXPECT_THAT(JoinRuns({{1, 9}, {2, 3}}, 0), ElementsAre(FiringRun{1, 9}));
}

TEST(PaneOfTest, APaneIncludesItsEndAndNotItsStart) {
  EXPECT_EQ(PaneOf(0, 1000), 0);
  EXPECT_EQ(PaneOf(1, 1000), 1);
  EXPECT_EQ(PaneOf(1000, 1000), 1);
  EXPECT_EQ(PaneOf(1001, 1000), 2);
  EXPECT_EQ(PaneOf(-1, 1000), 0);
  EXPECT_EQ(PaneOf(-1000, 1000), -1);
}

}  // namespace
}  // namespace weir::window
