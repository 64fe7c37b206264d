// [[rule.filters]]: queries of Elasticsearch's DSL, as Kibana writes them.
#pragma once

#include <optional>

#include "common/rule/toml_reader_internal.h"

namespace weir::rule {

// All filters of a rule that are not disabled, together; empty when there is none. Reports what is
// wrong or not supported.
std::optional<Filter> ReadFilters(const TableRef& rule, TomlReader* reader);

}  // namespace weir::rule
