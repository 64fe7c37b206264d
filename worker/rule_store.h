// The rule sets that were ever activated, by version, kept in the store's meta family: the log names
// versions only, and replay compiles the same texts again.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/plan/plan.h"
#include "common/state/state_store.h"
#include "worker/worker.h"

namespace weir::worker {

// Compiles the texts of a rule set, the same on every node. Overlays among them (overlay::PathOfName) change
// the rules of the others, and a change entry (common/cluster/rule_change.h) switches them on and off. Rules
// with errors are left out; findings has one list per file.
plan::RuleSetPtr CompileRuleFiles(const std::vector<RuleFile>& files,
                                  const plan::CompileOptions& options, RuleSetVersion version,
                                  std::vector<std::vector<rule::Finding>>* findings);

class RuleStore {
 public:
  explicit RuleStore(state::StateStore* store) : store_(store) {}

  // The newest stored version; 0 when there is none.
  StatusOr<RuleSetVersion> Newest();

  // All stored versions, ascending.
  StatusOr<std::vector<RuleSetVersion>> Versions();
  // What a version was compiled from. NotFound.
  Status Read(RuleSetVersion version, std::vector<RuleFile>* files, plan::CompileOptions* options);

  // The compiled rule set of a version. Thread safe.
  StatusOr<plan::RuleSetPtr> Get(RuleSetVersion version);

  // Stores the files under a version that the cluster chose; one that is stored already stays.
  StatusOr<plan::RuleSetPtr> Put(RuleSetVersion version, const std::vector<RuleFile>& files,
                                 const plan::CompileOptions& options);

  // Compiles the files. Returns the current version's rule set when texts and options are the same;
  // else stores them durably as the next version.
  StatusOr<plan::RuleSetPtr> Add(const std::vector<RuleFile>& files,
                                 const plan::CompileOptions& options,
                                 std::vector<std::vector<rule::Finding>>* findings);

 private:
  StatusOr<plan::RuleSetPtr> Store(RuleSetVersion version, const std::string& bytes,
                                   plan::RuleSetPtr rules);

  state::StateStore* store_;
  std::mutex mutex_;
  std::map<RuleSetVersion, plan::RuleSetPtr> compiled_;
};

}  // namespace weir::worker
