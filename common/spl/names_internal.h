// The fields that a stage names.
#pragma once

#include <string>
#include <vector>

#include "common/spl/ast.h"

namespace weir::spl {

// Appends the names that the stage mentions and *names does not have, in their order; patterns are left
// out.
void CollectNames(const Stage& stage, std::vector<std::string>* names);

}  // namespace weir::spl
