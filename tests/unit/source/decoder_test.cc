#include "common/source/decoder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/unit/source/event_fields.h"
#include "tests/unit/source/gzip_bytes.h"

namespace weir::source {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Trail(std::string_view id) {
  return fmt::format(
      R"({{"eventVersion":"1.09","eventTime":"2025-03-01T10:00:00Z","eventName":"ListVaults",)"
      R"("eventSource":"glacier.amazonaws.com","eventID":"{}","recipientAccountId":"210987654321"}})",
      id);
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    out.append(c == '"' || c == '\\' ? "\\" : "");
    out.push_back(c);
  }
  return out + "\"";
}

std::vector<std::string> Ids(const SeenEvents& seen) {
  std::vector<std::string> ids;
  for (const SeenEvent& event : seen.events) {
    ids.push_back(event.event_id);
  }
  return ids;
}

std::vector<std::string> Refusals(const SeenEvents& seen) {
  std::vector<std::string> texts;
  for (const Reject& reject : seen.rejects) {
    texts.push_back(fmt::format("{} {} {}", reject.record_index, RejectReasonName(reject.reason),
                                reject.message));
  }
  return texts;
}

TEST(DecoderTest, GivesOutBareRecords) {
  const SeenEvents seen = DecodeRecords({Trail("a"), "\xef\xbb\xbf \n" + Trail("b") + "\r\n"}, {});
  EXPECT_THAT(Ids(seen), ElementsAre("a", "b"));
  EXPECT_EQ(seen.events[0].kind, SourceKind::kCloudTrail);
  EXPECT_EQ(seen.events[0].data_stream, "logs-aws.cloudtrail-default");
  EXPECT_EQ(seen.events[0].timestamp_ms, 1'740'823'200'000);
  EXPECT_EQ(seen.events[0].ingested_ms, kArrivalMs);
}

TEST(DecoderTest, OpensEveryEnvelope) {
  const std::string records = fmt::format(R"({{"x":1,"Records":[{},{}]}})", Trail("a"), Trail("b"));
  const std::string log_events = fmt::format(
      R"({{"messageType":"DATA_MESSAGE","owner":"1","logEvents":[{{"id":"1","timestamp":5,)"
      R"("message":{}}},{{"message":{}}}]}})",
      Quoted(Trail("c")), Quoted(Trail("d")));
  const std::string bridge = fmt::format(
      R"({{"version":"0","source":"aws.s3","detail-type":"AWS API Call via CloudTrail","detail":{}}})",
      Trail("e"));
  const std::string lookup =
      fmt::format(R"({{"Events":[{{"EventId":"f","CloudTrailEvent":{}}}]}})", Quoted(Trail("f")));
  const SeenEvents seen = DecodeRecords(
      {records, log_events, bridge, lookup, Quoted(Trail("g")), "[" + Trail("h") + "]",
       Quoted(log_events), Trail("i") + Trail("j") + "\n" + Trail("k"),
       R"({"messageType":"CONTROL_MESSAGE","logEvents":[{"message":"CWL CONTROL MESSAGE"}]})"},
      {"event.id"});
  EXPECT_THAT(Ids(seen),
              ElementsAre("a", "b", "c", "d", "e", "f", "g", "h", "c", "d", "i", "j", "k"));
  EXPECT_THAT(Refusals(seen), ElementsAre());
  EXPECT_EQ(seen.events[3].fields.at("event.id"), "d");
}

// Standard base64, padded.
std::string Base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (std::size_t j = i; j < i + 3; ++j) {
      bits = bits << 8 | (j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += i + j <= bytes.size() ? kAlphabet[bits >> (18 - 6 * j) & 63] : '=';
    }
  }
  return out;
}

TEST(DecoderTest, UnpacksBase64OfGzip) {
  const std::string log_events =
      fmt::format(R"({{"messageType":"DATA_MESSAGE","logEvents":[{{"message":{}}}]}})",
                  Quoted(Trail("a")));
  const std::string data = Base64(GzipBytes(log_events));
  const std::string lambda = fmt::format(R"({{"awslogs":{{"data":"{}"}}}})", data);
  const std::string kinesis = fmt::format(
      R"({{"Records":[{{"eventVersion":"1.0","eventSource":"aws:kinesis","kinesis":)"
      R"({{"partitionKey":"p","data":"{}"}},"eventName":"aws:kinesis:record"}}]}})",
      Base64(GzipBytes(log_events + log_events)));
  EXPECT_THAT(Ids(DecodeRecords({lambda, kinesis, data}, {})), ElementsAre("a", "a", "a", "a"));
  EXPECT_THAT(Refusals(DecodeRecords({"H4sI!", "H4sIAAAA"}, {})),
              ElementsAre("0 malformed_json damaged base64 data",
                          "1 malformed_json damaged gzip data"));
  // All that one record unpacks to counts.
  Options options;
  options.record_bytes_max = 5000;
  const std::string bomb = Base64(GzipBytes(std::string(3000, ' ')));
  const SeenEvents seen =
      DecodeRecords({fmt::format(R"(["{}","{}"])", bomb, bomb)}, {}, options);
  ASSERT_EQ(seen.rejects.size(), 2u);
  EXPECT_EQ(seen.rejects[1].reason, RejectReason::kTooLarge);
}

TEST(DecoderTest, UnpacksGzip) {
  const std::string packed = GzipBytes(Trail("a")) + GzipBytes("\n" + Trail("b"));
  EXPECT_THAT(Ids(DecodeRecords({packed}, {})), ElementsAre("a", "b"));
  EXPECT_THAT(Refusals(DecodeRecords({packed.substr(0, 40)}, {})),
              ElementsAre("0 malformed_json damaged gzip data"));
  Options options;
  options.record_bytes_max = 1000;
  EXPECT_THAT(Refusals(DecodeRecords({GzipBytes(std::string(5000, ' '))}, {}, options)),
              ElementsAre("0 too_large over 1000 bytes when unpacked"));
}

TEST(DecoderTest, RefusesOnlyTheBadElement) {
  const std::string records = fmt::format(
      R"({{"Records":[{},7,{{"eventID":{{"a":1}},"eventName":"X"}},{{"shape":"round"}},{}]}})",
      Trail("a"), Trail("b"));
  const SeenEvents seen = DecodeRecords({"{}", records}, {});
  EXPECT_THAT(Ids(seen), ElementsAre("a", "b"));
  EXPECT_THAT(
      Refusals(seen),
      ElementsAre(
          "0 unknown_source an object that is no CloudTrail record, Bedrock invocation log, ECS "
          "document or envelope of these",
          "1 not_an_object Records[1]: a bare value",
          "1 wrong_type Records[2]: eventID has another JSON type than it must have",
          "1 unknown_source Records[3]: an object that is no CloudTrail record, Bedrock "
          "invocation log, ECS document or envelope of these"));
}

TEST(DecoderTest, NamesTheByteWhereJsonEnds) {
  struct Case {
    std::string text;
    std::string position;
  };
  for (const Case& c : std::vector<Case>{
           {R"({"a":1,})", "byte 7 of 8"},
           {R"({"a":tru})", "byte 5 of 9"},
           {R"({"a":"b)", "byte 7 of 7"},
           {R"({"a":"\q"})", "byte 7 of 10"},
           {R"({"a" 1})", "byte 5 of 7"},
           {"{\"a\":\"\xff\"}", "byte 6 of 9"},
           {"{\"a\":\"b\tc\"}", "byte 7 of 11"},
           {"{\n\"a\": 1,\n\"b\": x\n}", "byte 15 of 18"},
           {"[1,2", "byte 4 of 4"},
           {"nonsense", "byte 0 of 8"},
       }) {
    const SeenEvents seen = DecodeRecords({c.text}, {});
    ASSERT_FALSE(seen.rejects.empty()) << c.text;
    EXPECT_EQ(seen.rejects[0].reason, RejectReason::kMalformedJson) << c.text;
    EXPECT_THAT(seen.rejects[0].message, HasSubstr(c.position)) << c.text;
  }
  EXPECT_THAT(Refusals(DecodeRecords({" \n"}, {})),
              ElementsAre("0 malformed_json an empty record"));
}

TEST(DecoderTest, RefusesBadLinesAmongGoodOnes) {
  const SeenEvents seen =
      DecodeRecords({Trail("a").substr(0, 60) + "\n" + Trail("b") + "\nplain\n" + Trail("c")}, {});
  EXPECT_THAT(Ids(seen), ElementsAre("b", "c"));
  ASSERT_EQ(seen.rejects.size(), 2u);
  EXPECT_THAT(seen.rejects[0].message, HasSubstr("text[0]: no JSON at byte 60 of 60"));
  EXPECT_THAT(seen.rejects[1].message, HasSubstr("text[2]: no JSON at byte 0 of 5"));
}

TEST(DecoderTest, GivesUpSplittingHostileText) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    text += "{\"a\":\n";
  }
  const SeenEvents seen = DecodeRecords({Trail("a") + text}, {});
  EXPECT_THAT(Ids(seen), ElementsAre("a"));
  EXPECT_LT(seen.rejects.size(), 2000u);
}

TEST(DecoderTest, LimitsSizeAndDepth) {
  Options options;
  options.record_bytes_max = 2000;
  options.depth_max = 8;
  const auto nested = [](std::size_t depth) {
    return R"({"eventName":"X","p":)" + std::string(depth - 1, '[') + "1" +
           std::string(depth - 1, ']') + "}";
  };
  const SeenEvents seen = DecodeRecords({nested(8), nested(9), std::string(2001, ' '),
                                         Quoted(Quoted(Quoted(Quoted(Trail("a")))))},
                                        {}, options);
  EXPECT_EQ(seen.events.size(), 1u);
  EXPECT_THAT(Refusals(seen),
              ElementsAre("1 too_deep nested more than 8 deep", "2 too_large 2001 bytes, at most 2000",
                          "3 too_deep JSON text nested in JSON text more than 4 times"));
}

TEST(DecoderTest, TakesRecordsOfManyMegabytes) {
  const std::string large(10'000'000, 'x');
  const std::string record = fmt::format(
      R"({{"eventName":"PutObject","eventTime":"2025-03-01T10:00:00Z","userAgent":"{}"}})", large);
  EXPECT_EQ(FieldOf(record, "user_agent.original"), large);
}

TEST(DecoderTest, TreatsMissingTimesAsTold) {
  const std::string missing = R"({"eventName":"X"})";
  const std::string unreadable = R"({"eventName":"X","eventTime":"yesterday"})";
  const std::string number = R"({"eventName":"X","eventTime":1740823200})";
  const std::string dropped = R"({"eventName":"X","eventTime":"-"})";
  SeenEvents seen = DecodeRecords({missing, unreadable, number, dropped}, {"event.kind"});
  ASSERT_EQ(seen.events.size(), 3u);
  EXPECT_EQ(seen.events[0].timestamp_ms, kArrivalMs);
  EXPECT_EQ(seen.events[0].fields.at("event.kind"), "event");
  EXPECT_EQ(seen.events[1].fields.at("event.kind"), "pipeline_error");
  EXPECT_THAT(Refusals(seen),
              ElementsAre("2 wrong_type eventTime has another JSON type than it must have"));
  Options options;
  options.reject_without_timestamp = true;
  options.ingested = Options::Ingested::kTimestamp;
  seen = DecodeRecords({missing, unreadable, Trail("a")}, {}, options);
  ASSERT_EQ(seen.events.size(), 1u);
  EXPECT_EQ(seen.events[0].ingested_ms, seen.events[0].timestamp_ms);
  EXPECT_THAT(Refusals(seen), ElementsAre("0 no_timestamp the event has no time",
                                          "1 no_timestamp the event's time is no ISO 8601 time"));
}

TEST(DecoderTest, KeepsTheDigitsOfHugeNumbers) {
  const std::string record =
      R"({"eventName":"X","requestParameters":{"n":123456789012345678901234567890,"m":"\"5"}})";
  EXPECT_EQ(FieldOf(record, "aws.cloudtrail.request_parameters"),
            "{m=\"5, n=123456789012345678901234567890}");
}

TEST(DecoderTest, TakesTheLastOfRepeatedKeys) {
  const std::string record =
      R"({"eventName":"A","eventName":"B","userIdentity":{"arn":"x","arn":"y"},)"
      R"("requestParameters":{"key":"1","value":"2","key":"3"}})";
  EXPECT_EQ(FieldOf(record, "event.action"), "B");
  EXPECT_EQ(FieldOf(record, "aws.cloudtrail.user_identity.arn"), "y");
  EXPECT_EQ(FieldOf(record, "aws.cloudtrail.request_parameters"), "{value=2, key=3}");
  EXPECT_EQ(FieldOf(record, "aws.cloudtrail.flattened.request_parameters.key"), "3");
}

TEST(DecoderTest, IdentityIsTheSameForRawAndNormalisedForms) {
  const std::string document =
      R"({"@timestamp":"2025-03-01T10:00:00Z","event":{"id":"a","dataset":"aws.cloudtrail"},)"
      R"("aws.cloudtrail":{"recipient_account_id":"210987654321"}})";
  const std::string envelope = fmt::format(R"({{"Records":[{}]}})", Trail("a"));
  const SeenEvents trail = DecodeRecords({Trail("a"), document, envelope, Trail("b")}, {});
  ASSERT_EQ(trail.events.size(), 4u);
  ASSERT_TRUE(trail.events[0].identity);
  EXPECT_EQ(trail.events[0].identity, trail.events[1].identity);
  EXPECT_EQ(trail.events[0].identity, trail.events[2].identity);
  EXPECT_NE(trail.events[0].identity, trail.events[3].identity);

  const std::string invocation =
      R"({"schemaType":"ModelInvocationLog","timestamp":"2025-03-01T10:00:00Z","accountId":"1",)"
      R"("region":"eu-west-1","requestId":"r-1","operation":"Converse","modelId":"m"})";
  const std::string normalised =
      R"({"@timestamp":"2025-03-01T10:00:00Z","aws_bedrock":{"invocation":{"request_id":"r-1"}},)"
      R"("cloud":{"account.id":"1","region":"eu-west-1"},"event.action":"Converse"})";
  const SeenEvents bedrock = DecodeRecords({invocation, normalised}, {});
  ASSERT_EQ(bedrock.events.size(), 2u);
  ASSERT_TRUE(bedrock.events[0].identity);
  EXPECT_EQ(bedrock.events[0].identity, bedrock.events[1].identity);
  EXPECT_EQ(bedrock.events[1].data_stream, "logs-aws_bedrock.invocation-default");
}

TEST(DecoderTest, IdentityDependsOnTheTenant) {
  Options other;
  other.tenant = "other";
  const SeenEvents first = DecodeRecords({Trail("a")}, {});
  const SeenEvents second = DecodeRecords({Trail("a")}, {}, other);
  EXPECT_NE(first.events[0].identity, second.events[0].identity);
  EXPECT_FALSE(DecodeRecords({R"({"eventName":"X"})"}, {}).events[0].identity);
}

}  // namespace
}  // namespace weir::source
