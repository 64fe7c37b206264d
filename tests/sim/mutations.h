// Names of what can be switched off (common/base/mutation.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::sim {

std::vector<std::string> MutationNames();
// "" switches everything on again. False when there is no such name.
bool SetMutation(std::string_view name);

}  // namespace weir::sim
