// The rule sets of the cluster, as all nodes learn of them: texts, options, and the stamp from
// which each is active. Versions only grow, and a version never changes. Runs on the metadata
// store's scheduler.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/meta/meta_store.h"
#include "common/task/scheduler.h"

namespace weir::cluster {

// So many of the newest rule sets are kept, in the metadata store and in a worker's; a worker also keeps those
// that a shard's log may still name.
inline constexpr uint64_t kRuleSetsKept = 100;

// Values of plan::JudgeMode, plan::AlertMode and plan::Evidence are kept as texts: this library knows no plans.
struct RuleSetTexts {
  RuleSetVersion version;
  UnixMillis active_from_ms = 0;   // batches stamped later use it, those up to it the one before
  std::string mode;                // "", "schedule", "continuous"
  std::string alerts;              // "", "parity", "episodes"
  int64_t lateness_ms = 0;
  std::string evidence = "full";   // a value of plan::Evidence
  struct File {
    std::string path;
    std::string text;
  };
  std::vector<File> files;
};

// Versioned, docs/formats.md. stored: do not renumber.
std::string EncodeRuleSetTexts(const RuleSetTexts& rules);
StatusOr<RuleSetTexts> DecodeRuleSetTexts(std::string_view bytes);
// Whether they are the same rules under the same options, whatever the version.
bool SameRules(const RuleSetTexts& one, const RuleSetTexts& other);

class RuleFeed {
 public:
  // on_rules is called for every version, oldest first, from Start on. It must not destroy the
  // feed. A version that cannot be read is left out, and logged. store and scheduler outlive the
  // feed.
  RuleFeed(meta::MetaStore* store, task::Scheduler* scheduler,
           std::function<void(const RuleSetTexts&)> on_rules);
  ~RuleFeed();

  void Start();
  // Whether all versions of the time of Start have been told.
  bool synced() const;
  // The newest that was told; null: none.
  const RuleSetTexts* newest() const;

  // Adds the next version, and takes away those before the newest kRuleSetsKept; the given one is ignored,
  // and active_from_ms raised above that of the newest if it is not. kAborted when another got in between, or the fence does not hold.
  // kUnavailable: not reached, or not synced; it may yet appear. kInvalidArgument: too long. done
  // is dropped with the feed.
  void Publish(RuleSetTexts rules, std::vector<meta::Compare> fence,
               std::function<void(StatusOr<RuleSetVersion>)> done);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace weir::cluster
