// Reads Elasticsearch's `.csv-spec` files: named queries, each with the table it must give.
#pragma once

#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/types/data_type.h"

namespace weir::spec {

struct ExpectedColumn {
  std::string name;
  std::string type;   // as written: "keyword", "l", "dt"
};

struct Case {
  std::string name;
  int line = 0;                  // of the name
  bool ignored = false;          // its name ends in -Ignore
  bool ignores_order = false;
  std::string query;
  std::vector<ExpectedColumn> columns;
  std::vector<std::vector<std::string>> rows;   // cells as written, trimmed
};

StatusOr<std::vector<Case>> ParseCsvSpec(std::string_view text);

// The type a header or a data file names, with its short forms; empty for one Weir has not.
std::optional<DataType> ParseColumnType(std::string_view name);

std::string_view TrimBlanks(std::string_view text);

}  // namespace weir::spec
