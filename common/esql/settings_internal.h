// The settings before a query, `SET name = value;`: each is applied to the tree, so that later passes
// know nothing of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/esql/ast.h"

namespace weir::esql {

class Settings {
 public:
  static bool IsKnown(std::string_view name);
  // Empty, or what is wrong with the setting; hint may get a remedy then.
  std::string Set(std::string_view name, std::string_view value, std::string* hint);

  // time_zone: functions that cut or name dates see them shifted. unmapped_fields = "nullify": what a
  // query that begins with ROW reads but never makes is null. Reports calls that a time zone is not
  // applied to.
  using Report = std::function<void(SourceRange range, std::string message)>;
  void Apply(Query* query, const Report& report) const;

 private:
  int64_t offset_ms_ = 0;      // of the time zone, east of UTC
  bool nullify_ = false;
};

}  // namespace weir::esql
