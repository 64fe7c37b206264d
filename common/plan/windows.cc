// Windows and their identity. A window is what its head and fold say, how rows reach it, and its
// panes; never a threshold or a text, so that those may change while counts are kept.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "common/base/hash.h"
#include "common/base/time.h"
#include "common/plan/rule_set_internal.h"

namespace weir::plan {
namespace {

// A continuous look-back is cut into this many panes, unless they would be shorter than a second.
constexpr int64_t kPanesMax = 3600;

int64_t PaneWidth(const Draft& draft) {
  if (draft.judge.mode == JudgeMode::kSchedule) {
    return std::gcd(draft.judge.lookback_ms, draft.judge.tick_ms);
  }
  return ContinuousPaneMs(draft.judge.lookback_ms);
}

// stored: the texts and their order do not change.
Hash128 WindowId(const Draft& draft, const Window& window, const KeyClass& key_class) {
  const Analysis& analysis = draft.analysis;
  std::string bytes = "window";
  const auto add = [&](std::string_view text) {
    bytes.push_back('\0');
    bytes += text;
  };
  add(analysis.head.text);
  for (std::size_t i = 0; i < analysis.cell_texts.size(); ++i) {
    add(fmt::format("{} {}", window.is_events ? "cell" : "key", analysis.cell_texts[i]));
  }
  for (const FoldAggregate& aggregate : analysis.aggregates) {
    const int version = aggregate.function == nullptr ? 0 : aggregate.function->state_version();
    add(fmt::format("aggregate {} {}", version, aggregate.text));
  }
  for (const std::string& text : analysis.redacted) {
    add(text);
  }
  add(key_class.id.ToHex());
  add(fmt::format("pane {}", window.pane_ms));
  add(window.by_ingested ? "event.ingested" : "@timestamp");
  return HashBytes128(bytes);
}

}  // namespace

int64_t ContinuousPaneMs(int64_t lookback_ms) {
  return std::max(kMillisPerSecond, CeilDiv(lookback_ms, kPanesMax));
}

std::vector<Window> AssignWindows(std::vector<Draft>* drafts, const std::vector<KeyClass>& classes) {
  std::vector<Window> windows;
  for (std::size_t i = 0; i < drafts->size(); ++i) {
    Draft& draft = (*drafts)[i];
    Window window;
    window.class_index = draft.class_index;
    window.is_events = draft.analysis.is_events;
    window.pane_ms = PaneWidth(draft);
    window.by_ingested = draft.judge.mode == JudgeMode::kSchedule && !draft.judge.keeps_panes &&
                         draft.rule->timestamp_override == "event.ingested";
    window.id = WindowId(draft, window, classes[draft.class_index]);
    auto shared = std::find_if(windows.begin(), windows.end(),
                               [&](const Window& other) { return other.id == window.id; });
    if (shared == windows.end()) {
      window.keys = draft.analysis.keys;
      window.aggregates = draft.analysis.aggregates;
      window.event_cells = draft.analysis.event_cells;
      shared = windows.insert(windows.end(), std::move(window));
    }
    shared->rules.push_back(static_cast<uint32_t>(i));
    shared->lookback_ms_max = std::max(shared->lookback_ms_max, draft.judge.lookback_ms);
    draft.window_index = static_cast<uint32_t>(shared - windows.begin());
  }
  return windows;
}

}  // namespace weir::plan
