// The rule sets of the cluster, as all nodes learn of them: texts, options, and the stamp from which each
// is active. Versions only grow, and a version never changes. Runs on the metadata store's scheduler.
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

namespace weir::cluster {

// Values of plan::JudgeMode and plan::AlertMode are kept as texts: this library knows no plans.
struct RuleSetTexts {
  RuleSetVersion version;
  UnixMillis active_from_ms = 0;   // batches stamped later use it, those up to it the version before
  std::string mode;                // "", "schedule", "continuous"
  std::string alerts;              // "", "parity", "episodes"
  int64_t lateness_ms = 0;
  struct File {
    std::string path;
    std::string text;
  };
  std::vector<File> files;
};

std::string EncodeRuleSetTexts(const RuleSetTexts& rules);
StatusOr<RuleSetTexts> DecodeRuleSetTexts(std::string_view bytes);

class RuleFeed {
 public:
  // on_rules is called for every version, oldest first, from Start on.
  RuleFeed(meta::MetaStore* store, task::Scheduler* scheduler,
           std::function<void(const RuleSetTexts&)> on_rules);
  ~RuleFeed();

  void Start();
  // Adds the next version, active from a stamp. kAborted when another got in between.
  void Publish(RuleSetTexts rules, std::vector<meta::Compare> fence,
               std::function<void(StatusOr<RuleSetVersion>)> done);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace weir::cluster
