// weir explain: why rules did, or did not, take an event.
#pragma once

#include "cli/command_internal.h"

namespace weir::cli {

// explain_event.cc
void AddExplainEventCommand(CLI::App* explain, Action* action);

}  // namespace weir::cli
