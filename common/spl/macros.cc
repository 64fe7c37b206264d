#include "common/spl/macros.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace weir::spl {
namespace {

constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kTextMax = 256 * 1024;
constexpr std::string_view kCommentMark = "```";

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// The end of a quoted text that begins at begin: behind the closing quote, or the end of the text.
std::size_t EndOfQuoted(std::string_view text, std::size_t begin) {
  std::size_t i = begin + 1;
  while (i < text.size() && text[i] != '"') {
    i += text[i] == '\\' ? 2 : 1;
  }
  return std::min(i + 1, text.size());
}

struct MacroCall {
  std::string_view name;
  std::vector<std::string> arguments;
};

// "name" or "name(a, b)"; commas in quotes or parentheses do not part arguments.
std::optional<MacroCall> ParseCall(std::string_view text) {
  text = Trim(text);
  MacroCall call;
  const std::size_t open = text.find('(');
  call.name = Trim(text.substr(0, open));
  if (open == std::string_view::npos) {
    return call.name.empty() ? std::nullopt : std::optional(call);
  }
  if (!text.ends_with(')') || call.name.empty()) {
    return std::nullopt;
  }
  const std::string_view list = text.substr(open + 1, text.size() - open - 2);
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    if (i == list.size() || (list[i] == ',' && depth == 0)) {
      std::string_view argument = Trim(list.substr(begin, i - begin));
      if (argument.size() >= 2 && argument.front() == '"' && argument.back() == '"') {
        argument = argument.substr(1, argument.size() - 2);
      }
      call.arguments.emplace_back(argument);
      begin = i + 1;
    } else if (list[i] == '"') {
      i = EndOfQuoted(list, i) - 1;
    } else {
      depth += list[i] == '(' ? 1 : list[i] == ')' ? -1 : 0;
    }
  }
  if (call.arguments.size() == 1 && call.arguments.front().empty()) {
    call.arguments.clear();
  }
  return call;
}

std::string Substitute(const Macro& macro, const std::vector<std::string>& arguments) {
  std::string text = macro.definition;
  for (std::size_t i = 0; i < macro.arguments.size(); ++i) {
    const std::string mark = "$" + macro.arguments[i] + "$";
    for (std::size_t at = text.find(mark); at != std::string::npos;
         at = text.find(mark, at + arguments[i].size())) {
      text.replace(at, mark.size(), arguments[i]);
      if (text.size() > kTextMax) {
        return text;
      }
    }
  }
  return text;
}

std::optional<Macro> FindMacro(const Macros& macros, std::string_view name) {
  if (const auto found = macros.find(name); found != macros.end()) {
    return found->second;
  }
  return BuiltInMacro(name);
}

class Expander {
 public:
  Expander(const Macros& macros, esql::Diagnostics* diagnostics)
      : macros_(macros), diagnostics_(diagnostics) {}

  // origin: the call that the text is the definition of; empty for the search itself.
  bool Expand(std::string_view text, std::optional<esql::SourceRange> origin);
  ExpandedText Take() { return std::move(result_); }

 private:
  bool ExpandCall(std::string_view text, esql::SourceRange range);
  bool Refuse(esql::SourceRange range, std::string message, std::string hint = "") {
    diagnostics_->Error(range, std::move(message), std::move(hint));
    return false;
  }
  std::string Chain(std::string_view name) const {
    return fmt::format("{}{}{}", fmt::join(chain_, " -> "), chain_.empty() ? "" : " -> ", name);
  }

  const Macros& macros_;
  esql::Diagnostics* diagnostics_;
  ExpandedText result_;
  std::vector<std::string> chain_;
};

bool Expander::Expand(std::string_view text, std::optional<esql::SourceRange> origin) {
  const auto range_of = [&](std::size_t begin, std::size_t end) {
    return origin.value_or(
        esql::SourceRange{static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
  };
  std::size_t begin = 0;   // of what is not handed on yet
  const auto flush = [&](std::size_t end) {
    if (end > begin) {
      result_.Append(text.substr(begin, end - begin), range_of(begin, end), !origin.has_value());
    }
  };
  bool ok = true;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      i = EndOfQuoted(text, i);
    } else if (text.substr(i).starts_with(kCommentMark)) {
      flush(i);
      const std::size_t close = text.find(kCommentMark, i + kCommentMark.size());
      if (close == std::string_view::npos) {
        return Refuse(range_of(i, i + kCommentMark.size()), "a comment is not closed by ```");
      }
      result_.Append(" ", range_of(i, close + kCommentMark.size()), false);
      i = begin = close + kCommentMark.size();
    } else if (text[i] == '`') {
      flush(i);
      const std::size_t close = text.find('`', i + 1);
      if (close == std::string_view::npos) {
        return Refuse(range_of(i, i + 1), "a macro's name is not closed by a backquote");
      }
      ok = ExpandCall(text.substr(i + 1, close - i - 1), range_of(i, close + 1)) && ok;
      i = begin = close + 1;
    } else {
      ++i;
    }
  }
  flush(text.size());
  return ok;
}

bool Expander::ExpandCall(std::string_view text, esql::SourceRange range) {
  const std::optional<MacroCall> call = ParseCall(text);
  if (!call.has_value()) {
    return Refuse(range, fmt::format("[{}] is no call of a macro", text));
  }
  if (std::find(chain_.begin(), chain_.end(), call->name) != chain_.end()) {
    return Refuse(range, fmt::format("macros call each other in a circle: {}", Chain(call->name)));
  }
  if (chain_.size() >= kDepthMax) {
    return Refuse(range, fmt::format("macros are nested more than {} deep: {}", kDepthMax,
                                     Chain(call->name)));
  }
  const std::optional<Macro> macro = FindMacro(macros_, call->name);
  if (!macro.has_value()) {
    std::vector<std::string> names = BuiltInMacroNames();
    for (const auto& [name, ignored] : macros_) {
      names.push_back(name);
    }
    std::string hint = esql::DidYouMean(call->name, names);
    return Refuse(range,
                  fmt::format("macro [{}] is not defined: a search without it is not supported",
                              Chain(call->name)),
                  hint.empty() ? "give the folder of its definition with --macros" : hint);
  }
  if (macro->arguments.size() != call->arguments.size()) {
    return Refuse(range, fmt::format("macro [{}] takes {} arguments, found {}", call->name,
                                     macro->arguments.size(), call->arguments.size()));
  }
  const std::string definition = Substitute(*macro, call->arguments);
  if (result_.text().size() + definition.size() > kTextMax) {
    return Refuse(range, fmt::format("the search has more than {} bytes with its macros expanded",
                                     kTextMax));
  }
  chain_.emplace_back(call->name);
  result_.Append(" ", range, false);
  const bool ok = Expand(definition, range);
  result_.Append(" ", range, false);
  chain_.pop_back();
  return ok;
}

void CollectCalls(std::string_view text, const Macros& macros, std::set<std::string>* names) {
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      i = EndOfQuoted(text, i);
      continue;
    }
    if (text[i] != '`') {
      ++i;
      continue;
    }
    const bool comment = text.substr(i).starts_with(kCommentMark);
    const std::size_t width = comment ? kCommentMark.size() : 1;
    const std::size_t close = text.find(comment ? kCommentMark : "`", i + width);
    if (close == std::string_view::npos) {
      return;
    }
    if (!comment) {
      const std::optional<MacroCall> call = ParseCall(text.substr(i + 1, close - i - 1));
      if (call.has_value() && names->insert(std::string(call->name)).second) {
        if (const auto macro = macros.find(call->name); macro != macros.end()) {
          CollectCalls(macro->second.definition, macros, names);
        }
      }
    }
    i = close + width;
  }
}

}  // namespace

const std::vector<std::string>& BuiltInMacroNames() {
  static const std::vector<std::string> kNames = {"cloudtrail", "security_content_ctime",
                                                  "security_content_summariesonly"};
  return kNames;
}

std::optional<Macro> BuiltInMacro(std::string_view name) {
  if (name == "cloudtrail") {
    return Macro{{}, "sourcetype=aws:cloudtrail"};
  }
  if (name == "security_content_ctime") {
    return Macro{{"field"}, "convert timeformat=\"%Y-%m-%dT%H:%M:%S\" ctime($field$)"};
  }
  if (name == "security_content_summariesonly") {
    return Macro{{}, "summariesonly=false allow_old_summaries=true fillnull_value=null"};
  }
  if (name.ends_with("_filter")) {
    return Macro{{}, "search *"};
  }
  return std::nullopt;
}

const ExpandedText::Piece& ExpandedText::PieceAt(uint32_t offset) const {
  const auto next =
      std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                       [](uint32_t value, const Piece& piece) { return value < piece.begin; });
  return next == pieces_.begin() ? *next : *std::prev(next);
}

esql::SourceRange ExpandedText::Original(uint32_t begin, uint32_t end) const {
  if (pieces_.empty()) {
    return {};
  }
  const Piece& first = PieceAt(begin);
  const Piece& last = PieceAt(end > begin ? end - 1 : begin);
  return {first.verbatim ? first.original.begin + (begin - first.begin) : first.original.begin,
          last.verbatim ? last.original.begin + (end - last.begin) : last.original.end};
}

void ExpandedText::Append(std::string_view text, esql::SourceRange original, bool verbatim) {
  pieces_.push_back({static_cast<uint32_t>(text_.size()), original, verbatim});
  text_ += text;
}

std::optional<ExpandedText> Expand(const Macros& macros, esql::Diagnostics* diagnostics) {
  const std::string_view text = diagnostics->source().text();
  if (text.size() > kTextMax) {
    diagnostics->Error({}, fmt::format("the search has more than {} bytes", kTextMax));
    return std::nullopt;
  }
  Expander expander(macros, diagnostics);
  if (!expander.Expand(text, std::nullopt)) {
    return std::nullopt;
  }
  return expander.Take();
}

std::vector<std::string> CalledMacros(std::string_view text, const Macros& macros) {
  std::set<std::string> names;
  CollectCalls(text, macros, &names);
  return {names.begin(), names.end()};
}

}  // namespace weir::spl
