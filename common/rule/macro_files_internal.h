// Macros in files of their own, and their way behind the detection that calls them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/spl/macros.h"

namespace weir::rule {

// Reads each folder once.
class MacroFiles {
 public:
  // Those of the nearest folder `macros` beside or above the detection; those of the folders given
  // override them.
  spl::Macros For(const std::string& detection, const std::vector<std::string>& folders);

 private:
  const spl::Macros& In(const std::string& folder);

  std::map<std::string, spl::Macros> folders_;
};

// The file's text with the macros that the search calls in a document behind it, so that the text says
// all there is to the rule wherever it is loaded again.
std::string BundleMacros(std::string text, std::string_view search, const spl::Macros& macros);

}  // namespace weir::rule
