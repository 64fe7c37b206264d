// stats and eventstats.
#include <fmt/format.h>

#include "common/esql/names.h"
#include "common/spl/aggregates.h"
#include "common/spl/parser_internal.h"

namespace weir::spl {

bool Parser::ParseAggregateArgument(Aggregate* aggregate) {
  if (TakeKeyword("eval")) {
    if (!Take('(')) {
      Expected("( behind eval");
      return false;
    }
    aggregate->value = ParseExpression();
    if (aggregate->value == nullptr) {
      return false;
    }
    if (!Take(')')) {
      Expected(")");
      return false;
    }
  } else if (SkipBlanks(); Peek() != ')') {
    std::optional<Name> field = TakeField("a field or eval(...)");
    if (!field.has_value()) {
      return false;
    }
    aggregate->field = std::move(field->text);
  }
  if (!Take(')')) {
    Expected(")");
    return false;
  }
  return true;
}

std::optional<Aggregate> Parser::ParseAggregate() {
  const std::size_t begin = position_;
  std::optional<Word> function = TakeName("an aggregate");
  if (!function.has_value()) {
    return std::nullopt;
  }
  Aggregate aggregate;
  aggregate.function = esql::ToLowerAscii(function->text);
  if (const std::string why = WhyNoAggregate(aggregate.function); !why.empty()) {
    return Error(function->begin, function->end, why,
                 why.starts_with("unknown")
                     ? esql::DidYouMean(aggregate.function, AggregateNames())
                     : "");
  }
  const std::size_t name_end = position_;
  SkipBlanks();
  std::size_t end = name_end;
  if (Peek() == '(') {
    ++position_;
    if (!ParseAggregateArgument(&aggregate)) {
      return std::nullopt;
    }
    end = position_;
  } else {
    position_ = name_end;
  }
  if (aggregate.field.empty() && aggregate.value == nullptr && aggregate.function != "count" &&
      aggregate.function != "c") {
    return Error(begin, end, fmt::format("aggregate [{}] needs a field", aggregate.function));
  }
  aggregate.name = TrimBlanks(text_.substr(begin, end - begin));
  aggregate.range = Range(begin, end);
  if (TakeKeyword("as")) {
    std::optional<Name> name = TakeField("a name");
    if (!name.has_value()) {
      return std::nullopt;
    }
    aggregate.name = std::move(name->text);
  }
  return aggregate;
}

std::optional<StageBody> Parser::ParseStats(bool keeps_rows) {
  StatsStage stage;
  stage.keeps_rows = keeps_rows;
  for (const std::string_view option : {"allnum", "delim", "partitions"}) {
    if (TakeOption(option).has_value()) {
      return Error(position_ - 1, position_,
                   fmt::format("option [{}] of stats is not supported", option));
    }
  }
  for (SkipSeparators(); position_ < end_; SkipSeparators()) {
    if (TakeKeyword("by")) {
      stage.by = TakeNames();
      if (stage.by.empty()) {
        return std::nullopt;
      }
      break;
    }
    std::optional<Aggregate> aggregate = ParseAggregate();
    if (!aggregate.has_value()) {
      return std::nullopt;
    }
    stage.aggregates.push_back(std::move(*aggregate));
  }
  if (stage.aggregates.empty()) {
    return Expected("an aggregate");
  }
  for (const Name& name : stage.by) {
    if (name.text.find('*') != std::string::npos) {
      diagnostics_->Error(name.range, fmt::format("a wildcard [{}] behind BY is not supported",
                                                  name.text));
    }
  }
  return stage;
}

}  // namespace weir::spl
