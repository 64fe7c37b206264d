// Any text parses or gives errors, never crashes; what parses prints to a text that prints the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/check.h"
#include "common/esql/parser.h"
#include "common/esql/printer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using weir::esql::Diagnostics;
  using weir::esql::Source;
  const Source source(std::string(reinterpret_cast<const char*>(data), size));
  Diagnostics diagnostics(&source);
  const auto query = weir::esql::Parse(&diagnostics);
  WEIR_CHECK(query.has_value() != diagnostics.has_errors());
  if (!query.has_value()) {
    weir::esql::RenderAll(source, diagnostics.list());
    return 0;
  }
  const Source printed(weir::esql::Print(*query));
  Diagnostics again(&printed);
  const auto reparsed = weir::esql::Parse(&again);
  WEIR_CHECK(reparsed.has_value(), "printed query does not parse: {}", printed.text());
  const std::string twice = weir::esql::Print(*reparsed);
  WEIR_CHECK(twice == printed.text(), "{} prints as {}", printed.text(), twice);
  return 0;
}
