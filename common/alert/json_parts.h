// Parts of an alert's JSON, for those who write it in another shape than ToJson.
#pragma once

#include <vector>

#include "common/alert/alert.h"
#include "common/base/json_writer.h"

namespace weir::alert {

// The cell's value with its type: a number, boolean, string, array or null.
void WriteCellValue(const NamedCell& cell, JsonWriter* json);

// Rule files' shape: [{framework, tactic {id, name, reference}, technique [{.., subtechnique
// []}]}].
void WriteThreatMappings(const std::vector<rule::ThreatMapping>& threat, JsonWriter* json);

}  // namespace weir::alert
