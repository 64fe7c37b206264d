// Fuzzes GROK and DISSECT: the first line of the input is the pattern, the rest the text. Compiling
// may refuse and matching may stop, but neither may crash, and a captured view lies inside the text.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/check.h"
#include "common/grok/grok.h"

namespace {

void CheckInside(std::string_view text, const std::vector<weir::Value>& cells) {
  for (const weir::Value& cell : cells) {
    for (const weir::Value& item : cell.items()) {
      if (item.type() == weir::DataType::kKeyword) {
        WEIR_CHECK(item.text().size() <= text.size());
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line_end = input.find('\n');
  const std::string_view pattern = input.substr(0, line_end);
  const std::string_view text =
      line_end == std::string_view::npos ? std::string_view() : input.substr(line_end + 1);
  const weir::Value cell = weir::Value::Keyword(text);
  weir::Arena arena;
  if (const auto grok = weir::grok::CompileGrok({std::string(pattern)}); grok.ok()) {
    std::vector<weir::Value> outputs((*grok)->columns().size());
    (*grok)->Match(cell, &arena, outputs.data());
    CheckInside(text, outputs);
  }
  if (const auto dissect = weir::grok::CompileDissect(pattern, ""); dissect.ok()) {
    std::vector<weir::Value> outputs((*dissect)->columns().size());
    (*dissect)->Match(cell, &arena, outputs.data());
    CheckInside(text, outputs);
  }
  return 0;
}
