#include "common/agg/exact_sum_internal.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "common/base/check.h"

namespace weir::agg {

namespace {

static_assert(std::endian::native == std::endian::little);

// A finite double as ±magnitude * 2^exponent.
struct Parts {
  uint64_t magnitude;
  int exponent;
};

Parts Split(double value) {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  const int biased = static_cast<int>((bits >> 52) & 0x7ff);
  if (biased == 0) {
    return {fraction, -1074};
  }
  return {fraction | (uint64_t{1} << 52), biased - 1075};
}

// mantissa in [0.5, 1], or zero; the number is mantissa * 2^exponent.
struct Rounded {
  double mantissa;
  int exponent;
};

// Rounds a magnitude, whose lowest bit is worth 2^unit, to 53 bits with ties to even.
Rounded Round(const std::vector<uint32_t>& limbs, int unit) {
  std::size_t top = limbs.size();
  while (top > 0 && limbs[top - 1] == 0) {
    --top;
  }
  if (top == 0) {
    return {0, 0};
  }
  const int bits = static_cast<int>(top) * 32 - std::countl_zero(limbs[top - 1]);
  const auto bit_at = [&](int i) { return (limbs[static_cast<std::size_t>(i / 32)] >> (i % 32)) & 1; };
  uint64_t mantissa = 0;
  const int kept = std::min(bits, 53);
  for (int i = bits - 1; i >= bits - kept; --i) {
    mantissa = (mantissa << 1) | bit_at(i);
  }
  const int dropped = bits - kept;
  if (dropped > 0 && bit_at(dropped - 1) != 0) {
    bool above_half = false;
    for (int i = 0; i < dropped - 1 && !above_half; ++i) {
      above_half = bit_at(i) != 0;
    }
    if (above_half || (mantissa & 1) != 0) {
      ++mantissa;
    }
  }
  return {std::ldexp(static_cast<double>(mantissa), -kept), unit + bits};
}

std::vector<uint32_t> Multiply(const std::vector<uint32_t>& left, const std::vector<uint32_t>& right) {
  std::vector<uint32_t> out(left.size() + right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    uint64_t carry = 0;
    for (std::size_t j = 0; j < right.size(); ++j) {
      carry += static_cast<uint64_t>(left[i]) * right[j] + out[i + j];
      out[i + j] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    out[i + right.size()] = static_cast<uint32_t>(carry);
  }
  return out;
}

// left - right, where right is not greater.
std::vector<uint32_t> Subtract(std::vector<uint32_t> left, const std::vector<uint32_t>& right) {
  left.resize(std::max(left.size(), right.size()));
  int64_t borrow = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const int64_t digit = static_cast<int64_t>(left[i]) -
                          (i < right.size() ? static_cast<int64_t>(right[i]) : 0) + borrow;
    left[i] = static_cast<uint32_t>(digit);
    borrow = digit < 0 ? -1 : 0;
  }
  WEIR_CHECK(borrow == 0);
  return left;
}

void ShiftLimbs(std::vector<uint32_t>* limbs, int count) {
  limbs->insert(limbs->begin(), static_cast<std::size_t>(count), 0);
}

}  // namespace

ExactSum::ExactSum(std::string_view bytes) {
  WEIR_CHECK(bytes.size() >= 2 && (bytes.size() - 2) % 4 == 0, "{} bytes", bytes.size());
  flags_ = static_cast<uint8_t>(bytes[0]);
  low_ = static_cast<uint8_t>(bytes[1]);
  high_ = low_ + static_cast<int>((bytes.size() - 2) / 4);
  WEIR_CHECK(high_ <= kLimbs, "limb {}", high_);
  std::memcpy(limbs_ + low_, bytes.data() + 2, bytes.size() - 2);
}

void ExactSum::AppendTo(std::string* out) const {
  out->push_back(static_cast<char>(flags_));
  out->push_back(static_cast<char>(low_));
  out->append(reinterpret_cast<const char*>(limbs_ + low_),
              static_cast<std::size_t>(high_ - low_) * 4);
}

void ExactSum::AddDouble(double value) {
  if (!std::isfinite(value)) [[unlikely]] {
    flags_ |= std::isnan(value) ? kNan : value > 0 ? kPositiveInfinity : kNegativeInfinity;
    return;
  }
  const Parts parts = Split(value);
  AddScaled(parts.magnitude, std::signbit(value), parts.exponent);
}

void ExactSum::AddInteger(int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  AddScaled(value < 0 ? ~bits + 1 : bits, value < 0, 0);
}

void ExactSum::AddSquare(double value) {
  if (!std::isfinite(value)) [[unlikely]] {
    flags_ |= std::isnan(value) ? kNan : kPositiveInfinity;
    return;
  }
  const Parts parts = Split(value);
  AddScaled(static_cast<Uint128>(parts.magnitude) * parts.magnitude, false,
            2 * parts.exponent);
}

void ExactSum::AddIntegerSquare(int64_t value) {
  AddIntegerProduct(value, value);
}

void ExactSum::AddIntegerProduct(int64_t left, int64_t right) {
  const Int128 product = static_cast<Int128>(left) * right;
  const auto bits = static_cast<Uint128>(product);
  AddScaled(product < 0 ? ~bits + 1 : bits, product < 0, 0);
}

void ExactSum::Extend(int low, int high) {
  if (low_ == high_) {
    low_ = low;
    high_ = high;
    std::fill(limbs_ + low, limbs_ + high, 0);
    return;
  }
  if (high > high_) {
    std::fill(limbs_ + high_, limbs_ + high, negative() ? ~uint32_t{0} : 0);
    high_ = high;
  }
  if (low < low_) {
    std::fill(limbs_ + low, limbs_ + low_, 0);
    low_ = low;
  }
}

void ExactSum::Trim() {
  while (high_ > low_) {
    const uint32_t top = limbs_[high_ - 1];
    const bool next_negative = high_ - 1 > low_ && (limbs_[high_ - 2] >> 31) != 0;
    if ((top == 0 && !next_negative) || (top == ~uint32_t{0} && next_negative)) {
      --high_;
    } else {
      break;
    }
  }
  while (low_ < high_ && limbs_[low_] == 0) {
    ++low_;
  }
  if (low_ == high_) {
    low_ = high_ = 0;
  }
}

void ExactSum::AddScaled(Uint128 magnitude, bool negative, int exponent) {
  if (magnitude == 0) {
    return;
  }
  const int position = exponent - kUnitExponent;
  const int first = position / 32;
  const int shift = position % 32;
  // Five limbs hold the shifted magnitude; one above takes the carry and the sign.
  Extend(first, std::min(std::max(first + 6, high_ + 1), kLimbs));
  uint64_t carry = 0;
  Uint128 rest = magnitude;
  uint32_t above = 0;
  for (int i = first; i < high_; ++i) {
    const auto limb = static_cast<uint32_t>(rest);
    const uint32_t shifted = shift == 0 ? limb : (limb << shift) | above;
    above = shift == 0 ? 0 : limb >> (32 - shift);
    rest >>= 32;
    if (!negative) {
      carry += static_cast<uint64_t>(limbs_[i]) + shifted;
      limbs_[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
    } else {
      const uint64_t difference = static_cast<uint64_t>(limbs_[i]) - shifted - carry;
      limbs_[i] = static_cast<uint32_t>(difference);
      carry = (difference >> 32) & 1;
    }
    if (rest == 0 && above == 0 && carry == 0) {
      break;
    }
  }
  Trim();
}

void ExactSum::AddSum(const ExactSum& other) {
  flags_ |= other.flags_;
  if (other.low_ == other.high_) {
    return;
  }
  Extend(other.low_, std::min(std::max(high_, other.high_) + 1, kLimbs));
  const uint32_t sign = other.negative() ? ~uint32_t{0} : 0;
  uint64_t carry = 0;
  for (int i = other.low_; i < high_; ++i) {
    carry += static_cast<uint64_t>(limbs_[i]) + (i < other.high_ ? other.limbs_[i] : sign);
    limbs_[i] = static_cast<uint32_t>(carry);
    carry >>= 32;
  }
  Trim();
}

double ExactSum::Special() const {
  if ((flags_ & kNan) != 0 || (flags_ & 3) == 3) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const double infinity = std::numeric_limits<double>::infinity();
  return (flags_ & kPositiveInfinity) != 0 ? infinity : -infinity;
}

std::vector<uint32_t> ExactSum::Magnitude() const {
  std::vector<uint32_t> out(limbs_ + low_, limbs_ + high_);
  if (negative()) {
    uint64_t carry = 1;
    for (uint32_t& limb : out) {
      carry += static_cast<uint32_t>(~limb);
      limb = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }
  return out;
}

double ExactSum::ToDouble() const {
  if (flags_ != 0) {
    return Special();
  }
  const Rounded rounded = Round(Magnitude(), kUnitExponent + 32 * low_);
  const double magnitude = std::ldexp(rounded.mantissa, rounded.exponent);
  return negative() ? -magnitude : magnitude;
}

bool ExactSum::ToInteger(int64_t* out) const {
  constexpr int kOnes = -kUnitExponent / 32;
  if (flags_ != 0 || (low_ < high_ && (low_ < kOnes || high_ > kOnes + 2))) {
    return false;
  }
  uint64_t bits = 0;
  for (int i = kOnes; i < kOnes + 2; ++i) {
    const uint32_t outside = i < low_ || !negative() ? 0 : ~uint32_t{0};
    const uint32_t limb = i >= low_ && i < high_ ? limbs_[i] : outside;
    bits |= static_cast<uint64_t>(limb) << (32 * (i - kOnes));
  }
  *out = static_cast<int64_t>(bits);
  return true;
}

double ExactSum::DividedBy(uint64_t count) const {
  if (flags_ != 0) {
    return Special();
  }
  const Rounded rounded = Round(Magnitude(), kUnitExponent + 32 * low_);
  const double magnitude =
      std::ldexp(rounded.mantissa / static_cast<double>(count), rounded.exponent);
  return negative() ? -magnitude : magnitude;
}

double ExactSum::Variance(uint64_t count, const ExactSum& sum, const ExactSum& squares) {
  if (sum.flags_ != 0 || squares.flags_ != 0) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  // (count * squares - sum^2) / count^2; the numerator is exact and, by Cauchy and Schwarz, not negative.
  const std::vector<uint32_t> count_limbs = {static_cast<uint32_t>(count),
                                             static_cast<uint32_t>(count >> 32)};
  std::vector<uint32_t> left = Multiply(squares.Magnitude(), count_limbs);
  std::vector<uint32_t> right = Multiply(sum.Magnitude(), sum.Magnitude());
  int left_unit = kUnitExponent + 32 * squares.low_;
  const int right_unit = 2 * (kUnitExponent + 32 * sum.low_);
  if (left_unit > right_unit) {
    ShiftLimbs(&left, (left_unit - right_unit) / 32);
    left_unit = right_unit;
  } else {
    ShiftLimbs(&right, (right_unit - left_unit) / 32);
  }
  const Rounded rounded = Round(Subtract(std::move(left), right), left_unit);
  const double divisor = static_cast<double>(count) * static_cast<double>(count);
  return std::ldexp(rounded.mantissa / divisor, rounded.exponent);
}

}  // namespace weir::agg
