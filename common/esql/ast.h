// The syntax tree of an ES|QL query, as written: nothing is resolved or typed here. Trees own their
// children, can be cloned, and keep the source range of every node so that any later pass can point
// at the text. Grammar and semantics: docs/esql.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/types/data_type.h"

namespace weir::esql {

// Byte offsets into the query text, end exclusive.
struct SourceRange {
  uint32_t begin = 0;
  uint32_t end = 0;
};

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

enum class ExpressionKind : uint8_t {
  kLiteral,   // literal
  kList,      // args: literals of one type, [1, 2]
  kColumn,    // name
  kStar,      // the * of COUNT(*)
  kUnary,     // op: kNegate, kPlus, kNot; args[0]
  kBinary,    // op; args[0], args[1]
  kIn,        // args[0] IN (args[1..]); negated
  kLike,      // args[0] LIKE args[1..] (patterns, any matches); negated
  kRlike,     // args[0] RLIKE args[1..]; negated
  kIsNull,    // args[0] IS [NOT] NULL; negated means IS NOT NULL
  kCast,      // args[0] :: cast_type
  kCall,      // name(args...), name upper-cased; may be an aggregate
  kMatch,     // args[0] : args[1]
};

enum class Operator : uint8_t {
  kNone, kNegate, kPlus, kNot,
  kAdd, kSubtract, kMultiply, kDivide, kModulo,
  kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual,
  kAnd, kOr,
};

// Operator text as written in a query: "+", "==", "AND".
std::string_view OperatorText(Operator op);

struct Literal {
  DataType type = DataType::kNull;
  // boolean (0/1), integer, long, time_duration (ms); date_period: months<<32 | days;
  // unsigned_long as its bits
  int64_t integer = 0;
  double number = 0;   // double
  std::string text;    // keyword, unescaped
};

struct Expression {
  ExpressionKind kind = ExpressionKind::kLiteral;
  Operator op = Operator::kNone;
  bool negated = false;
  bool backquoted = false;     // kColumn: written in backquotes (some part of it)
  DataType cast_type = DataType::kNull;
  SourceRange range;
  std::string name;            // kColumn: as used (unquoted); kCall: upper-cased
  Literal literal;
  std::vector<ExpressionPtr> args;

  ExpressionPtr Clone() const;
};

// Column pattern of KEEP and DROP: an exact name or one with '*' (only where not backquoted).
struct NamePattern {
  std::string text;
  bool has_wildcard = false;
  SourceRange range;
};

// `alias = value`; without an alias the name is the source text of the expression.
struct NamedExpression {
  std::string name;            // the alias, or the expression's source text
  bool has_alias = false;
  SourceRange name_range;
  ExpressionPtr value;
  ExpressionPtr filter;        // STATS only: value WHERE filter; may be null
};

struct FromCommand {
  std::vector<std::string> patterns;   // index patterns; a leading '-' excludes
  std::vector<std::string> metadata;   // METADATA fields
};
struct RowCommand {
  std::vector<NamedExpression> columns;
};
struct WhereCommand {
  ExpressionPtr condition;
};
struct EvalCommand {
  std::vector<NamedExpression> columns;
};
struct StatsCommand {
  bool is_inline = false;              // INLINE STATS
  std::vector<NamedExpression> aggregates;
  std::vector<NamedExpression> groups;
};
struct KeepCommand {
  std::vector<NamePattern> patterns;
};
struct DropCommand {
  std::vector<NamePattern> patterns;
};
struct RenameCommand {
  struct Item {
    std::string from;
    std::string to;
    SourceRange range;                 // of the whole item
    SourceRange from_range;
  };
  std::vector<Item> items;
};
struct SortCommand {
  struct Key {
    ExpressionPtr value;
    bool descending = false;
    bool nulls_first = false;          // after applying the default: nulls last asc, first desc
  };
  std::vector<Key> keys;
};
struct LimitCommand {
  int64_t count = 0;
};
struct GrokCommand {
  ExpressionPtr input;
  std::vector<std::string> patterns;
  std::vector<SourceRange> pattern_ranges;
};
struct DissectCommand {
  ExpressionPtr input;
  std::string pattern;
  SourceRange pattern_range;
  std::string append_separator;
};
struct MvExpandCommand {
  std::string column;
  SourceRange column_range;
};
// A command of the language that Weir knows by name but does not run (ENRICH, LOOKUP JOIN, ...).
struct UnsupportedCommand {
  std::string name;
};

using CommandBody =
    std::variant<FromCommand, RowCommand, WhereCommand, EvalCommand, StatsCommand, KeepCommand,
                 DropCommand, RenameCommand, SortCommand, LimitCommand, GrokCommand, DissectCommand,
                 MvExpandCommand, UnsupportedCommand>;

struct Command {
  CommandBody body;
  SourceRange range;                   // from the command's keyword to its last token
};

struct Query {
  std::vector<Command> commands;       // the first is FROM or ROW
};

}  // namespace weir::esql
