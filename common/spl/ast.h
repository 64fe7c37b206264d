// The syntax tree of a search in Splunk's language, as written: macros are expanded, fields are not
// resolved. Ranges point into the text before expansion. What of the language is read and run:
// docs/spl.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/esql/ast.h"

namespace weir::spl {

using esql::SourceRange;

// ---- expressions of eval and where -----------------------------------------------------------------

enum class ExpressionKind : uint8_t {
  kNumber,   // text: as written
  kString,   // text
  kField,    // text: the name
  kCall,     // text: the name in lower case; args
  kNegate,   // args[0]
  kNot,      // args[0]
  kBinary,   // op; args[0], args[1]
  kIn,       // args[0] IN (args[1..])
};

enum class Operator : uint8_t {
  kNone, kOr, kXor, kAnd,
  kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kLike,
  kAdd, kSubtract, kConcat, kMultiply, kDivide, kModulo,
};
std::string_view OperatorText(Operator op);   // "!=", "AND"

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct Expression {
  ExpressionKind kind = ExpressionKind::kString;
  Operator op = Operator::kNone;
  SourceRange range;
  std::string text;
  std::vector<ExpressionPtr> args;
};

// ---- terms of search -------------------------------------------------------------------------------

enum class SearchKind : uint8_t {
  kAll,       // no term: every event
  kAnd,       // children
  kOr,        // children
  kNot,       // children[0]
  kCompare,   // field op values[0]
  kIn,        // field IN values
  kTerm,      // values[0] somewhere in the raw event
};

// A value as written; '*' in it is any run of characters, also in quotes.
struct SearchValue {
  std::string text;
  SourceRange range;
};

struct SearchNode;
using SearchPtr = std::unique_ptr<SearchNode>;

struct SearchNode {
  SearchKind kind = SearchKind::kAll;
  Operator op = Operator::kEqual;
  SourceRange range;
  std::string field;
  SourceRange field_range;
  std::vector<SearchValue> values;
  std::vector<SearchPtr> children;
};

// ---- stages ----------------------------------------------------------------------------------------

// A field's name, or a pattern with '*'.
struct Name {
  std::string text;
  SourceRange range;
};

struct SearchStage {
  SearchPtr condition;
};
struct WhereStage {
  ExpressionPtr condition;
};
struct EvalStage {
  struct Item {
    Name target;
    ExpressionPtr value;
  };
  std::vector<Item> items;
};
struct RenameStage {
  struct Item {
    Name from;
    Name to;
  };
  std::vector<Item> items;
};
struct FillnullStage {
  std::string value = "0";
  std::vector<Name> fields;        // empty: every field that is known
};
struct FieldsStage {
  enum class Kind : uint8_t { kKeep, kDrop, kTable } kind = Kind::kKeep;
  std::vector<Name> names;
};
struct ConvertStage {
  struct Item {
    std::string function;          // lower case
    Name field;
    std::string target;
  };
  std::string time_format = "%m/%d/%Y %H:%M:%S";
  std::vector<Item> items;
};
struct Aggregate {
  std::string function;            // lower case: "count", "perc95"
  std::string field;               // of an argument that is a field
  ExpressionPtr value;             // of an argument that is eval(...)
  std::string name;                // of the output: the alias, else the call as written
  SourceRange range;
};
struct StatsStage {
  bool keeps_rows = false;         // eventstats
  std::vector<Aggregate> aggregates;
  std::vector<Name> by;
};
struct BinStage {
  Name field;
  std::string span;                // as written: "5m", "10"
  SourceRange span_range;
  std::string target;
};
struct DedupStage {
  std::vector<Name> fields;
};
struct SortStage {
  struct Key {
    Name field;
    bool descending = false;
    enum class Order : uint8_t { kAuto, kNumber, kText } order = Order::kAuto;
  };
  int64_t limit = 0;               // 0: all
  std::vector<Key> keys;
};
struct HeadStage {
  int64_t count = 10;
};
struct SpathStage {
  std::string input;               // empty: the event
  std::string output;              // empty: the path
  std::string path;                // empty: every leaf
};
struct MvexpandStage {
  Name field;
  int64_t limit = 0;               // 0: all values
};
struct RexStage {
  std::string field = "_raw";
  std::string pattern;
  SourceRange pattern_range;
};
// The range that is searched, as info_min_time and info_max_time.
struct AddinfoStage {};
struct RegexStage {
  std::string field = "_raw";
  bool negated = false;
  std::string pattern;
  SourceRange pattern_range;
};

using StageBody = std::variant<SearchStage, WhereStage, EvalStage, RenameStage, FillnullStage,
                               FieldsStage, ConvertStage, StatsStage, BinStage, DedupStage,
                               SortStage, HeadStage, SpathStage, MvexpandStage, RexStage, RegexStage,
                               AddinfoStage>;

struct Stage {
  StageBody body;
  SourceRange range;               // of the whole stage
};

struct Search {
  std::vector<Stage> stages;       // the first is a SearchStage
};

}  // namespace weir::spl
