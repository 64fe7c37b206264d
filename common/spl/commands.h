// The commands of the language by name: which are read, and what the others would need.
#pragma once

#include <span>
#include <string_view>

namespace weir::spl {

struct CommandRow {
  std::string_view name;      // lower case
  bool runs = false;
  // What it does; of one that does not run, why not and what to use in its place.
  std::string_view summary;
};

std::span<const CommandRow> Commands();
const CommandRow* FindCommand(std::string_view name);

}  // namespace weir::spl
