// Which rule set a batch is decoded under: decided by its stamp alone, so that every ingest node decides
// alike for as long as it knows the versions.
#pragma once

#include <deque>
#include <mutex>

#include "common/base/time.h"
#include "common/plan/plan.h"

namespace weir::ingest {

class RuleSource {
 public:
  virtual ~RuleSource() = default;

  // The rule set for a batch with this stamp; null when none is active by then. Thread safe.
  virtual plan::RuleSetPtr RulesAt(UnixMillis stamp_ms) const = 0;
  // The time after which the version counts; INT64_MIN when it is not known (any more), or time does not
  // decide. Thread safe.
  virtual UnixMillis ActiveFrom(RuleSetVersion version) const = 0;
  // No later call asks for a stamp at or below this. Thread safe.
  virtual void OnPromise(UnixMillis stamp_ms) = 0;
};

// Keeps the versions it is given: the newest whose active_from is before the stamp counts. With the clock
// of a replay, stamps are no times of arrival, and the newest version always counts. Thread safe.
class CompiledRuleFeed final : public RuleSource {
 public:
  explicit CompiledRuleFeed(bool replay) : replay_(replay) {}

  // Versions only grow; one that is known, or older than the newest, is ignored.
  void Add(plan::RuleSetPtr rules, UnixMillis active_from_ms);

  plan::RuleSetPtr RulesAt(UnixMillis stamp_ms) const override;
  UnixMillis ActiveFrom(RuleSetVersion version) const override;
  // Drops versions that no later stamp can ask for.
  void OnPromise(UnixMillis stamp_ms) override;

  // Null before the first.
  plan::RuleSetPtr newest() const;
  std::size_t size() const;

 private:
  struct Version {
    plan::RuleSetPtr rules;
    UnixMillis active_from_ms = 0;
  };

  const bool replay_;
  mutable std::mutex mutex_;
  std::deque<Version> versions_;   // oldest first
};

}  // namespace weir::ingest
