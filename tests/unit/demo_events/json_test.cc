// The demo's JSON: what is built is read back, and what is no JSON is refused with its place.
#include "deploy/demo_events/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::demo {
namespace {

TEST(JsonTest, ReadsBackWhatItBuilds) {
  const std::string text = JsonObject()
                               .Text("quote", "a \"b\" \\ \n\x01")
                               .Number("number", -12)
                               .Bool("flag", true)
                               .Raw("list", JsonArray({"1", "null", JsonText("x")}))
                               .str();
  const StatusOr<JsonValue> value = ParseJson(text);
  ASSERT_TRUE(value.ok()) << Message(value.status());
  EXPECT_EQ((*value)["quote"].text, "a \"b\" \\ \n\x01");
  EXPECT_EQ((*value)["number"].AsInteger(), -12);
  EXPECT_EQ((*value)["flag"].Display(), "true");
  EXPECT_EQ((*value)["list"].Display(), "[1,null,x]");
  EXPECT_EQ((*value)["nothing"]["deeper"].kind, JsonValue::Kind::kNull);
}

TEST(JsonTest, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "[1,]", "{\"a\" 1}", "{\"a\":1} x", "\"\\q\"", "\"\\u12\"", "tru",
                           "\"open"}) {
    EXPECT_EQ(ParseJson(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(ParseJson(std::string(1000, '[')).ok());
}

}  // namespace
}  // namespace weir::demo
