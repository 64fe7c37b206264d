// Any text parses as KQL or gives an error, never crashes; what parses prints to a text that prints
// the same, and lowers or is refused.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/check.h"
#include "common/kql/lower.h"
#include "common/kql/parser.h"
#include "common/source/decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using weir::esql::Diagnostics;
  using weir::esql::Source;
  using weir::kql::Syntax;
  const Source source(std::string(reinterpret_cast<const char*>(data), size));
  Diagnostics lucene(&source);
  weir::kql::Parse(Syntax::kLucene, &lucene);
  Diagnostics diagnostics(&source);
  const auto node = weir::kql::Parse(Syntax::kKql, &diagnostics);
  WEIR_CHECK((node != nullptr) != diagnostics.has_errors());
  if (node == nullptr) {
    weir::esql::RenderAll(source, diagnostics.list());
    return 0;
  }
  const Source printed(weir::kql::Print(*node));
  Diagnostics again(&printed);
  const auto reparsed = weir::kql::Parse(Syntax::kKql, &again);
  WEIR_CHECK(reparsed != nullptr, "printed query does not parse: {}", printed.text());
  const std::string twice = weir::kql::Print(*reparsed);
  WEIR_CHECK(twice == printed.text(), "{} prints as {}", printed.text(), twice);
  const auto lowered = weir::kql::Lower(*node, weir::source::Catalogue(), &diagnostics);
  WEIR_CHECK((lowered != nullptr) != diagnostics.has_errors());
  return 0;
}
