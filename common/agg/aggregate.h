// Aggregate functions as commutative monoids over encoded partial states. A state IS its bytes: the
// empty string is the identity, Add folds one row in, Merge another state, Finish reads the result.
// States of any split of the rows, merged in any order, finish to the same value; that is what lets
// panes, shards and restarts be invisible. Stored: each function's bytes are described in
// docs/formats.md and versioned by state_version(); change one only with the other.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/arena.h"
#include "common/base/hash.h"
#include "common/types/value.h"

namespace weir::agg {

class Aggregate {
 public:
  virtual ~Aggregate() = default;

  // Folds one row's argument cells in (each may be null or multivalued: all values count). identity is
  // the event's, for breaking ties. Must be deterministic. Thread safe.
  virtual void Add(std::string* state, std::span<const Value> inputs,
                   const Hash128& identity) const = 0;

  // Merges another state of the same function into *state. Malformed bytes are a programmer error
  // (records are checksummed below this layer): WEIR_CHECK.
  virtual void Merge(std::string* state, std::string_view other) const = 0;

  // The result; pointers go to the arena or into state.
  virtual Value Finish(std::string_view state, Arena* arena) const = 0;

  virtual DataType result_type() const = 0;
  virtual uint8_t state_version() const { return 1; }

  // True when the result can only grow as rows are added, so that "result >= constant" once true stays
  // true while rows are added: COUNT, COUNT_DISTINCT, MAX, SUM of values proved non-negative.
  virtual bool grows() const { return false; }
  // True when Finish may be inexact or a sample for this state (approximate percentiles, capped VALUES).
  virtual bool approximate(std::string_view state) const {
    (void)state;
    return false;
  }
};
using AggregatePtr = std::shared_ptr<const Aggregate>;

// A function of the table, before its arguments are typed.
struct FunctionInfo {
  std::string_view name;      // upper case
  int columns_min;            // arguments that are folded (per row)
  int columns_max;
  int constants_max;          // trailing constant parameters (percentile, precision, n, "asc")
  std::string_view summary;   // one line for the docs
};

// All functions, sorted by name.
std::span<const FunctionInfo> Functions();
const FunctionInfo* FindFunction(std::string_view upper_name);

struct Options {
  // VALUES that no condition reads: keep at most this many values, those least by hash, and flag the
  // result as approximate. 0 keeps all.
  uint32_t values_limit = 0;
};

// Makes the function for given argument types. constants are the trailing parameters. On a type or
// parameter error returns null and sets *error to Elasticsearch's wording ("argument of [sum(x)] must
// be [numeric ...], found value [x] type [keyword]"): call is the source text of the call, arguments
// the source texts of its arguments.
AggregatePtr MakeAggregate(std::string_view upper_name, std::span<const DataType> columns,
                           std::span<const Value> constants, const Options& options,
                           std::string_view call, std::span<const std::string_view> arguments,
                           std::string* error);

}  // namespace weir::agg
