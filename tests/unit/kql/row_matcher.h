// Evaluates lowered queries on made rows: fields of known names and types, each with any number of
// values.
#pragma once

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/time.h"
#include "common/esql/diagnostic.h"
#include "common/expr/expr.h"
#include "common/types/field_catalogue.h"

namespace weir {

using Row = std::map<std::string, std::vector<std::string>>;

class MatcherCatalogue final : public FieldCatalogue {
 public:
  MatcherCatalogue() {
    for (const auto& [name, type] : types_) {
      names_.push_back(name);
    }
  }
  std::optional<DataType> TypeOf(std::string_view field) const override {
    const auto found = types_.find(std::string(field));
    return found == types_.end() ? std::nullopt : std::optional<DataType>(found->second);
  }
  const std::vector<std::string>& Names() const override { return names_; }

 private:
  std::map<std::string, DataType> types_ = {
      {"user.name", DataType::kKeyword}, {"user.id", DataType::kKeyword},
      {"event.action", DataType::kKeyword}, {"event.category", DataType::kKeyword},
      {"tags", DataType::kKeyword},      {"message", DataType::kText},
      {"port", DataType::kLong},         {"ratio", DataType::kDouble},
      {"source.ip", DataType::kIp},      {"mfa", DataType::kBoolean},
      {"@timestamp", DataType::kDatetime}};
  std::vector<std::string> names_;
};

inline const MatcherCatalogue& RowCatalogue() {
  static const MatcherCatalogue* catalogue = new MatcherCatalogue();
  return *catalogue;
}

class RowScope final : public expr::Scope {
 public:
  std::optional<expr::ColumnRef> Resolve(std::string_view name) const override {
    const std::vector<std::string>& names = RowCatalogue().Names();
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      return std::nullopt;
    }
    return expr::ColumnRef{expr::ColumnRef::Kind::kField,
                           static_cast<uint32_t>(found - names.begin()),
                           *RowCatalogue().TypeOf(name)};
  }
  std::vector<std::string> ColumnNames() const override { return RowCatalogue().Names(); }
};

class RowSource final : public FieldSource {
 public:
  explicit RowSource(const Row& row) : FieldSource(RowCatalogue().Names().size()), row_(row) {}

 protected:
  Value Load(FieldId id) override {
    const std::string& name = RowCatalogue().Names()[id];
    const auto found = row_.find(name);
    if (found == row_.end()) {
      return Value::Null();
    }
    std::vector<Value> values;
    for (const std::string& text : found->second) {
      values.push_back(ValueOf(text, *RowCatalogue().TypeOf(name)));
    }
    return Value::MakeMulti(values, &arena_);
  }

 private:
  Value ValueOf(const std::string& text, DataType type) {
    switch (type) {
      case DataType::kLong:
        return Value::Long(std::stoll(text));
      case DataType::kDouble:
        return Value::Double(std::stod(text));
      case DataType::kBoolean:
        return Value::Boolean(text == "true");
      case DataType::kDatetime:
        return Value::Datetime(*ParseTime(text));
      case DataType::kIp: {
        char bytes[16];
        EXPECT_TRUE(ParseIp(text, bytes)) << text;
        return Value::Ip(arena_.Copy({bytes, sizeof bytes}).data());
      }
      default:
        return Value::String(type, text);
    }
  }

  const Row& row_;
  Arena arena_;
};

// Whether the row passes: "yes", "no", "null", or what kept the condition from compiling.
inline std::string Judge(const esql::Expression* lowered, const Row& row,
                         esql::Diagnostics* diagnostics) {
  const expr::ExprPtr condition =
      lowered == nullptr ? nullptr : expr::CompileCondition(*lowered, RowScope(), diagnostics);
  if (condition == nullptr) {
    return esql::RenderAll(diagnostics->source(), diagnostics->list());
  }
  RowSource source(row);
  Arena arena;
  expr::EvalContext context;
  context.fields = &source;
  context.arena = &arena;
  const Value verdict = condition->Eval(context);
  return verdict.is_null() ? "null" : verdict.boolean() ? "yes" : "no";
}

struct MatchCase {
  std::string_view query;
  Row row;
  std::string_view verdict;
};

}  // namespace weir
