#include "tests/bench/records.h"

#include <array>
#include <charconv>
#include <memory>
#include <random>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <simdjson.h>

#include "common/base/check.h"
#include "common/source/decoder.h"

namespace weir::bench {
namespace {

constexpr std::size_t kIdDigits = 20;
constexpr std::size_t kPrincipalDigits = 9;
constexpr std::size_t kTimeDigits = 19;
// Placeholders in the templates; nothing else in them looks alike.
constexpr std::string_view kIdMark = "IDIDIDIDIDIDIDIDIDID";
constexpr std::string_view kTimeMark = "2001-02-03T04:05:06";
constexpr std::string_view kPrincipalMark = "PPPPPPPPP";
static_assert(kIdMark.size() == kIdDigits && kTimeMark.size() == kTimeDigits &&
              kPrincipalMark.size() == kPrincipalDigits);

struct Call {
  std::string_view service;
  std::string_view action;
  std::string_view parameters;
  std::string_view error;   // ,"errorCode":... or empty
};

constexpr std::array<std::string_view, 4> kModels = {
    "example.model-large-v2:0", "example.model-small-v1:0", "example.embed-v3:0",
    "example.model-large-v3:0"};

// What else an account's trail is full of, and Bedrock calls that no rule counts.
constexpr std::array<Call, 6> kNoise = {{
    {"s3", "GetObject",
     R"({"bucketName":"example-training-data","Host":"example-training-data.s3.amazonaws.com","key":"part/0001.parquet"})",
     ""},
    {"ec2", "DescribeInstances",
     R"({"instancesSet":{"items":[{"instanceId":"i-0123456789abcdef0"}]},"filterSet":{},"maxResults":100})",
     ""},
    {"sts", "AssumeRole",
     R"({"roleArn":"arn:aws:iam::123456789012:role/BatchInference","roleSessionName":"batch","durationSeconds":3600})",
     ""},
    {"kms", "Decrypt",
     R"({"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::example"}})",
     ""},
    {"bedrock", "ListFoundationModels", R"({"byProvider":"example","byOutputModality":"TEXT"})", ""},
    {"bedrock", "InvokeModel", R"({"modelId":"example.model-large-v2:0"})",
     R"("errorCode":"ThrottlingException","errorMessage":"Too many requests, please wait before trying again.",)"},
}};

std::string CloudTrailRecord(const Call& call, std::string_view parameters,
                             const std::string& session) {
  return fmt::format(
      R"({{"eventVersion":"1.11","userIdentity":{{"type":"AssumedRole","principalId":)"
      R"("AROAEXAMPLEEXAMPLE123:{0}","arn":"arn:aws:sts::123456789012:assumed-role/)"
      R"(BatchInference/{0}","accountId":"123456789012","accessKeyId":)"
      R"("ASIAEXAMPLEEXAMPLE12","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":)"
      R"("AROAEXAMPLEEXAMPLE123","arn":"arn:aws:iam::123456789012:role/BatchInference",)"
      R"("accountId":"123456789012","userName":"BatchInference"}},"attributes":{{"creationDate":)"
      R"("2026-03-10T08:00:00Z","mfaAuthenticated":"false"}}}}}},"eventTime":"{1}Z",)"
      R"("eventSource":"{2}.amazonaws.com","eventName":"{3}","awsRegion":"us-east-1",)"
      R"("sourceIPAddress":"203.0.113.57","userAgent":"Boto3/1.38.0 md/Botocore#1.38.0 )"
      R"(ua/2.1 os/linux#6.8 md/arch#x86_64 lang/python#3.12",{4}"requestParameters":{5},)"
      R"("responseElements":null,"requestID":"5f1c0d5e-6d5c-4f43-9d0c-0f8f3b1d2a11","eventID":)"
      R"("0a1b2c3d-{6}","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,)"
      R"("recipientAccountId":"123456789012","eventCategory":"Management","tlsDetails":)"
      R"({{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256",)"
      R"("clientProvidedHostHeader":"{2}.us-east-1.amazonaws.com"}}}})",
      session, kTimeMark, call.service, call.action, call.error, parameters, kIdMark);
}

std::string RefusalRecord() {
  return fmt::format(
      R"({{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"{}Z",)"
      R"("accountId":"123456789012","identity":{{"arn":"arn:aws:sts::123456789012:assumed-role/)"
      R"(Research/s{}"}},"region":"us-east-1","requestId":"0a1b2c3d-{}",)"
      R"("operation":"InvokeModel","modelId":"example.model-large-v2:0",)"
      R"("errorCode":"AccessDeniedException"}})",
      kTimeMark, kPrincipalMark, kIdMark);
}

class OneDocument : public source::Sink {
 public:
  void OnEvent(source::Event& event) override { event.AppendDocument(&document_); }
  void OnReject(const source::Reject& reject) override {
    WEIR_CHECK(false, "{}", reject.message);
  }
  const std::string& document() const { return document_; }

 private:
  std::string document_;
};

void AppendWithoutReceipt(const simdjson::dom::object& object, std::string_view parent,
                          std::string* out) {
  out->push_back('{');
  for (const auto& member : object) {
    const std::string path = fmt::format("{}{}", parent, member.key);
    if (path == "event.original" || path == "event.created" || path == "event.ingested") {
      continue;
    }
    out->append(out->back() == '{' ? "\"" : ",\"").append(member.key).append("\":");
    if (member.value.is_object()) {
      const simdjson::dom::object below = member.value.get_object().value_unsafe();
      AppendWithoutReceipt(below, path + ".", out);
    } else {
      out->append(simdjson::minify(member.value));
    }
  }
  out->push_back('}');
}

std::string DocumentOf(const std::string& record) {
  source::Options options;
  options.documents = true;
  source::Decoder decoder(std::make_shared<FieldRegistry>(), options);
  OneDocument sink;
  std::string padded = record;
  padded.append(source::Decoder::kPadding, '\0');
  decoder.Decode(std::string_view(padded).substr(0, record.size()), 0, 0, &sink);
  simdjson::dom::parser parser;
  simdjson::dom::object document;
  WEIR_CHECK(parser.parse(sink.document()).get(document) == simdjson::SUCCESS, "{}",
             sink.document());
  std::string out;
  AppendWithoutReceipt(document, "", &out);
  return out;
}

void Overwrite(std::string* bytes, std::size_t place, std::string_view text) {
  bytes->replace(place, text.size(), text);
}

// Fills the field with the number, zeros in front. It is in the loop of the load itself, where formatting
// by a library showed in profiles.
void WriteDigits(uint64_t number, unsigned base, std::span<char> field) {
  for (std::size_t i = field.size(); i-- > 0; number /= base) {
    field[i] = "0123456789abcdef"[number % base];
  }
}

}  // namespace

PooledBatch PooledBatch::CloudTrail(double match, uint32_t seed, uint64_t first_principal,
                                    bool ecs) {
  PooledBatch batch;
  const auto form = [ecs](const std::string& record) { return ecs ? DocumentOf(record) : record; };
  std::mt19937 random(seed);
  // Exactly the share, spread evenly, and never in step with the kinds of noise.
  double due = 0;
  for (std::size_t i = 0; i < kBatchRecords; ++i) {
    due += match;
    if (due >= 1 - 1e-9) {
      due -= 1;
      const auto parameters =
          fmt::format(R"({{"modelId":"{}"}})", kModels[seed % kModels.size()]);
      const Call call{"bedrock", "InvokeModel", "", ""};
      batch.Append(form(CloudTrailRecord(call, parameters, fmt::format("s{}", kPrincipalMark))),
                   true);
      batch.SetPrincipal(i, first_principal + batch.matching_ - 1);
    } else {
      const Call& call = kNoise[random() % kNoise.size()];
      batch.Append(form(CloudTrailRecord(call, call.parameters, "batch-worker-17")), false);
    }
  }
  return batch;
}

PooledBatch PooledBatch::Refusals() {
  PooledBatch batch;
  for (std::size_t i = 0; i < kBatchRecords; ++i) {
    batch.Append(RefusalRecord(), true);
  }
  return batch;
}

void PooledBatch::Append(const std::string& record, bool matches) {
  std::string* payload = request_.mutable_payload();
  const std::size_t base = payload->size();
  RecordPlaces places;
  places.event_id = base + record.find(kIdMark);
  places.time = base + record.find(kTimeMark);
  for (std::size_t at = record.find(kPrincipalMark); at != std::string::npos;
       at = record.find(kPrincipalMark, at + 1)) {
    places.principals.push_back(base + at);
  }
  places_.push_back(std::move(places));
  payload->append(record);
  request_.add_record_sizes(static_cast<uint32_t>(record.size()));
  if (matches) {
    first_matching_ = matching_ == 0 ? places_.size() - 1 : first_matching_;
    ++matching_;
  }
}

void PooledBatch::Renew(uint64_t number, UnixMillis time_ms) {
  std::string* payload = request_.mutable_payload();
  const std::string time = FormatTime(time_ms).substr(0, kTimeDigits);
  char digits[kIdDigits];
  for (std::size_t i = 0; i < places_.size(); ++i) {
    WriteDigits(number * kBatchRecords + i, 16, {digits, kIdDigits});
    Overwrite(payload, places_[i].event_id, {digits, kIdDigits});
    Overwrite(payload, places_[i].time, time);
  }
  request_.set_sequence(number);
}

void PooledBatch::SetPrincipal(std::size_t record, uint64_t principal) {
  char digits[kPrincipalDigits];
  WriteDigits(principal, 10, {digits, kPrincipalDigits});
  for (const std::size_t place : places_[record].principals) {
    Overwrite(request_.mutable_payload(), place, {digits, kPrincipalDigits});
  }
}

std::optional<uint64_t> PrincipalOfArn(const std::string& arn) {
  if (arn.size() < kPrincipalDigits) {
    return std::nullopt;
  }
  uint64_t number = 0;
  const char* end = arn.data() + arn.size();
  const auto [stop, error] = std::from_chars(end - kPrincipalDigits, end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace weir::bench
