#include "common/shard/group_search.h"

#include <algorithm>
#include <tuple>

#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/shard/group_view.h"
#include "common/shard/tick_rows.h"
#include "common/types/coding.h"

namespace weir::shard {
namespace {

// Groups that are kept where parts must be put together first.
constexpr std::size_t kPartsMax = 10'000;

}  // namespace

NearestGroups::NearestGroups(const plan::CompiledRule* rule, const plan::Window* window,
                             UnixMillis window_end_ms, std::size_t limit, std::vector<KeyText> keys)
    : rule_(rule),
      window_(window),
      window_end_ms_(window_end_ms),
      limit_(limit),
      keys_(std::move(keys)),
      kept_max_(rule->spread ? std::max(limit, kPartsMax) : limit) {}

bool NearestGroups::HasKeys(const Group& group) const {
  if (keys_.empty()) {
    return true;
  }
  Arena arena;
  ByteReader reader(group.key());
  std::size_t found = 0;
  for (const plan::FoldKey& key : window_->keys) {
    const Value value = DecodeValue(&reader, &arena);
    for (const auto& [name, text] : keys_) {
      if (name == key.name && text == ValueToString(value)) {
        ++found;
      }
    }
  }
  return found == keys_.size();
}

void NearestGroups::Rate(Found* found) const {
  const TickPanes panes = PanesOf(*rule_, *window_, window_end_ms_);
  found->rows = found->group->RowsIn(panes.after, panes.until);
  found->share = found->rows == 0 ? 0 : ViewGroup(*rule_, *found->group, window_end_ms_).share;
}

void NearestGroups::Add(const Group& group) {
  if (!HasKeys(group)) {
    return;
  }
  const TickPanes panes = PanesOf(*rule_, *window_, window_end_ms_);
  const auto known = found_.find(group.key());
  if (known != found_.end()) {
    known->second.group->Absorb(group);
    Rate(&known->second);
    return;
  }
  // Who asks for keys wants to see a group also when its rows are older.
  if (keys_.empty() && group.RowsIn(panes.after, panes.until) == 0) {
    return;
  }
  ++matched_;
  if (!rule_->spread && !rule_->judge.growth.empty() && ShareAtMost(*rule_, group) < floor_) {
    return;
  }
  Found found;
  found.group = std::make_unique<Group>(group);
  Rate(&found);
  found_.emplace(group.key(), std::move(found));
  if (found_.size() >= 2 * kept_max_ + 16) {
    Trim(kept_max_);
  }
}

Status NearestGroups::AddEncoded(std::string_view part) {
  WEIR_ASSIGN_OR_RETURN(const Group group, Group::Parse(window_, part));
  Add(group);
  return OkStatus();
}

void NearestGroups::Trim(std::size_t keep) {
  if (found_.size() <= keep) {
    return;
  }
  std::vector<std::tuple<double, uint64_t, std::string>> order;
  for (const auto& [key, found] : found_) {
    order.emplace_back(-found.share, UINT64_MAX - found.rows, key);
  }
  std::sort(order.begin(), order.end());
  for (std::size_t i = keep; i < order.size(); ++i) {
    found_.erase(std::get<2>(order[i]));
  }
  floor_ = keep == 0 ? 0 : -std::get<0>(order[keep - 1]);
}

std::vector<NearestGroups::Found> NearestGroups::Take() {
  std::vector<Found> all = TakeParts();
  if (all.size() > limit_) {
    all.resize(limit_);
  }
  return all;
}

std::vector<NearestGroups::Found> NearestGroups::TakeParts() {
  Trim(kept_max_);
  std::vector<Found> all;
  for (auto& [key, found] : found_) {
    all.push_back(std::move(found));
  }
  found_.clear();
  std::stable_sort(all.begin(), all.end(), [](const Found& one, const Found& other) {
    return std::tie(other.share, other.rows) < std::tie(one.share, one.rows);
  });
  return all;
}

UnixMillis OpenWindowEnd(const plan::CompiledRule& rule, const plan::Window& window,
                         UnixMillis now_ms) {
  const int64_t unit_ms =
      rule.judge.mode == plan::JudgeMode::kSchedule ? rule.judge.tick_ms : window.pane_ms;
  return CeilDiv(now_ms, unit_ms) * unit_ms;
}

}  // namespace weir::shard
