#include "common/grok/grok.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/grok/cells_internal.h"
#include "common/grok/matcher_internal.h"

namespace weir::grok {

namespace {

constexpr std::size_t kCapturesMax = 1000;

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') {
    text.remove_prefix(1);
  }
  T number{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

bool EqualsTrue(std::string_view text) {
  static constexpr std::string_view kTrue = "true";
  return text.size() == kTrue.size() &&
         std::equal(text.begin(), text.end(), kTrue.begin(),
                    [](char a, char b) { return (a | 0x20) == b; });
}

// Null for text that is no number of the type.
Value Convert(std::string_view text, DataType type) {
  switch (type) {
    case DataType::kInteger: {
      const auto number = ParseNumber<int32_t>(text);
      return number ? Value::Integer(*number) : Value::Null();
    }
    case DataType::kLong: {
      const auto number = ParseNumber<int64_t>(text);
      return number ? Value::Long(*number) : Value::Null();
    }
    case DataType::kDouble: {
      const auto number = ParseNumber<double>(text);
      return number ? Value::Double(*number) : Value::Null();
    }
    case DataType::kBoolean:
      return Value::Boolean(EqualsTrue(text));
    default:
      return Value::Keyword(text);
  }
}

struct Pattern {
  std::unique_ptr<Matcher> matcher;
  // Index of the output column per capture.
  std::vector<std::size_t> columns;
};

class CompiledGrok final : public Grok {
 public:
  CompiledGrok(std::vector<Pattern> patterns, std::vector<OutputColumn> columns)
      : patterns_(std::move(patterns)), columns_(std::move(columns)) {
    for (const Pattern& pattern : patterns_) {
      captures_max_ = std::max(captures_max_, pattern.columns.size());
    }
  }

  const std::vector<OutputColumn>& columns() const override { return columns_; }

  bool Match(const Value& input, Arena* arena, Value* outputs) const override {
    std::fill(outputs, outputs + columns_.size(), Value::Null());
    for (const Value& item : input.items()) {
      if (IsString(item.type()) && !MatchText(item.text(), arena, outputs)) {
        std::fill(outputs, outputs + columns_.size(), Value::Null());
        return false;
      }
    }
    return true;
  }

 private:
  // Adds what the first matching pattern captures; false when one was stopped.
  bool MatchText(std::string_view text, Arena* arena, Value* outputs) const {
    constexpr std::size_t kOnStack = 16;
    std::string_view on_stack[kOnStack];
    std::string_view* views = captures_max_ <= kOnStack
                                  ? on_stack
                                  : arena->AllocateArray<std::string_view>(captures_max_);
    for (const Pattern& pattern : patterns_) {
      const std::span<std::string_view> groups(views, pattern.columns.size());
      const Outcome outcome = pattern.matcher->Search(text, arena, groups);
      if (outcome == Outcome::kNoMatch) {
        continue;
      }
      if (outcome == Outcome::kStopped) {
        return false;
      }
      for (std::size_t i = 0; i < groups.size(); ++i) {
        if (groups[i].data() != nullptr) {
          const std::size_t column = pattern.columns[i];
          AppendToCell(Convert(groups[i], columns_[column].type), arena, &outputs[column]);
        }
      }
      return true;
    }
    return true;
  }

  const std::vector<Pattern> patterns_;
  const std::vector<OutputColumn> columns_;
  std::size_t captures_max_ = 0;
};

}  // namespace

StatusOr<GrokPtr> CompileGrok(const std::vector<std::string>& patterns) {
  if (patterns.empty()) {
    return InvalidArgument("grok needs at least one pattern");
  }
  std::vector<Pattern> compiled;
  std::vector<OutputColumn> columns;
  for (const std::string& text : patterns) {
    WEIR_ASSIGN_OR_RETURN(Translation translation, TranslatePattern(text));
    if (translation.captures.size() > kCapturesMax) {
      return InvalidArgument("Invalid pattern [{}] for grok: more than {} captures", text,
                             kCapturesMax);
    }
    Pattern pattern;
    WEIR_ASSIGN_OR_RETURN(pattern.matcher, CompileMatcher(text, translation));
    for (const Capture& capture : translation.captures) {
      auto found = std::find_if(columns.begin(), columns.end(), [&](const OutputColumn& column) {
        return column.name == capture.column;
      });
      if (found == columns.end()) {
        found = columns.insert(columns.end(), {capture.column, capture.type});
      } else if (found->type != capture.type) {
        return InvalidArgument(
            "Invalid GROK pattern [{}]: the attribute [{}] is defined multiple times with different "
            "types",
            text, capture.column);
      }
      pattern.columns.push_back(static_cast<std::size_t>(found - columns.begin()));
    }
    compiled.push_back(std::move(pattern));
  }
  return GrokPtr(std::make_shared<CompiledGrok>(std::move(compiled), std::move(columns)));
}

}  // namespace weir::grok
