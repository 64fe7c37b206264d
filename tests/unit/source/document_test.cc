// Whole documents: what `weir normalize` prints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "common/source/sha1_internal.h"
#include "common/source/user_agent_internal.h"
#include "tests/unit/source/event_fields.h"

namespace weir::source {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(DocumentTest, KeepsTypesShapesAndOrder) {
  const std::string document = DocumentOf(
      R"({"eventVersion":"1.10","eventTime":"2025-05-06T07:08:09Z","eventName":"CreateUser",
      "eventSource":"iam.amazonaws.com","readOnly":false,"managementEvent":true,
      "requestParameters":{"port":22,"flag":true,"list":[{"b":"none","a":1.5}],"empty":{}},
      "resources":[{"accountId":"9","ARN":"arn:b","type":"T"},{"ARN":"arn:a"},
                   {"accountId":"9","ARN":"arn:b","type":"T","more":1}]})");
  EXPECT_THAT(
      document,
      AllOf(HasSubstr(R"("type":["user","creation"])"), HasSubstr(R"("category":["iam"])"),
            HasSubstr(R"("read_only":false)"), HasSubstr(R"("management_event":"true")"),
            HasSubstr(R"("request_parameters":{"port":22,"flag":true,"list":[{"a":1.5}]})"),
            HasSubstr(R"({"account_id":"9","arn":"arn:b","type":"T","more":1})"),
            HasSubstr(R"("tags":["preserve_original_event"])"), Not(HasSubstr("none\"}")),
            HasSubstr(R"("@timestamp":"2025-05-06T07:08:09.000Z")")));
}

TEST(DocumentTest, KeepsEventsThatCannotBeMapped) {
  const std::string late = DocumentOf(
      R"({"eventVersion":"1.10","eventTime":"yesterday","eventName":"GetUser"})");
  EXPECT_THAT(late, AllOf(HasSubstr(R"("kind":"pipeline_error")"),
                          HasSubstr(R"("message":["eventTime is no ISO 8601 time"])"),
                          HasSubstr(R"("action":"GetUser")"),
                          HasSubstr(R"("@timestamp":"2023-11-14T22:13:20.000Z")")));
  Options options;
  options.source = SourceKind::kCloudTrail;
  const std::string blank = DocumentOf("", options);
  EXPECT_THAT(blank, AllOf(HasSubstr(R"("kind":"event")"), HasSubstr(R"("outcome":"success")"),
                           HasSubstr(R"("provider":"aws")"), Not(HasSubstr("\"original\":"))));
  EXPECT_EQ(MakeErrorDocument("{\"a", "why", kArrivalMs),
            R"({"@timestamp":"2023-11-14T22:13:20.000Z","error":{"message":["why"]},)"
            R"("event":{"created":"2023-11-14T22:13:20.000Z","kind":"pipeline_error",)"
            R"("original":"{\"a"},"tags":["preserve_original_event"]})");
}

TEST(DocumentTest, NamesEveryUnreadableDate) {
  const std::string session = DocumentOf(
      R"({"eventVersion":"1","eventTime":"2025-05-06T07:08:09Z","userIdentity":{"arn":"a",
      "sessionContext":{"attributes":{"creationDate":"noon"}}}})");
  EXPECT_THAT(session,
              AllOf(HasSubstr(R"("@timestamp":"2025-05-06T07:08:09.000Z")"),
                    HasSubstr(R"("kind":"pipeline_error")"),
                    HasSubstr("\"message\":[\"userIdentity.sessionContext.attributes.creationDate "
                              "is no ISO 8601 time\"]"),
                    HasSubstr(R"("arn":"a")"), Not(HasSubstr("\"creation_date\""))));
  const std::string digest = DocumentOf(
      R"({"digestStartTime":"x","digestEndTime":"2025-05-06T08:00:00Z","oldestEventTime":"y",
      "digestS3Object":"o","publicKeyFingerprint":"f"})");
  EXPECT_THAT(digest, AllOf(HasSubstr(R"("message":["digestStartTime is no ISO 8601 time",)"
                                      R"("oldestEventTime is no ISO 8601 time"])"),
                            HasSubstr(R"("@timestamp":"2025-05-06T08:00:00.000Z")"),
                            HasSubstr(R"("public_key_fingerprint":"f")")));
  const std::string basic = DocumentOf(
      R"({"eventVersion":"1","userIdentity":{"sessionContext":{"attributes":{
      "creationDate":"20250506T070000Z"}}}})");
  EXPECT_THAT(basic, AllOf(HasSubstr(R"("kind":"event")"),
                           HasSubstr(R"("creation_date":"2025-05-06T07:00:00.000Z")")));
}

TEST(DocumentTest, ListsResourcesOnce) {
  const auto resources = [](const std::string& json) {
    return DocumentOf(R"({"eventVersion":"1","resources":)" + json + "}");
  };
  EXPECT_THAT(resources(R"([{"ARN":"r","accountId":"-"},{"ARN":"r","more":1},{},"text",7])"),
              HasSubstr(R"("resources":[{"arn":"r","more":1}])"));
  EXPECT_THAT(resources(R"(["text",{"ARN":"none"}])"), Not(HasSubstr("\"resources\"")));
  EXPECT_THAT(resources(R"({"ARN":"r"})"), HasSubstr(R"("resources":{"ARN":"r"})"));
}

TEST(DocumentTest, BringsMessagesToTypeAndText) {
  const auto messages = [](const std::string& json) {
    return DocumentOf(R"({"schemaType":"ModelInvocationLog","timestamp":"2025-05-06T07:08:09Z",)"
                      R"("messages":)" + json + "}");
  };
  EXPECT_THAT(messages(R"({"role":"user","content":"hello"})"),
              HasSubstr(R"("messages":{"role":"user","content":{"type":"text","text":"hello"}})"));
  EXPECT_THAT(messages(R"({"content":{"content":{"why":["b",null]}}})"),
              HasSubstr(R"("content":{"type":"text","text":"{\"why\":[\"b\",null]}"})"));
  // Members of a HashMap: p falls in bucket 0, then a, b; keys have their new names.
  EXPECT_THAT(messages(R"([{"content":[{"type":"call","b":{"q":1,"a":2.0},"modelId":"m","a":"x"}]}])"),
              HasSubstr(R"({"type":"call","text":"{\"a\":\"x\",\"b\":{\"q\":1,\"a\":2.0},)"
                        R"(\"model_id\":\"m\"}"})"));
  EXPECT_THAT(messages(R"([{"content":[{"text":"t","more":1},{"text":"","content":"c"},{}]}])"),
              HasSubstr(R"("content":[{"type":"text","text":"t"},{"type":"text","text":"c"},)"
                        R"({"type":"text","text":"{}"}])"));
  EXPECT_THAT(messages(R"([{"content":[]},{"role":""}])"), Not(HasSubstr("\"messages\"")));
}

TEST(DocumentTest, MapsInvocationLogs) {
  const std::string large(40'000, 'x');
  const std::string document = DocumentOf(fmt::format(
      R"({{"schemaType":"ModelInvocationLog","timestamp":"2025-05-06T07:08:09Z","region":"r",
      "identity":{{"arn":"arn:aws:iam::1:user/u"}},"requestId":"q","operation":"Converse",
      "modelId":"vendor.m","system":"be brief","artifacts":[{{"base64":"{0}","seed":0}}],
      "messages":[{{"role":"user","content":["a",{{"type":"t","content":{{"x":1}}}}]}}],
      "input":{{"inputBodyJson":{{"temperature":1,"max_tokens":7,"messages":[
        {{"role":"user","content":[{{"text":"hi"}},{{"document":{{"format":"pdf"}}}}]}}]}},
        "inputContentType":"application/json","inputTokenCount":0}},
      "output":{{"outputBodyJson":{{"output":{{"message":{{"role":"assistant",
        "content":[{{"text":"{0}"}}]}}}},"stopReason":"end_turn"}}}}}})",
      large));
  EXPECT_THAT(
      document,
      AllOf(HasSubstr(R"("temperature":1.0)"), HasSubstr(R"("max_tokens":7)"),
            HasSubstr(R"("prompt_tokens":0)"), HasSubstr(R"("finish_reasons":"end_turn")"),
            HasSubstr(R"("messages_content_kinds":["document/pdf","text"])"),
            HasSubstr(R"("output":{"messages":[{"role":"assistant")"),
            HasSubstr(R"("system":{"type":"text","text":"be brief"})"),
            HasSubstr(R"("content":["a",{"type":"t","text":"{\"x\":1}"}])"),
            HasSubstr("\"base64_massive_hash\":\"" + Sha1Hex(large) +
                      "\",\"base64_massive_length\":40000"),
            HasSubstr("\"output_body_json_massive_hash\":\""), HasSubstr("\"original\":\"sha1-"),
            Not(HasSubstr("\"completion\":")), Not(HasSubstr("input_body_json"))));
}

TEST(DocumentTest, EcsDocumentsStayAsTheyAre) {
  const std::string document =
      DocumentOf(R"({"@timestamp":"2025-05-06T07:08:09Z","event.action":"x","user":{"id":7},)"
                 R"("data_stream":{"dataset":"a.b"},"tags":["t"]})");
  EXPECT_THAT(document, AllOf(HasSubstr(R"("@timestamp":"2025-05-06T07:08:09Z")"),
                              HasSubstr(R"("action":"x")"), HasSubstr(R"("user":{"id":7})"),
                              HasSubstr(R"("dataset":"a.b")"), HasSubstr(R"("tags":["t"])"),
                              HasSubstr(R"("namespace":"default")")));
}

TEST(DocumentTest, NamesActorsAndTargets) {
  const std::string assumed = R"("userIdentity":{"type":"AssumedRole",
      "arn":"arn:aws:sts::1:assumed-role/R/s","sessionContext":{"sessionIssuer":{
      "arn":"arn:aws:iam::1:role/R","userName":"R"}}})";
  const auto field = [&](const std::string& call, const std::string& name) {
    return FieldOf(fmt::format(R"({{"eventVersion":"1",{},{},"recipientAccountId":"1"}})", assumed,
                               call),
                   name);
  };
  const std::string attach = R"("eventSource":"iam.amazonaws.com","eventName":"AttachRolePolicy",
      "requestParameters":{"roleName":"Admin","policyArn":"arn:aws:iam::aws:policy/P"})";
  EXPECT_EQ(field(attach, "user.entity.id"), "arn:aws:iam::1:role/R");
  EXPECT_EQ(field(attach, "actor.entity.id"), "arn:aws:sts::1:assumed-role/R/s");
  EXPECT_EQ(field(attach, "entity.target.id"), "Admin");
  EXPECT_EQ(field(attach, "related.entity"),
            "[Admin, R, arn:aws:iam::1:role/R, arn:aws:iam::aws:policy/P, "
            "arn:aws:sts::1:assumed-role/R/s]");
  const std::string send = R"("eventSource":"ssm.amazonaws.com","eventName":"SendCommand",
      "requestParameters":{"targets":[{"key":"InstanceIds","values":["*"]}]})";
  EXPECT_EQ(field(send, "entity.target.id"), "1");
  const std::string password = R"("eventSource":"ec2.amazonaws.com","eventName":"GetPasswordData",
      "requestParameters":{"instanceId":"i-0123456789"})";
  EXPECT_EQ(field(password, "host.target.entity.id"), "i-0123456789");
  EXPECT_EQ(field(password, "host.target.id"), "i-0123456789");
  const std::string channel = R"("eventSource":"ssm.amazonaws.com","eventName":"OpenControlChannel",
      "resources":[{"ARN":"arn:aws:ec2:r:1:instance/i-0aa"},{"ARN":"arn:aws:ssm:r:1:instance/i-0bb"}])";
  EXPECT_EQ(field(channel, "host.target.entity.id"),
            "[arn:aws:ec2:r:1:instance/i-0aa, arn:aws:ssm:r:1:instance/i-0bb]");
  EXPECT_EQ(field(channel, "host.target.id"), "i-0aa");
  const std::string revoke = R"("eventSource":"ec2.amazonaws.com","eventName":"Revoke",
      "requestParameters":{"revokedSecurityGroupRuleSet":{"items":[{"securityGroupRuleId":"sgr-1"}]}})";
  EXPECT_EQ(field(revoke, "related.entity"),
            "[R, arn:aws:iam::1:role/R, arn:aws:sts::1:assumed-role/R/s, sgr-1]");
  EXPECT_EQ(field(R"("eventType":"AwsCloudTrailInsight")", "related.entity"), "<absent>");
  EXPECT_EQ(field(password, "entity.target.id"), "<absent>");
}

TEST(UserAgentTest, NamesAwsToolsAndBrowsers) {
  const auto name = [](std::string_view text) {
    const UserAgent agent = ParseUserAgent(text);
    return fmt::format("{} {}", agent.name, agent.version);
  };
  EXPECT_EQ(name("aws-cli/2.17.60 md/awscrt#0.21.2 os/macos#23"), "aws-cli 2.17.60");
  EXPECT_EQ(name("[aws-cli/1.11.10 Python/2.7]"), "aws-cli 1.11.10");
  EXPECT_EQ(name("Boto3/1.35.50 md/Botocore#1.35 os/linux#6.8"), "Boto3 1.35.50");
  EXPECT_EQ(ParseUserAgent("Boto3/1.35.50 os/linux#6.8").device_name, "Spider");
  EXPECT_EQ(name("signin.amazonaws.com"), "Other ");
  EXPECT_EQ(name("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                 "Chrome/126.0.0.0 Safari/537.36"), "Chrome 126.0.0");
  EXPECT_EQ(name("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0.0.0 Safari/537.36 Edg/125.0.1.2"),
            "Edge 125.0.1");
  EXPECT_EQ(name("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1.15 (KHTML, like "
                 "Gecko) Version/17.4 Safari/605.1.15"), "Safari 17.4");
}

TEST(Sha1Test, HashesAsThePublishedExamples) {
  EXPECT_EQ(Sha1Hex(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(Sha1Hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(Sha1Hex(std::string(1'000'000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

}  // namespace
}  // namespace weir::source
