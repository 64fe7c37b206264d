#include "common/agg/value_set_internal.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

#include "common/base/hash.h"

namespace weir::agg {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAreArray;

std::string SetOf(int first, int last, uint32_t limit) {
  std::string state;
  for (int i = first; i < last; ++i) {
    InsertIntoSet("value " + std::to_string(i), limit, &state);
  }
  return state;
}

std::vector<std::string> LeastByHash(int count, std::size_t limit) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) {
    all.push_back("value " + std::to_string(i));
  }
  std::sort(all.begin(), all.end(),
            [](const std::string& a, const std::string& b) { return Hash64(a) < Hash64(b); });
  all.resize(limit);
  return all;
}

TEST(ValueSetTest, SmallSetsAreSortedRecords) {
  std::string state;
  for (const char* encoding : {"b", "a", "c", "a"}) {
    InsertIntoSet(encoding, 0, &state);
  }
  EXPECT_EQ(state, std::string("\0\1a\1b\1c", 7));
  EXPECT_THAT(SetEncodings(state), ElementsAre("a", "b", "c"));
  EXPECT_EQ(SetCount(state), 3u);
  EXPECT_FALSE(SetWasCut(state));
}

TEST(ValueSetTest, AddingAKnownValueNeverMovesTheState) {
  for (const int count : {3, 2000}) {
    std::string state = SetOf(0, count, 0);
    const std::string before = state;
    const char* data = state.data();
    for (int i = 0; i < count; ++i) {
      InsertIntoSet("value " + std::to_string(i), 0, &state);
    }
    EXPECT_EQ(state, before);
    EXPECT_EQ(state.data(), data);
  }
}

TEST(ValueSetTest, IndexedSetsKeepEveryValue) {
  const std::string state = SetOf(0, 3000, 0);
  EXPECT_EQ(SetCount(state), 3000u);
  const auto encodings = SetEncodings(state);
  EXPECT_EQ(std::set<std::string_view>(encodings.begin(), encodings.end()).size(), 3000u);
}

TEST(ValueSetTest, LimitKeepsTheLeastByHash) {
  for (const uint32_t limit : {1u, 10u, 16u, 17u, 100u}) {
    const std::string state = SetOf(0, 500, limit);
    EXPECT_TRUE(SetWasCut(state));
    EXPECT_THAT(SetEncodings(state), UnorderedElementsAreArray(LeastByHash(500, limit)));
    std::string merged = SetOf(300, 500, limit);
    MergeSets(SetOf(0, 350, limit), limit, &merged);
    EXPECT_THAT(SetEncodings(merged), UnorderedElementsAreArray(LeastByHash(500, limit)));
    EXPECT_TRUE(SetWasCut(merged));
  }
}

TEST(ValueSetTest, ExactlyAtTheLimitIsNotCut) {
  for (const uint32_t limit : {5u, 100u}) {
    std::string state = SetOf(0, static_cast<int>(limit), limit);
    EXPECT_FALSE(SetWasCut(state));
    MergeSets(SetOf(0, static_cast<int>(limit), limit), limit, &state);
    EXPECT_FALSE(SetWasCut(state));
    InsertIntoSet("one more", limit, &state);
    EXPECT_TRUE(SetWasCut(state));
    EXPECT_EQ(SetCount(state), limit);
  }
}

}  // namespace
}  // namespace weir::agg
