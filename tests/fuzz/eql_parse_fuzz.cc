// Any text parses as EQL or gives an error, never crashes; what parses prints to a text that prints
// the same, and lowers or is refused.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/check.h"
#include "common/eql/lower.h"
#include "common/eql/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using weir::esql::Diagnostics;
  using weir::esql::Source;
  const Source source(std::string(reinterpret_cast<const char*>(data), size));
  Diagnostics diagnostics(&source);
  const auto query = weir::eql::Parse(&diagnostics);
  WEIR_CHECK(query.has_value() != diagnostics.has_errors());
  if (!query.has_value()) {
    weir::esql::RenderAll(source, diagnostics.list());
    return 0;
  }
  const Source printed(weir::eql::Print(*query));
  Diagnostics again(&printed);
  const auto reparsed = weir::eql::Parse(&again);
  WEIR_CHECK(reparsed.has_value(), "printed query does not parse: {}", printed.text());
  const std::string twice = weir::eql::Print(*reparsed);
  WEIR_CHECK(twice == printed.text(), "{} prints as {}", printed.text(), twice);
  const auto lowered = weir::eql::Lower(*query, "event.category", &diagnostics);
  WEIR_CHECK((lowered != nullptr) != diagnostics.has_errors());
  return 0;
}
