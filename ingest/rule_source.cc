#include "ingest/rule_source.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace weir::ingest {

void CompiledRuleFeed::Add(plan::RuleSetPtr rules, UnixMillis active_from_ms) {
  const std::lock_guard lock(mutex_);
  if (!versions_.empty() && rules->version <= versions_.back().rules->version) {
    return;
  }
  if (replay_) {
    versions_.clear();
  }
  versions_.push_back({std::move(rules), active_from_ms});
}

plan::RuleSetPtr CompiledRuleFeed::RulesAt(UnixMillis stamp_ms) const {
  const std::lock_guard lock(mutex_);
  if (replay_) {
    return versions_.empty() ? nullptr : versions_.back().rules;
  }
  for (auto version = versions_.rbegin(); version != versions_.rend(); ++version) {
    if (version->active_from_ms < stamp_ms) {
      return version->rules;
    }
  }
  return nullptr;
}

UnixMillis CompiledRuleFeed::ActiveFrom(RuleSetVersion version) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(versions_.begin(), versions_.end(), [version](const Version& known) {
    return known.rules->version == version;
  });
  return replay_ || found == versions_.end() ? INT64_MIN : found->active_from_ms;
}

void CompiledRuleFeed::OnPromise(UnixMillis stamp_ms) {
  if (replay_) {
    return;
  }
  const std::lock_guard lock(mutex_);
  // The least stamp to come is stamp_ms + 1: whoever is followed by a version active before that is past.
  std::size_t past = 0;
  for (std::size_t i = 1; i < versions_.size(); ++i) {
    if (versions_[i].active_from_ms <= stamp_ms) {
      past = i;
    }
  }
  versions_.erase(versions_.begin(), versions_.begin() + static_cast<std::ptrdiff_t>(past));
}

plan::RuleSetPtr CompiledRuleFeed::newest() const {
  const std::lock_guard lock(mutex_);
  return versions_.empty() ? nullptr : versions_.back().rules;
}

std::size_t CompiledRuleFeed::size() const {
  const std::lock_guard lock(mutex_);
  return versions_.size();
}

}  // namespace weir::ingest
