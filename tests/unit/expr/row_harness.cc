#include "tests/unit/expr/row_harness.h"

#include <array>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/esql/parser.h"
#include "common/types/field_source.h"

namespace weir::expr {

namespace {

struct Column {
  DataType type;
  Value value;
};

// The values behind the columns; they live as long as the process.
class Row {
 public:
  Row() {
    const Value hello = Value::Keyword("Hello");
    Add("b", DataType::kBoolean, Value::Boolean(true));
    Add("bf", DataType::kBoolean, Value::Boolean(false));
    Add("bn", DataType::kBoolean, Value::Null());
    Add("bm", DataType::kBoolean, List({Value::Boolean(true), Value::Boolean(false)}));
    Add("i", DataType::kInteger, Value::Integer(3));
    Add("i0", DataType::kInteger, Value::Integer(0));
    Add("imax", DataType::kInteger, Value::Integer(INT32_MAX));
    Add("imin", DataType::kInteger, Value::Integer(INT32_MIN));
    Add("inn", DataType::kInteger, Value::Null());
    Add("im", DataType::kInteger,
        List({Value::Integer(3), Value::Integer(1), Value::Integer(2)}));
    Add("l", DataType::kLong, Value::Long(10));
    Add("lmax", DataType::kLong, Value::Long(INT64_MAX));
    Add("lmin", DataType::kLong, Value::Long(INT64_MIN));
    Add("lm", DataType::kLong, List({Value::Long(INT64_MAX), Value::Long(1)}));
    Add("ul", DataType::kUnsignedLong, Value::UnsignedLong(5));
    Add("ulmax", DataType::kUnsignedLong, Value::UnsignedLong(UINT64_MAX));
    Add("ulm", DataType::kUnsignedLong, List({Value::UnsignedLong(1), Value::UnsignedLong(2)}));
    Add("d", DataType::kDouble, Value::Double(2.5));
    Add("dbig", DataType::kDouble, Value::Double(1e308));
    Add("dneg", DataType::kDouble, Value::Double(-2.5));
    Add("dn", DataType::kDouble, Value::Null());
    Add("dm", DataType::kDouble, List({Value::Double(1.5), Value::Double(3.5)}));
    Add("k", DataType::kKeyword, hello);
    Add("ke", DataType::kKeyword, Value::Keyword(""));
    Add("kn", DataType::kKeyword, Value::Null());
    Add("ku", DataType::kKeyword, Value::Keyword("\xc3\x84pfel \xe2\x9d\x97\xef\xb8\x8f"));
    Add("kint", DataType::kKeyword, Value::Keyword("42"));
    Add("km", DataType::kKeyword,
        List({Value::Keyword("b"), Value::Keyword("a"), Value::Keyword("b")}));
    Add("path", DataType::kKeyword, Value::Keyword("C:\\foo\\bar.exe"));
    Add("t", DataType::kText, Value::String(DataType::kText, "The quick Brown fox"));
    Add("tm", DataType::kText,
        List({Value::String(DataType::kText, "one two"), Value::String(DataType::kText, "three")}));
    Add("date", DataType::kDatetime, Value::Datetime(kNow));
    Add("daten", DataType::kDatetime, Value::Null());
    Add("datem", DataType::kDatetime, List({Value::Datetime(0), Value::Datetime(kNow)}));
    Add("@timestamp", DataType::kDatetime, Value::Datetime(kNow));
    Add("ip", DataType::kIp, Ip("10.1.2.3"));
    Add("ip6", DataType::kIp, Ip("fe80::1"));
    Add("ipn", DataType::kIp, Value::Null());
    Add("ipm", DataType::kIp, List({Ip("10.1.2.3"), Ip("::1")}));
    Add("v", DataType::kVersion, Value::String(DataType::kVersion, "1.10.0"));
    Add("vm", DataType::kVersion,
        List({Value::String(DataType::kVersion, "1.9"), Value::String(DataType::kVersion, "bad")}));
    Add("n", DataType::kNull, Value::Null());
    Add("u", DataType::kUnsupported, Value::Null());
  }

  const std::vector<std::pair<std::string, Column>>& columns() const { return columns_; }

 private:
  void Add(std::string name, DataType type, const Value& value) {
    columns_.emplace_back(std::move(name), Column{type, value});
  }

  Value List(std::vector<Value> items) { return Value::MakeMulti(items, &arena_); }

  Value Ip(std::string_view text) {
    char* bytes = arena_.Allocate(16);
    WEIR_CHECK(ParseIp(text, bytes));
    return Value::Ip(bytes);
  }

  Arena arena_;
  std::vector<std::pair<std::string, Column>> columns_;
};

const Row& TheRow() {
  static const Row* row = new Row();
  return *row;
}

class RowScope final : public Scope {
 public:
  std::optional<ColumnRef> Resolve(std::string_view name) const override {
    const bool field = name.starts_with("f.");
    const std::string_view bare = field ? name.substr(2) : name;
    const auto& columns = TheRow().columns();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].first == bare) {
        return ColumnRef{field ? ColumnRef::Kind::kField : ColumnRef::Kind::kSlot,
                         static_cast<uint32_t>(i), columns[i].second.type};
      }
    }
    return std::nullopt;
  }

  std::vector<std::string> ColumnNames() const override {
    std::vector<std::string> names;
    for (const auto& [name, column] : TheRow().columns()) {
      names.push_back(name);
    }
    return names;
  }
};

class RowFields final : public FieldSource {
 public:
  RowFields() : FieldSource(TheRow().columns().size()) {}

 protected:
  Value Load(FieldId id) override { return TheRow().columns()[id].second.value; }
};

std::string Join(const std::vector<std::string>& lines) {
  std::string joined;
  for (const std::string& line : lines) {
    joined.append(joined.empty() ? "" : "; ").append(line);
  }
  return joined;
}

ExprPtr CompileText(const esql::Expression& tree, CompileAs as, esql::Diagnostics* diagnostics) {
  const RowScope scope;
  switch (as) {
    case CompileAs::kScalar:
      return Compile(tree, scope, diagnostics);
    case CompileAs::kCondition:
      return CompileCondition(tree, scope, diagnostics);
    case CompileAs::kGrouping:
      return CompileGrouping(tree, scope, diagnostics);
  }
  return nullptr;
}

}  // namespace

Outcome Evaluate(std::string_view text, CompileAs as) {
  Outcome outcome;
  const esql::Source source{std::string(text)};
  esql::Diagnostics diagnostics(&source);
  const esql::ExpressionPtr tree = esql::ParseExpression(&diagnostics);
  const ExprPtr expr = tree == nullptr ? nullptr : CompileText(*tree, as, &diagnostics);
  for (const esql::Diagnostic& finding : diagnostics.list()) {
    outcome.errors.push_back(fmt::format("{}:{} {}{}", finding.line, finding.column,
                                         finding.message,
                                         finding.hint.empty() ? "" : " (" + finding.hint + ")"));
  }
  EXPECT_EQ(expr == nullptr, diagnostics.has_errors()) << text;
  if (expr == nullptr) {
    return outcome;
  }
  std::vector<Value> slots;
  for (const auto& [name, column] : TheRow().columns()) {
    slots.push_back(column.value);
  }
  RowFields fields;
  Arena arena;
  Warnings warnings;
  EvalContext context{&fields, slots.data(), &arena, &warnings, kNow};
  const Value value = expr->Eval(context);
  outcome.value = fmt::format("{} {}", DataTypeName(expr->type()), ValueToString(value));
  // What a constant says of itself is what it evaluates to.
  if (const Value* constant = expr->constant()) {
    EXPECT_TRUE(CellsEqual(*constant, value)) << text;
  }
  for (const Warnings::Entry& entry : warnings.entries()) {
    for (const std::string& message : entry.messages) {
      outcome.warnings.push_back(fmt::format("{}:{} [{}] {}: {}", entry.line, entry.column,
                                             entry.expression, entry.treated_as, message));
    }
  }
  return outcome;
}

std::string ValueOf(std::string_view text) {
  const Outcome outcome = Evaluate(text);
  return outcome.errors.empty() ? outcome.value : "error: " + Join(outcome.errors);
}

std::string WarningsOf(std::string_view text) {
  return Join(Evaluate(text).warnings);
}

std::string ErrorsOf(std::string_view text, CompileAs as) {
  return Join(Evaluate(text, as).errors);
}

void ExpectAll(const std::vector<Case>& cases, CompileAs as) {
  for (const Case& one : cases) {
    SCOPED_TRACE(one.expression);
    const Outcome outcome = Evaluate(one.expression, as);
    EXPECT_EQ(Join(outcome.errors), "");
    EXPECT_EQ(outcome.value, one.value);
    std::string warnings;
    for (const std::string& line : outcome.warnings) {
      const std::size_t text = line.find(": ", line.find("] "));
      warnings.append(warnings.empty() ? "" : "; ").append(line.substr(text + 2));
    }
    EXPECT_EQ(warnings, one.warning);
  }
}

}  // namespace weir::expr
