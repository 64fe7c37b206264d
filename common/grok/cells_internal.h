// Output cells that collect several values.
#pragma once

#include <algorithm>

#include "common/base/arena.h"
#include "common/types/value.h"

namespace weir::grok {

// Adds a single value to a cell, which becomes a multivalue with its second one; null adds nothing.
inline void AppendToCell(const Value& value, Arena* arena, Value* cell) {
  if (value.is_null()) {
    return;
  }
  if (cell->is_null()) {
    *cell = value;
    return;
  }
  const auto items = cell->items();
  auto* grown = arena->AllocateArray<Value>(items.size() + 1);
  std::copy(items.begin(), items.end(), grown);
  grown[items.size()] = value;
  *cell = Value::Multi({grown, items.size() + 1});
}

}  // namespace weir::grok
