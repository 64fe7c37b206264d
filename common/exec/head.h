// Which heads an event can match, found by data stream and by one indexed field instead of by trying
// every rule, and the cells a head's row becomes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "common/base/hash.h"
#include "common/expr/expr.h"
#include "common/plan/plan.h"
#include "common/source/decoder.h"

namespace weir::exec {

// One head a window: rules that share a window have the same head.
struct WindowHead {
  uint32_t window_index = 0;
  const plan::Window* window = nullptr;
  const plan::CompiledRule* rule = nullptr;   // any of the window's rules
};

// Candidate heads per data stream. Not thread safe: it learns data streams as they come.
class HeadIndex {
 public:
  explicit HeadIndex(const plan::RuleSet& rules);

  // Calls visit(const WindowHead&) for every head whose FROM and indexed guard the event meets.
  template <typename Visit>
  void ForEachCandidate(source::Event& event, const Visit& visit) {
    const StreamIndex& stream = ForStream(event.data_stream());
    for (const WindowHead* head : stream.unguarded) {
      visit(*head);
    }
    for (const GuardIndex& guard : stream.guards) {
      const Value value = event.Get(guard.field);
      const auto items = value.items();
      for (std::size_t i = 0; i < items.size(); ++i) {
        const auto found = guard.by_value.find(items[i].text());
        if (found == guard.by_value.end()) {
          continue;
        }
        for (const WindowHead* head : found->second) {
          // A head that takes several of the event's values is visited at the first.
          if (i == 0 || !guard.Takes(*head, items.first(i))) {
            visit(*head);
          }
        }
      }
    }
  }

 private:
  using HeadsByValue = absl::flat_hash_map<std::string, std::vector<const WindowHead*>, StringHash,
                                           std::equal_to<>>;
  // Heads by one of their guards.
  struct GuardIndex {
    FieldId field = 0;
    HeadsByValue by_value;

    bool Takes(const WindowHead& head, std::span<const Value> values) const;
  };
  struct StreamIndex {
    std::vector<const WindowHead*> unguarded;
    std::vector<GuardIndex> guards;
  };

  const StreamIndex& ForStream(std::string_view data_stream);
  StreamIndex Build(std::string_view data_stream) const;

  const plan::RuleSet& rules_;
  std::vector<WindowHead> heads_;
  absl::flat_hash_map<std::string, StreamIndex, StringHash, std::equal_to<>> streams_;
};

// Appends the cells of a row for the window's aggregates: per aggregate a filter byte (0 or 1) if it has
// a filter, then its inputs unless filtered out.
void AppendAggregateCells(const std::vector<plan::FoldAggregate>& aggregates,
                          expr::EvalContext* context, std::string* out);

}  // namespace weir::exec
