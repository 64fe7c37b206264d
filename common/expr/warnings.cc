#include <algorithm>

#include "common/expr/expr.h"

namespace weir::expr {

void Warnings::Add(int line, int column, std::string_view expression, std::string_view message,
                   std::string_view treated_as) {
  ++total_;
  auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& known) {
    return known.line == line && known.column == column && known.expression == expression;
  });
  if (entry == entries_.end()) {
    entries_.push_back(
        {line, column, std::string(expression), {}, 0, std::string(treated_as)});
    entry = entries_.end() - 1;
  }
  ++entry->count;
  if (entry->messages.size() < kMessagesMax &&
      std::find(entry->messages.begin(), entry->messages.end(), message) ==
          entry->messages.end()) {
    entry->messages.emplace_back(message);
  }
}

}  // namespace weir::expr
