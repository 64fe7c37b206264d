// Random calls, few enough principals and models that the rules fire, many of them at the edges of
// seconds, minutes, ticks and windows.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "tests/naive/call.h"

namespace weir::naive {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  // Both ends included.
  int64_t Between(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(engine_() % static_cast<uint64_t>(most - least + 1));
  }
  bool OneIn(int64_t n) { return Between(1, n) == 1; }
  template <typename T>
  const T& Pick(const std::vector<T>& items) {
    return items[static_cast<std::size_t>(Between(0, static_cast<int64_t>(items.size()) - 1))];
  }

 private:
  std::mt19937_64 engine_;
};

// In no order, with copies of some. Calls of one principal and account to different models never
// share a second: which of two episodes that begin at once suppresses the other is not promised.
std::vector<Call> GenerateCalls(uint64_t seed);

}  // namespace weir::naive
