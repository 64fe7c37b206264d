// A row-at-a-time evaluator of a small part of ES|QL over longs and keywords, written for itself: it shares
// nothing with the product. Random pipelines are made of its operations, printed as queries, and run by both.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace weir::spec {

using NaiveItem = std::variant<int64_t, std::string>;
using NaiveCell = std::vector<NaiveItem>;   // empty: null; several: a multivalue

struct NaiveColumn {
  std::string name;
  bool is_long = true;   // else keyword
};

struct NaiveTable {
  std::vector<NaiveColumn> columns;
  std::vector<std::vector<NaiveCell>> rows;

  std::size_t IndexOf(const std::string& name) const;
  // Puts a column at the end, in place of any other of its name.
  void Append(const NaiveColumn& column, std::vector<NaiveCell> cells);
  bool HasMultivalues() const;
};

enum class NaiveTruth : uint8_t { kFalse, kTrue, kNull };
// A condition on one cell, and how a query writes it.
struct NaiveCondition {
  std::string text;
  std::string column;
  std::function<NaiveTruth(const NaiveCell&)> test;
};

enum class NaiveFunction : uint8_t { kCountRows, kCount, kSum, kMin, kMax, kCountDistinct, kValues };
struct NaiveAggregate {
  std::string name;
  NaiveFunction function = NaiveFunction::kCountRows;
  std::string column;                       // unless kCountRows
  std::vector<NaiveCondition> filter;       // none or one
};
std::string AggregateText(const NaiveAggregate& aggregate);

void NaiveWhere(NaiveTable* table, const NaiveCondition& condition);
void NaiveStats(NaiveTable* table, const std::vector<NaiveAggregate>& aggregates,
                const std::vector<std::string>& keys, bool keeps_rows);
void NaiveExpand(NaiveTable* table, const std::string& column);
void NaiveKeep(NaiveTable* table, const std::vector<std::string>& names);
// By all columns, ascending, nulls last; then the first rows. REQUIRES: no multivalues.
void NaiveSortAndLimit(NaiveTable* table, std::size_t limit);

}  // namespace weir::spec
