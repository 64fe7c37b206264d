#include "common/spl/rex.h"

#include <algorithm>

namespace weir::spl {

std::vector<std::string> NamedGroups(std::string_view pattern) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
      continue;
    }
    const std::string_view rest = pattern.substr(i);
    const std::size_t open = rest.starts_with("(?<") ? 3 : rest.starts_with("(?P<") ? 4 : 0;
    const std::size_t close = open == 0 ? std::string_view::npos : rest.find('>');
    if (close == std::string_view::npos || rest[open] == '=' || rest[open] == '!') {
      continue;
    }
    std::string name(rest.substr(open, close - open));
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

}  // namespace weir::spl
