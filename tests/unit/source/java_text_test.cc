#include "common/source/java_text_internal.h"

#include <gtest/gtest.h>

namespace weir::source {
namespace {

std::string MapText(const std::string& json, std::string_view skip_key = {}) {
  simdjson::dom::parser parser;
  std::string out;
  JavaTextWriter writer;
  return writer.AppendMap(parser.parse(json), skip_key, &out) ? out : "<nothing>";
}

TEST(JavaTextTest, HashesAsStringHashCode) {
  EXPECT_EQ(JavaStringHash(""), 0u);
  EXPECT_EQ(JavaStringHash("a"), 97u);
  EXPECT_EQ(JavaStringHash("key"), 0x00019e5fu);
  EXPECT_EQ(JavaStringHash("bucketName"), 0x42943395u);
  EXPECT_EQ(JavaStringHash("\xc3\xa9"), 0xe9u);                            // one code unit
  EXPECT_EQ(JavaStringHash("\xf0\x9f\x98\x80"), 31u * 0xd83d + 0xde00);  // a surrogate pair
}

TEST(JavaTextTest, OrdersKeysByBucketThenByAppearance) {
  // Single letters hash to their code: a..p fill the 16 buckets from 1 up, with p in bucket 0.
  EXPECT_EQ(MapText(R"({"b":1,"a":2,"p":3})"), "{p=3, a=2, b=1}");
  // a (97) and q (113) share bucket 1.
  EXPECT_EQ(MapText(R"({"q":1,"a":2})"), "{q=1, a=2}");
  EXPECT_EQ(MapText(R"({"a":2,"q":1})"), "{a=2, q=1}");
}

TEST(JavaTextTest, TheTableGrowsWithTheKeysThatAreDroppedLater) {
  // 13 keys make 32 buckets: q (17) no longer shares a bucket with a (1).
  std::string json = R"({"q":1,"a":2)";
  for (const char c : std::string("bcdefghijk")) {
    json += std::string(R"(,")") + c + R"(":null)";
  }
  EXPECT_EQ(MapText(json + "}"), "{q=1, a=2}");
  EXPECT_EQ(MapText(json + R"(,"l":""})"), "{a=2, q=1}");
}

TEST(JavaTextTest, PrintsValuesAsJava) {
  EXPECT_EQ(MapText(R"({"a":{"x":[1,-2,18446744073709551615,true]}})"),
            "{a={x=[1, -2, 18446744073709551615, true]}}");
  EXPECT_EQ(MapText("[0.5,100.0,1e-5,12345678.0,1E7]"), "[0.5, 100.0, 1.0E-5, 1.2345678E7, 1.0E7]");
  EXPECT_EQ(MapText(R"({"a":"x, {y}=\"z\""})"), "{a=x, {y}=\"z\"}");
}

TEST(JavaTextTest, DropsEmpties) {
  EXPECT_EQ(MapText(R"({"a":null,"b":"","c":"-","d":"none","e":{},"f":[],"g":[{"h":[null]}]})"),
            "<nothing>");
  EXPECT_EQ(MapText(R"({"a":"NONE","b":[null,1,"-"],"c":false,"d":0})"),
            "{a=NONE, b=[1], c=false, d=0}");
  EXPECT_EQ(MapText(R"({"a":1,"b":2})", "a"), "{b=2}");
  EXPECT_EQ(MapText(R"({"a":1})", "a"), "<nothing>");
}

TEST(JavaTextTest, PrintsJsonInTheOrderOfAMapOfTheNewKeys) {
  simdjson::dom::parser parser;
  const std::string json = R"({"b":[null,1E7,"x\n\u0001"],"old":{},"p":{"c":"","a":null}})";
  const auto rename = [](std::string_view key) {
    return key == "old" ? std::string_view("a") : key;
  };
  std::string out;
  JavaTextWriter().AppendJson(parser.parse(json), rename, "c", &out);
  EXPECT_EQ(out, R"({"p":{"a":null,"c":""},"a":{},"b":[null,1.0E7,"x\n\u0001"]})");
}

TEST(JavaTextTest, OrdersTextsAsASet) {
  std::vector<std::string_view> texts{"q", "b", "a", "p"};
  SortAsHashSet(&texts);
  EXPECT_EQ(texts, (std::vector<std::string_view>{"p", "q", "a", "b"}));
}

TEST(JavaTextTest, SortsJsonByCodeUnits) {
  simdjson::dom::parser parser;
  const std::string json =
      "{\"b\":[null,1.0,\"x\\n\"],\"a\":{},\"\xef\xbc\xa1\":1,\"\xf0\x9f\x98\x80\":2}";
  std::string out;
  JavaTextWriter writer;
  writer.AppendSortedJson(parser.parse(json), &out);
  EXPECT_EQ(out, "{\"a\":{},\"b\":[null,1.0,\"x\n\"],\"\xf0\x9f\x98\x80\":2,\"\xef\xbc\xa1\":1}");
}

}  // namespace
}  // namespace weir::source
