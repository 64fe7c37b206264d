#include "common/expr/redact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/arena.h"

namespace weir::expr {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The digest is that of `printf 'tell me the plan' | sha256sum`.
TEST(RedactTest, ShowsLengthHashAndTheWordsThatAreThere) {
  EXPECT_EQ(RedactText("tell me the plan", {true, {"PLAN", "bomb", "tell"}}),
            "[redacted: 16 characters, sha256 d1bf0fea9cb90a4b, has \"PLAN\", \"tell\"]");
  EXPECT_EQ(RedactText("tell me the plan", {false, {}}), "[redacted: sha256 d1bf0fea9cb90a4b]");
}

TEST(RedactTest, CountsCharactersNotBytes) {
  EXPECT_THAT(RedactText("größe", {true, {}}), StartsWith("[redacted: 5 characters, "));
}

TEST(RedactTest, EqualTextsStayEqualAndOthersDiffer) {
  EXPECT_EQ(RedactText("a", {}), RedactText("a", {}));
  EXPECT_NE(RedactText("a", {}), RedactText("b", {}));
}

TEST(RedactTest, EveryValueOfACellIsReplacedAndNullStays) {
  Arena arena;
  EvalContext context;
  context.arena = &arena;
  const Value items[] = {Value::Keyword("alpha"), Value::Keyword("beta")};
  const ExprPtr several = MakeRedacted(MakeConstant(Value::Multi(items)), {});
  EXPECT_TRUE(IsRedacted(*several));
  const Value result = several->Eval(context);
  ASSERT_EQ(result.count(), 2U);
  EXPECT_THAT(ValueToString(result), Not(HasSubstr("alpha")));
  const ExprPtr none = MakeRedacted(MakeConstant(Value::Null(), DataType::kKeyword), {});
  EXPECT_TRUE(none->Eval(context).is_null());
}

}  // namespace
}  // namespace weir::expr
