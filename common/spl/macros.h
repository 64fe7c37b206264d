// Macros: names between backquotes that stand for pieces of a search, and their expansion.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/esql/diagnostic.h"

namespace weir::spl {

struct Macro {
  std::vector<std::string> arguments;
  std::string definition;   // $name$ stands for an argument
};

// By name; one of a name for each number of arguments is more than published content has, so that a
// name has one definition.
using Macros = std::map<std::string, Macro, std::less<>>;

// What a search may use without a definition of its own: cloudtrail, security_content_ctime(field),
// security_content_summariesonly, and any name that ends in _filter, which passes everything.
std::optional<Macro> BuiltInMacro(std::string_view name);
const std::vector<std::string>& BuiltInMacroNames();

// A search with its macros expanded and its comments blanked, and where each piece came from.
class ExpandedText {
 public:
  const std::string& text() const { return text_; }
  // The range of the original that a range of text() stands for: of what a macro gave, its call.
  esql::SourceRange Original(uint32_t begin, uint32_t end) const;

  // Appends text that stands at original; the characters stand one by one where verbatim.
  void Append(std::string_view text, esql::SourceRange original, bool verbatim);

 private:
  struct Piece {
    uint32_t begin;
    esql::SourceRange original;
    bool verbatim;
  };
  const Piece& PieceAt(uint32_t offset) const;

  std::string text_;
  std::vector<Piece> pieces_;
};

// Empty after reporting: an unknown macro, wrong arguments, a circle or more than 16 levels (which name
// the chain of calls).
std::optional<ExpandedText> Expand(const Macros& macros, esql::Diagnostics* diagnostics);

// The names of the macros that the text calls, directly or through others of them.
std::vector<std::string> CalledMacros(std::string_view text, const Macros& macros);

}  // namespace weir::spl
