#include "common/wire/text.h"

#include "common/base/utf8.h"

namespace weir::wire {

std::string ValidUtf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    AppendCodePoint(TakeCodePoint(&text), &result);
  }
  return result;
}

}  // namespace weir::wire
