// What a query gave, held against the table its case expects.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/arena.h"
#include "common/types/value.h"
#include "tests/spec/csv_spec.h"

namespace weir::spec {

struct AnswerColumn {
  std::string name;
  DataType type = DataType::kNull;
};
struct Answer {
  std::vector<AnswerColumn> columns;
  std::vector<std::vector<Value>> rows;
  std::shared_ptr<Arena> arena;   // holds the cells
};

// The first difference in names, types or values; empty when there is none. Doubles must be equal.
std::string Compare(const Case& spec, const Answer& answer);

}  // namespace weir::spec
