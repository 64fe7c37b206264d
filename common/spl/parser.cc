#include "common/spl/parser_internal.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "common/esql/names.h"
#include "common/spl/commands.h"

namespace weir::spl {
namespace {

constexpr std::size_t kStagesMax = 200;

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::vector<std::string> CommandNames() {
  std::vector<std::string> names;
  for (const CommandRow& row : Commands()) {
    names.emplace_back(row.name);
  }
  return names;
}

}  // namespace

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && IsBlank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

void Parser::SkipBlanks() {
  while (position_ < end_ && IsBlank(text_[position_])) {
    ++position_;
  }
}

void Parser::SkipSeparators() {
  while (position_ < end_ && (IsBlank(text_[position_]) || text_[position_] == ',')) {
    ++position_;
  }
}

bool Parser::Take(char c) {
  SkipBlanks();
  if (Peek() != c || position_ >= end_) {
    return false;
  }
  ++position_;
  return true;
}

bool Parser::StartsKeyword(std::string_view keyword) const {
  const char after = Peek(keyword.size());
  return position_ + keyword.size() <= end_ &&
         esql::EqualsIgnoreCase(text_.substr(position_, keyword.size()), keyword) &&
         !esql::IsNameBody(after);
}

bool Parser::TakeKeyword(std::string_view keyword) {
  SkipBlanks();
  if (!StartsKeyword(keyword)) {
    return false;
  }
  position_ += keyword.size();
  return true;
}

std::nullopt_t Parser::Error(std::size_t begin, std::size_t end, std::string message,
                             std::string hint) {
  diagnostics_->Error(Range(begin, std::max(end, begin + 1)), std::move(message), std::move(hint));
  return std::nullopt;
}

std::nullopt_t Parser::Expected(std::string_view what) {
  SkipBlanks();
  std::size_t end = position_;
  while (end < end_ && !IsBlank(text_[end])) {
    ++end;
  }
  // Behind the end, point at the last character of the stage.
  std::size_t at = std::min(position_, text_.empty() ? 0 : text_.size() - 1);
  while (position_ >= end_ && at > 0 && (at >= end_ || IsBlank(text_[at]))) {
    --at;
  }
  return Error(at, end,
               position_ >= end_
                   ? fmt::format("expected {}, found the end of the stage", what)
                   : fmt::format("expected {}, found [{}]", what,
                                 text_.substr(position_, end - position_)));
}

std::optional<Parser::Word> Parser::TakeQuoted(char quote, bool raw) {
  Word word;
  word.quoted = true;
  word.begin = position_;
  for (++position_; position_ < end_ && text_[position_] != quote; ++position_) {
    if (text_[position_] == '\\' && position_ + 1 < end_) {
      const char next = text_[position_ + 1];
      if (next == quote || (!raw && next == '\\')) {
        ++position_;
      } else if (raw && next == '\\') {
        word.text.push_back(text_[position_++]);
      }
    }
    word.text.push_back(text_[position_]);
  }
  if (position_ >= end_) {
    return Error(word.begin, word.begin + 1, fmt::format("a quoted text is not closed by {}", quote));
  }
  word.end = ++position_;
  return word;
}

std::optional<Parser::Word> Parser::TakeName(std::string_view what) {
  SkipBlanks();
  if (Peek() == '"' || Peek() == '\'') {
    return TakeQuoted(Peek(), false);
  }
  Word word;
  word.begin = position_;
  while (position_ < end_ && !IsBlank(Peek()) &&
         std::string_view(",()=|<>!\"").find(Peek()) == std::string_view::npos) {
    word.text.push_back(text_[position_++]);
  }
  word.end = position_;
  if (word.text.empty()) {
    return Expected(what);
  }
  return word;
}

std::optional<Parser::Word> Parser::TakeOption(std::string_view key) {
  SkipSeparators();
  const std::size_t start = position_;
  if (!StartsKeyword(key)) {
    return std::nullopt;
  }
  position_ += key.size();
  if (!Take('=')) {
    position_ = start;
    return std::nullopt;
  }
  std::optional<Word> value = TakeName(fmt::format("a value of {}", key));
  if (value.has_value() && !value->quoted && value->text.empty()) {
    return std::nullopt;
  }
  return value;
}

std::optional<Name> Parser::TakeField(std::string_view what) {
  std::optional<Word> word = TakeName(what);
  if (!word.has_value()) {
    return std::nullopt;
  }
  return Name{std::move(word->text), Range(word->begin, word->end)};
}

std::optional<int64_t> Parser::TakeCount(std::string_view what) {
  const std::optional<Word> word = TakeName(what);
  if (!word.has_value()) {
    return std::nullopt;
  }
  int64_t count = 0;
  const char* last = word->text.data() + word->text.size();
  const auto [stop, error] = std::from_chars(word->text.data(), last, count);
  if (error != std::errc() || stop != last || count < 0) {
    return Error(word->begin, word->end,
                 fmt::format("expected {}, found [{}]", what, word->text));
  }
  return count;
}

std::vector<Name> Parser::TakeNames() {
  std::vector<Name> names;
  for (SkipSeparators(); position_ < end_; SkipSeparators()) {
    std::optional<Name> name = TakeField("a field");
    if (!name.has_value()) {
      return {};
    }
    names.push_back(std::move(*name));
  }
  if (names.empty()) {
    Expected("a field");
  }
  return names;
}

// At each '|' outside of quotes and brackets.
std::vector<std::pair<std::size_t, std::size_t>> Parser::SplitStages() {
  std::vector<std::pair<std::size_t, std::size_t>> stages;
  std::size_t begin = 0;
  bool quoted = false;
  int brackets = 0;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\\') {
      ++i;
    } else if (text_[i] == '"') {
      quoted = !quoted;
    } else if (!quoted) {
      brackets += text_[i] == '[' ? 1 : text_[i] == ']' && brackets > 0 ? -1 : 0;
      if (text_[i] == '|' && brackets == 0) {
        stages.emplace_back(begin, i);
        begin = i + 1;
      }
    }
  }
  stages.emplace_back(begin, text_.size());
  return stages;
}

std::optional<StageBody> Parser::ParseCommand(const std::string& name, std::size_t begin) {
  const CommandRow* row = FindCommand(name);
  const std::size_t name_end = begin + name.size();
  if (row == nullptr) {
    return Error(begin, name_end, fmt::format("unknown command [{}]", name),
                 esql::DidYouMean(name, CommandNames()));
  }
  if (!row->runs) {
    return Error(begin, name_end, fmt::format("command [{}] is not supported: {}", name,
                                              row->summary));
  }
  if (name == "search") {
    SearchPtr condition = ParseSearchTerms();
    return condition == nullptr ? std::nullopt
                                : std::optional<StageBody>(SearchStage{std::move(condition)});
  }
  if (name == "where") {
    ExpressionPtr condition = ParseExpression();
    return condition == nullptr ? std::nullopt
                                : std::optional<StageBody>(WhereStage{std::move(condition)});
  }
  using Method = std::optional<StageBody> (Parser::*)();
  static const std::vector<std::pair<std::string_view, Method>> kMethods = {
      {"eval", &Parser::ParseEval},         {"rename", &Parser::ParseRename},
      {"fillnull", &Parser::ParseFillnull}, {"convert", &Parser::ParseConvert},
      {"bin", &Parser::ParseBin},           {"bucket", &Parser::ParseBin},
      {"dedup", &Parser::ParseDedup},       {"sort", &Parser::ParseSort},
      {"head", &Parser::ParseHead},         {"spath", &Parser::ParseSpath},
      {"mvexpand", &Parser::ParseMvexpand}, {"rex", &Parser::ParseRex},
      {"regex", &Parser::ParseRegex},
  };
  for (const auto& [command, method] : kMethods) {
    if (command == name) {
      return (this->*method)();
    }
  }
  if (name == "addinfo") {
    return AddinfoStage{};
  }
  if (name == "stats" || name == "eventstats") {
    return ParseStats(name == "eventstats");
  }
  if (name == "table") {
    return ParseFields(FieldsStage::Kind::kTable);
  }
  return ParseFields(FieldsStage::Kind::kKeep);
}

std::optional<Stage> Parser::ParseStage(std::size_t begin, std::size_t end, bool first) {
  position_ = begin;
  end_ = end;
  SkipBlanks();
  const std::size_t start = position_;
  std::size_t last = end;
  while (last > start && IsBlank(text_[last - 1])) {
    --last;
  }
  std::string name;
  while (position_ < end_ && (IsLetter(Peek()) || Peek() == '_' || (Peek() >= '0' && Peek() <= '9'))) {
    name.push_back(text_[position_++]);
  }
  name = esql::ToLowerAscii(name);
  // The first stage is a search, whether it says so or not.
  const bool implied = first && (name != "search" || Peek() == '=');
  if (implied) {
    position_ = start;
    name = "search";
  } else if (name.empty()) {
    return Expected("the name of a command");
  }
  const std::size_t errors = diagnostics_->error_count();
  std::optional<StageBody> body = ParseCommand(name, start);
  if (!body.has_value() || diagnostics_->error_count() != errors) {
    return std::nullopt;
  }
  if (!AtEnd()) {
    return Expected(fmt::format("the end of [{}]", name));
  }
  return Stage{std::move(*body), Range(start, std::max(last, start + 1))};
}

std::optional<Search> Parser::ParseSearch() {
  std::vector<std::pair<std::size_t, std::size_t>> stages = SplitStages();
  // A search may begin with '|' before a command that makes events.
  bool first = true;
  if (TrimBlanks(text_.substr(0, stages.front().second)).empty()) {
    if (stages.size() == 1) {
      diagnostics_->Error({}, "the search is empty");
      return std::nullopt;
    }
    stages.erase(stages.begin());
    first = false;
  }
  if (stages.size() > kStagesMax) {
    diagnostics_->Error({}, fmt::format("the search has more than {} stages", kStagesMax));
    return std::nullopt;
  }
  Search search;
  bool ok = true;
  const std::size_t errors = diagnostics_->error_count();
  for (const auto& [begin, end] : stages) {
    std::optional<Stage> stage = ParseStage(begin, end, first);
    first = false;
    ok = ok && stage.has_value();
    if (ok) {
      search.stages.push_back(std::move(*stage));
    }
  }
  if (!ok || diagnostics_->error_count() != errors) {
    return std::nullopt;
  }
  if (!std::holds_alternative<SearchStage>(search.stages.front().body)) {
    diagnostics_->Error(search.stages.front().range,
                        "a rule must begin with the events it reads: [|] in front is not supported");
    return std::nullopt;
  }
  return search;
}

std::optional<Search> Parse(const Macros& macros, esql::Diagnostics* diagnostics) {
  const std::optional<ExpandedText> text = Expand(macros, diagnostics);
  if (!text.has_value()) {
    return std::nullopt;
  }
  return Parser(*text, diagnostics).ParseSearch();
}

}  // namespace weir::spl
