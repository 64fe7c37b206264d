// An account at work: applications that call models behind guardrails, by day more than by night, and
// people and services that do what they do in every account.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "deploy/demo_events/bedrock_record.h"
#include "deploy/demo_events/cloudtrail_record.h"
#include "deploy/demo_events/json.h"
#include "deploy/demo_events/scenario.h"

namespace weir::demo {
namespace {

constexpr char kMainRegion[] = "us-east-1";
constexpr char kSecondRegion[] = "eu-west-1";
constexpr char kGuardrail[] = "gr7example4kq";

constexpr std::array<std::string_view, 5> kPrompts = {
    "Summarise the ticket in two sentences.",
    "Where is my order?",
    "Review this change for mistakes.",
    "Which of our documents speak about travel expenses?",
    "Translate the following notice into German.",
};

struct Failure {
  std::string_view code;
  std::string_view message;
};
constexpr std::array<Failure, 3> kFailures = {{
    {"ThrottlingException", "Too many requests, please wait before trying again."},
    {"ModelTimeoutException", "The model took too long to answer."},
    {"ValidationException", "Input is too long for requested model."},
}};
// Failed calls leave no guardrail trace; at this distance an hour holds at most three of them, fewer
// than any rule minds.
constexpr int64_t kFailureDistanceMs = 25 * kMillisPerMinute;
constexpr double kFailureChance = 0.02;

struct Application {
  std::string_view role;
  std::string_view session;
  std::string_view region;
  std::string_view operation;
  std::string_view model;
  int calls_by_day;    // an hour
  int calls_by_night;
};
constexpr std::array<Application, 4> kApplications = {{
    {"support-assistant", "i-0b51ce7700example", kMainRegion, "Converse",
     "anthropic.claude-3-haiku-20240307-v1:0", 70, 8},
    {"document-search", "document-search-prod", kMainRegion, "InvokeModel",
     "us.anthropic.claude-3-5-sonnet-20240620-v1:0", 45, 10},
    {"code-review", "code-review-bot", kMainRegion, "InvokeModelWithResponseStream",
     "anthropic.claude-3-5-sonnet-20240620-v1:0", 25, 0},
    {"translation", "translation-eu", kSecondRegion, "Converse", "amazon.titan-text-express-v1", 20,
     2},
}};

bool IsDay(int hour) {
  return hour >= 8 && hour < 19;
}

Principal Role(std::string_view name, std::string_view session, Random* random) {
  return {.kind = Principal::Kind::kRole,
          .name = std::string(name),
          .session = std::string(session),
          .id = "AROA" + random->Code(17),
          .access_key = "ASIA" + random->Code(9) + "EXAMPLE",
          .address = fmt::format("10.20.{}.{}", random->Between(0, 15), random->Between(4, 250)),
          .agent = "Boto3/1.37.9 md/Botocore#1.37.9 ua/2.0 os/linux#6.1 lang/python#3.12.3"};
}

Principal User(std::string_view name, Random* random) {
  return {.kind = Principal::Kind::kUser,
          .name = std::string(name),
          .session = "",
          .id = "AIDA" + random->Code(17),
          .access_key = "AKIA" + random->Code(9) + "EXAMPLE",
          .address = fmt::format("198.51.100.{}", random->Between(30, 90)),
          .agent = "aws-cli/2.24.10 md/awscrt#0.23.8 ua/2.0 os/macos#24.3"};
}

UnixMillis Within(int hour, Random* random) {
  return At(hour, 0) + random->Between(0, 3599) * kMillisPerSecond;
}

void AddApplication(const Application& application, Random* random, Day* day) {
  const Principal who = Role(application.role, application.session, random);
  UnixMillis last_failure_ms = 0;
  for (int hour = 0; hour < 24; ++hour) {
    const int usual = IsDay(hour) ? application.calls_by_day : application.calls_by_night;
    const int64_t calls = usual == 0 ? 0 : random->Between(usual * 4 / 5, usual * 6 / 5);
    for (int64_t i = 0; i < calls; ++i) {
      Invocation call;
      // In order, so that failures keep their distance.
      call.time_ms = At(hour, 0) + i * kMillisPerHour / calls +
                     random->Between(0, kMillisPerHour / calls / kMillisPerSecond - 1) *
                         kMillisPerSecond;
      call.time_ms -= call.time_ms % kMillisPerSecond;
      call.region = application.region;
      call.operation = application.operation;
      call.model = application.model;
      call.prompt = random->Pick(kPrompts);
      call.guardrail = kGuardrail;
      if (random->Chance(kFailureChance) && call.time_ms - last_failure_ms > kFailureDistanceMs) {
        const Failure& failure = random->Pick(kFailures);
        call.error_code = failure.code;
        call.error_message = failure.message;
        last_failure_ms = call.time_ms;
      }
      AddInvocation(who, call, random, day);
    }
  }
}

// 420 calls of one model within the hour, below the 500 that count as probing. Its files come twice.
void AddNightlyJob(Random* random, Day* day) {
  constexpr int kCalls = 420;
  const Principal who = Role("nightly-summaries", "run-20260310", random);
  for (int i = 0; i < kCalls; ++i) {
    Invocation call;
    call.time_ms = At(2, 1, 0) + i * 5 * kMillisPerSecond;
    call.region = kMainRegion;
    call.model = "anthropic.claude-3-haiku-20240307-v1:0";
    call.prompt = random->Pick(kPrompts);
    call.guardrail = kGuardrail;
    AddInvocation(who, call, random, day);
  }
  day->redeliveries.push_back({Source::kCloudTrail, kMainRegion, At(2, 15)});
  day->redeliveries.push_back({Source::kBedrock, kMainRegion, At(2, 15)});
}

// Three refusals of one model, one short of an alert. Their file comes twice.
void AddNewcomer(Random* random, Day* day) {
  const Principal who = User("n.okafor", random);
  for (const int minute : {3, 8, 14}) {
    Invocation call;
    call.time_ms = At(10, minute, 21);
    call.region = kMainRegion;
    call.model = "anthropic.claude-3-opus-20240229-v1:0";
    call.prompt = "Hello?";
    call.error_code = "AccessDeniedException";
    call.error_message = "You don't have access to the model with the specified model ID.";
    AddInvocation(who, call, random, day);
  }
  day->redeliveries.push_back({Source::kBedrock, kMainRegion, At(10, 10)});
}

ApiCall ConsoleLogin(UnixMillis time_ms, bool success) {
  ApiCall call;
  call.time_ms = time_ms;
  call.region = kMainRegion;
  call.service = "signin";
  call.action = "ConsoleLogin";
  call.response = JsonObject().Text("ConsoleLogin", success ? "Success" : "Failure").str();
  call.additional = JsonObject()
                        .Text("LoginTo", "https://console.aws.amazon.com/console/home")
                        .Text("MobileVersion", "No")
                        .Text("MFAUsed", "Yes")
                        .str();
  call.type = "AwsConsoleSignIn";
  call.read_only = false;
  if (!success) {
    call.error_message = "Failed authentication";
    call.error_code = "AuthenticationFailure";
  }
  return call;
}

ApiCall Everyday(UnixMillis time_ms, Random* random) {
  struct Kind {
    std::string_view service, action, parameters;
  };
  constexpr std::array<Kind, 9> kKinds = {{
      {"s3", "ListBuckets", ""},
      {"s3", "GetBucketLocation", R"({"bucketName":"example-reports","location":""})"},
      {"sts", "GetCallerIdentity", ""},
      {"ec2", "DescribeInstances", R"({"instancesSet":{},"filterSet":{}})"},
      {"ec2", "DescribeSecurityGroups", R"({"securityGroupSet":{},"maxResults":100})"},
      {"lambda", "ListFunctions20150331", ""},
      {"kms", "DescribeKey", R"({"keyId":"alias/example-reports"})"},
      {"logs", "DescribeLogGroups", R"({"limit":50})"},
      {"bedrock", "ListFoundationModels", ""},
  }};
  const Kind& kind = random->Pick(kKinds);
  ApiCall call;
  call.time_ms = time_ms;
  call.region = random->Chance(0.8) ? kMainRegion : kSecondRegion;
  call.service = kind.service;
  call.action = kind.action;
  call.parameters = kind.parameters;
  call.host = call.service + "." + call.region + ".amazonaws.com";
  if (random->Chance(0.03)) {
    call.error_code = "AccessDenied";
    call.error_message = "User is not authorized to perform this action";
  }
  return call;
}

void AddPeople(Random* random, Day* day) {
  const std::vector<Principal> people = {User("a.ferreira", random), User("t.nakamura", random),
                                         User("s.oyelaran", random), User("k.vandijk", random)};
  for (const Principal& who : people) {
    const UnixMillis login_ms = Within(8, random);
    if (random->Chance(0.5)) {
      day->records.push_back(
          CloudTrailRecord(who, ConsoleLogin(login_ms - 20 * kMillisPerSecond, false), random));
    }
    day->records.push_back(CloudTrailRecord(who, ConsoleLogin(login_ms, true), random));
    for (int hour = 8; hour < 19; ++hour) {
      for (int64_t i = random->Between(4, 24); i > 0; --i) {
        day->records.push_back(CloudTrailRecord(who, Everyday(Within(hour, random), random), random));
      }
    }
  }
}

// Calls by AWS itself carry no ARN at all.
void AddServices(Random* random, Day* day) {
  for (int hour = 0; hour < 24; ++hour) {
    for (int64_t i = random->Between(15, 30); i > 0; --i) {
      Principal service;
      service.kind = Principal::Kind::kService;
      service.name = random->Chance(0.5) ? "lambda.amazonaws.com" : "ec2.amazonaws.com";
      service.address = service.name;
      service.agent = service.name;
      ApiCall call;
      call.time_ms = Within(hour, random);
      call.region = random->Chance(0.85) ? kMainRegion : "us-west-2";
      if (random->Chance(0.6)) {
        call.service = "sts";
        call.action = "AssumeRole";
        call.parameters = JsonObject()
                              .Text("roleArn", "arn:aws:iam::111122223333:role/order-events")
                              .Text("roleSessionName", "order-events")
                              .Number("durationSeconds", 3600)
                              .str();
      } else {
        call.service = "kms";
        call.action = "GenerateDataKey";
        call.parameters = JsonObject()
                              .Text("keyId", "arn:aws:kms:us-east-1:111122223333:key/"
                                             "0f3ab2c4-0000-4000-8000-00000example")
                              .Text("keySpec", "AES_256")
                              .str();
      }
      day->records.push_back(CloudTrailRecord(service, call, random));
    }
  }
}

}  // namespace

void AddNoise(Random* random, Day* day) {
  for (const Application& application : kApplications) {
    AddApplication(application, random, day);
  }
  AddNightlyJob(random, day);
  AddNewcomer(random, day);
  AddPeople(random, day);
  AddServices(random, day);
}

}  // namespace weir::demo
