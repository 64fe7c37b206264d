// field : constant. Matches when any value of the field does: text by its words, ignoring case,
// every other type exactly.
#include <cctype>

#include <fmt/format.h>

#include "common/expr/any_value_internal.h"
#include "common/expr/conversion_internal.h"
#include "common/expr/functions_internal.h"
#include "common/expr/operators_internal.h"
#include "common/expr/text_case.h"

namespace weir::expr {

namespace {

class AnyEquals final : public Expr {
 public:
  AnyEquals(ExprPtr field, ExprPtr query)
      : Expr(DataType::kBoolean), field_(std::move(field)), query_(std::move(query)) {}

  Value Eval(EvalContext& context) const override {
    const Value cell = field_->Eval(context);
    for (const Value& item : cell.items()) {
      if (CompareValues(item, *query_->constant()) == 0) {
        return Value::Boolean(true);
      }
    }
    return Value::Boolean(false);
  }

 private:
  ExprPtr field_;
  ExprPtr query_;
};

// Takes the next word: letters, digits and everything beyond ASCII. Empty at the end.
std::string_view TakeWord(std::string_view* text) {
  const auto is_word = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isalnum(byte) != 0 || c == '_';
  };
  std::size_t begin = 0;
  while (begin < text->size() && !is_word((*text)[begin])) {
    ++begin;
  }
  std::size_t end = begin;
  while (end < text->size() && is_word((*text)[end])) {
    ++end;
  }
  const std::string_view word = text->substr(begin, end - begin);
  text->remove_prefix(end);
  return word;
}

class AnyWord final : public Expr {
 public:
  AnyWord(ExprPtr field, std::string_view query)
      : Expr(DataType::kBoolean), field_(std::move(field)) {
    Arena arena;
    std::string_view rest = ToLower(query, arena);
    for (std::string_view word = TakeWord(&rest); !word.empty(); word = TakeWord(&rest)) {
      words_.emplace_back(word);
    }
  }

  Value Eval(EvalContext& context) const override {
    const Value cell = field_->Eval(context);
    for (const Value& item : cell.items()) {
      std::string_view rest = ToLower(item.text(), *context.arena);
      for (std::string_view word = TakeWord(&rest); !word.empty(); word = TakeWord(&rest)) {
        for (const std::string& wanted : words_) {
          if (word == wanted) {
            return Value::Boolean(true);
          }
        }
      }
    }
    return Value::Boolean(false);
  }

 private:
  ExprPtr field_;
  std::vector<std::string> words_;
};

}  // namespace

ExprPtr BuildMatch(const esql::Expression& node, Operand field, Operand query,
                   esql::Diagnostics* diagnostics) {
  const Value* constant = query.expr->constant();
  if (constant == nullptr || constant->is_null() || constant->is_multi()) {
    diagnostics->Error(query.source->range,
                       fmt::format("second argument of [{}] must be a constant, received [{}]",
                                   diagnostics->source().Slice(node.range),
                                   diagnostics->source().Slice(query.source->range)));
    return nullptr;
  }
  const DataType type = field.expr->type();
  if (type == DataType::kText && IsString(constant->type())) {
    return std::make_shared<AnyWord>(field.expr, constant->text());
  }
  if (type == DataType::kNull) {
    return MakeConstant(Value::Boolean(false));
  }
  // A query that is no value of the field's type matches nothing.
  Arena arena;
  Value converted;
  ConversionError error;
  if (IsTimespan(type) || !CanConvert(constant->type(), type) ||
      !ConvertItem(*constant, type, arena, &converted, &error)) {
    return MakeConstant(Value::Boolean(false));
  }
  return std::make_shared<AnyEquals>(field.expr, MakeConstant(converted));
}

ExprPtr MakeMatch(Call& call) {
  return BuildMatch(*call.node, call.args[0], call.args[1], call.diagnostics);
}

ExprPtr MakeMatchPhrase(Call& call) {
  const Value* query = call.constant(1);
  if (query != nullptr && call.type(0) == DataType::kText) {
    return BuildAnyWords(call.arg(0), {std::string(query->text())}, true);
  }
  return MakeMatch(call);
}

}  // namespace weir::expr
