// Compiled scalar expressions: typed, immutable, evaluated row by row without allocation outside
// the arena. Compile() checks names and types and reports all problems with positions; a bad value
// in a row is null plus a counted warning, never an error.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/arena.h"
#include "common/base/time.h"
#include "common/esql/ast.h"
#include "common/esql/diagnostic.h"
#include "common/types/field_source.h"
#include "common/types/value.h"

namespace weir::expr {

// Counts evaluation problems by (position, text). At most 20 distinct messages are kept a position,
// as Elasticsearch does; total() counts all. One owner.
class Warnings {
 public:
  struct Entry {
    int line;
    int column;
    std::string expression;               // source text of the failing expression
    std::vector<std::string> messages;    // "java.lang.ArithmeticException: / by zero", distinct
    uint64_t count = 0;
    std::string treated_as = "null";      // "false" for a multivalued condition of CASE
  };

  static constexpr std::size_t kMessagesMax = 20;

  void Add(int line, int column, std::string_view expression, std::string_view message,
           std::string_view treated_as = "null");
  const std::vector<Entry>& entries() const { return entries_; }
  uint64_t total() const { return total_; }

 private:
  std::vector<Entry> entries_;
  uint64_t total_ = 0;
};

// What an evaluation reads. fields is null where a stage has no event (the tail of a plan).
struct EvalContext {
  FieldSource* fields = nullptr;
  Value* slots = nullptr;
  Arena* arena = nullptr;
  Warnings* warnings = nullptr;   // may be null: warnings are dropped
  UnixMillis now_ms = 0;          // NOW()
};

class Expr {
 public:
  explicit Expr(DataType type) : type_(type) {}
  virtual ~Expr() = default;
  Expr(const Expr&) = delete;
  Expr& operator=(const Expr&) = delete;

  // Thread safe. The result may point into the arena, the fields or this expression's constants.
  virtual Value Eval(EvalContext& context) const = 0;

  DataType type() const { return type_; }
  // The value when this is a constant.
  virtual const Value* constant() const { return nullptr; }

 private:
  DataType type_;
};
using ExprPtr = std::shared_ptr<const Expr>;

// Where a column's value comes from at run time.
struct ColumnRef {
  enum class Kind : uint8_t { kField, kSlot };
  Kind kind = Kind::kSlot;
  uint32_t index = 0;   // FieldId or slot number
  DataType type = DataType::kNull;
};

// The columns visible at one point of a query.
class Scope {
 public:
  virtual ~Scope() = default;
  virtual std::optional<ColumnRef> Resolve(std::string_view name) const = 0;
  // The constant that a column always is (EVAL p = "a*"); null for any other.
  virtual ExprPtr ConstantOf(std::string_view name) const {
    (void)name;
    return nullptr;
  }
  // For "did you mean"; may be long.
  virtual std::vector<std::string> ColumnNames() const = 0;
};

// Type-checks and compiles. Returns null after reporting at least one error. Aggregates and
// grouping functions are errors here ("aggregate function [..] not allowed outside STATS command").
// Constant subexpressions are folded.
ExprPtr Compile(const esql::Expression& expression, const Scope& scope,
                esql::Diagnostics* diagnostics);

// Compiles and also requires type boolean (or null): "Condition expression needs to be boolean,
// found [INTEGER]".
ExprPtr CompileCondition(const esql::Expression& expression, const Scope& scope,
                         esql::Diagnostics* diagnostics);

// Compiles a key of STATS BY: as Compile, and BUCKET and TBUCKET are allowed.
ExprPtr CompileGrouping(const esql::Expression& expression, const Scope& scope,
                        esql::Diagnostics* diagnostics);

// True when the expression reads no column and no clock, so that it has one value for a whole
// query.
bool IsConstant(const esql::Expression& expression);

// The columns the expression names, each once, in order of first mention.
std::vector<std::string> ReferencedColumns(const esql::Expression& expression);

// Reads of one column without a tree to compile.
ExprPtr MakeColumn(const ColumnRef& column);
ExprPtr MakeConstant(const Value& value);
// A constant whose type is known although its value may be null.
ExprPtr MakeConstant(const Value& value, DataType type);

// Names of all scalar functions, sorted, upper case (for "did you mean" and docs).
std::vector<std::string> FunctionNames();
// True for names that only make sense inside STATS: aggregates are known to agg, grouping functions
// (BUCKET, TBUCKET, CATEGORIZE) here.
bool IsGroupingFunction(std::string_view upper_name);

}  // namespace weir::expr
