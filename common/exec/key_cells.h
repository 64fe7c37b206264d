// The groups a row belongs to: its key cells, with multivalued ones taken apart.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/expr/expr.h"
#include "common/plan/plan.h"
#include "common/types/coding.h"

namespace weir::exec {

// A multivalued key puts a row in several groups; more combinations than this of one row are cut,
// since one event could otherwise write without bound.
inline constexpr std::size_t kKeyCombinationsMax = 1024;

// Reuses its buffers from row to row. One owner.
class KeyCells {
 public:
  // Calls visit(const Value* cells, std::string_view encoded) once per combination of the keys' values;
  // both are valid until it returns.
  template <typename Visit>
  void ForEach(const std::vector<plan::FoldKey>& keys, expr::EvalContext* context,
               const Visit& visit) {
    const std::size_t combinations = Evaluate(keys, context);
    for (std::size_t c = 0; c < combinations; ++c) {
      if (Choose(keys, c)) {
        visit(static_cast<const Value*>(chosen_.data()), std::string_view(encoded_));
      }
    }
  }

 private:
  // The number of combinations.
  std::size_t Evaluate(const std::vector<plan::FoldKey>& keys, expr::EvalContext* context);
  // False when a value of the combination stood before in its cell.
  bool Choose(const std::vector<plan::FoldKey>& keys, std::size_t combination);

  std::vector<Value> cells_;
  std::vector<Value> chosen_;
  std::string encoded_;
};

}  // namespace weir::exec
