// Says why an alert fired: the steps of its rule, with the values that its columns have.
#pragma once

#include <string>
#include <vector>

#include "common/alert/details.h"
#include "common/base/status.h"
#include "common/exec/head_trace.h"
#include "coordinator/alert_backend.h"

namespace weir::coordinator {

struct AlertExplanation {
  struct Condition {
    std::string text;
    std::vector<exec::SeenValue> values;   // the alert's columns that it names
  };

  alert::AlertDetails details;
  // Of the rule as it runs now; version 0: it does not.
  RuleSetVersion version;
  std::vector<std::string> head;
  std::string fold;                        // "": each row is an alert
  std::vector<Condition> tail;
  std::vector<std::string> exceptions;     // "name: what it leaves out"
};

// NotFound; Unavailable. Blocks on the backend.
StatusOr<AlertExplanation> ExplainAlert(AlertBackend* backend, const Hash128& id);

}  // namespace weir::coordinator
