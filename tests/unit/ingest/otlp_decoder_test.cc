// What log records of collectors become. Requests are made with the generated messages.
#include "ingest/otlp_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "opentelemetry/proto/collector/logs/v1/logs_service.pb.h"

namespace weir::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace common_pb = opentelemetry::proto::common::v1;
namespace logs_pb = opentelemetry::proto::logs::v1;
using Request = opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest;

constexpr char kTrail[] = R"({"eventVersion":"1.09","eventName":"ListVaults"})";

void Set(common_pb::KeyValueList* map, const std::string& key, const std::string& value) {
  common_pb::KeyValue* entry = map->add_values();
  entry->set_key(key);
  entry->mutable_value()->set_string_value(value);
}

template <typename Message>
void SetAttribute(Message* message, const std::string& key, const std::string& value) {
  common_pb::KeyValue* entry = message->add_attributes();
  entry->set_key(key);
  entry->mutable_value()->set_string_value(value);
}

class OtlpDecoderTest : public ::testing::Test {
 protected:
  OtlpDecoderTest() : scope_(request_.add_resource_logs()->add_scope_logs()) {}

  logs_pb::LogRecord* AddRecord() { return scope_->add_log_records(); }
  common_pb::KeyValueList* AddMap() {
    return AddRecord()->mutable_body()->mutable_kvlist_value();
  }
  opentelemetry::proto::resource::v1::Resource* resource() {
    return request_.mutable_resource_logs(0)->mutable_resource();
  }
  Status Decode(RequestLimits limits = {}) {
    batch_ = Batch();
    return OtlpDecoder(limits).Decode(request_.SerializeAsString(), &batch_);
  }
  std::vector<std::string> Records() {
    EXPECT_TRUE(Decode().ok());
    std::vector<std::string> records;
    std::size_t offset = 0;
    for (const uint32_t size : batch_.record_sizes) {
      records.push_back(batch_.payload.substr(offset, size));
      offset += size;
    }
    EXPECT_EQ(offset, batch_.payload.size());
    return records;
  }
  std::vector<std::string> Refusals() {
    std::vector<std::string> refusals;
    for (const Batch::Refusal& refusal : batch_.refusals) {
      refusals.push_back(std::to_string(refusal.record_index) + " " +
                         std::string(source::RejectReasonName(refusal.reason)) + " " +
                         refusal.message);
    }
    return refusals;
  }

  Request request_;
  logs_pb::ScopeLogs* scope_;
  Batch batch_;
};

TEST_F(OtlpDecoderTest, TextAndBytesAreTakenAsTheyAre) {
  const std::string envelope = std::string(" \n{\"Records\":[") + kTrail + "]}";
  AddRecord()->mutable_body()->set_string_value(kTrail);
  AddRecord()->mutable_body()->set_bytes_value(envelope);
  AddRecord()->mutable_body()->set_bytes_value("\x1f\x8b packed");
  EXPECT_THAT(Records(), ElementsAre(kTrail, envelope, "\x1f\x8b packed"));
  EXPECT_THAT(batch_.refusals, IsEmpty());
}

TEST_F(OtlpDecoderTest, MapsAreWrittenAsJson) {
  common_pb::KeyValueList* map = AddMap();
  Set(map, "eventName", "first");
  Set(map, "quote", "a \"b\" \\ \n \x01 \xc3\xa9 \xff");
  const auto value = [map](const std::string& key) {
    common_pb::KeyValue* entry = map->add_values();
    entry->set_key(key);
    return entry->mutable_value();
  };
  value("whole")->set_double_value(3600.0);
  value("fraction")->set_double_value(0.25);
  value("huge")->set_double_value(1e300);
  value("nan")->set_double_value(std::numeric_limits<double>::quiet_NaN());
  value("least")->set_int_value(std::numeric_limits<int64_t>::min());
  value("yes")->set_bool_value(true);
  value("nothing");
  value("bytes")->set_bytes_value("ab");
  value("interned")->set_string_value_strindex(7);
  value("list")->mutable_array_value()->add_values()->set_int_value(1);
  Set(value("inner")->mutable_kvlist_value(), "a", "b");
  Set(map, "eventName", "last");
  EXPECT_THAT(Records(),
              ElementsAre("{\"quote\":\"a \\\"b\\\" \\\\ \\u000a \\u0001 \xc3\xa9 \xef\xbf\xbd\","
                          R"("whole":3600,"fraction":0.25,"huge":1e+300,"nan":null,)"
                          R"("least":-9223372036854775808,"yes":true,"nothing":null,"bytes":"YWI=",)"
                          R"("interned":null,"list":[1],"inner":{"a":"b"},"eventName":"last"})"));
}

TEST_F(OtlpDecoderTest, WrappedTextsAreTakenOut) {
  for (const std::string key : {"log", "message", "_raw", "body", "event.original"}) {
    common_pb::KeyValueList* map = AddMap();
    Set(map, "file", "x.json");
    Set(map, key, kTrail);
  }
  common_pb::KeyValue* event = AddMap()->add_values();
  event->set_key("event");
  Set(event->mutable_value()->mutable_kvlist_value(), "original", kTrail);
  common_pb::KeyValueList* lookup = AddMap();
  Set(lookup, "EventId", "1");
  Set(lookup, "CloudTrailEvent", kTrail);
  EXPECT_THAT(Records(), ElementsAre(kTrail, kTrail, kTrail, kTrail, kTrail, kTrail, kTrail));
}

TEST_F(OtlpDecoderTest, AMapInAWrapperIsTheRecord) {
  common_pb::KeyValue* log = AddMap()->add_values();
  log->set_key("log");
  Set(log->mutable_value()->mutable_kvlist_value(), "eventSource", "x");
  EXPECT_THAT(Records(), ElementsAre(R"({"eventSource":"x"})"));
}

TEST_F(OtlpDecoderTest, RecordsAndDocumentsKeepTheirOwnMessage) {
  common_pb::KeyValueList* trail = AddMap();
  Set(trail, "eventName", "X");
  Set(trail, "message", "{\"a\":1}");
  common_pb::KeyValueList* document = AddMap();
  Set(document, "event.action", "X");
  Set(document, "message", "{\"a\":1}");
  EXPECT_THAT(Records(), ElementsAre(R"({"eventName":"X","message":"{\"a\":1}"})",
                                     R"({"event.action":"X","message":"{\"a\":1}"})"));
}

TEST_F(OtlpDecoderTest, DocumentsGetTheAttributesThatTheyLack) {
  SetAttribute(resource(), "cloud.region", "eu-west-1");
  SetAttribute(resource(), "host.name", "far");
  SetAttribute(scope_->mutable_scope(), "service.name", "s");
  logs_pb::LogRecord* record = AddRecord();
  SetAttribute(record, "host.name", "near");
  SetAttribute(record, "event.kind", "other");
  Set(record->mutable_body()->mutable_kvlist_value(), "@timestamp", "2025-03-01T10:00:00Z");
  Set(record->mutable_body()->mutable_kvlist_value(), "event.action", "X");
  EXPECT_THAT(Records(),
              ElementsAre(R"({"@timestamp":"2025-03-01T10:00:00Z","event.action":"X",)"
                          R"("cloud.region":"eu-west-1","service.name":"s","host.name":"near"})"));
}

TEST_F(OtlpDecoderTest, OriginalsInAttributesAreUsedWithoutABody) {
  SetAttribute(AddRecord(), "log.record.original", kTrail);
  logs_pb::LogRecord* plain = AddRecord();
  plain->mutable_body()->set_string_value("plain words");
  SetAttribute(plain, "event.original", kTrail);
  EXPECT_THAT(Records(), ElementsAre(kTrail, kTrail));
}

TEST_F(OtlpDecoderTest, WhatIsNoRecordIsRefusedAlone) {
  AddRecord();
  AddRecord()->mutable_body()->set_string_value("[INFO] words");
  AddRecord()->mutable_body()->set_int_value(1);
  AddRecord()->mutable_body()->set_string_value(kTrail);
  EXPECT_THAT(Records(), ElementsAre("", "", "", kTrail));
  EXPECT_THAT(Refusals(),
              ElementsAre("0 not_an_object no body, and no record in the attributes",
                          "1 not_an_object the body is neither JSON text nor a map",
                          "2 not_an_object the body is neither JSON text nor a map"));
}

TEST_F(OtlpDecoderTest, RecordsOverTheLimitsAreRefusedAlone) {
  common_pb::AnyValue* deep = AddRecord()->mutable_body();
  for (int i = 0; i < 9; ++i) {
    common_pb::KeyValue* entry = deep->mutable_kvlist_value()->add_values();
    entry->set_key("k");
    deep = entry->mutable_value();
  }
  deep->set_int_value(1);
  common_pb::KeyValueList* wide = AddMap();
  for (int i = 0; i < 9; ++i) {
    Set(wide, "k" + std::to_string(i), "v");
  }
  AddRecord()->mutable_body()->set_string_value(kTrail);
  RequestLimits limits;
  limits.value.depth_max = 8;
  limits.value.fields_max = 8;
  ASSERT_TRUE(Decode(limits).ok());
  EXPECT_THAT(Refusals(), ElementsAre("0 too_deep values nested too deeply",
                                      "1 too_many_fields too many values"));
  EXPECT_EQ(batch_.payload, kTrail);
}

TEST_F(OtlpDecoderTest, RequestsOverTheLimitsAreRefused) {
  AddRecord()->mutable_body()->set_string_value(kTrail);
  AddRecord()->mutable_body()->set_string_value(kTrail);
  RequestLimits few;
  few.records_max = 1;
  EXPECT_THAT(std::string(Message(Decode(few))), HasSubstr("more than 1 log records"));
  RequestLimits small;
  small.payload_bytes_max = sizeof(kTrail);
  EXPECT_THAT(std::string(Message(Decode(small))), HasSubstr("bytes"));
}

// A small request must not ask for any amount of work: attributes belong to all records of a resource.
TEST_F(OtlpDecoderTest, AttributesThatMultiplyAreRefused) {
  for (int i = 0; i < 20000; ++i) {
    SetAttribute(resource(), "k" + std::to_string(i), "v");
  }
  for (int i = 0; i < 1000; ++i) {
    AddRecord();
  }
  EXPECT_EQ(Decode().code(), StatusCode::kInvalidArgument);
}

TEST_F(OtlpDecoderTest, DamagedRequestsAreRefused) {
  AddRecord()->mutable_body()->set_string_value(kTrail);
  const std::string bytes = request_.SerializeAsString();
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    Batch batch;
    EXPECT_EQ(OtlpDecoder({}).Decode(bytes.substr(0, size), &batch).code(),
              StatusCode::kInvalidArgument)
        << size;
  }
  Batch batch;
  EXPECT_TRUE(OtlpDecoder({}).Decode("", &batch).ok());
  EXPECT_TRUE(batch.record_sizes.empty());
}

TEST_F(OtlpDecoderTest, TheSameBytesHaveTheSameHash) {
  AddRecord()->mutable_body()->set_string_value(kTrail);
  ASSERT_TRUE(Decode().ok());
  const Hash128 first = *batch_.request_hash;
  ASSERT_TRUE(Decode().ok());
  EXPECT_EQ(*batch_.request_hash, first);
  AddRecord();
  ASSERT_TRUE(Decode().ok());
  EXPECT_NE(*batch_.request_hash, first);
}

TEST_F(OtlpDecoderTest, RebuildsCloudTrailFromAttributes) {
  SetAttribute(resource(), "cloud.region", "eu-west-1");
  SetAttribute(resource(), "cloud.account.id", "111122223333");
  SetAttribute(scope_->mutable_scope(), "encoding.format", "aws.cloudtrail");
  logs_pb::LogRecord* record = AddRecord();
  record->set_time_unix_nano(1740823200'000000000);
  SetAttribute(record, "aws.cloudtrail.event_id", "e1");
  SetAttribute(record, "rpc.method", "AssumeRole");
  SetAttribute(record, "tls.protocol.version", "1.3");
  SetAttribute(record, "aws.user_identity.principal.arn", "arn:x");
  SetAttribute(record, "aws.user_identity.session_context.issuer.user_name", "role");
  common_pb::KeyValue* mfa = record->add_attributes();
  mfa->set_key("aws.user_identity.session_context.attributes.mfa_authenticated");
  mfa->mutable_value()->set_bool_value(false);
  common_pb::KeyValue* resources = record->add_attributes();
  resources->set_key("aws.resources");
  common_pb::KeyValueList* one =
      resources->mutable_value()->mutable_array_value()->add_values()->mutable_kvlist_value();
  Set(one, "account.id", "1");
  Set(one, "arn", "arn:y");
  common_pb::KeyValue* parameters = record->add_attributes();
  parameters->set_key("aws.request.parameters");
  Set(parameters->mutable_value()->mutable_kvlist_value(), "roleArn", "arn:z");
  EXPECT_THAT(
      Records(),
      ElementsAre(R"({"eventTime":"2025-03-01T10:00:00Z","eventID":"e1","eventName":"AssumeRole",)"
                  R"("awsRegion":"eu-west-1","recipientAccountId":"111122223333",)"
                  R"("requestParameters":{"roleArn":"arn:z"},)"
                  R"("resources":[{"accountId":"1","ARN":"arn:y"}],)"
                  R"("tlsDetails":{"tlsVersion":"TLSv1.3"},"userIdentity":{"arn":"arn:x",)"
                  R"("sessionContext":{"attributes":{"mfaAuthenticated":"false"},)"
                  R"("sessionIssuer":{"userName":"role"}}}})"));
}

}  // namespace
}  // namespace weir::ingest
