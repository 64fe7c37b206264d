#include <fmt/format.h>

#include "common/eql/parser.h"
#include "common/esql/names.h"

namespace weir::eql {
namespace {

enum Level : int { kOrLevel, kAndLevel, kNotLevel, kTestLevel, kSumLevel, kProductLevel, kUnaryLevel,
                   kPrimaryLevel };

Level LevelOf(const Node& node) {
  switch (node.kind) {
    case NodeKind::kOr:
      return kOrLevel;
    case NodeKind::kAnd:
      return kAndLevel;
    case NodeKind::kNot:
      return kNotLevel;
    case NodeKind::kCompare:
    case NodeKind::kIn:
    case NodeKind::kSeq:
    case NodeKind::kLike:
    case NodeKind::kRegex:
      return kTestLevel;
    case NodeKind::kArithmetic:
      return node.op == Operator::kAdd || node.op == Operator::kSubtract ? kSumLevel : kProductLevel;
    case NodeKind::kNegate:
      return kUnaryLevel;
    case NodeKind::kInteger:
      return node.integer < 0 ? kUnaryLevel : kPrimaryLevel;
    case NodeKind::kDecimal:
      return node.number < 0 ? kUnaryLevel : kPrimaryLevel;
    default:
      return kPrimaryLevel;
  }
}

std::string PrintAt(const Node& node, Level least) {
  return LevelOf(node) < least ? fmt::format("({})", Print(node)) : Print(node);
}

std::string QuoteText(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    switch (c) {
      case '\n':
        quoted += "\\n";
        break;
      case '\r':
        quoted += "\\r";
        break;
      case '\t':
        quoted += "\\t";
        break;
      case '"':
      case '\\':
        quoted.push_back('\\');
        quoted.push_back(c);
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          quoted += fmt::format("\\u{{{:02x}}}", static_cast<unsigned>(c));
        } else {
          quoted.push_back(c);
        }
    }
  }
  return quoted + "\"";
}

// Every name may stand in backquotes; one that needs none is printed plain.
std::string NameText(const Node& node) {
  const std::string& whole = node.text;
  const std::string_view name = std::string_view(whole).substr(0, whole.find('.'));
  const bool reserved = name == "and" || name == "or" || name == "not" || name == "in" ||
                        name == "like" || name == "regex" || name == "where" || name == "true" ||
                        name == "false" || name == "null";
  std::string text = reserved ? fmt::format("`{}`", whole) : esql::QuoteName(whole);
  return node.optional ? "?" + text : text;
}

std::string Items(const Node& node, std::size_t first) {
  std::string out;
  for (std::size_t i = first; i < node.children.size(); ++i) {
    out += fmt::format("{}{}", i == first ? "" : ", ", Print(*node.children[i]));
  }
  return fmt::format("({})", out);
}

std::string SumItems(const Node& node) {
  std::string out;
  for (std::size_t i = 1; i < node.children.size(); ++i) {
    out += fmt::format("{}{}", i == 1 ? "" : ", ", PrintAt(*node.children[i], kSumLevel));
  }
  return fmt::format("({})", out);
}

std::string DecimalText(double number) {
  std::string text = fmt::format("{}", number);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

}  // namespace

std::string_view OperatorText(Operator op) {
  static constexpr std::string_view kTexts[] = {"",  "==", "!=", "<", "<=", ">",
                                                ">=", "+",  "-",  "*", "/",  "%"};
  return kTexts[static_cast<std::size_t>(op)];
}

std::string Print(const Node& node) {
  const std::string_view tilde = node.ignore_case ? "~" : "";
  const auto child = [&](std::size_t i, Level least) { return PrintAt(*node.children[i], least); };
  switch (node.kind) {
    case NodeKind::kField:
      return NameText(node);
    case NodeKind::kString:
      return QuoteText(node.text);
    case NodeKind::kInteger:
      return fmt::format("{}", node.integer);
    case NodeKind::kDecimal:
      return DecimalText(node.number);
    case NodeKind::kBoolean:
      return node.integer != 0 ? "true" : "false";
    case NodeKind::kNull:
      return "null";
    case NodeKind::kCall:
      return fmt::format("{}{}{}", node.text, tilde, Items(node, 0));
    case NodeKind::kNot:
      return fmt::format("not {}", child(0, kTestLevel));
    case NodeKind::kNegate:
      return fmt::format("-{}", child(0, kPrimaryLevel));
    case NodeKind::kAnd:
      return fmt::format("{} and {}", child(0, kAndLevel), child(1, kNotLevel));
    case NodeKind::kOr:
      return fmt::format("{} or {}", child(0, kOrLevel), child(1, kAndLevel));
    case NodeKind::kCompare:
      return fmt::format("{} {} {}", child(0, kSumLevel), OperatorText(node.op), child(1, kSumLevel));
    case NodeKind::kArithmetic: {
      const Level level = LevelOf(node);
      return fmt::format("{} {} {}", child(0, level), OperatorText(node.op),
                         child(1, static_cast<Level>(level + 1)));
    }
    case NodeKind::kIn:
      return fmt::format("{}{} in{} {}", child(0, kSumLevel), node.negated ? " not" : "", tilde,
                         SumItems(node));
    case NodeKind::kSeq:
      return fmt::format("{} : {}", child(0, kSumLevel), SumItems(node));
    case NodeKind::kLike:
      return fmt::format("{} like{} {}", child(0, kSumLevel), tilde, SumItems(node));
    case NodeKind::kRegex:
      return fmt::format("{} regex{} {}", child(0, kSumLevel), tilde, SumItems(node));
  }
  return "";
}

std::string Print(const Query& query) {
  return fmt::format("{} where {}", query.category.empty() ? "any" : QuoteText(query.category),
                     Print(*query.condition));
}

}  // namespace weir::eql
