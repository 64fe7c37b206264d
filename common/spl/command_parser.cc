// The commands that are neither a search, an expression nor an aggregation.
#include <charconv>

#include <fmt/format.h>

#include "common/esql/names.h"
#include "common/spl/parser_internal.h"

namespace weir::spl {

std::optional<StageBody> Parser::ParseEval() {
  EvalStage stage;
  do {
    std::optional<Name> target = TakeField("a field");
    if (!target.has_value()) {
      return std::nullopt;
    }
    if (!Take('=')) {
      return Expected("= behind the field of eval");
    }
    ExpressionPtr value = ParseExpression();
    if (value == nullptr) {
      return std::nullopt;
    }
    stage.items.push_back({std::move(*target), std::move(value)});
  } while (Take(',') && !AtEnd());
  return stage;
}

std::optional<StageBody> Parser::ParseRename() {
  RenameStage stage;
  for (SkipSeparators(); position_ < end_; SkipSeparators()) {
    std::optional<Name> from = TakeField("a field");
    if (!from.has_value()) {
      return std::nullopt;
    }
    if (!TakeKeyword("as")) {
      return Expected(fmt::format("AS behind [{}]", from->text));
    }
    std::optional<Name> to = TakeField("a field's new name");
    if (!to.has_value()) {
      return std::nullopt;
    }
    stage.items.push_back({std::move(*from), std::move(*to)});
  }
  if (stage.items.empty()) {
    return Expected("a field");
  }
  return stage;
}

std::optional<StageBody> Parser::ParseFillnull() {
  FillnullStage stage;
  for (SkipSeparators(); position_ < end_; SkipSeparators()) {
    if (std::optional<Word> value = TakeOption("value"); value.has_value()) {
      stage.value = std::move(value->text);
      continue;
    }
    std::optional<Name> field = TakeField("a field");
    if (!field.has_value()) {
      return std::nullopt;
    }
    stage.fields.push_back(std::move(*field));
  }
  return stage;
}

std::optional<StageBody> Parser::ParseFields(FieldsStage::Kind kind) {
  FieldsStage stage;
  stage.kind = kind;
  SkipBlanks();
  if (kind == FieldsStage::Kind::kKeep && (Peek() == '-' || Peek() == '+')) {
    stage.kind = Peek() == '-' ? FieldsStage::Kind::kDrop : kind;
    ++position_;
  }
  stage.names = TakeNames();
  return stage;
}

std::optional<StageBody> Parser::ParseConvert() {
  ConvertStage stage;
  for (SkipSeparators(); position_ < end_; SkipSeparators()) {
    if (std::optional<Word> format = TakeOption("timeformat"); format.has_value()) {
      stage.time_format = std::move(format->text);
      continue;
    }
    const std::optional<Word> function = TakeName("a function of convert");
    if (!function.has_value()) {
      return std::nullopt;
    }
    ConvertStage::Item item;
    item.function = esql::ToLowerAscii(function->text);
    if (item.function != "ctime" && item.function != "num") {
      return Error(function->begin, function->end,
                   fmt::format("[{}] of convert is not supported", function->text),
                   "ctime and num are; eval has tonumber, strptime and strftime");
    }
    if (!Take('(')) {
      return Expected("(");
    }
    std::optional<Name> field = TakeField("a field");
    if (!field.has_value()) {
      return std::nullopt;
    }
    if (!Take(')')) {
      return Expected(")");
    }
    item.field = std::move(*field);
    item.target = item.field.text;
    if (TakeKeyword("as")) {
      std::optional<Name> target = TakeField("a field");
      if (!target.has_value()) {
        return std::nullopt;
      }
      item.target = std::move(target->text);
    }
    stage.items.push_back(std::move(item));
  }
  if (stage.items.empty()) {
    return Expected("a function of convert");
  }
  return stage;
}

std::optional<StageBody> Parser::ParseBin() {
  BinStage stage;
  bool has_field = false;
  for (SkipSeparators(); position_ < end_; SkipSeparators()) {
    if (StartsKeyword("span")) {
      if (std::optional<Word> span = TakeOption("span"); span.has_value()) {
        stage.span = std::move(span->text);
        stage.span_range = Range(span->begin, span->end);
        continue;
      }
    }
    for (const std::string_view option : {"bins", "minspan", "start", "end", "aligntime"}) {
      if (StartsKeyword(option)) {
        return Error(position_, position_ + option.size(),
                     fmt::format("option [{}] of bin is not supported: it depends on all rows",
                                 option),
                     "give span=");
      }
    }
    std::optional<Name> field = TakeField("a field");
    if (!field.has_value()) {
      return std::nullopt;
    }
    stage.field = std::move(*field);
    stage.target = stage.field.text;
    has_field = true;
    if (TakeKeyword("as")) {
      std::optional<Name> target = TakeField("a field");
      if (!target.has_value()) {
        return std::nullopt;
      }
      stage.target = std::move(target->text);
    }
  }
  if (!has_field || stage.span.empty()) {
    return Expected(has_field ? "span=, without which bins depend on all rows" : "a field");
  }
  return stage;
}

std::optional<StageBody> Parser::ParseDedup() {
  DedupStage stage;
  SkipBlanks();
  if (Peek() >= '0' && Peek() <= '9') {
    const std::size_t begin = position_;
    const std::optional<int64_t> count = TakeCount("a number of rows");
    if (!count.has_value()) {
      return std::nullopt;
    }
    if (*count != 1) {
      return Error(begin, position_, "dedup with a number of rows other than 1 is not supported");
    }
  }
  for (const std::string_view option : {"keepevents", "keepempty", "consecutive", "sortby"}) {
    if (text_.substr(position_, end_ - position_).find(fmt::format("{}=", option)) !=
            std::string_view::npos ||
        (option == "sortby" &&
         text_.substr(position_, end_ - position_).find(" sortby ") != std::string_view::npos)) {
      return Error(position_, end_, fmt::format("option [{}] of dedup is not supported", option));
    }
  }
  stage.fields = TakeNames();
  return stage;
}

std::optional<StageBody> Parser::ParseSort() {
  SortStage stage;
  SkipBlanks();
  if (StartsKeyword("limit")) {
    const std::size_t start = position_;
    position_ += std::string_view("limit").size();
    if (!Take('=')) {
      position_ = start;
    }
    SkipBlanks();
  }
  if (Peek() >= '0' && Peek() <= '9') {
    const std::optional<int64_t> limit = TakeCount("a number of rows");
    if (!limit.has_value()) {
      return std::nullopt;
    }
    stage.limit = *limit;
  }
  for (SkipSeparators(); position_ < end_; SkipSeparators()) {
    SortStage::Key key;
    if (Peek() == '-' || Peek() == '+') {
      key.descending = Peek() == '-';
      ++position_;
    }
    std::optional<Name> name = TakeField("a field");
    if (!name.has_value()) {
      return std::nullopt;
    }
    if (Peek() == '(') {
      const std::string order = esql::ToLowerAscii(name->text);
      if (order != "num" && order != "str" && order != "auto") {
        return Error(position_, position_ + 1, fmt::format("order [{}] of sort is not supported",
                                                           name->text));
      }
      key.order = order == "num"   ? SortStage::Key::Order::kNumber
                  : order == "str" ? SortStage::Key::Order::kText
                                   : SortStage::Key::Order::kAuto;
      ++position_;
      name = TakeField("a field");
      if (!name.has_value()) {
        return std::nullopt;
      }
      if (!Take(')')) {
        return Expected(")");
      }
    }
    key.field = std::move(*name);
    // `sort f desc` turns the whole order around.
    if (stage.keys.size() == 1 && key.field.text == "desc" && AtEnd()) {
      stage.keys.front().descending = !stage.keys.front().descending;
      break;
    }
    if (!stage.keys.empty() && key.field.text == "asc" && AtEnd()) {
      break;
    }
    stage.keys.push_back(std::move(key));
  }
  if (stage.keys.empty()) {
    return Expected("a field");
  }
  return stage;
}

std::optional<StageBody> Parser::ParseHead() {
  HeadStage stage;
  if (AtEnd()) {
    return stage;
  }
  if (StartsKeyword("limit")) {
    position_ += std::string_view("limit").size();
    Take('=');
  }
  SkipBlanks();
  if (!(Peek() >= '0' && Peek() <= '9')) {
    return Error(position_, end_, "head with a condition is not supported",
                 "give a number of rows, or use where");
  }
  const std::optional<int64_t> count = TakeCount("a number of rows");
  if (!count.has_value()) {
    return std::nullopt;
  }
  stage.count = *count;
  return stage;
}

std::optional<StageBody> Parser::ParseSpath() {
  SpathStage stage;
  for (SkipSeparators(); position_ < end_; SkipSeparators()) {
    if (std::optional<Word> input = TakeOption("input"); input.has_value()) {
      stage.input = std::move(input->text);
    } else if (std::optional<Word> output = TakeOption("output"); output.has_value()) {
      stage.output = std::move(output->text);
    } else if (std::optional<Word> path = TakeOption("path"); path.has_value()) {
      stage.path = std::move(path->text);
    } else {
      std::optional<Word> word = TakeName("input=, output=, path= or a path");
      if (!word.has_value()) {
        return std::nullopt;
      }
      stage.path = std::move(word->text);
    }
  }
  if (stage.path.empty() && !stage.output.empty()) {
    return Expected("path= beside output=");
  }
  return stage;
}

std::optional<StageBody> Parser::ParseMvexpand() {
  MvexpandStage stage;
  std::optional<Name> field = TakeField("a field");
  if (!field.has_value()) {
    return std::nullopt;
  }
  stage.field = std::move(*field);
  if (const std::optional<Word> limit = TakeOption("limit"); limit.has_value()) {
    const char* last = limit->text.data() + limit->text.size();
    const auto [stop, error] = std::from_chars(limit->text.data(), last, stage.limit);
    if (error != std::errc() || stop != last || stage.limit < 0) {
      return Error(limit->begin, limit->end,
                   fmt::format("expected a number of values, found [{}]", limit->text));
    }
  }
  return stage;
}

std::optional<StageBody> Parser::ParseRex() {
  RexStage stage;
  for (SkipBlanks(); position_ < end_; SkipBlanks()) {
    for (const std::string_view option : {"mode", "max_match", "offset_field"}) {
      if (StartsKeyword(option)) {
        return Error(position_, position_ + option.size(),
                     fmt::format("option [{}] of rex is not supported", option),
                     option == "mode" ? "eval f=replace(f, \"regex\", \"text\")"
                                      : "the first match is taken");
      }
    }
    if (std::optional<Word> field = TakeOption("field"); field.has_value()) {
      stage.field = std::move(field->text);
      continue;
    }
    SkipBlanks();
    if (Peek() != '"') {
      return Expected("a regular expression in quotes");
    }
    std::optional<Word> pattern = TakeQuoted('"', true);
    if (!pattern.has_value()) {
      return std::nullopt;
    }
    stage.pattern = std::move(pattern->text);
    stage.pattern_range = Range(pattern->begin, pattern->end);
  }
  if (stage.pattern.empty()) {
    return Expected("a regular expression in quotes");
  }
  return stage;
}

std::optional<StageBody> Parser::ParseRegex() {
  RegexStage stage;
  SkipBlanks();
  if (Peek() != '"') {
    std::optional<Name> field = TakeField("a field or a regular expression in quotes");
    if (!field.has_value()) {
      return std::nullopt;
    }
    stage.field = std::move(field->text);
    SkipBlanks();
    stage.negated = Peek() == '!';
    if (stage.negated) {
      ++position_;
    }
    if (!Take('=')) {
      return Expected("= or !=");
    }
    SkipBlanks();
  }
  if (Peek() != '"') {
    return Expected("a regular expression in quotes");
  }
  std::optional<Word> pattern = TakeQuoted('"', true);
  if (!pattern.has_value()) {
    return std::nullopt;
  }
  stage.pattern = std::move(pattern->text);
  stage.pattern_range = Range(pattern->begin, pattern->end);
  return stage;
}

}  // namespace weir::spl
