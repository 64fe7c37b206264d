#include <fmt/format.h>

#include "common/esql/names.h"
#include "common/spl/parser.h"

namespace weir::spl {
namespace {

std::string Quote(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') {
      quoted.push_back('\\');
    }
    quoted.push_back(c);
  }
  quoted.push_back(quote);
  return quoted;
}

// Of rex and regex, whose backslashes are the pattern's own.
std::string QuoteRaw(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] != '"') {
      quoted.push_back(text[i++]);
    } else if (text[i] == '"') {
      quoted.push_back('\\');
    }
    quoted.push_back(text[i]);
  }
  return quoted + "\"";
}

std::string QuoteName(const Name& name) {
  return Quote(name.text, '"');
}

std::string Names(const std::vector<Name>& names) {
  std::vector<std::string> parts;
  for (const Name& name : names) {
    parts.push_back(QuoteName(name));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string PrintSearch(const SearchNode& node) {
  switch (node.kind) {
    case SearchKind::kAll:
      return "*";
    case SearchKind::kNot:
      return fmt::format("NOT {}", PrintSearch(*node.children.front()));
    case SearchKind::kAnd:
    case SearchKind::kOr: {
      std::vector<std::string> parts;
      for (const SearchPtr& child : node.children) {
        parts.push_back(PrintSearch(*child));
      }
      return fmt::format("({})",
                         fmt::join(parts, node.kind == SearchKind::kAnd ? " AND " : " OR "));
    }
    case SearchKind::kCompare:
      return fmt::format("{}{}{}", Quote(node.field, '"'), OperatorText(node.op),
                         Quote(node.values.front().text, '"'));
    case SearchKind::kTerm:
      return Quote(node.values.front().text, '"');
    case SearchKind::kIn:
      break;
  }
  std::vector<std::string> parts;
  for (const SearchValue& value : node.values) {
    parts.push_back(Quote(value.text, '"'));
  }
  return fmt::format("{} IN ({})", Quote(node.field, '"'), fmt::join(parts, ", "));
}

struct BodyPrinter {
  std::string operator()(const SearchStage& stage) const {
    return fmt::format("search {}", PrintSearch(*stage.condition));
  }
  std::string operator()(const WhereStage& stage) const {
    return fmt::format("where {}", Print(*stage.condition));
  }
  std::string operator()(const EvalStage& stage) const {
    std::vector<std::string> parts;
    for (const EvalStage::Item& item : stage.items) {
      parts.push_back(fmt::format("{}={}", QuoteName(item.target), Print(*item.value)));
    }
    return fmt::format("eval {}", fmt::join(parts, ", "));
  }
  std::string operator()(const RenameStage& stage) const {
    std::vector<std::string> parts;
    for (const RenameStage::Item& item : stage.items) {
      parts.push_back(fmt::format("{} AS {}", QuoteName(item.from), QuoteName(item.to)));
    }
    return fmt::format("rename {}", fmt::join(parts, ", "));
  }
  std::string operator()(const FillnullStage& stage) const {
    return fmt::format("fillnull value={}{}{}", Quote(stage.value, '"'),
                       stage.fields.empty() ? "" : " ", Names(stage.fields));
  }
  std::string operator()(const FieldsStage& stage) const {
    return fmt::format("{} {}",
                       stage.kind == FieldsStage::Kind::kTable  ? "table"
                       : stage.kind == FieldsStage::Kind::kDrop ? "fields -"
                                                                : "fields",
                       Names(stage.names));
  }
  std::string operator()(const ConvertStage& stage) const {
    std::string text = fmt::format("convert timeformat={}", Quote(stage.time_format, '"'));
    for (const ConvertStage::Item& item : stage.items) {
      text += fmt::format(" {}({}) AS {}", item.function, QuoteName(item.field),
                          Quote(item.target, '"'));
    }
    return text;
  }
  std::string operator()(const StatsStage& stage) const {
    std::string text = stage.keeps_rows ? "eventstats" : "stats";
    for (const Aggregate& aggregate : stage.aggregates) {
      text += fmt::format(" {}({}) AS {}", aggregate.function,
                          aggregate.value != nullptr ? fmt::format("eval({})", Print(*aggregate.value))
                          : aggregate.field.empty()  ? ""
                                                     : Quote(aggregate.field, '"'),
                          Quote(aggregate.name, '"'));
    }
    return stage.by.empty() ? text : fmt::format("{} BY {}", text, Names(stage.by));
  }
  std::string operator()(const BinStage& stage) const {
    return fmt::format("bin span={} {} AS {}", stage.span, QuoteName(stage.field),
                       Quote(stage.target, '"'));
  }
  std::string operator()(const DedupStage& stage) const {
    return fmt::format("dedup {}", Names(stage.fields));
  }
  std::string operator()(const SortStage& stage) const {
    std::string text = fmt::format("sort {}", stage.limit);
    for (const SortStage::Key& key : stage.keys) {
      const std::string name = QuoteName(key.field);
      text += fmt::format("{}{}{}", text.back() == '"' || text.back() == ')' ? ", " : " ",
                          key.descending ? "-" : "+",
                          key.order == SortStage::Key::Order::kNumber ? fmt::format("num({})", name)
                          : key.order == SortStage::Key::Order::kText
                              ? fmt::format("str({})", name)
                              : name);
    }
    return text;
  }
  std::string operator()(const HeadStage& stage) const {
    return fmt::format("head {}", stage.count);
  }
  std::string operator()(const SpathStage& stage) const {
    std::string text = "spath";
    const auto add = [&](std::string_view key, const std::string& value) {
      if (!value.empty()) {
        text += fmt::format(" {}={}", key, Quote(value, '"'));
      }
    };
    add("input", stage.input);
    add("output", stage.output);
    add("path", stage.path);
    return text;
  }
  std::string operator()(const MvexpandStage& stage) const {
    return fmt::format("mvexpand {} limit={}", QuoteName(stage.field), stage.limit);
  }
  std::string operator()(const RexStage& stage) const {
    return fmt::format("rex field={} {}", Quote(stage.field, '"'), QuoteRaw(stage.pattern));
  }
  std::string operator()(const RegexStage& stage) const {
    return fmt::format("regex {}{}={}", Quote(stage.field, '\''), stage.negated ? "!" : "",
                       QuoteRaw(stage.pattern));
  }
  std::string operator()(const AddinfoStage& /*stage*/) const { return "addinfo"; }
};

}  // namespace

std::string_view OperatorText(Operator op) {
  static constexpr std::string_view kTexts[] = {"",   "OR", "XOR", "AND",  "=", "!=", "<", "<=", ">",
                                                ">=", "LIKE", "+", "-", ".", "*", "/", "%"};
  return kTexts[static_cast<std::size_t>(op)];
}

std::string Print(const Expression& expression) {
  std::vector<std::string> args;
  for (const ExpressionPtr& arg : expression.args) {
    args.push_back(Print(*arg));
  }
  switch (expression.kind) {
    case ExpressionKind::kNumber:
      return expression.text;
    case ExpressionKind::kString:
      return Quote(expression.text, '"');
    case ExpressionKind::kField:
      return Quote(expression.text, '\'');
    case ExpressionKind::kCall:
      return fmt::format("{}({})", expression.text, fmt::join(args, ", "));
    case ExpressionKind::kNegate:
      return fmt::format("(-{})", args.front());
    case ExpressionKind::kNot:
      return fmt::format("(NOT {})", args.front());
    case ExpressionKind::kBinary:
      return fmt::format("({} {} {})", args[0], OperatorText(expression.op), args[1]);
    case ExpressionKind::kIn:
      break;
  }
  const std::string left = args.front();
  args.erase(args.begin());
  return fmt::format("({} IN ({}))", left, fmt::join(args, ", "));
}

std::string Print(const Stage& stage) {
  return std::visit(BodyPrinter{}, stage.body);
}

std::string Print(const Search& search) {
  std::vector<std::string> stages;
  for (const Stage& stage : search.stages) {
    stages.push_back(Print(stage));
  }
  return fmt::format("{}", fmt::join(stages, " | "));
}

}  // namespace weir::spl
