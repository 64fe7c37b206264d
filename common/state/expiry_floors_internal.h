// Which shard state is dead: per key prefix the lowest expiry that still counts. Shared by the stores;
// a compaction works on a copy, so that it takes no lock per key.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace weir::state {

class ExpiryFloors {
 public:
  // Replaces the floor of a prefix; 0 removes it.
  void Set(std::string_view prefix, uint64_t floor_ms);
  bool empty() const { return by_length_.empty(); }
  // True when some prefix of the key has a floor above the expiry that the value begins with. A value
  // too short to hold one is never expired.
  bool Expired(std::string_view key, std::string_view value) const;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using FloorsOfLength = std::unordered_map<std::string, uint64_t, TextHash, std::equal_to<>>;

  // By the length of the prefix: there are few lengths, and one lookup each answers for a key.
  std::map<std::size_t, FloorsOfLength> by_length_;
};

class SharedExpiryFloors {
 public:
  void Set(std::string_view prefix, uint64_t floor_ms) {
    const std::lock_guard lock(mutex_);
    floors_.Set(prefix, floor_ms);
  }
  ExpiryFloors Copy() const {
    const std::lock_guard lock(mutex_);
    return floors_;
  }

 private:
  mutable std::mutex mutex_;
  ExpiryFloors floors_;
};

}  // namespace weir::state
