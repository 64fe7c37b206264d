// Where all chance of a simulation comes from: one generator, one seed.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace weir::sim {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  // Both ends included.
  int64_t Between(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(engine_() % static_cast<uint64_t>(most - least + 1));
  }
  std::size_t Below(std::size_t end) { return static_cast<std::size_t>(engine_() % end); }
  bool OneIn(int64_t n) { return Between(1, n) == 1; }
  template <typename T>
  const T& Pick(const std::vector<T>& items) {
    return items[Below(items.size())];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace weir::sim
