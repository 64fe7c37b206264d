// A set of encoded values as bytes: a few records in a row while it is small, with an index by hash
// once it is not, so that the common lookup is one short scan and a large one a binary search.
//
// Format (stored: do not change): flags, records and, in the indexed form, the index.
//   flags    bit 0: values were cut off to keep the limit, bit 1: indexed
//   record   varint length, canonical encoding of the value (common/types/coding.h)
//   small    at most kSmallCount records in the order of their bytes
//   indexed  records in any order, then per record 8 bytes hash (Hash64 of the encoding) and 4 bytes
//            offset of the record, sorted by hash and encoding, then 4 bytes count; little endian
// The empty set is the empty string.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::agg {

inline constexpr uint32_t kSmallCount = 16;

// Adds one encoding. With a limit (0: none) the set keeps the values least by (hash, bytes).
void InsertIntoSet(std::string_view encoding, uint32_t limit, std::string* state);

// The union, under the same limit.
void MergeSets(std::string_view other, uint32_t limit, std::string* state);

bool SetWasCut(std::string_view state);

uint32_t SetCount(std::string_view state);

// Views of all encodings, in no stated order.
std::vector<std::string_view> SetEncodings(std::string_view state);

}  // namespace weir::agg
