// The mappings of the three sources, on events made for the purpose.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/source/event_fields.h"

namespace weir::source {
namespace {

using ::testing::IsSupersetOf;
using ::testing::Pair;

constexpr const char* kProbe = R"({
  "eventVersion":"1.10","eventTime":"2025-05-06T07:08:09Z","eventName":"InvokeModel",
  "eventSource":"bedrock.amazonaws.com","awsRegion":"eu-central-1","sourceIPAddress":"198.51.100.7",
  "userAgent":"probe/1.0","eventID":"e-1","readOnly":true,"managementEvent":true,
  "requestParameters":{"modelId":"meta.llama","note":"none","empty":{},"list":["","-","x",null]},
  "responseElements":null,"recipientAccountId":"333333333333",
  "userIdentity":{"type":"AssumedRole","principalId":"AROAX:ana@example.org",
    "arn":"arn:aws:sts::222222222222:assumed-role/Lab/ana@example.org","accountId":"222222222222",
    "accessKeyId":"ASIAX","sessionContext":{"attributes":{"creationDate":"20250506T070000Z",
    "mfaAuthenticated":"false"},"sessionIssuer":{"type":"Role","userName":"Lab",
    "arn":"arn:aws:iam::222222222222:role/Lab"}}},
  "tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"C","clientProvidedHostHeader":"models.example"},
  "resources":[{"ARN":"b","accountId":"9","type":"T"},{"ARN":"a","accountId":"9"}]})";

TEST(CloudTrailTest, MapsWhatRulesRead) {
  const SeenEvents seen = DecodeRecords({kProbe}, Catalogue().Names());
  ASSERT_EQ(seen.events.size(), 1u);
  const auto& fields = seen.events[0].fields;
  EXPECT_THAT(
      fields,
      IsSupersetOf({Pair("@timestamp", "2025-05-06T07:08:09.000Z"),
                    Pair("event.provider", "bedrock.amazonaws.com"),
                    Pair("event.action", "InvokeModel"), Pair("event.outcome", "success"),
                    Pair("event.type", "info"), Pair("event.dataset", "aws.cloudtrail"),
                    Pair("event.ingested", "2023-11-14T22:13:20.000Z"),
                    Pair("data_stream.dataset", "aws.cloudtrail"),
                    Pair("aws.cloudtrail.user_identity.type", "AssumedRole"),
                    Pair("aws.cloudtrail.user_identity.access_key_id", "ASIAX"),
                    Pair("aws.cloudtrail.user_identity.session_context.creation_date",
                         "2025-05-06T07:00:00.000Z"),
                    Pair("aws.cloudtrail.request_parameters", "{modelId=meta.llama, list=[x]}"),
                    Pair("aws.cloudtrail.read_only", "true"),
                    Pair("aws.cloudtrail.management_event", "true"),
                    Pair("aws.cloudtrail.resources.arn", "[a, b]"),
                    Pair("aws.cloudtrail.resources.account_id", "9"),
                    Pair("cloud.account.id", "222222222222"), Pair("cloud.service.name", "bedrock"),
                    Pair("source.ip", "198.51.100.7"), Pair("source.address", "198.51.100.7"),
                    Pair("user.id", "AROAX:ana@example.org"), Pair("user.name", "Lab"),
                    Pair("user.email", "ana@example.org"), Pair("tls.version", "1.3"),
                    Pair("tls.version_protocol", "tls"), Pair("related.hosts", "models.example"),
                    Pair("related.user", "[AROAX:ana@example.org, Lab, ana, ana@example.org]")}));
  for (const char* absent : {"aws.cloudtrail.response_elements", "event.category", "service.name",
                             "source.as.organization.name", "aws.cloudtrail.error_code"}) {
    EXPECT_FALSE(fields.contains(absent)) << absent;
  }
}

TEST(CloudTrailTest, OutcomeFollowsErrorsAndConsoleLogins) {
  const std::string failed = R"({"eventName":"X","errorMessage":"no"})";
  const std::string dropped = R"({"eventName":"X","errorCode":"-"})";
  const std::string login =
      R"({"eventName":"ConsoleLogin","errorCode":"E","responseElements":{"ConsoleLogin":"Success"},)"
      R"("additionalEventData":{"MFAUsed":"No","MobileVersion":"Yes","LoginTo":"https://x"}})";
  EXPECT_EQ(FieldOf(failed, "event.outcome"), "failure");
  EXPECT_EQ(FieldOf(dropped, "event.outcome"), "success");
  EXPECT_EQ(FieldOf(login, "event.outcome"), "success");
  const std::string prefix = "aws.cloudtrail.console_login.additional_eventdata.";
  EXPECT_EQ(FieldOf(login, prefix + "mfa_used"), "false");
  EXPECT_EQ(FieldOf(login, prefix + "mobile_version"), "true");
  EXPECT_EQ(FieldOf(login, "event.category"), "authentication");
  EXPECT_EQ(FieldOf(R"({"eventName":"DeleteUser"})", "event.type"), "[deletion, user]");
}

TEST(CloudTrailTest, ServicesAreNoUsers) {
  const std::string service =
      R"({"eventName":"X","userIdentity":{"type":"AWSService","principalId":"p","invokedBy":"s3.example"}})";
  EXPECT_EQ(FieldOf(service, "service.name"), "s3.example");
  const std::string odd =
      R"({"eventName":"X","userIdentity":{"type":"AssumedRole","principalId":"p","sessionContext":)"
      R"({"sessionIssuer":{"arn":"arn:aws:iam::1:role/aws-service-role/alone"}}}})";
  EXPECT_EQ(FieldOf(odd, "service.name"), "<absent>");
  EXPECT_EQ(FieldOf(odd, "user.id"), "p");
  EXPECT_EQ(FieldOf(service, "user.id"), "<absent>");
  const std::string linked =
      R"({"eventName":"X","userIdentity":{"type":"AssumedRole","principalId":"p","sessionContext":)"
      R"({"sessionIssuer":{"arn":"arn:aws:iam::1:role/aws-service-role/ops.example/R"}}}})";
  EXPECT_EQ(FieldOf(linked, "service.name"), "ops.example");
  EXPECT_EQ(FieldOf(linked, "user.name"), "<absent>");
  const std::string user =
      R"({"eventName":"X","userIdentity":{"type":"IAMUser","principalId":"AIDAX","userName":"bo",)"
      R"("invokedBy":"signin.example"},"recipientAccountId":"7","sourceIPAddress":"AWS Internal"})";
  EXPECT_EQ(FieldOf(user, "user.id"), "AIDAX");
  EXPECT_EQ(FieldOf(user, "service.name"), "<absent>");
  EXPECT_EQ(FieldOf(user, "cloud.account.id"), "7");
  EXPECT_EQ(FieldOf(user, "source.ip"), "<absent>");
  EXPECT_EQ(FieldOf(user, "source.address"), "AWS Internal");
}

TEST(CloudTrailTest, NamesAndAddressesComeFromTheFirstPlaceThatHasThem) {
  const auto identity = [](const std::string& json, const std::string& field) {
    return FieldOf(R"({"eventName":"UserAuthentication","additionalEventData":{"UserName":"kim@b.c"},)"
                   R"("userIdentity":{)" + json + "}}", field);
  };
  const std::string kUnknown = R"("type":"Unknown","principalId":"9")";
  EXPECT_EQ(identity(kUnknown, "user.name"), "kim@b.c");
  EXPECT_EQ(identity(kUnknown, "user.email"), "kim@b.c");
  EXPECT_EQ(identity(kUnknown, "aws.cloudtrail.additional_eventdata"), "{}");
  EXPECT_EQ(identity(kUnknown + R"(,"userName":"kim")", "user.name"), "kim");
  EXPECT_EQ(identity(kUnknown + R"(,"userName":"kim")", "aws.cloudtrail.additional_eventdata"),
            "{UserName=kim@b.c}");
  // A session that is an address goes before a name that is one.
  EXPECT_EQ(identity(R"("type":"IdentityCenterUser","userName":"a@b",)"
                     R"("arn":"arn:aws:sts::1:assumed-role/R/s@t")", "user.email"), "s@t");
  EXPECT_EQ(identity(R"("type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/R/s",)"
                     R"("sessionContext":{"sessionIssuer":{"userName":"ops@team"}})", "user.email"),
            "ops@team");
}

TEST(CloudTrailTest, LongRenderedTextsAreNullBeyondTheLimit) {
  const auto record = [](std::size_t units) {
    std::string text;
    for (std::size_t i = 0; i < units - 4; ++i) {  // "{k=" and "}"
      text += "\xc3\xa9";                          // two bytes, one unit
    }
    return R"({"eventName":"X","requestParameters":{"k":")" + text + "\"}}";
  };
  const std::string field = "aws.cloudtrail.request_parameters";
  EXPECT_NE(FieldOf(record(8191), field), "<absent>");
  EXPECT_EQ(FieldOf(record(8192), field), "<absent>");
  Options options;
  options.rendered_units_max = 0;
  EXPECT_NE(FieldOf(record(8192), field, options), "<absent>");
}

TEST(CloudTrailTest, FlattenedLeavesAreTextsThroughArrays) {
  const std::string record =
      R"({"eventName":"X","requestParameters":{"rules":{"items":[{"port":22,"on":true},)"
      R"({"port":7},{"port":22}]},"x-amz-acl":"public"}})";
  const std::string prefix = "aws.cloudtrail.flattened.request_parameters.";
  EXPECT_EQ(FieldOf(record, prefix + "rules.items.port"), "[22, 7]");
  EXPECT_EQ(FieldOf(record, prefix + "rules.items.on"), "true");
  EXPECT_EQ(FieldOf(record, prefix + "x-amz-acl"), "public");
  EXPECT_EQ(FieldOf(record, prefix + "rules"), "<absent>");
}

std::string Invocation(const std::string& output, const std::string& more = "") {
  return R"({"schemaType":"ModelInvocationLog","timestamp":"2025-05-06T07:08:09Z","accountId":"5",)"
         R"("identity":{"arn":"arn:aws:iam::5:user/kim"},"region":"eu-west-1","requestId":"r",)"
         R"("operation":"Converse","modelId":"acme.talk-1",)" +
         more +
         R"("input":{"inputContentType":"application/json","inputTokenCount":0,"inputBodyJson":)"
         R"({"messages":[{"role":"user","content":[{"text":"hi\n\"you\""}]}],"acme_version":"v3",)"
         R"("inferenceConfig":{"temperature":1.0}}},"output":{"outputBodyJson":)" +
         output + "}}";
}

TEST(BedrockTest, MapsWhatRulesRead) {
  const SeenEvents seen =
      DecodeRecords({Invocation(R"({"output":{"message":{"role":"assistant","content":[)"
                                R"({"text":"good "},{"text":"day"}]}},"stopReason":"end_turn"})",
                                R"("errorCode":"ValidationException",)")},
                    Catalogue().Names());
  ASSERT_EQ(seen.events.size(), 1u);
  EXPECT_EQ(seen.events[0].kind, SourceKind::kBedrockInvocation);
  const auto& fields = seen.events[0].fields;
  EXPECT_THAT(
      fields,
      IsSupersetOf({Pair("@timestamp", "2025-05-06T07:08:09.000Z"),
                    Pair("user.id", "arn:aws:iam::5:user/kim"), Pair("cloud.account.id", "5"),
                    Pair("gen_ai.request.model.id", "acme.talk-1"),
                    Pair("gen_ai.request.model.type", "acme"),
                    Pair("gen_ai.request.model.version", "v3"),
                    Pair("gen_ai.request.temperature", "1.0"),
                    Pair("gen_ai.request.model.role", "assistant"),
                    Pair("gen_ai.response.error_code", "ValidationException"),
                    Pair("gen_ai.response.finish_reasons", "end_turn"),
                    Pair("gen_ai.usage.prompt_tokens", "0"), Pair("event.outcome", "failure"),
                    Pair("aws_bedrock.invocation.input.input_content_type", "application/json"),
                    Pair("aws_bedrock.invocation.output.completion_text", "good day"),
                    Pair("aws_bedrock.invocation.input.messages_content_kinds", "text"),
                    Pair("gen_ai.prompt",
                         "{\"acme_version\":\"v3\",\"inferenceConfig\":{\"temperature\":1.0},"
                         "\"messages\":[{\"content\":[{\"text\":\"hi\n\"you\"\"}],"
                         "\"role\":\"user\"}]}")}));
  EXPECT_FALSE(fields.contains("gen_ai.guardrail_id"));
  EXPECT_EQ(FieldOf(Invocation("null"), "gen_ai.completion"), "<absent>");
}

TEST(BedrockTest, ReadsGuardrailTraces) {
  const std::string converse = Invocation(
      R"({"stopReason":"guardrail_intervened","trace":{"guardrail":{"inputAssessment":{"g-in":)"
      R"({"contentPolicy":{"filters":[{"type":"HATE","confidence":"LOW","action":"BLOCKED"}]},)"
      R"("invocationMetrics":{"list":[{"type":"X"}]}}},"outputAssessments":[{"g-out":{"wordPolicy":)"
      R"({"customWords":[{"match":"fudge","action":"NONE"}]}}}]}}})");
  EXPECT_EQ(FieldOf(converse, "gen_ai.guardrail_id"), "g-in");
  EXPECT_EQ(FieldOf(converse, "gen_ai.policy.name"), "[content_policy, word_policy]");
  EXPECT_EQ(FieldOf(converse, "gen_ai.policy.action"), "[BLOCKED, NONE]");
  EXPECT_EQ(FieldOf(converse, "gen_ai.policy.confidence"), "LOW");
  EXPECT_EQ(FieldOf(converse, "gen_ai.policy.match_detail.match"), "fudge");
  EXPECT_EQ(FieldOf(converse, "gen_ai.compliance.violation_code"), "HATE");
  EXPECT_EQ(FieldOf(converse, "gen_ai.compliance.violation_detected"), "true");
  EXPECT_EQ(FieldOf(converse, "event.outcome"), "failure");
  const std::string observed = Invocation(
      R"([{"generation":"a"},{"generation":"b","amazon-bedrock-trace":{"guardrail":{"input":{"g":{}}}},)"
      R"("amazon-bedrock-invocationMetrics":{"invocationLatency":31,"firstByteLatency":4}}])");
  EXPECT_EQ(FieldOf(observed, "gen_ai.guardrail_id"), "g");
  EXPECT_EQ(FieldOf(observed, "gen_ai.compliance.violation_detected"), "<absent>");
  EXPECT_EQ(FieldOf(observed, "event.outcome"), "success");
  EXPECT_EQ(FieldOf(observed, "gen_ai.performance.response_time"), "31");
  EXPECT_EQ(FieldOf(observed, "aws_bedrock.invocation.output.completion_text"), "ab");
}

TEST(BedrockTest, CountsOnlyWhatAGuardrailFound) {
  const std::string quiet = Invocation(
      R"({"stop_reason":"guardrail_intervened","trace":{"guardrail":{"inputAssessment":{"g":)"
      R"({"topicPolicy":{"topics":[]},"wordPolicy":{}}}}}})");
  EXPECT_EQ(FieldOf(quiet, "gen_ai.guardrail_id"), "g");
  EXPECT_EQ(FieldOf(quiet, "gen_ai.policy.name"), "<absent>");
  EXPECT_EQ(FieldOf(quiet, "gen_ai.compliance.violation_detected"), "<absent>");
  // A guardrail's assessments as a list; equal findings count once, with no match not at all.
  const std::string listed = Invocation(
      R"({"trace":{"guardrail":{"outputAssessments":{"g":[{"wordPolicy":{"customWords":[)"
      R"({"match":"a","action":"NONE"},{"action":"NONE","match":"a"},{"match":null,"action":"BLOCKED"}]}},)"
      R"({"contextualGroundingPolicy":{"filters":[{"type":"RELEVANCE","score":0.5}]}}]}}}})");
  EXPECT_EQ(FieldOf(listed, "gen_ai.policy.name"), "[contextual_grounding_policy, word_policy]");
  EXPECT_EQ(FieldOf(listed, "gen_ai.policy.action"), "[BLOCKED, NONE]");
  EXPECT_EQ(FieldOf(listed, "gen_ai.guardrail_id"), "<absent>");
  EXPECT_THAT(DocumentOf(listed), testing::HasSubstr(
      R"("match_detail":[{"match":"a","action":"NONE"},{"type":"RELEVANCE","score":0.5}])"));
}

TEST(BedrockTest, ReadsBodiesByTheirShape) {
  const auto completion = [](const std::string& output) {
    return FieldOf(Invocation(output), "aws_bedrock.invocation.output.completion_text");
  };
  EXPECT_EQ(completion(R"([{"delta":{"text":"a"}},{"delta":{"stop":1},"outputText":"b"},)"
                       R"({"outputs":[{"text":"c"},{"text":4}]},"[DONE]"])"), "abc4");
  EXPECT_EQ(completion(R"({"content":{"text":"x"}})"), "<absent>");
  EXPECT_EQ(completion(R"({"content":[{"type":"text","text":"x"},{"id":1}]})"), "x");
  EXPECT_EQ(completion(R"({"generation":"x"})"), "<absent>");
  EXPECT_EQ(completion(R"("x")"), "x");
  // Only a stream names itself in its messages.
  const std::string message = R"({"message":{"id":"m-1","role":"assistant"}})";
  EXPECT_EQ(FieldOf(Invocation(message), "gen_ai.response.id"), "<absent>");
  EXPECT_EQ(FieldOf(Invocation("[" + message + "]"), "gen_ai.response.id"), "m-1");
  EXPECT_EQ(FieldOf(Invocation("[" + message + "]"), "gen_ai.request.model.role"), "assistant");
  const std::string empty =
      R"({"modelId":"acme.m","requestId":"q","operation":"o","input":{"inputBodyJson":{}}})";
  EXPECT_EQ(FieldOf(empty, "gen_ai.request.model.type"), "acme");
  EXPECT_EQ(FieldOf(empty, "gen_ai.prompt"), "{}");
  EXPECT_EQ(FieldOf(empty, "gen_ai.response.timestamp"), "2023-11-14T22:13:20.000Z");
}

TEST(EcsTest, FindsFieldsHoweverTheyAreNested) {
  const std::string document =
      R"({"@timestamp":1740823200000,"event":{"action":"a","category":["x","b","x"]},)"
      R"("event.provider":"p","cloud":{"account.id":"1","region":["r"]},"source":{"port":"443",)"
      R"("ip":["10.0.0.9","10.0.0.1","bad"]},"user":[{"name":"n"},{"name":"m"}],)"
      R"("host.os":{"name":7},"process":{"pid":true}})";
  EXPECT_EQ(FieldOf(document, "@timestamp"), "2025-03-01T10:00:00.000Z");
  EXPECT_EQ(FieldOf(document, "event.action"), "a");
  EXPECT_EQ(FieldOf(document, "event.provider"), "p");
  EXPECT_EQ(FieldOf(document, "event.category"), "[b, x]");
  EXPECT_EQ(FieldOf(document, "cloud.account.id"), "1");
  EXPECT_EQ(FieldOf(document, "cloud.region"), "r");
  EXPECT_EQ(FieldOf(document, "source.port"), "443");
  EXPECT_EQ(FieldOf(document, "source.ip"), "[10.0.0.1, 10.0.0.9]");
  EXPECT_EQ(FieldOf(document, "user.name"), "[m, n]");
  EXPECT_EQ(FieldOf(document, "host.os.name"), "7");
  EXPECT_EQ(FieldOf(document, "process.pid"), "<absent>");
  EXPECT_EQ(FieldOf(document, "event"), "<absent>");
}

TEST(EcsTest, GivesWhatTheDocumentItselfHas) {
  const std::string document =
      R"({"@timestamp":"2024-05-01T10:11:12Z","sip.to":{"uri":{"port":5060,"a":[1, {"b":"c"}]}}})";
  EXPECT_EQ(FieldOf(document, "_source.sip.to.uri.port"), "5060");
  EXPECT_EQ(FieldOf(document, "_source.sip.to.uri.a"), R"([1,{"b":"c"}])");
  EXPECT_EQ(FieldOf(document, "_source.sip.none"), "<absent>");
  // A raw record stands for a document with its fields.
  EXPECT_EQ(FieldOf(R"({"eventVersion":"1.09","eventTime":"2024-05-01T10:11:12Z","eventName":"A"})",
                    "_source.event.action"),
            "A");
}

TEST(EcsTest, KnowsTheDataStreamAndMetadata) {
  const std::string hit =
      R"({"_index":".ds-logs-okta.system-prod-2025.01.02-000003","_id":"i","_version":4,)"
      R"("_source":{"@timestamp":"2025-03-01T10:00:00Z","event.ingested":"2025-03-01T10:00:05Z"}})";
  const SeenEvents seen =
      DecodeRecords({hit}, {"_id", "_version", "data_stream.dataset", "data_stream.namespace"});
  ASSERT_EQ(seen.events.size(), 1u);
  EXPECT_EQ(seen.events[0].data_stream, "logs-okta.system-prod");
  EXPECT_EQ(seen.events[0].fields.at("_id"), "i");
  EXPECT_EQ(seen.events[0].fields.at("_version"), "4");
  EXPECT_EQ(seen.events[0].fields.at("data_stream.dataset"), "okta.system");
  EXPECT_EQ(seen.events[0].fields.at("data_stream.namespace"), "prod");
  EXPECT_EQ(seen.events[0].ingested_ms - seen.events[0].timestamp_ms, 5000);
  EXPECT_TRUE(seen.events[0].identity);
}

TEST(CatalogueTest, KnowsTypes) {
  EXPECT_EQ(Catalogue().TypeOf("source.ip"), DataType::kIp);
  EXPECT_EQ(Catalogue().TypeOf("@timestamp"), DataType::kDatetime);
  EXPECT_EQ(Catalogue().TypeOf("gen_ai.compliance.violation_detected"), DataType::kBoolean);
  EXPECT_EQ(Catalogue().TypeOf("aws.cloudtrail.flattened.request_parameters.a.b"),
            DataType::kKeyword);
  EXPECT_EQ(Catalogue().TypeOf("no.such.field"), std::nullopt);
  for (const std::string& name : Catalogue().Names()) {
    EXPECT_TRUE(Catalogue().TypeOf(name)) << name << " is out of order in the table";
  }
}

}  // namespace
}  // namespace weir::source
