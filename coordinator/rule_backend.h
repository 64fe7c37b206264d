// Where rule sets are kept and published: the store of the process that is the whole cluster, or the
// metadata store. All calls block; thread safe.
#pragma once

#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/cluster/rule_feed.h"
#include "common/plan/plan.h"
#include "common/rule/rule.h"
#include "coordinator/worker_client.h"

namespace weir::coordinator {

class RuleBackend {
 public:
  virtual ~RuleBackend() = default;

  // The newest set; version 0 when there is none. Unavailable.
  virtual StatusOr<cluster::RuleSetTexts> Newest() = 0;
  // NotFound also when the version is too old to be kept here.
  virtual StatusOr<cluster::RuleSetTexts> Get(RuleSetVersion version) = 0;
  // Those that Get finds, ascending.
  virtual StatusOr<std::vector<RuleSetVersion>> Versions() = 0;
  // Makes the set the next version, if `before` is still the newest; else Aborted. FailedPrecondition when
  // this process does not lead: the message says who does.
  virtual StatusOr<RuleSetVersion> Publish(cluster::RuleSetTexts rules, RuleSetVersion before) = 0;
  // From when on a set that is published now would count.
  virtual UnixMillis ActiveFrom() = 0;
  virtual UnixMillis Now() = 0;
  // findings: one list per file.
  virtual plan::RuleSetPtr Compile(const cluster::RuleSetTexts& rules,
                                   std::vector<std::vector<rule::Finding>>* findings) = 0;
  // The workers' counters.
  virtual WorkersStatus Workers() = 0;
};

}  // namespace weir::coordinator
