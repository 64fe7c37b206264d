#include "tests/sim/history.h"

#include <fmt/format.h>

#include "common/base/hash.h"

namespace weir::sim {

void History::Add(int64_t now_ms, std::string_view node, std::string_view what) {
  lines_.push_back(fmt::format("{:>4}.{:03} {:<8} {}", now_ms / 1000, now_ms % 1000, node, what));
  hash_ = Hash64(fmt::format("{:016x}{}", hash_, lines_.back()));
}

}  // namespace weir::sim
