#include "common/kql/lower.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/esql/any_value.h"

namespace weir::kql {
namespace {

using esql::ExpressionPtr;
using esql::Operator;

// Fields that a wildcard in a name may stand for.
constexpr std::size_t kWildcardFieldsMax = 500;

// True when name matches a pattern in which '*' stands for any run of characters.
bool MatchesName(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::string_view TestOf(Comparison comparison) {
  switch (comparison) {
    case Comparison::kLess:
      return esql::kAnyLess;
    case Comparison::kLessEqual:
      return esql::kAnyLessEqual;
    case Comparison::kGreater:
      return esql::kAnyGreater;
    case Comparison::kGreaterEqual:
      break;
  }
  return esql::kAnyGreaterEqual;
}

bool IsPresence(const Node& node) {
  return node.value.has_wildcard &&
         node.value.pattern.find_first_not_of('*') == std::string::npos;
}

class Lowering {
 public:
  Lowering(const FieldCatalogue& catalogue, esql::Diagnostics* diagnostics)
      : catalogue_(catalogue), diagnostics_(diagnostics) {}

  ExpressionPtr Lower(const Node& node);

 private:
  ExpressionPtr LowerChain(const Node& node, Operator op);
  // One test, on each field that the name stands for.
  ExpressionPtr LowerTest(const Node& node);
  ExpressionPtr TestField(const Node& node, const std::string& field) const;
  ExpressionPtr Refuse(SourceRange range, std::string message, std::string hint = "") {
    diagnostics_->Error(range, std::move(message), std::move(hint));
    return nullptr;
  }

  const FieldCatalogue& catalogue_;
  esql::Diagnostics* diagnostics_;
};

ExpressionPtr Lowering::Lower(const Node& node) {
  switch (node.kind) {
    case NodeKind::kOr:
      return LowerChain(node, Operator::kOr);
    case NodeKind::kAnd:
      return LowerChain(node, Operator::kAnd);
    case NodeKind::kNot: {
      ExpressionPtr operand = Lower(*node.children.front());
      return operand == nullptr ? nullptr : esql::MakeNotNode(std::move(operand), node.range);
    }
    case NodeKind::kIs:
    case NodeKind::kCompare:
      return LowerTest(node);
    case NodeKind::kNested:
      return Refuse(node.range, fmt::format("a nested query [{}: {{...}}] is not supported: no field "
                                            "of the events is of type nested",
                                            node.field.text));
    case NodeKind::kBare:
      return Refuse(node.range,
                    fmt::format("the value [{}] without a field, which searches all fields, is not "
                                "supported",
                                node.value.text),
                    "write field: value");
  }
  return nullptr;
}

// Tests of one kind on one field become one test with all their values.
bool Merge(const esql::Expression& test, std::vector<ExpressionPtr>* parts) {
  if (test.kind != esql::ExpressionKind::kCall || test.name == esql::kAnyLess ||
      test.name == esql::kAnyLessEqual || test.name == esql::kAnyGreater ||
      test.name == esql::kAnyGreaterEqual) {
    return false;
  }
  for (ExpressionPtr& part : *parts) {
    if (part->kind == esql::ExpressionKind::kCall && part->name == test.name &&
        part->args.front()->name == test.args.front()->name) {
      for (std::size_t i = 1; i < test.args.size(); ++i) {
        part->args.push_back(test.args[i]->Clone());
      }
      part->range.end = std::max(part->range.end, test.range.end);
      return true;
    }
  }
  return false;
}

ExpressionPtr Lowering::LowerChain(const Node& node, Operator op) {
  std::vector<ExpressionPtr> parts;
  bool failed = false;
  for (const NodePtr& child : node.children) {
    ExpressionPtr part = Lower(*child);
    if (part == nullptr) {
      failed = true;
    } else if (op != Operator::kOr || !Merge(*part, &parts)) {
      parts.push_back(std::move(part));
    }
  }
  if (failed) {
    return nullptr;
  }
  ExpressionPtr chain;
  for (ExpressionPtr& part : parts) {
    chain = esql::MakeJunctionNode(op, std::move(chain), std::move(part));
  }
  return chain;
}

ExpressionPtr Lowering::TestField(const Node& node, const std::string& field) const {
  ExpressionPtr column = esql::MakeColumnNode(field, node.field.range);
  if (IsPresence(node)) {
    return esql::MakeIsNullNode(std::move(column), true, node.range);
  }
  const bool is_text = catalogue_.TypeOf(field) == DataType::kText;
  const std::string_view test = node.kind == NodeKind::kCompare ? TestOf(node.comparison)
                                : node.value.has_wildcard       ? esql::kAnyLike
                                : !is_text                      ? esql::kAnyEquals
                                : node.value.quoted             ? esql::kAnyPhrase
                                                                : esql::kAnyWord;
  ExpressionPtr call = esql::MakeCallNode(test, node.range);
  call->args.push_back(std::move(column));
  call->args.push_back(esql::MakeKeywordNode(
      node.value.has_wildcard ? node.value.pattern : node.value.text, node.value.range));
  return call;
}

ExpressionPtr Lowering::LowerTest(const Node& node) {
  if (!node.field.has_wildcard) {
    return TestField(node, node.field.text);
  }
  const std::string& pattern = node.field.pattern;
  if (pattern.find_first_not_of('*') == std::string::npos) {
    return IsPresence(node)
               ? esql::MakeBooleanNode(true, node.range)   // every document has some field
               : Refuse(node.field.range, "a test of all fields [*: ...] is not supported",
                        "name the fields");
  }
  ExpressionPtr any;
  std::size_t count = 0;
  for (const std::string& name : catalogue_.Names()) {
    const std::optional<DataType> type = catalogue_.TypeOf(name);
    const bool fits = type.has_value() && *type != DataType::kUnsupported &&
                      (IsString(*type) || IsPresence(node) || node.kind == NodeKind::kCompare);
    if (!fits || !MatchesName(pattern, name)) {
      continue;
    }
    if (++count > kWildcardFieldsMax) {
      return Refuse(node.field.range, fmt::format("[{}] stands for more than {} fields, which is not "
                                                  "supported",
                                                  node.field.text, kWildcardFieldsMax));
    }
    any = esql::MakeJunctionNode(Operator::kOr, std::move(any), TestField(node, name));
    any->range = node.range;
  }
  if (any == nullptr) {
    diagnostics_->Warning(node.field.range,
                          fmt::format("no known field matches [{}]: the test is never true",
                                      node.field.text));
    return esql::MakeBooleanNode(false, node.range);
  }
  return any;
}

}  // namespace

esql::ExpressionPtr Lower(const Node& node, const FieldCatalogue& catalogue,
                          esql::Diagnostics* diagnostics) {
  return Lowering(catalogue, diagnostics).Lower(node);
}

}  // namespace weir::kql
