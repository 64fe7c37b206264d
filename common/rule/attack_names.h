// Names of the ATT&CK techniques that detections of cloud logs name by id only.
#pragma once

#include <string_view>

namespace weir::rule {

// Empty for an id that is not in the table.
std::string_view AttackTechniqueName(std::string_view id);

}  // namespace weir::rule
