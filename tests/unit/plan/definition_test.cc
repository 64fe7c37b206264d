#include "common/plan/definition_internal.h"

#include <gtest/gtest.h>

#include "common/esql/parser.h"
#include "common/esql/printer.h"

namespace weir::plan {
namespace {

esql::ExpressionPtr ParseText(const std::string& text) {
  const esql::Source source(text);
  esql::Diagnostics diagnostics(&source);
  esql::ExpressionPtr expression = esql::ParseExpression(&diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << text;
  return expression;
}

TEST(DefinitionTest, ProvesWhatIsNotNegative) {
  for (const char* text : {"1", "0", "2.5", "CASE(x == 1, 1, 0)", "CASE(x == 1, 3)", "LENGTH(s)",
                           "ABS(x)", "COALESCE(LENGTH(s), 0)", "1 + LENGTH(s) * 2",
                           "TO_INTEGER(CASE(a, 1, 0))", "GREATEST(x, 0)", "[1, 2]",
                           "CASE(a, 1, b, 2, null)", "MV_COUNT(x)::long"}) {
    EXPECT_TRUE(IsNonNegative(*ParseText(text))) << text;
  }
  for (const char* text : {"x", "-1", "CASE(x == 1, -1, 0)", "CASE(x == 1, 1, y)", "1 - LENGTH(s)",
                           "LEAST(x, 0)", "[1, -2]", "COALESCE(x, 0)", "-LENGTH(s)", "ROUND(x)"}) {
    EXPECT_FALSE(IsNonNegative(*ParseText(text))) << text;
  }
}

TEST(DefinitionTest, KnowsTimeBuckets) {
  for (const char* text : {"@timestamp", "DATE_TRUNC(1 minute, @timestamp)", "TBUCKET(1 hour)",
                           "BUCKET(event.ingested, 5 minutes)"}) {
    EXPECT_TRUE(IsTimeOnly(*ParseText(text))) << text;
  }
  for (const char* text : {"1", "user.id", "CONCAT(user.id, @timestamp::string)"}) {
    EXPECT_FALSE(IsTimeOnly(*ParseText(text))) << text;
  }
}

TEST(DefinitionTest, SplitsAtEveryAnd) {
  const esql::ExpressionPtr condition = ParseText("a AND (b OR c) AND (d AND NOT e)");
  std::string texts;
  for (const esql::Expression* part : Conjuncts(*condition)) {
    texts += esql::Print(*part) + ";";
  }
  EXPECT_EQ(texts, "a;b OR c;d;NOT e;");
}

TEST(DefinitionTest, BoundsDefinitionsThatDouble) {
  esql::ExpressionPtr tree = ParseText("x + 1");
  for (int i = 0; i < 12; ++i) {
    auto sum = std::make_unique<esql::Expression>();
    sum->kind = esql::ExpressionKind::kBinary;
    sum->op = esql::Operator::kAdd;
    sum->args.push_back(tree->Clone());
    sum->args.push_back(std::move(tree));
    tree = std::move(sum);
  }
  const Definition definition = MakeDefinition(std::move(tree));
  EXPECT_EQ(definition->kind, esql::ExpressionKind::kColumn);
  EXPECT_TRUE(definition->name.starts_with("#")) << definition->name;
}

}  // namespace
}  // namespace weir::plan
