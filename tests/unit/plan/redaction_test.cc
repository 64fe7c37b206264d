// Which cells of a row are replaced by what stands for a prompt, and what that changes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/expr/redact.h"
#include "tests/unit/plan/plan_testing.h"

namespace weir::plan {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The names of the cells and aggregate inputs that are replaced.
std::vector<std::string> Redacted(const std::string& query,
                                  Evidence evidence = Evidence::kRedacted) {
  CompileOptions options;
  options.evidence = evidence;
  const CompileResult result = CompileQuery(query, options);
  std::vector<std::string> names;
  if (result.rules->windows.size() != 1) {
    ADD_FAILURE() << query;
    return names;
  }
  const Window& window = result.rules->windows[0];
  for (std::size_t i = 0; i < window.event_cells.size(); ++i) {
    if (expr::IsRedacted(*window.event_cells[i])) {
      names.push_back(result.rules->rules[0].tail.outputs[i].name);
    }
  }
  for (const FoldKey& key : window.keys) {
    if (expr::IsRedacted(*key.value)) {
      names.push_back(key.name);
    }
  }
  for (const FoldAggregate& aggregate : window.aggregates) {
    for (const expr::ExprPtr& input : aggregate.inputs) {
      if (expr::IsRedacted(*input)) {
        names.push_back(aggregate.text);
      }
    }
  }
  return names;
}

TEST(RedactionTest, ShownColumnsAndWhatIsMadeOfThem) {
  EXPECT_THAT(Redacted("FROM a | KEEP user.id, prompt"), ElementsAre("prompt"));
  EXPECT_THAT(Redacted("FROM a | EVAL x = TO_LOWER(prompt), y = CONCAT(x, \"!\"), z = y | KEEP z"),
              ElementsAre("z"));
  EXPECT_THAT(Redacted("FROM a | RENAME prompt AS p | KEEP p"), ElementsAre("p"));
  EXPECT_THAT(Redacted("FROM a | GROK prompt \"%{WORD:w} %{INT:n:int}\" | KEEP w, n"),
              ElementsAre("w"));
  EXPECT_THAT(Redacted("FROM a | DISSECT prompt \"%{first} %{rest}\" | KEEP rest"),
              ElementsAre("rest"));
  EXPECT_THAT(Redacted("FROM a | MV_EXPAND prompt | KEEP prompt"), ElementsAre("prompt"));
  EXPECT_THAT(Redacted("FROM a | INLINE STATS c = COUNT(*) BY user.id | WHERE c > 1 | KEEP prompt"),
              ElementsAre("prompt"));
}

TEST(RedactionTest, KeysAndWhatAggregatesCollect) {
  EXPECT_THAT(Redacted("FROM a | STATS c = COUNT(*), v = VALUES(prompt) BY user.id"),
              ElementsAre(HasSubstr("VALUES(prompt)")));
  EXPECT_THAT(Redacted("FROM a | STATS c = COUNT(*) BY p = SUBSTRING(prompt, 1, 5), user.id"),
              ElementsAre("p"));
  // A computed key that an aggregate names is computed once, before both.
  EXPECT_THAT(Redacted("FROM a | STATS c = COUNT_DISTINCT(p) BY p = TO_UPPER(prompt)"),
              ElementsAre("p", HasSubstr("COUNT_DISTINCT")));
}

TEST(RedactionTest, WhatOnlyConditionsReadIsNotKept) {
  EXPECT_THAT(Redacted("FROM a | WHERE prompt LIKE \"*x*\" | STATS c = COUNT(*) BY user.id"),
              IsEmpty());
  EXPECT_THAT(
      Redacted("FROM a | STATS v = VALUES(user.name) WHERE prompt LIKE \"*x*\" BY user.id"),
      IsEmpty());
  EXPECT_THAT(Redacted("FROM a | EVAL n = LENGTH(prompt) | STATS m = MAX(n) BY user.id"), IsEmpty());
}

TEST(RedactionTest, FullKeepsTheTextInAWindowOfItsOwn) {
  const std::string query = "FROM a | STATS v = VALUES(prompt) BY user.id";
  EXPECT_THAT(Redacted(query, Evidence::kFull), IsEmpty());
  const auto window_id = [](const std::string& text, Evidence evidence) {
    CompileOptions options;
    options.evidence = evidence;
    return CompileQuery(text, options).rules->windows.at(0).id;
  };
  EXPECT_NE(window_id(query, Evidence::kFull), window_id(query, Evidence::kRedacted));
  EXPECT_NE(window_id(query, Evidence::kNone), window_id(query, Evidence::kRedacted));
  const std::string other = "FROM a | STATS v = VALUES(user.name) BY user.id";
  EXPECT_EQ(window_id(other, Evidence::kFull), window_id(other, Evidence::kRedacted));
}

TEST(RedactionTest, ConditionsThatCanNoLongerSeeTheTextAreWarnedOf) {
  const auto warnings = [](const std::string& query) {
    return Briefs(CompileQuery(query).findings.at(0));
  };
  EXPECT_THAT(warnings("FROM a | STATS v = VALUES(prompt) BY user.id | WHERE MV_FIRST(v) == \"x\""),
              Contains(HasSubstr("reads what stands for prompts")));
  EXPECT_THAT(warnings("FROM a | STATS c = COUNT(*) BY prompt | WHERE prompt LIKE \"*x*\""),
              Contains(HasSubstr("reads what stands for prompts")));
  EXPECT_THAT(warnings("FROM a | STATS c = COUNT_DISTINCT(prompt) BY user.id | WHERE c > 3"),
              IsEmpty());
}

TEST(RedactionTest, PoliciesHaveNames) {
  for (const Evidence evidence : {Evidence::kNone, Evidence::kRedacted, Evidence::kFull}) {
    EXPECT_EQ(EvidenceNamed(EvidenceName(evidence)), evidence);
  }
  EXPECT_EQ(EvidenceNamed("some"), std::nullopt);
}

}  // namespace
}  // namespace weir::plan
