// The canonical byte form of a Value: equal cells have equal bytes, so the bytes serve as group keys,
// set members and routing keys. Format (docs/formats.md): tag byte = DataType, with 0x80 set for a
// multivalue, then the payload. stored: do not change.
#pragma once

#include <string>
#include <string_view>

#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/types/value.h"

namespace weir {

// Appends the encoding. text is written as keyword; -0.0 as 0.0; every NaN as one NaN.
void EncodeValue(const Value& value, std::string* out);

// Appends the encoding of the items as a set: sorted, each once. For keys under which arrays with the same
// values are one. Other values as EncodeValue.
void EncodeSet(const Value& value, std::string* out);

// Reads one value. Strings and ips point into the reader's input, which must outlive the result;
// multivalue items are placed in the arena. On malformed bytes the reader fails and null is returned.
Value DecodeValue(ByteReader* reader, Arena* arena);

}  // namespace weir
