// When does a sliding window fire? Pure arithmetic over pane numbers: pane i is (  (i-1)*w, i*w ], the
// window judged at p holds the panes (p - n, p]. Nothing here knows rows, rules or storage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace weir::window {

// A run of consecutive judged panes at which the condition holds, both ends included.
struct FiringRun {
  int64_t first = 0;
  int64_t last = 0;

  bool operator==(const FiringRun&) const = default;
};

// What slides: panes enter in ascending order and leave in the same order. Condition() is asked after
// each change.
class SlidingState {
 public:
  virtual ~SlidingState() = default;
  // The pane at this position of the group's pane list enters, or leaves, the window.
  virtual void Enter(std::size_t position) = 0;
  virtual void Leave(std::size_t position) = 0;
  virtual bool Condition() = 0;
};

// All runs of judged panes >= first_judged at which the condition holds. indices are the numbers of
// the panes that have rows, ascending and distinct; width is n >= 1. The state must be empty at the
// start and is empty again at the end. The condition must be false of an empty window.
std::vector<FiringRun> FindFiringRuns(std::span<const int64_t> indices, int64_t width,
                                      int64_t first_judged, SlidingState* state);

// Joins runs, sorted by first, whose distance (next.first - previous.last) is at most gap.
std::vector<FiringRun> JoinRuns(std::vector<FiringRun> runs, int64_t gap);

// The pane that holds a time: the smallest i with time_ms <= i * pane_ms.
int64_t PaneOf(int64_t time_ms, int64_t pane_ms);

}  // namespace weir::window
