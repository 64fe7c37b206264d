#include "common/base/json_writer.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "common/base/utf8.h"

namespace weir {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

std::string Number(double value) {
  std::string out;
  JsonWriter(&out).Double(value);
  return out;
}

TEST(JsonWriterTest, PlacesCommasInNestedValues) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  json.Key("a");
  json.BeginArray();
  json.EndArray();
  json.Key("b");
  json.BeginArray();
  json.Int(-1);
  json.BeginObject();
  json.EndObject();
  json.Uint(2);
  json.EndArray();
  json.Key("c");
  json.Null();
  json.Key("d");
  json.Raw("[0]");
  json.EndObject();
  EXPECT_EQ(out, R"({"a":[],"b":[-1,{},2],"c":null,"d":[0]})");
}

TEST(JsonWriterTest, EscapesControlCharactersAndQuotes) {
  EXPECT_EQ(Quoted(std::string_view("\0\x01\b\t\n\f\r\x1f\"\\/\x7f", 12)),
            "\"\\u0000\\u0001\\b\\t\\n\\f\\r\\u001f\\\"\\\\/\x7f\"");
}

TEST(JsonWriterTest, KeepsUtf8AndReplacesWhatIsNone) {
  const std::string valid = "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf";
  EXPECT_EQ(Quoted(valid), "\"" + valid + "\"");
  const std::string r = "\xef\xbf\xbd";
  EXPECT_EQ(Quoted("a\xff" "b"), "\"a" + r + "b\"");
  EXPECT_EQ(Quoted("\xc0\xaf"), "\"" + r + r + "\"");                      // overlong
  EXPECT_EQ(Quoted("\xed\xa0\x80"), "\"" + r + r + r + "\"");              // surrogate
  EXPECT_EQ(Quoted("\xf4\x90\x80\x80"), "\"" + r + r + r + r + "\"");      // past U+10FFFF
  EXPECT_EQ(Quoted("\xe2\x82"), "\"" + r + "\"");                          // cut short
  EXPECT_EQ(Quoted("\xf0\x9f\x98" "x\x80"), "\"" + r + "x" + r + "\"");
  EXPECT_EQ(Quoted("\xe2\n"), "\"" + r + "\\n\"");
}

TEST(JsonWriterTest, WritesShortestDoublesThatReadBack) {
  EXPECT_EQ(Number(0.1), "0.1");
  EXPECT_EQ(Number(-0.0), "-0.0");
  EXPECT_EQ(Number(3), "3.0");
  EXPECT_EQ(Number(1e22), "1e+22");
  EXPECT_EQ(Number(5e-324), "5e-324");
  EXPECT_EQ(Number(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(Number(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(Number(std::nan("")), "null");
}

TEST(Utf8Test, AppendsWhatItTakes) {
  for (const char32_t code_point : {0x24U, 0x7ffU, 0x800U, 0xd7ffU, 0xe000U, 0xffffU, 0x10000U,
                                    0x10ffffU}) {
    std::string text;
    AppendCodePoint(code_point, &text);
    std::string_view rest = text;
    EXPECT_EQ(TakeCodePoint(&rest), code_point);
    EXPECT_TRUE(rest.empty());
  }
}

}  // namespace
}  // namespace weir
