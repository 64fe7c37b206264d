// The syntax tree of an EQL event query (`category where condition`), as written. Semantics:
// docs/kql.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/esql/ast.h"

namespace weir::eql {

using esql::SourceRange;

struct Node;
using NodePtr = std::unique_ptr<Node>;

enum class NodeKind : uint8_t {
  kField,      // text; optional
  kString,     // text
  kInteger,    // integer
  kDecimal,    // number
  kBoolean,    // integer 0 or 1
  kNull,
  kCall,       // text(children...); ignore_case for name~(...)
  kNot,        // children[0]
  kNegate,     // children[0]
  kAnd,        // children[0], children[1]
  kOr,
  kCompare,    // children[0] op children[1]
  kArithmetic,
  kIn,         // children[0] in (children[1..]); negated, ignore_case
  kSeq,        // children[0] : children[1..]
  kLike,       // ignore_case for like~
  kRegex,
};

enum class Operator : uint8_t {
  kNone, kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual,
  kAdd, kSubtract, kMultiply, kDivide, kModulo,
};
std::string_view OperatorText(Operator op);

struct Node {
  NodeKind kind = NodeKind::kNull;
  Operator op = Operator::kNone;
  bool optional = false;
  bool negated = false;
  bool ignore_case = false;
  SourceRange range;
  std::string text;
  int64_t integer = 0;
  double number = 0;
  std::vector<NodePtr> children;
};

struct Query {
  std::string category;        // of event.category; empty: any
  SourceRange category_range;
  NodePtr condition;
};

}  // namespace weir::eql
