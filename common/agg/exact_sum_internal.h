// Exact sums as bytes. The sum of any doubles, 64-bit integers and exact squares of them is kept
// without rounding, so the order of additions cannot matter; only reading it rounds, once.
//
// Format (stored: do not change): flags, base, limbs.
//   flags  bit 0: +infinity was added, bit 1: -infinity, bit 2: NaN
//   base   index of the lowest limb
//   limbs  32 bits each, little endian, low first: a two's complement integer in units of
//          2^(32 * base - 2176). No zero limb below, no limb above that only repeats the sign, so one
//          sum has one form. Zero has base 0 and no limbs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::agg {

// An extension of both compilers the house builds with.
__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

class ExactSum {
 public:
  // Value of the lowest bit of limb 0: low enough for the square of the least subnormal.
  static constexpr int kUnitExponent = -2176;
  // Up to the square of the greatest double, summed 2^64 times.
  static constexpr int kLimbs = 136;

  // Zero.
  ExactSum() = default;
  // Reads the bytes of AppendTo; dies on anything else.
  explicit ExactSum(std::string_view bytes);

  void AppendTo(std::string* out) const;

  void AddDouble(double value);
  void AddInteger(int64_t value);
  // Adds value * value, unrounded.
  void AddSquare(double value);
  void AddIntegerSquare(int64_t value);
  void AddIntegerProduct(int64_t left, int64_t right);
  void AddSum(const ExactSum& other);

  bool is_zero() const { return flags_ == 0 && low_ == high_; }
  // Correctly rounded, ties to even; infinite beyond the range of double.
  double ToDouble() const;
  // False when the sum is no integer of 64 bits.
  bool ToInteger(int64_t* out) const;
  // The rounded sum divided by count, which does not overflow where the sum would.
  double DividedBy(uint64_t count) const;

  // The population variance of count values with this sum and a sum of squares; never negative.
  static double Variance(uint64_t count, const ExactSum& sum, const ExactSum& squares);

 private:
  static constexpr uint8_t kPositiveInfinity = 1;
  static constexpr uint8_t kNegativeInfinity = 2;
  static constexpr uint8_t kNan = 4;

  // Adds ±magnitude * 2^exponent.
  void AddScaled(Uint128 magnitude, bool negative, int exponent);
  // Makes limbs [low, high) part of the number.
  void Extend(int low, int high);
  void Trim();
  bool negative() const { return high_ > low_ && (limbs_[high_ - 1] >> 31) != 0; }
  // Infinity or NaN when one was added.
  double Special() const;
  // Limbs of the absolute value from limb 0 of low_.
  std::vector<uint32_t> Magnitude() const;

  uint8_t flags_ = 0;
  // Limbs in use; those outside are not initialised.
  int low_ = 0;
  int high_ = 0;
  uint32_t limbs_[kLimbs];
};

}  // namespace weir::agg
