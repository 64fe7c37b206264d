// The syntax tree of a KQL query (Kibana Query Language, "kuery"), as written: fields are not
// resolved. Semantics: docs/kql.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/esql/ast.h"

namespace weir::kql {

using esql::SourceRange;

// A name or value as written.
struct Text {
  std::string text;          // unescaped
  std::string pattern;       // the text as a pattern of LIKE: literal '*', '?' and '\' are escaped
  bool quoted = false;
  bool has_wildcard = false; // an unescaped '*' outside of quotes
  SourceRange range;
};

struct Node;
using NodePtr = std::unique_ptr<Node>;

enum class NodeKind : uint8_t {
  kOr,        // children
  kAnd,       // children
  kNot,       // children[0]
  kIs,        // field : value; the value may have wildcards; "*" alone asks for presence
  kCompare,   // field op value
  kNested,    // field : { children[0] }
  kBare,      // value of any field
};

enum class Comparison : uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual };
std::string_view ComparisonText(Comparison comparison);   // "<="

struct Node {
  NodeKind kind = NodeKind::kIs;
  Comparison comparison = Comparison::kLess;
  SourceRange range;
  Text field;
  Text value;
  std::vector<NodePtr> children;
};

}  // namespace weir::kql
