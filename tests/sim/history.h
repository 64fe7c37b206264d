// What happened in a simulation, one line an event, for whoever reads a failing seed. Two runs of a seed
// have the same history.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::sim {

class History {
 public:
  void Add(int64_t now_ms, std::string_view node, std::string_view what);

  // Of all lines so far.
  uint64_t hash() const { return hash_; }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
  uint64_t hash_ = 0;
};

}  // namespace weir::sim
