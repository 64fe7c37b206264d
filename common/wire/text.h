// Text as protobuf wants it: valid UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace weir::wire {

// The text with what is no valid UTF-8 replaced by U+FFFD. Parsers refuse a whole
// message for one bad byte, so nothing that came from events goes out unchecked.
std::string ValidUtf8(std::string_view text);

}  // namespace weir::wire
