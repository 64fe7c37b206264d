// Any text parses as a search of Splunk's language or gives an error, never crashes; what parses prints
// to a text that prints the same, and lowers or is refused.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/check.h"
#include "common/spl/lower.h"
#include "common/spl/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using weir::esql::Diagnostics;
  using weir::esql::Source;
  const Source source(std::string(reinterpret_cast<const char*>(data), size));
  Diagnostics diagnostics(&source);
  const weir::spl::Macros macros = {{"loop", {{}, "`loop`"}}, {"one", {{"x"}, "a=$x$"}}};
  const auto search = weir::spl::Parse(macros, &diagnostics);
  WEIR_CHECK(search.has_value() != diagnostics.has_errors());
  if (!search.has_value()) {
    weir::esql::RenderAll(source, diagnostics.list());
    return 0;
  }
  const Source printed(weir::spl::Print(*search));
  Diagnostics again(&printed);
  const auto reparsed = weir::spl::Parse({}, &again);
  if (printed.text().find('`') == std::string_view::npos) {
    WEIR_CHECK(reparsed.has_value(), "printed search does not parse: {}", printed.text());
    const std::string twice = weir::spl::Print(*reparsed);
    WEIR_CHECK(twice == printed.text(), "{} prints as {}", printed.text(), twice);
  }
  const auto lowered = weir::spl::Lower(*search, {}, &diagnostics);
  WEIR_CHECK(lowered.has_value() != diagnostics.has_errors());
  return 0;
}
