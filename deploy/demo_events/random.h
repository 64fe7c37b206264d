// Seeded randomness (SplitMix64): the same seed gives the same day on every machine, which the
// distributions of the standard library do not promise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace weir::demo {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

  // Uniform in [low, high].
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Next() % static_cast<uint64_t>(high - low + 1));
  }
  bool Chance(double probability) {
    return static_cast<double>(Next() >> 11) * 0x1.0p-53 < probability;
  }
  template <typename Container>
  const auto& Pick(const Container& container) {
    return container[Next() % std::size(container)];
  }

  // Version 4 in form.
  std::string Uuid() {
    const uint64_t high = Next();
    const uint64_t low = Next();
    return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff,
                       high & 0xfff, 0x8000 | ((low >> 48) & 0x3fff), low & 0xffffffffffff);
  }
  // Upper-case letters and digits, as AWS builds its ids.
  std::string Code(int length) {
    constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string code;
    for (int i = 0; i < length; ++i) {
      code += kLetters[Next() % kLetters.size()];
    }
    return code;
  }

 private:
  uint64_t state_;
};

}  // namespace weir::demo
