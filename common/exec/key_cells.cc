#include "common/exec/key_cells.h"

#include <algorithm>
#include <span>

namespace weir::exec {

namespace {

// A value twice in a key cell puts the row in its group once.
bool AppearsBefore(std::span<const Value> items, std::size_t position) {
  return std::any_of(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(position),
                     [&](const Value& item) { return CompareValues(item, items[position]) == 0; });
}

}  // namespace

std::size_t KeyCells::Evaluate(const std::vector<plan::FoldKey>& keys,
                               expr::EvalContext* context) {
  cells_.resize(keys.size());
  chosen_.resize(keys.size());
  std::size_t combinations = 1;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    cells_[i] = keys[i].value->Eval(*context);
    if (!keys[i].whole && combinations < kKeyCombinationsMax) {
      combinations *= std::max<std::size_t>(1, cells_[i].count());
    }
  }
  return std::min(combinations, kKeyCombinationsMax);
}

bool KeyCells::Choose(const std::vector<plan::FoldKey>& keys, std::size_t combination) {
  encoded_.clear();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto items = cells_[i].items();
    if (keys[i].whole || items.size() <= 1) {
      chosen_[i] = cells_[i];
    } else {
      const std::size_t position = combination % items.size();
      if (AppearsBefore(items, position)) {
        return false;
      }
      chosen_[i] = items[position];
      combination /= items.size();
    }
    EncodeValue(chosen_[i], &encoded_);
  }
  return true;
}

}  // namespace weir::exec
