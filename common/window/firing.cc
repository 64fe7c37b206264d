#include "common/window/firing.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/base/time.h"

namespace weir::window {

std::vector<FiringRun> FindFiringRuns(std::span<const int64_t> indices, int64_t width,
                                      int64_t first_judged, SlidingState* state) {
  WEIR_CHECK(width >= 1, "width {}", width);
  std::vector<FiringRun> runs;
  bool holds = false;
  int64_t since = 0;
  std::size_t entered = 0;
  std::size_t left = 0;
  while (left < indices.size()) {
    const int64_t next_leave = indices[left] + width;
    const int64_t pane =
        entered < indices.size() ? std::min(indices[entered], next_leave) : next_leave;
    if (entered < indices.size() && indices[entered] == pane) {
      state->Enter(entered++);
    }
    if (next_leave == pane) {
      state->Leave(left++);
    }
    const bool now_holds = left < entered && state->Condition();
    if (now_holds == holds) {
      continue;
    }
    holds = now_holds;
    if (holds) {
      since = pane;
    } else if (pane - 1 >= first_judged) {
      runs.push_back({std::max(since, first_judged), pane - 1});
    }
  }
  return runs;
}

std::vector<FiringRun> JoinRuns(std::vector<FiringRun> runs, int64_t gap) {
  std::vector<FiringRun> joined;
  for (const FiringRun& run : runs) {
    if (!joined.empty() && run.first - joined.back().last <= gap) {
      joined.back().last = std::max(joined.back().last, run.last);
    } else {
      joined.push_back(run);
    }
  }
  return joined;
}

int64_t PaneOf(int64_t time_ms, int64_t pane_ms) {
  return CeilDiv(time_ms, pane_ms);
}

}  // namespace weir::window
