// event.category and event.type of CloudTrail actions.
#pragma once

#include <array>
#include <string_view>

namespace weir::source {

struct ActionClass {
  std::string_view category;                  // empty: none
  std::array<std::string_view, 2> types;      // the second may be empty
};

// An action that is not in the table has no category and the type "info".
const ActionClass& ClassifyAction(std::string_view action);

}  // namespace weir::source
