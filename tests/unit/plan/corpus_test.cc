// Published rules, where they are at hand: WEIR_SHARED names a folder with seeds/ and corpus/.
// Every seed compiles without errors; of the corpus a count by reason is printed.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <regex>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/plan/plan.h"
#include "common/source/decoder.h"

namespace weir::plan {
namespace {

class CorpusTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* shared = std::getenv("WEIR_SHARED");
    if (shared == nullptr || !std::filesystem::exists(std::filesystem::path(shared) / "seeds")) {
      GTEST_SKIP() << "WEIR_TEST_SKIPPED: WEIR_SHARED is not set";
    }
    shared_ = shared;
  }
  static std::vector<rule::LoadResult> Load(const std::string& path) {
    StatusOr<std::vector<rule::LoadResult>> loaded = rule::LoadRules({path});
    EXPECT_TRUE(loaded.ok()) << Message(loaded.status());
    return loaded.ok() ? std::move(*loaded) : std::vector<rule::LoadResult>();
  }

  std::string shared_;
};

TEST_F(CorpusTest, EverySeedCompiles) {
  std::vector<rule::Rule> rules;
  for (const rule::LoadResult& loaded : Load(shared_ + "/seeds")) {
    for (const rule::Finding& finding : loaded.findings) {
      std::cout << finding.rendered;
    }
    ASSERT_TRUE(loaded.rule.has_value()) << loaded.path;
    rules.push_back(*loaded.rule);
  }
  ASSERT_FALSE(rules.empty());
  const CompileResult result = CompileRules(rules, {}, source::Catalogue(), RuleSetVersion(1));
  for (const std::vector<rule::Finding>& findings : result.findings) {
    for (const rule::Finding& finding : findings) {
      std::cout << finding.rendered;
      EXPECT_NE(finding.severity, esql::Severity::kError) << finding.rendered;
    }
  }
  EXPECT_EQ(result.rules->rules.size(), rules.size());
  for (const CompiledRule& rule : result.rules->rules) {
    std::cout << Explain(*result.rules, rule) << "\n";
    // Each of them counts per key and compares with a constant.
    EXPECT_EQ(rule.judge.mode, JudgeMode::kContinuous) << rule.source.name;
    EXPECT_EQ(result.rules->classes[rule.class_index].kind, KeyClass::Kind::kKeys);
  }
}

TEST_F(CorpusTest, CountsWhatCompiles) {
  static const std::regex kName("\\[[^\\]]*\\]");
  std::vector<rule::Rule> rules;
  std::map<std::string, int> refused;
  std::size_t loaded_count = 0;
  for (const rule::LoadResult& loaded : Load(shared_ + "/corpus")) {
    ++loaded_count;
    EXPECT_TRUE(loaded.rule.has_value()) << loaded.path << ": " << loaded.findings.front().message;
    if (loaded.rule.has_value()) {
      rules.push_back(*loaded.rule);
    }
  }
  const CompileResult result = CompileRules(rules, {}, source::Catalogue(), RuleSetVersion(1));
  ASSERT_EQ(result.findings.size(), rules.size());
  std::size_t esql_count = 0;
  std::size_t refused_count = 0;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    esql_count += rules[i].type == rule::RuleType::kEsql ? 1U : 0U;
    std::string first;
    for (const rule::Finding& finding : result.findings[i]) {
      EXPECT_FALSE(finding.rendered.empty());
      if (finding.severity == esql::Severity::kError) {
        if (first.empty()) {
          first = finding.message;
        }
        if (std::getenv("WEIR_VERBOSE") != nullptr) {
          std::cout << finding.rendered;
        }
      }
    }
    if (!first.empty()) {
      ++refused_count;
      const bool is_type = first.starts_with("rule type");
      ++refused[is_type ? first : std::regex_replace(first, kName, "[...]")];
    }
  }
  EXPECT_EQ(result.rules->rules.size() + refused_count, rules.size());
  std::cout << fmt::format("{} files, {} ES|QL rules, {} rules compile, {} do not:\n", loaded_count,
                           esql_count, result.rules->rules.size(), refused_count);
  for (const auto& [reason, count] : refused) {
    std::cout << fmt::format("  {:4}  {}\n", count, reason);
  }
  std::map<std::string, int> modes;
  for (const CompiledRule& rule : result.rules->rules) {
    EXPECT_FALSE(Explain(*result.rules, rule).empty());
    ++modes[fmt::format("{}: {}", JudgeModeName(rule.judge.mode),
                        std::regex_replace(rule.judge.reason, kName, "[...]"))];
  }
  for (const auto& [mode, count] : modes) {
    std::cout << fmt::format("  {:4}  {}\n", count, mode);
  }
  std::cout << fmt::format("{} windows, {} classes, {} fields\n", result.rules->windows.size(),
                           result.rules->classes.size(), result.rules->fields->size());
}

// Every KQL query, threshold and single-event EQL rule compiles, wherever its events come from.
TEST_F(CorpusTest, RulesOfTheOtherKindsCompile) {
  std::vector<rule::Rule> rules;
  for (const rule::LoadResult& loaded : Load(shared_ + "/corpus")) {
    if (loaded.rule.has_value() && loaded.rule->type != rule::RuleType::kEsql) {
      rules.push_back(*loaded.rule);
    }
  }
  const CompileResult result = CompileRules(rules, {}, source::Catalogue(), RuleSetVersion(1));
  std::map<rule::RuleType, int> compiled;
  for (const CompiledRule& rule : result.rules->rules) {
    ++compiled[rule.source.type];
  }
  std::map<std::string, int> refused;
  for (const std::vector<rule::Finding>& findings : result.findings) {
    for (const rule::Finding& finding : findings) {
      if (finding.severity == esql::Severity::kError) {
        EXPECT_TRUE(rule::IsRefusal(finding)) << finding.rendered;
        ++refused[finding.message.substr(0, finding.message.find(" is not"))];
      }
    }
  }
  EXPECT_EQ(compiled, (std::map<rule::RuleType, int>{{rule::RuleType::kQuery, 52},
                                                     {rule::RuleType::kThreshold, 17},
                                                     {rule::RuleType::kEql, 14}}));
  EXPECT_EQ(refused, (std::map<std::string, int>{{"EQL [sequence]", 1},
                                                 {"rule type [new_terms]", 30}}));
}

}  // namespace
}  // namespace weir::plan
