// Folds rows into groups in memory, without panes: for queries that are asked once. Tables of any split of
// the rows merge to the same result, also through their bytes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/arena.h"
#include "common/base/hash.h"
#include "common/base/status.h"
#include "common/exec/tail.h"
#include "common/plan/plan.h"

namespace weir::exec {

class FoldTable {
 public:
  // aggregates must outlive the table.
  explicit FoldTable(const std::vector<plan::FoldAggregate>* aggregates)
      : aggregates_(aggregates) {}

  // Folds one row of a group in. key and cells are as in a RowView.
  Status Add(std::string_view key, std::string_view cells, const Hash128& identity);
  void Merge(const FoldTable& other);

  // group count, then per group: key, least identity, row count, states.
  std::string Encode() const;
  static StatusOr<FoldTable> Decode(const std::vector<plan::FoldAggregate>* aggregates,
                                    std::string_view bytes);

  // The tail's input rows: key cells, then finished aggregates; in the order of the least identity of
  // their rows. Without keys there is always one.
  std::vector<TailRow> Finish(const plan::Tail& tail, std::size_t key_count, Arena* arena) const;

 private:
  struct Group {
    Hash128 first;   // least identity of its rows
    uint64_t rows = 0;
    std::vector<std::string> states;
  };

  Group& GroupOf(std::string_view key);

  const std::vector<plan::FoldAggregate>* aggregates_;
  std::map<std::string, Group, std::less<>> groups_;
  std::unique_ptr<Arena> arena_ = std::make_unique<Arena>();
  std::vector<Value> inputs_;
};

}  // namespace weir::exec
