// Constants and columns: the leaves of compiled expressions, and the folding of constant trees.
#include "common/base/check.h"
#include "common/expr/node_internal.h"

namespace weir::expr {

namespace {

bool IsTextual(DataType type) {
  return IsString(type) || type == DataType::kVersion || type == DataType::kIp;
}

// Owns what its value points to.
class Constant final : public Expr {
 public:
  Constant(const Value& value, DataType type) : Expr(type) {
    std::size_t text_size = 0;
    for (const Value& item : value.items()) {
      text_size += IsTextual(item.type()) ? item.text().size() : 0;
    }
    text_.reserve(text_size);
    items_.reserve(value.count());
    for (const Value& item : value.items()) {
      items_.push_back(Own(item));
    }
    value_ = items_.empty()  ? Value::Null()
             : items_.size() == 1 ? items_.front()
                                  : Value::Multi(items_);
  }

  Value Eval(EvalContext& /*context*/) const override { return value_; }
  const Value* constant() const override { return &value_; }

 private:
  Value Own(const Value& item) {
    if (!IsTextual(item.type())) {
      return item;
    }
    const std::size_t begin = text_.size();
    text_.append(item.text());
    return Value::String(item.type(), std::string_view(text_).substr(begin));
  }

  std::string text_;
  std::vector<Value> items_;
  Value value_;
};

}  // namespace

ExprPtr MakeConstant(const Value& value) {
  return MakeConstant(value, value.type());
}

ExprPtr MakeConstant(const Value& value, DataType type) {
  return std::make_shared<Constant>(value, type);
}

ExprPtr MakeColumn(const ColumnRef& column) {
  if (column.kind == ColumnRef::Kind::kField) {
    return std::make_shared<FieldColumn>(column.type, column.index);
  }
  return std::make_shared<SlotColumn>(column.type, column.index);
}

Site MakeSite(const esql::Expression& expression, const esql::Source& source) {
  Site site;
  source.Locate(expression.range.begin, &site.line, &site.column);
  site.text = source.Slice(expression.range);
  return site;
}

ExprPtr Fold(ExprPtr expression) {
  Arena arena;
  Warnings warnings;
  EvalContext context;
  context.arena = &arena;
  context.warnings = &warnings;
  const Value value = expression->Eval(context);
  if (warnings.total() != 0) {
    return expression;
  }
  return MakeConstant(value, expression->type());
}

}  // namespace weir::expr
