// Terms of search: each test is true or false, never null, so that NOT of a test of a missing field is
// true.
#include <algorithm>

#include <fmt/format.h>

#include "common/esql/any_value.h"
#include "common/esql/names.h"
#include "common/spl/lower_internal.h"

namespace weir::spl {
namespace {



constexpr std::string_view kSourcetype = "aws:cloudtrail";

bool IsEverything(std::string_view text) {
  return !text.empty() && text.find_first_not_of('*') == std::string_view::npos;
}

bool MatchesIgnoringCase(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) {
    return text.empty();
  }
  if (pattern.front() == '*') {
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (MatchesIgnoringCase(pattern.substr(1), text.substr(i))) {
        return true;
      }
    }
    return false;
  }
  return !text.empty() && esql::EqualsIgnoreCase(pattern.substr(0, 1), text.substr(0, 1)) &&
         MatchesIgnoringCase(pattern.substr(1), text.substr(1));
}

std::string_view OrderPrimitive(Operator op) {
  switch (op) {
    case Operator::kLess:
      return "spl_search_lt";
    case Operator::kLessEqual:
      return "spl_search_le";
    case Operator::kGreater:
      return "spl_search_gt";
    default:
      return "spl_search_ge";
  }
}

esql::Operator NativeOperator(Operator op) {
  switch (op) {
    case Operator::kEqual:
      return esql::Operator::kEqual;
    case Operator::kNotEqual:
      return esql::Operator::kNotEqual;
    case Operator::kLess:
      return esql::Operator::kLess;
    case Operator::kLessEqual:
      return esql::Operator::kLessEqual;
    case Operator::kGreater:
      return esql::Operator::kGreater;
    default:
      return esql::Operator::kGreaterEqual;
  }
}

// Fields by whose values an event's rules are found.
bool PicksRules(std::string_view column) {
  return column == "cloudtrail:eventName" || column == "cloudtrail:eventSource";
}

}  // namespace

// Tests of what an event is stored as, which is decided before any event is read.
NodePtr Lowering::LowerMetadata(const SearchNode& node, bool* handled) {
  const std::string& field = node.field;
  *handled = true;
  const bool equals = node.kind == SearchKind::kIn || node.op == Operator::kEqual;
  if (field == "sourcetype" && open_) {
    const bool fits = std::any_of(node.values.begin(), node.values.end(), [](const auto& value) {
      return MatchesIgnoringCase(value.text.substr(0, 100), kSourcetype);
    });
    if (equals && !fits) {
      diagnostics_->Error(node.range,
                          fmt::format("sourcetype [{}] is not supported: searches are run over "
                                      "records of [{}]",
                                      node.values.front().text, kSourcetype));
    }
    return esql::MakeBooleanNode(fits == equals, node.range);
  }
  if ((field == "index" || field == "source" || field == "splunk_server") && open_) {
    diagnostics_->Warning(node.range,
                          fmt::format("[{}] is not tested: every CloudTrail record is read", field));
    return esql::MakeBooleanNode(true, node.range);
  }
  if ((field == "eventtype" || field == "tag") && open_) {
    diagnostics_->Error(node.range,
                        fmt::format("[{}] in a search is not supported: event types and tags are "
                                    "not known",
                                    field),
                        "write the conditions they stand for");
    return nullptr;
  }
  if ((field == "earliest" || field == "latest") && open_) {
    diagnostics_->Error(node.range, fmt::format("[{}=] in a search is not supported: the range of "
                                                "time is that of the rule's schedule",
                                                field));
    return nullptr;
  }
  *handled = false;
  return nullptr;
}

NodePtr Lowering::LowerComparison(const SearchNode& node) {
  bool handled = false;
  NodePtr metadata = LowerMetadata(node, &handled);
  if (handled) {
    return metadata;
  }
  const Field field = Find(node.field);
  if (field.column.empty()) {
    return esql::MakeBooleanNode(false, node.range);
  }
  const bool is_in = node.kind == SearchKind::kIn;
  const bool equals = is_in || node.op == Operator::kEqual;
  const auto column = [&] { return esql::MakeColumnNode(field.column, node.field_range); };
  const SearchValue& value = node.values.front();
  if (equals && std::any_of(node.values.begin(), node.values.end(),
                            [](const SearchValue& one) { return IsEverything(one.text); })) {
    return esql::MakeIsNullNode(column(), true, node.range);
  }
  if (!is_in && field.never_null && field.type == Type::kNumber && LooksNumeric(value.text)) {
    return esql::MakeBinaryNode(NativeOperator(node.op), column(),
                                Number(std::stod(value.text), value.range));
  }
  const bool plain = std::none_of(node.values.begin(), node.values.end(), [](const auto& one) {
    return one.text.find('*') != std::string::npos || LooksNumeric(one.text);
  });
  NodePtr call;
  if (equals && plain && PicksRules(field.column)) {
    call = esql::MakeCallNode(esql::kAnyEquals, node.range);
    call->args.push_back(esql::MakeColumnNode(
        kFoldedPrefix + field.column.substr(std::string_view(kFieldPrefix).size()),
        node.field_range));
    for (const SearchValue& one : node.values) {
      call->args.push_back(esql::MakeKeywordNode(esql::ToLowerAscii(one.text), one.range));
    }
    return call;
  }
  call = esql::MakeCallNode(equals                              ? "spl_search_eq"
                            : node.op == Operator::kNotEqual ? "spl_search_ne"
                                                             : OrderPrimitive(node.op),
                            node.range);
  call->args.push_back(column());
  for (const SearchValue& one : node.values) {
    call->args.push_back(esql::MakeKeywordNode(one.text, one.range));
  }
  return call;
}

NodePtr Lowering::LowerSearch(const SearchNode& node) {
  switch (node.kind) {
    case SearchKind::kAll:
      return esql::MakeBooleanNode(true, node.range);
    case SearchKind::kNot: {
      NodePtr operand = LowerSearch(*node.children.front());
      return operand == nullptr ? nullptr : esql::MakeNotNode(std::move(operand), node.range);
    }
    case SearchKind::kAnd:
    case SearchKind::kOr: {
      NodePtr chain;
      bool ok = true;
      for (const SearchPtr& child : node.children) {
        NodePtr part = LowerSearch(*child);
        ok = ok && part != nullptr;
        if (ok) {
          chain = esql::MakeJunctionNode(
              node.kind == SearchKind::kAnd ? esql::Operator::kAnd : esql::Operator::kOr,
              std::move(chain), std::move(part));
        }
      }
      return ok ? std::move(chain) : nullptr;
    }
    case SearchKind::kTerm: {
      if (!open_) {
        diagnostics_->Error(node.range,
                            fmt::format("the term [{}] searches the raw event, which is gone after "
                                        "stats or table: this is not supported",
                                        node.values.front().text),
                            "name a field");
        return nullptr;
      }
      return Call("spl_term", node.range,
                  List(esql::MakeColumnNode(std::string(kFieldPrefix) + "_raw", node.range),
                       esql::MakeKeywordNode(node.values.front().text, node.range)));
    }
    case SearchKind::kCompare:
    case SearchKind::kIn:
      break;
  }
  return LowerComparison(node);
}

void Lowering::operator()(const SearchStage& stage) {
  // Each of the terms joined by AND on its own, so that those that are always true go.
  std::vector<const SearchNode*> terms = {stage.condition.get()};
  if (stage.condition->kind == SearchKind::kAnd) {
    terms.clear();
    for (const SearchPtr& child : stage.condition->children) {
      terms.push_back(child.get());
    }
  }
  NodePtr condition;
  for (const SearchNode* term : terms) {
    NodePtr test = LowerSearch(*term);
    const bool always = test != nullptr && test->kind == esql::ExpressionKind::kLiteral &&
                        test->literal.integer != 0;
    if (test != nullptr && !always) {
      condition = esql::MakeJunctionNode(esql::Operator::kAnd, std::move(condition),
                                         std::move(test));
    }
  }
  EmitWhere(std::move(condition));
}

}  // namespace weir::spl
