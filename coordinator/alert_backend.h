// Where alerts live: the shards of the worker in this process, or of the workers of a cluster. All calls
// block; thread safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/alert/details.h"
#include "common/alert/lifecycle.h"
#include "common/base/hash.h"
#include "common/base/status.h"
#include "common/plan/plan.h"
#include "coordinator/alert_index.h"
#include "worker/worker.h"

namespace weir::coordinator {

struct AlertCommand {
  Hash128 alert;
  alert::Action action;   // CheckAction says OK
};

class AlertBackend {
 public:
  virtual ~AlertBackend() = default;

  // One alert as of now. NotFound; Unavailable when a worker that may have it does not answer.
  virtual StatusOr<alert::AlertDetails> Show(const Hash128& id) = 0;
  // The first alerts of an order from the stores, as lists show them. Unavailable unless every shard was
  // looked through. keys_only: of the alerts only their ids and what
  // orders compare need be set.
  virtual StatusOr<worker::AlertsFound> Find(const worker::AlertQuery& query, bool keys_only) = 0;
  // As many results, in their order (worker::AlertUpdateResult). All commands have the same action but for
  // the expected revision.
  virtual std::vector<worker::AlertUpdateResult> Update(const std::vector<AlertCommand>& commands) = 0;
  // The newest rule set; may be null.
  virtual plan::RuleSetPtr Rules() = 0;
};

// Over the one worker of the process, which holds all shards at epoch 0. Both outlive it.
std::unique_ptr<AlertBackend> MakeLocalAlertBackend(worker::Worker* worker, const AlertIndex* index);

}  // namespace weir::coordinator
