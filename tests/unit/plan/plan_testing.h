// What the tests of the plan library share: a small field catalogue, rules from a query, and findings
// as text.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "common/plan/plan.h"

namespace weir::plan {

class TestCatalogue : public FieldCatalogue {
 public:
  TestCatalogue() {
    for (const auto& [name, type] : types_) {
      names_.push_back(name);
    }
  }
  std::optional<DataType> TypeOf(std::string_view field) const override {
    const auto found = types_.find(std::string(field));
    return found == types_.end() ? std::nullopt : std::optional<DataType>(found->second);
  }
  bool HoldsContent(std::string_view field) const override { return field == "prompt"; }
  const std::vector<std::string>& Names() const override { return names_; }

 private:
  std::map<std::string, DataType> types_ = {
      {"@timestamp", DataType::kDatetime},   {"event.ingested", DataType::kDatetime},
      {"event.provider", DataType::kKeyword}, {"event.action", DataType::kKeyword},
      {"event.outcome", DataType::kKeyword}, {"user.id", DataType::kKeyword},
      {"user.name", DataType::kKeyword},     {"account", DataType::kKeyword},
      {"region", DataType::kKeyword},        {"source.ip", DataType::kIp},
      {"bytes", DataType::kLong},            {"ratio", DataType::kDouble},
      {"message", DataType::kText},          {"params", DataType::kKeyword},
      {"prompt", DataType::kText},
      {"flat", DataType::kUnsupported},      {"is_admin", DataType::kBoolean},
  };
  std::vector<std::string> names_;
};

inline const TestCatalogue& Catalogue() {
  static const TestCatalogue* catalogue = new TestCatalogue();
  return *catalogue;
}

// A rule of the test's own: look-back 60 m, interval 10 m.
inline rule::Rule MakeRule(std::string query, std::string id = "r1") {
  rule::Rule rule;
  rule.path = id + ".toml";
  rule.id = std::move(id);
  rule.name = "Test rule";
  rule.type = rule::RuleType::kEsql;
  rule.type_name = "esql";
  rule.query = std::move(query);
  rule.severity = rule::Severity::kMedium;
  rule.risk_score = 47;
  rule.interval_ms = 600'000;
  rule.lookback_ms = 3'600'000;
  return rule;
}

inline CompileResult CompileAll(const std::vector<rule::Rule>& rules,
                                const CompileOptions& options = {}) {
  return CompileRules(rules, options, Catalogue(), RuleSetVersion(1));
}

inline CompileResult CompileQuery(std::string query, const CompileOptions& options = {}) {
  return CompileAll({MakeRule(std::move(query))}, options);
}

// "line:col: error: message | hint" of each finding.
inline std::vector<std::string> Briefs(const std::vector<rule::Finding>& findings) {
  std::vector<std::string> briefs;
  for (const rule::Finding& finding : findings) {
    briefs.push_back(fmt::format(
        "{}:{}: {}: {}{}", finding.line, finding.column,
        finding.severity == esql::Severity::kError ? "error" : "warning", finding.message,
        finding.hint.empty() ? "" : " | " + finding.hint));
  }
  return briefs;
}

inline std::vector<std::string> OutputNames(const CompiledRule& rule) {
  std::vector<std::string> names;
  for (const Tail::Output& output : rule.tail.outputs) {
    names.push_back(fmt::format("{}:{}", output.name, DataTypeName(output.type)));
  }
  return names;
}

template <typename Steps>
std::vector<std::string> StepTexts(const Steps& steps) {
  std::vector<std::string> texts;
  for (const auto& step : steps) {
    std::visit([&](const auto& body) { texts.push_back(body.text); }, step);
  }
  return texts;
}

}  // namespace weir::plan
