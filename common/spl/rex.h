// What rex makes of a pattern.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::spl {

// The names of the groups (?<name>...) and (?P<name>...), in their order.
std::vector<std::string> NamedGroups(std::string_view pattern);

}  // namespace weir::spl
