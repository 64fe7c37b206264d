#include "common/agg/exact_sum_internal.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir::agg {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double SumOf(const std::vector<double>& numbers) {
  ExactSum sum;
  for (const double number : numbers) {
    sum.AddDouble(number);
  }
  std::string bytes;
  sum.AppendTo(&bytes);
  return ExactSum(bytes).ToDouble();
}

TEST(ExactSumTest, RoundsOnlyOnce) {
  const struct {
    std::vector<double> numbers;
    double sum;
  } cases[] = {
      {{}, 0},
      {{0.5}, 0.5},
      {{-0.5}, -0.5},
      {{1e100, 1, -1e100}, 1},
      {{1e308, 1e308, -1e308}, 1e308},
      {{1e308, 1e308}, kInfinity},
      {{-1e308, -1e308}, -kInfinity},
      {{0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, 1},
      {{5e-324, 5e-324}, 1e-323},
      {{1, -5e-324}, 1},
      {{-1, 5e-324}, -1},
      {{1, 0x1p-53}, 1},                    // a tie goes to even
      {{1, 0x1p-53, 0x1p-200}, 1 + 0x1p-52},  // and above a tie upwards
      {{1 + 0x1p-52, 0x1p-53}, 1 + 0x1p-51},
      {{4294967295.0, 1}, 4294967296.0},
      {{-4294967296.0, -4294967296.0, 1}, -8589934591.0},
      {{2147483648.0}, 2147483648.0},
      {{-2147483648.0}, -2147483648.0},
      {{kInfinity, 1}, kInfinity},
      {{-kInfinity, 1e308}, -kInfinity},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(SumOf(test.numbers), test.sum) << test.numbers.size();
  }
  EXPECT_TRUE(std::isnan(SumOf({kInfinity, -kInfinity})));
  EXPECT_TRUE(std::isnan(SumOf({1, std::nan("")})));
}

TEST(ExactSumTest, AgreesWithWholeNumbersOf128Bits) {
  std::mt19937_64 random(7);
  ExactSum sum;
  Int128 expected = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto number = static_cast<int64_t>(random() >> (random() % 64));
    const int64_t value = random() % 2 == 0 ? number : -number;
    sum.AddInteger(value);
    expected += value;
    int64_t got = 0;
    const bool fits = expected >= std::numeric_limits<int64_t>::min() &&
                      expected <= std::numeric_limits<int64_t>::max();
    ASSERT_EQ(sum.ToInteger(&got), fits) << i;
    if (fits) {
      ASSERT_EQ(got, static_cast<int64_t>(expected)) << i;
    }
    ASSERT_EQ(sum.ToDouble(), static_cast<double>(expected)) << i;
  }
}

TEST(ExactSumTest, ReadsTheEndsOfLong) {
  for (const int64_t value : {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(),
                              int64_t{-1}, int64_t{0}, int64_t{1} << 32}) {
    ExactSum sum;
    sum.AddInteger(value);
    int64_t got = 1;
    EXPECT_TRUE(sum.ToInteger(&got));
    EXPECT_EQ(got, value);
  }
  ExactSum fraction;
  fraction.AddDouble(0.5);
  int64_t unused = 0;
  EXPECT_FALSE(fraction.ToInteger(&unused));
}

TEST(ExactSumTest, HasOneFormPerSum) {
  std::mt19937_64 random(11);
  std::vector<double> numbers;
  for (int i = 0; i < 100; ++i) {
    const int exponent = static_cast<int>(random() % 1900) - 1000;
    const double number = std::ldexp(static_cast<double>(random() >> 11), exponent);
    numbers.push_back(number);
    numbers.push_back(-number);
    numbers.push_back(random() % 2 == 0 ? 1.5 : -2.25);
  }
  std::string first;
  for (int round = 0; round < 20; ++round) {
    std::shuffle(numbers.begin(), numbers.end(), random);
    ExactSum left;
    ExactSum right;
    for (const double number : numbers) {
      (random() % 2 == 0 ? left : right).AddDouble(number);
    }
    left.AddSum(right);
    std::string bytes;
    left.AppendTo(&bytes);
    if (round == 0) {
      first = bytes;
    }
    EXPECT_EQ(bytes, first);
    EXPECT_LE(bytes.size(), 14u);
  }
}

TEST(ExactSumTest, VarianceSurvivesCancellation) {
  ExactSum sum;
  ExactSum squares;
  for (const double number : {1e15 + 1, 1e15 + 2, 1e15 + 3}) {
    sum.AddDouble(number);
    squares.AddSquare(number);
  }
  EXPECT_DOUBLE_EQ(ExactSum::Variance(3, sum, squares), 2.0 / 3);
  ExactSum large_sum;
  ExactSum large_squares;
  for (const double number : {1e200, -1e200, 5e-324}) {
    large_sum.AddDouble(number);
    large_squares.AddSquare(number);
  }
  EXPECT_EQ(ExactSum::Variance(3, large_sum, large_squares), kInfinity);
  ExactSum tiny_sum;
  ExactSum tiny_squares;
  for (const double number : {1e-150, 3e-150}) {
    tiny_sum.AddDouble(number);
    tiny_squares.AddSquare(number);
  }
  EXPECT_DOUBLE_EQ(ExactSum::Variance(2, tiny_sum, tiny_squares), 1e-300);
}

TEST(ExactSumTest, MeanDoesNotOverflow) {
  ExactSum sum;
  sum.AddDouble(1e308);
  sum.AddDouble(1.5e308);
  EXPECT_EQ(sum.DividedBy(2), 1.25e308);
}

}  // namespace
}  // namespace weir::agg
