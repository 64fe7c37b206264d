// The rule sets that were activated, by version, kept in the store's meta family: the log names versions
// only, and replay compiles the same texts again. Compiled ones are shared as long as somebody has them; the
// latest that were asked for stay, because one shard after another asks for the same.
#pragma once

#include <deque>
#include <map>
#include <memory>
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
// with errors are left out; findings has one list per file. Rules keep the classes that an entry lists
// (cluster::kClassesName).
plan::RuleSetPtr CompileRuleFiles(const std::vector<RuleFile>& files,
                                  const plan::CompileOptions& options, RuleSetVersion version,
                                  std::vector<std::vector<rule::Finding>>* findings);

// The entry that the set after this one needs.
std::string ClassesAfter(const plan::RuleSet& rules);

// The least version that the recovery of any shard in the store may ask for: that of its last checkpoint, or
// of a record behind it. 0: it cannot be told yet.
StatusOr<RuleSetVersion> LeastNeededRules(state::StateStore* store, uint16_t shard_count);

class RuleStore {
 public:
  explicit RuleStore(state::StateStore* store) : store_(store) {}

  // The newest stored version; 0 when there is none.
  StatusOr<RuleSetVersion> Newest();

  // All stored versions, ascending.
  StatusOr<std::vector<RuleSetVersion>> Versions();
  // What a version was compiled from. NotFound also when it was forgotten.
  Status Read(RuleSetVersion version, std::vector<RuleFile>* files, plan::CompileOptions* options);

  // Forgets versions before the newest `kept`, but none from `needed` on: the least that recovery may ask for.
  Status Forget(RuleSetVersion needed, uint64_t kept);

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

  // REQUIRES: mutex_ is held.
  void Remember(const plan::RuleSetPtr& rules);

  state::StateStore* store_;
  std::mutex mutex_;
  std::map<RuleSetVersion, std::weak_ptr<const plan::RuleSet>> compiled_;
  std::deque<plan::RuleSetPtr> recent_;   // asked for last, the latest at the end
};

}  // namespace weir::worker
