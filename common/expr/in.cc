// x IN (a, b, ...): ORed equality. A list of constants becomes a set; any other list is walked.
#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "common/expr/operators_internal.h"

namespace weir::expr {

namespace {

// From this size on text is looked up in a hash table instead of being compared with each element.
constexpr std::size_t kHashedElementsMin = 5;

struct TextAmongFew {
  std::vector<std::string> elements;
  bool operator()(const Value& value) const {
    for (const std::string& element : elements) {
      if (value.text() == element) {
        return true;
      }
    }
    return false;
  }
};

struct TextAmongMany {
  // The views point into storage, which is shared so that copies of this test stay valid.
  std::shared_ptr<const std::vector<std::string>> storage;
  std::unordered_set<std::string_view> elements;
  bool operator()(const Value& value) const { return elements.contains(value.text()); }
};

struct WholeAmong {
  std::vector<int64_t> elements;  // sorted
  bool operator()(const Value& value) const {
    return std::binary_search(elements.begin(), elements.end(), value.integer());
  }
};

struct DoubleAmong {
  std::vector<double> elements;  // sorted
  bool operator()(const Value& value) const {
    return std::binary_search(elements.begin(), elements.end(), value.AsDouble());
  }
};

struct ValueAmong {
  std::vector<ExprPtr> owners;
  std::vector<Value> elements;
  bool operator()(const Value& value) const {
    return std::any_of(elements.begin(), elements.end(), [&](const Value& element) {
      return CompareValues(value, element) == 0;
    });
  }
};

// A test against a set that also holds a null: what does not match is unknown.
template <typename Test>
class NullableIn final : public Node {
 public:
  NullableIn(Site site, ExprPtr operand, Test test)
      : Node(DataType::kBoolean, std::move(site)),
        operand_(std::move(operand)),
        test_(std::move(test)) {}

  Value Eval(EvalContext& context) const override {
    const Value value = Begin(context).Single(operand_->Eval(context));
    return !value.is_null() && test_(value) ? Value::Boolean(true) : Value::Null();
  }

 private:
  ExprPtr operand_;
  Test test_;
};

// NOT of a three-valued IN.
template <typename Test>
struct Negated {
  Test test;
  bool operator()(const Value& value) const { return !test(value); }
};

class NotNode final : public Expr {
 public:
  explicit NotNode(ExprPtr operand) : Expr(DataType::kBoolean), operand_(std::move(operand)) {}

  Value Eval(EvalContext& context) const override {
    const Value value = operand_->Eval(context);
    return value.is_null() ? value : Value::Boolean(!value.boolean());
  }

 private:
  ExprPtr operand_;
};

template <typename Test>
ExprPtr MakeSetTest(Site site, const ExprPtr& operand, Test test, bool has_null, bool negated) {
  if (has_null) {
    ExprPtr in = std::make_shared<NullableIn<Test>>(std::move(site), operand, std::move(test));
    return negated ? std::make_shared<NotNode>(std::move(in)) : in;
  }
  if (negated) {
    return MakeTest(std::move(site), operand, Negated<Test>{std::move(test)});
  }
  return MakeTest(std::move(site), operand, std::move(test));
}

ExprPtr MakeConstantIn(Site site, const std::vector<Operand>& operands, DataType type,
                       bool negated) {
  bool has_null = false;
  std::vector<Value> elements;
  std::vector<ExprPtr> owners;
  for (std::size_t i = 1; i < operands.size(); ++i) {
    const Value* constant = operands[i].expr->constant();
    has_null = has_null || constant->is_null();
    if (!constant->is_null()) {
      elements.push_back(*constant);
      owners.push_back(operands[i].expr);
    }
  }
  const ExprPtr& operand = operands[0].expr;
  if (IsString(type)) {
    std::vector<std::string> texts;
    for (const Value& element : elements) {
      texts.emplace_back(element.text());
    }
    if (texts.size() < kHashedElementsMin) {
      return MakeSetTest(std::move(site), operand, TextAmongFew{std::move(texts)}, has_null,
                         negated);
    }
    TextAmongMany test{std::make_shared<const std::vector<std::string>>(std::move(texts)), {}};
    test.elements.insert(test.storage->begin(), test.storage->end());
    return MakeSetTest(std::move(site), operand, std::move(test), has_null, negated);
  }
  if (type == DataType::kDouble) {
    std::vector<double> numbers;
    for (const Value& element : elements) {
      numbers.push_back(element.AsDouble());
    }
    std::sort(numbers.begin(), numbers.end());
    return MakeSetTest(std::move(site), operand, DoubleAmong{std::move(numbers)}, has_null,
                       negated);
  }
  if (type == DataType::kIp || type == DataType::kVersion) {
    return MakeSetTest(std::move(site), operand,
                       ValueAmong{std::move(owners), std::move(elements)}, has_null, negated);
  }
  std::vector<int64_t> numbers;
  for (const Value& element : elements) {
    numbers.push_back(element.integer());
  }
  std::sort(numbers.begin(), numbers.end());
  return MakeSetTest(std::move(site), operand, WholeAmong{std::move(numbers)}, has_null, negated);
}

struct GeneralIn {
  bool negated;
  Value operator()(const Frame& frame, Args args) const {
    const Value value = frame.Single(args[0]);
    if (value.is_null()) {
      return value;
    }
    bool unknown = false;
    for (const Value& cell : args.subspan(1)) {
      const Value element = frame.Single(cell);
      if (element.is_null()) {
        unknown = true;
      } else if (CompareValues(value, element) == 0) {
        return Value::Boolean(!negated);
      }
    }
    return unknown ? Value::Null() : Value::Boolean(negated);
  }
};

bool CheckElements(const esql::Expression& node, const std::vector<Operand>& operands,
                   esql::Diagnostics* diagnostics) {
  static constexpr std::string_view kSuffixes[] = {"th", "st", "nd", "rd"};
  const DataType left = operands[0].expr->type();
  bool fits = true;
  for (std::size_t i = 1; i < operands.size(); ++i) {
    const DataType type = operands[i].expr->type();
    const bool numbers = IsNumeric(left) && IsNumeric(type) &&
                         (left == DataType::kUnsignedLong) == (type == DataType::kUnsignedLong);
    if (left == type || left == DataType::kNull || type == DataType::kNull || numbers ||
        (IsString(left) && IsString(type))) {
      continue;
    }
    const std::size_t tens = i % 100;
    const std::size_t last = tens > 10 && tens < 14 ? 0 : i % 10;
    const esql::Source& source = diagnostics->source();
    diagnostics->Error(
        operands[i].source->range,
        fmt::format("{}{} argument of [{}] must be [{}], found value [{}] type [{}]", i,
                    kSuffixes[last < 4 ? last : 0], source.Slice(node.range), DataTypeName(left),
                    source.Slice(operands[i].source->range), DataTypeName(type)));
    fits = false;
  }
  return fits;
}

}  // namespace

ExprPtr BuildIn(const esql::Expression& node, std::vector<Operand> operands,
                esql::Diagnostics* diagnostics) {
  bool cast = true;
  for (std::size_t i = 1; i < operands.size(); ++i) {
    Operand left = operands[0];
    cast = CastLiterals(&left, &operands[i], diagnostics) && cast;
    if (left.expr != nullptr && left.expr != operands[0].expr) {
      operands[0] = left;  // "10.0.0.1" IN (ip, ...)
    }
  }
  if (!cast || !CheckElements(node, operands, diagnostics)) {
    return nullptr;
  }
  DataType type = operands[0].expr->type();
  if (type == DataType::kNull) {
    return MakeConstant(Value::Null(), DataType::kBoolean);
  }
  bool constants = true;
  for (const Operand& operand : operands) {
    if (IsNumeric(operand.expr->type()) && type != DataType::kUnsignedLong) {
      type = WiderNumeric(type, operand.expr->type());
    }
  }
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Value* constant = operands[i].expr->constant();
    constants = constants && (i == 0 || (constant != nullptr && !constant->is_multi()));
  }
  Site site = MakeSite(node, diagnostics->source());
  if (constants && type != DataType::kUnsignedLong) {
    return MakeConstantIn(std::move(site), operands, type, node.negated);
  }
  std::vector<ExprPtr> args;
  for (const Operand& operand : operands) {
    args.push_back(Widen(operand.expr, type));
  }
  return MakeNode(DataType::kBoolean, std::move(site), std::move(args), ArgumentRule::kRaw,
                  GeneralIn{node.negated});
}

}  // namespace weir::expr
