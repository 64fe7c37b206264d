// A bag of doubles as bytes, from which quantiles are read: all values while there are at most
// kExactValues, beyond that counts in buckets of the numbers' leading bits. Which form a bag has
// depends only on how many values it holds, and buckets add up, so that neither the split nor the
// order of merges can show.
//
// Format (stored: do not change), by the first byte:
//   0  values as 8 bytes each, ascending. A double is written as the big-endian integer that sorts as
//      it does: its bits with the sign bit flipped, or all bits flipped when it is negative.
//   1  least and greatest value (8 bytes each, as above), then per bucket, ascending: varint key less
//      the key before it, varint count (not 0). A key is the upper 20 of those 64 bits (sign,
//      exponent, 8 bits of fraction) after rounding to nearest.
// In the second form a quantile is a bucket's middle, off by at most 2^-9 = 0.2 % of itself; numbers
// of at most 9 significant bits, and the least and the greatest, are exact.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::agg {

inline constexpr std::size_t kExactValues = 1000;

void AddToBag(double value, std::string* state);
void MergeBags(std::string_view other, std::string* state);
bool BagIsExact(std::string_view state);

// A value and how often it is in the bag.
struct Weighted {
  double value;
  uint64_t count;
};

// Ascending. REQUIRES: the state is not empty.
std::vector<Weighted> ReadBag(std::string_view state);

// The value at percent [0, 100] of a bag sorted ascending, between two values by linear interpolation
// on ranks 0 .. n - 1.
double PercentileOf(const std::vector<Weighted>& sorted, double percent);

}  // namespace weir::agg
