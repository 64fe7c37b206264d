#include <fmt/format.h>

#include "common/kql/lexer_internal.h"
#include "common/kql/parser.h"

namespace weir::kql {
namespace {

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string EscapeControl(char c) {
  return fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
}

std::string QuoteText(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (IsControl(c)) {
      quoted += EscapeControl(c);
      continue;
    }
    if (c == '"' || c == '\\') {
      quoted.push_back('\\');
    }
    quoted.push_back(c);
  }
  return quoted + "\"";
}

// One word of an unquoted text: from its pattern, which tells wildcards from literal stars.
std::string WordText(std::string_view pattern) {
  constexpr std::string_view kNoBreakSpace = "\xc2\xa0";
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*') {
      out.push_back('*');
      continue;
    }
    i += pattern[i] == '\\' ? 1 : 0;
    if (pattern.substr(i).starts_with(kNoBreakSpace)) {
      out += "\\u00a0";
      ++i;
    } else if (IsControl(pattern[i])) {
      out += EscapeControl(pattern[i]);
    } else {
      out.append(IsSpecial(pattern[i]) ? 1 : 0, '\\').push_back(pattern[i]);
    }
  }
  return IsKeyword(out) ? "\\" + out : out;
}

std::string TextText(const Text& text) {
  if (text.quoted) {
    return QuoteText(text.text);
  }
  std::string out;
  std::string_view rest = text.pattern;
  while (true) {
    const std::size_t blank = rest.find(' ');
    const std::string word = WordText(rest.substr(0, blank));
    out += word;
    if (blank == std::string_view::npos) {
      return out;
    }
    rest.remove_prefix(blank + 1);
    const bool before_word = !rest.empty() && rest.front() != ' ';
    // A blank that does not stand between two words was written as an escape.
    out += !word.empty() && before_word ? " " : "\\u0020";
  }
}

std::string PrintChild(const Node& parent, const Node& child) {
  const bool weaker = child.kind == NodeKind::kOr ||
                      (child.kind == NodeKind::kAnd && parent.kind != NodeKind::kOr);
  return weaker ? fmt::format("({})", Print(child)) : Print(child);
}

std::string PrintChain(const Node& node, std::string_view separator) {
  std::string out;
  for (const NodePtr& child : node.children) {
    out += out.empty() ? "" : separator;
    out += PrintChild(node, *child);
  }
  return out;
}

}  // namespace

std::string Print(const Node& node) {
  switch (node.kind) {
    case NodeKind::kOr:
      return PrintChain(node, " or ");
    case NodeKind::kAnd:
      return PrintChain(node, " and ");
    case NodeKind::kNot:
      return "not " + PrintChild(node, *node.children.front());
    case NodeKind::kIs:
      return fmt::format("{}: {}", TextText(node.field), TextText(node.value));
    case NodeKind::kCompare:
      return fmt::format("{} {} {}", TextText(node.field), ComparisonText(node.comparison),
                         TextText(node.value));
    case NodeKind::kNested:
      return fmt::format("{}: {{ {} }}", TextText(node.field), Print(*node.children.front()));
    case NodeKind::kBare:
      return TextText(node.value);
  }
  return "";
}

}  // namespace weir::kql
