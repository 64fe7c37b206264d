#include "common/esql/printer.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "common/esql/literal.h"
#include "common/esql/names.h"

namespace weir::esql {
namespace {

// Precedence, loosest first. An operand looser than its place allows gets parentheses.
enum Level {
  kLevelOr,
  kLevelAnd,
  kLevelNot,
  kLevelPredicate,
  kLevelComparison,
  kLevelAdditive,
  kLevelMultiplicative,
  kLevelUnary,
  kLevelCast,
  kLevelPrimary,
};

Level BinaryLevel(Operator op) {
  switch (op) {
    case Operator::kOr:
      return kLevelOr;
    case Operator::kAnd:
      return kLevelAnd;
    case Operator::kAdd:
    case Operator::kSubtract:
      return kLevelAdditive;
    case Operator::kMultiply:
    case Operator::kDivide:
    case Operator::kModulo:
      return kLevelMultiplicative;
    default:
      return kLevelComparison;
  }
}

Level LiteralLevel(const std::string& text) {
  if (text.front() == '-') {
    return kLevelUnary;
  }
  return text.front() == '"' && text.back() != '"' ? kLevelCast : kLevelPrimary;
}

Level LevelOf(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kBinary:
      return BinaryLevel(expression.op);
    case ExpressionKind::kUnary:
      return expression.op == Operator::kNot ? kLevelNot : kLevelUnary;
    case ExpressionKind::kIn:
    case ExpressionKind::kLike:
    case ExpressionKind::kRlike:
    case ExpressionKind::kIsNull:
    case ExpressionKind::kMatch:
      return kLevelPredicate;
    case ExpressionKind::kCast:
      return kLevelCast;
    case ExpressionKind::kLiteral:
      return LiteralLevel(PrintLiteral(expression.literal));
    case ExpressionKind::kList:
    case ExpressionKind::kColumn:
    case ExpressionKind::kStar:
    case ExpressionKind::kCall:
      break;
  }
  return kLevelPrimary;
}

// A literal whose text behind a '-' would be read as the least integer or long.
bool JoinsWithMinus(const Expression& expression) {
  if (expression.kind != ExpressionKind::kLiteral) {
    return false;
  }
  const Literal& literal = expression.literal;
  constexpr int64_t kIntegerEdge = int64_t{1} << 31;
  return (literal.type == DataType::kLong && literal.integer == kIntegerEdge) ||
         (literal.type == DataType::kUnsignedLong &&
          static_cast<uint64_t>(literal.integer) >= uint64_t{1} << 63);
}

class Printer {
 public:
  std::string Take() { return std::move(out_); }

  void Add(const Expression& expression, Level least = kLevelOr);
  void Add(const Command& command);

 private:
  void AddUnary(const Expression& expression);
  void AddBinary(const Expression& expression);
  void AddPatterns(const Expression& expression, std::string_view keyword);
  void AddItems(const std::vector<ExpressionPtr>& items, std::size_t first, Level least);
  void AddNamed(const std::vector<NamedExpression>& items);
  void AddNamePatterns(const std::vector<NamePattern>& patterns);

  void AddBody(const FromCommand& from);
  void AddBody(const RowCommand& row);
  void AddBody(const WhereCommand& where);
  void AddBody(const EvalCommand& eval);
  void AddBody(const StatsCommand& stats);
  void AddBody(const KeepCommand& keep);
  void AddBody(const DropCommand& drop);
  void AddBody(const RenameCommand& rename);
  void AddBody(const SortCommand& sort);
  void AddBody(const LimitCommand& limit);
  void AddBody(const GrokCommand& grok);
  void AddBody(const DissectCommand& dissect);
  void AddBody(const MvExpandCommand& expand);
  void AddBody(const UnsupportedCommand& command);

  std::string out_;
};

void Printer::Add(const Expression& expression, Level least) {
  const bool parentheses = LevelOf(expression) < least;
  out_ += parentheses ? "(" : "";
  switch (expression.kind) {
    case ExpressionKind::kLiteral:
      out_ += PrintLiteral(expression.literal);
      break;
    case ExpressionKind::kList:
      out_ += "[";
      AddItems(expression.args, 0, kLevelOr);
      out_ += "]";
      break;
    case ExpressionKind::kColumn:
      out_ += QuoteName(expression.name);
      break;
    case ExpressionKind::kStar:
      out_ += "*";
      break;
    case ExpressionKind::kUnary:
      AddUnary(expression);
      break;
    case ExpressionKind::kBinary:
      AddBinary(expression);
      break;
    case ExpressionKind::kIn:
      Add(*expression.args[0], kLevelAdditive);
      out_ += expression.negated ? " NOT IN (" : " IN (";
      AddItems(expression.args, 1, kLevelComparison);
      out_ += ")";
      break;
    case ExpressionKind::kLike:
      AddPatterns(expression, "LIKE");
      break;
    case ExpressionKind::kRlike:
      AddPatterns(expression, "RLIKE");
      break;
    case ExpressionKind::kIsNull:
      Add(*expression.args[0], kLevelAdditive);
      out_ += expression.negated ? " IS NOT NULL" : " IS NULL";
      break;
    case ExpressionKind::kCast:
      Add(*expression.args[0], kLevelCast);
      out_ += "::";
      out_ += DataTypeName(expression.cast_type);
      break;
    case ExpressionKind::kCall:
      out_ += expression.name + "(";
      AddItems(expression.args, 0, kLevelOr);
      out_ += ")";
      break;
    case ExpressionKind::kMatch:
      Add(*expression.args[0], kLevelCast);
      out_ += " : ";
      Add(*expression.args[1], kLevelUnary);
      break;
  }
  out_ += parentheses ? ")" : "";
}

// A sign before anything but a plain operand, and NOT likewise, gets parentheses.
void Printer::AddUnary(const Expression& expression) {
  const Expression& operand = *expression.args[0];
  out_ += OperatorText(expression.op);
  out_ += expression.op == Operator::kNot ? " " : "";
  if (expression.op == Operator::kNegate && JoinsWithMinus(operand)) {
    out_ += "(";
    Add(operand);
    out_ += ")";
  } else {
    Add(operand, kLevelPrimary);
  }
}

void Printer::AddBinary(const Expression& expression) {
  const Level level = BinaryLevel(expression.op);
  const auto tighter = static_cast<Level>(level + 1);
  Add(*expression.args[0], level == kLevelComparison ? tighter : level);
  out_ += fmt::format(" {} ", OperatorText(expression.op));
  Add(*expression.args[1], tighter);
}

void Printer::AddPatterns(const Expression& expression, std::string_view keyword) {
  Add(*expression.args[0], kLevelAdditive);
  out_ += fmt::format("{} {} ", expression.negated ? " NOT" : "", keyword);
  if (expression.args.size() == 2) {
    Add(*expression.args[1], kLevelPrimary);
    return;
  }
  out_ += "(";
  AddItems(expression.args, 1, kLevelAdditive);
  out_ += ")";
}

void Printer::AddItems(const std::vector<ExpressionPtr>& items, std::size_t first, Level least) {
  for (std::size_t i = first; i < items.size(); ++i) {
    out_ += i > first ? ", " : "";
    Add(*items[i], least);
  }
}

void Printer::Add(const Command& command) {
  std::visit([this](const auto& body) { AddBody(body); }, command.body);
}

// The alias is left out where the item would have that name by itself.
void Printer::AddNamed(const std::vector<NamedExpression>& items) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    const NamedExpression& item = items[i];
    std::string text = Print(*item.value);
    std::string own_name = item.value->kind == ExpressionKind::kColumn ? item.value->name : text;
    if (item.filter != nullptr) {
      text += " WHERE " + Print(*item.filter);
      own_name = text;
    }
    out_ += i > 0 ? ", " : "";
    out_ += item.name == own_name ? text : fmt::format("{} = {}", QuoteName(item.name), text);
  }
}

// Parts between wildcards are quoted on their own.
void Printer::AddNamePatterns(const std::vector<NamePattern>& patterns) {
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const std::string& text = patterns[i].text;
    out_ += i > 0 ? ", " : "";
    if (!patterns[i].has_wildcard) {
      out_ += QuoteName(text);
      continue;
    }
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t star = std::min(text.find('*', begin), text.size());
      const std::string part = text.substr(begin, star - begin);
      const bool plain = IsPlainName(part) || (begin > 0 && IsPlainName("x" + part)) ||
                         (star < text.size() && IsPlainName(part + "x"));
      out_ += part.empty() || plain ? part : "`" + part + "`";
      out_ += star < text.size() ? "*" : "";
      begin = star + 1;
    }
  }
}

void Printer::AddBody(const FromCommand& from) {
  out_ += "FROM ";
  for (std::size_t i = 0; i < from.patterns.size(); ++i) {
    out_ += i > 0 ? ", " : "";
    out_ += QuoteSource(from.patterns[i]);
  }
  if (!from.metadata.empty()) {
    out_ += fmt::format(" METADATA {}", fmt::join(from.metadata, ", "));
  }
}

void Printer::AddBody(const RowCommand& row) {
  out_ += "ROW ";
  AddNamed(row.columns);
}

void Printer::AddBody(const WhereCommand& where) {
  out_ += "WHERE ";
  Add(*where.condition);
}

void Printer::AddBody(const EvalCommand& eval) {
  out_ += "EVAL ";
  AddNamed(eval.columns);
}

void Printer::AddBody(const StatsCommand& stats) {
  out_ += stats.is_inline ? "INLINE STATS" : "STATS";
  if (!stats.aggregates.empty()) {
    out_ += " ";
    AddNamed(stats.aggregates);
  }
  if (!stats.groups.empty()) {
    out_ += " BY ";
    AddNamed(stats.groups);
  }
}

void Printer::AddBody(const KeepCommand& keep) {
  out_ += "KEEP ";
  AddNamePatterns(keep.patterns);
}

void Printer::AddBody(const DropCommand& drop) {
  out_ += "DROP ";
  AddNamePatterns(drop.patterns);
}

void Printer::AddBody(const RenameCommand& rename) {
  out_ += "RENAME ";
  for (std::size_t i = 0; i < rename.items.size(); ++i) {
    out_ += fmt::format("{}{} AS {}", i > 0 ? ", " : "", QuoteName(rename.items[i].from),
                        QuoteName(rename.items[i].to));
  }
}

void Printer::AddBody(const SortCommand& sort) {
  out_ += "SORT ";
  for (std::size_t i = 0; i < sort.keys.size(); ++i) {
    const SortCommand::Key& key = sort.keys[i];
    out_ += i > 0 ? ", " : "";
    Add(*key.value);
    out_ += key.descending ? " DESC" : "";
    if (key.nulls_first != key.descending) {
      out_ += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
    }
  }
}

void Printer::AddBody(const LimitCommand& limit) {
  out_ += fmt::format("LIMIT {}", limit.count);
}

void Printer::AddBody(const GrokCommand& grok) {
  out_ += "GROK ";
  Add(*grok.input, kLevelCast);
  for (std::size_t i = 0; i < grok.patterns.size(); ++i) {
    out_ += (i > 0 ? ", " : " ") + QuoteString(grok.patterns[i]);
  }
}

void Printer::AddBody(const DissectCommand& dissect) {
  out_ += "DISSECT ";
  Add(*dissect.input, kLevelCast);
  out_ += " " + QuoteString(dissect.pattern);
  if (!dissect.append_separator.empty()) {
    out_ += " APPEND_SEPARATOR = " + QuoteString(dissect.append_separator);
  }
}

void Printer::AddBody(const MvExpandCommand& expand) {
  out_ += "MV_EXPAND " + QuoteName(expand.column);
}

void Printer::AddBody(const UnsupportedCommand& command) {
  out_ += command.name;
}

}  // namespace

std::string Print(const Expression& expression) {
  Printer printer;
  printer.Add(expression);
  return printer.Take();
}

std::string Print(const Query& query) {
  Printer printer;
  std::string result;
  for (const Command& command : query.commands) {
    printer.Add(command);
    result += (result.empty() ? "" : "\n| ") + printer.Take();
  }
  return result;
}

}  // namespace weir::esql
