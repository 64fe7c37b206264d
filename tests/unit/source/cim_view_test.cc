// The CloudTrail view, row by row: what each column is of a record, and what its exceptions are.
#include <gtest/gtest.h>

#include "common/source/cim_view.h"
#include "tests/unit/source/event_fields.h"

namespace weir::source {
namespace {

constexpr std::string_view kUser =
    R"("userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111:user/ops/alice","accountId":"111","userName":"alice","accessKeyId":"AKIA1"})";
constexpr std::string_view kRole =
    R"("userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111:assumed-role/builder/one","accountId":"111","sessionContext":{"sessionIssuer":{"type":"Role","userName":"builder"}}})";
constexpr std::string_view kRoot =
    R"("userIdentity":{"type":"Root","arn":"arn:aws:iam::111:root","accountId":"111"})";
constexpr std::string_view kForeign =
    R"("userIdentity":{"type":"AWSAccount","principalId":"AIDAX","accountId":"999"})";
constexpr std::string_view kService = R"("userIdentity":{"type":"AWSService","invokedBy":"x"})";

std::string Record(std::string_view name, std::string_view source, std::string_view identity,
                   std::string_view more = "") {
  return fmt::format(
      R"({{"eventVersion":"1.11","eventTime":"2026-03-02T22:05:09Z","eventSource":"{}.amazonaws.com",)"
      R"("eventName":"{}","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.7","userAgent":"cli",)"
      R"("eventID":"e1","eventType":"AwsApiCall","recipientAccountId":"222",{}{}{}}})",
      source, name, identity, more.empty() ? "" : ",", more);
}

std::string Column(const std::string& record, std::string_view name) {
  return FieldOf(record, fmt::format("{}{}", kCimPrefix, name));
}

TEST(CimViewTest, AliasesAndConstants) {
  const std::string record = Record("GetObject", "s3", kUser, R"("errorMessage":"no","errorCode":"E")");
  constexpr std::pair<std::string_view, std::string_view> kColumns[] = {
      {"_time", "1.772489109E9"},  {"start_time", "2026-03-02T22:05:09Z"},
      {"signature", "GetObject"},  {"command", "GetObject"},
      {"dvc", "s3.amazonaws.com"}, {"dest", "s3.amazonaws.com"},
      {"src", "198.51.100.7"},     {"src_ip", "198.51.100.7"},
      {"user_agent", "cli"},       {"region", "eu-west-1"},
      {"vendor_region", "eu-west-1"}, {"user_group_id", "111"},
      {"user_access_key", "AKIA1"}, {"app", "AwsApiCall"},
      {"result_id", "E"},          {"result", "no"},
      {"reason", "no"},            {"vendor_account", "111"},
      {"vendor_product", "AWS CloudTrail"}, {"vendor", "Amazon Web Services"},
      {"product", "CloudTrail"},   {"aws_account_id", "111"},
      {"sourcetype", "aws:cloudtrail"}, {"date_hour", "22"},
      {"date_minute", "5"},        {"date_second", "9"},
      {"date_mday", "2"},          {"date_wday", "monday"},
      {"date_month", "march"},     {"date_year", "2026"},
      {"date_zone", "0"},          {"errorCode", "E"},
      {"msg", "E"},                {"action", "failure"},
      {"status", "failure"},       {"change_type", "S3"},
      {"user_arn", "arn:aws:iam::111:user/ops/alice"}, {"user_type", "IAMUser"},
  };
  for (const auto& [name, value] : kColumns) {
    EXPECT_EQ(Column(record, name), value) << name;
  }
  EXPECT_EQ(Column(record, "_raw"), record);
}

TEST(CimViewTest, ResultOfSuccess) {
  const std::string record = Record("GetObject", "s3", kUser);
  EXPECT_EQ(Column(record, "errorCode"), "success");
  EXPECT_EQ(Column(record, "msg"), "success");
  EXPECT_EQ(Column(record, "result_id"), "<absent>");
  EXPECT_EQ(Column(record, "action"), "read");
  EXPECT_EQ(Column(Record("DeleteGuardrail", "bedrock", kUser), "action"), "<absent>");
  const std::string login =
      Record("ConsoleLogin", "signin", kUser, R"("responseElements":{"ConsoleLogin":"Failure"})");
  EXPECT_EQ(Column(login, "errorCode"), "failure");
  EXPECT_EQ(Column(login, "msg"), "success");
  EXPECT_EQ(Column(login, "action"), "failure");
}

TEST(CimViewTest, WhoActed) {
  EXPECT_EQ(Column(Record("X", "s3", kUser), "user_name"), "alice");
  EXPECT_EQ(Column(Record("X", "s3", kUser), "user"), "alice");
  EXPECT_EQ(Column(Record("X", "s3", kRole), "user_name"), "builder");
  EXPECT_EQ(Column(Record("X", "s3", kRole), "user"), "<absent>");
  EXPECT_EQ(Column(Record("PutObject", "s3", kRole), "user"), "builder");
  EXPECT_EQ(Column(Record("X", "s3", kRole), "userName"), "builder");
  EXPECT_EQ(Column(Record("X", "s3", kRoot), "user_name"), "root");
  EXPECT_EQ(Column(Record("X", "s3", kForeign), "user_name"), "<absent>");
  EXPECT_EQ(Column(Record("X", "s3", kService), "user_name"), "<absent>");
  EXPECT_EQ(Column(Record("X", "s3", kForeign), "aws_account_id"), "222");
  EXPECT_EQ(Column(Record("X", "s3", kService), "vendor_account"), "222");
}

TEST(CimViewTest, CallsAboutUsersAreNamedByTheirTarget) {
  const std::string record =
      Record("CreateAccessKey", "iam", kUser, R"("requestParameters":{"userName":"bob"})");
  EXPECT_EQ(Column(record, "user_name"), "bob");
  EXPECT_EQ(Column(record, "user_type"), "<absent>");
  const std::string failed = Record("DeleteUser", "iam", kUser,
                                    R"("errorMessage":"The user with name carol cannot be found.")");
  EXPECT_EQ(Column(failed, "user_name"), "carol");
  const std::string assumed = Record("AssumeRole", "sts", kService,
                                     R"("requestParameters":{"roleArn":"arn:aws:iam::1:role/p/deploy"})");
  EXPECT_EQ(Column(assumed, "user"), "deploy");
  EXPECT_EQ(Column(assumed, "user_name"), "deploy");
  EXPECT_EQ(Column(assumed, "user_arn"), "arn:aws:iam::1:role/p/deploy");
}

TEST(CimViewTest, DestinationsOfSomeCalls) {
  EXPECT_EQ(Column(Record("RunInstances", "ec2", kUser,
                          R"("responseElements":{"instancesSet":{"items":[{"instanceId":"i-1"},)"
                          R"({"instanceId":"i-2"}]}})"),
                   "dest"),
            "[i-1, i-2]");
  EXPECT_EQ(Column(Record("AttachVolume", "ec2", kUser,
                          R"("requestParameters":{"instanceId":"i-3"})"),
                   "dest"),
            "i-3");
  EXPECT_EQ(Column(Record("DeleteVolume", "ec2", kUser), "dest"), "ec2.amazonaws.com");
  EXPECT_EQ(Column(Record("PutUserPolicy", "iam", kUser), "dest"), "<absent>");
  EXPECT_EQ(Column(Record("DeleteBucket", "s3", kUser, R"("requestParameters":{"Host":"b.s3"})"),
                   "dest"),
            "b.s3");
  EXPECT_EQ(Column(Record("ConsoleLogin", "signin", kUser,
                          R"("additionalEventData":{"LoginTo":"https://console"})"),
                   "dest"),
            "https://console");
}

TEST(CimViewTest, RawFieldsByTheirPaths) {
  const std::string record =
      Record("X", "s3", kUser,
             R"("requestParameters":{"a":{"b":[{"c":"x"},{"c":"y"},{"c":"x"}]},"k.l":1,"e":"","n":null,)"
             R"("t":true,"list":["p"]})");
  EXPECT_EQ(Column(record, "requestParameters.a.b{}.c"), "[x, y, x]");
  EXPECT_EQ(Column(record, "requestParameters.a.b.c"), "<absent>");
  EXPECT_EQ(Column(record, "requestParameters.k.l"), "1");
  EXPECT_EQ(Column(record, "requestParameters.e"), "");
  EXPECT_EQ(Column(record, "requestParameters.n"), "<absent>");
  EXPECT_EQ(Column(record, "requestParameters.t"), "true");
  EXPECT_EQ(Column(record, "requestParameters.list{}"), "p");
  EXPECT_EQ(Column(record, "requestParameters"), "<absent>");
  EXPECT_EQ(FieldOf(record, fmt::format("{}eventSource", kCimFoldedPrefix)), "s3.amazonaws.com");
  EXPECT_EQ(FieldOf(Record("GetX", "s3", kUser), fmt::format("{}eventName", kCimFoldedPrefix)), "getx");
}

}  // namespace
}  // namespace weir::source
