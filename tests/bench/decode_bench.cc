// Decoding CloudTrail records of about 1.2 kB and reading six fields of each, one thread.
#include <benchmark/benchmark.h>

#include <string>

#include "common/source/decoder.h"

namespace weir::source {
namespace {

std::string MakeRecord() {
  return R"({"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":)"
         R"("AROAEXAMPLEEXAMPLE123:batch-worker-17","arn":"arn:aws:sts::123456789012:assumed-role/)"
         R"(BatchInference/batch-worker-17","accountId":"123456789012","accessKeyId":)"
         R"("ASIAEXAMPLEEXAMPLE12","sessionContext":{"sessionIssuer":{"type":"Role","principalId":)"
         R"("AROAEXAMPLEEXAMPLE123","arn":"arn:aws:iam::123456789012:role/BatchInference",)"
         R"("accountId":"123456789012","userName":"BatchInference"},"attributes":{"creationDate":)"
         R"("2025-06-01T08:00:00Z","mfaAuthenticated":"false"}}},"eventTime":"2025-06-01T08:15:30Z",)"
         R"("eventSource":"bedrock.amazonaws.com","eventName":"Converse","awsRegion":"us-east-1",)"
         R"("sourceIPAddress":"203.0.113.57","userAgent":"Boto3/1.38.0 md/Botocore#1.38.0 )"
         R"(ua/2.1 os/linux#6.8 md/arch#x86_64 lang/python#3.12","requestParameters":{"modelId":)"
         R"("example.model-large-v2:0"},"responseElements":null,"requestID":)"
         R"("5f1c0d5e-6d5c-4f43-9d0c-0f8f3b1d2a11","eventID":"0a1b2c3d-1111-2222-3333-444455556666",)"
         R"("readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":)"
         R"("123456789012","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3",)"
         R"("cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":)"
         R"("bedrock-runtime.us-east-1.amazonaws.com"}})";
}

class ReadAll : public Sink {
 public:
  explicit ReadAll(FieldId field_count) : field_count_(field_count) {}
  void OnEvent(Event& event) override {
    for (FieldId id = 0; id < field_count_; ++id) {
      present_ += event.Get(id).is_null() ? 0 : 1;
    }
  }
  void OnReject(const Reject&) override { ++rejects_; }
  int64_t present() const { return present_; }
  int64_t rejects() const { return rejects_; }

 private:
  FieldId field_count_;
  int64_t present_ = 0;
  int64_t rejects_ = 0;
};

void DecodeCloudTrail(benchmark::State& state) {
  auto registry = std::make_shared<FieldRegistry>();
  for (const char* field :
       {"event.provider", "event.action", "event.outcome", "aws.cloudtrail.user_identity.arn",
        "aws.cloudtrail.request_parameters", "cloud.account.id"}) {
    registry->Intern(field, DataType::kKeyword);
  }
  Decoder decoder(registry, {});
  std::string bytes = MakeRecord();
  const std::size_t size = bytes.size();
  bytes.append(Decoder::kPadding, '\0');
  ReadAll sink(static_cast<FieldId>(registry->size()));
  for (auto _ : state) {
    decoder.Decode(std::string_view(bytes).substr(0, size), 0, 1'750'000'000'000, &sink);
  }
  if (sink.rejects() > 0 || sink.present() != 6 * state.iterations()) {
    state.SkipWithError("a field is missing");
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(size));
}
BENCHMARK(DecodeCloudTrail);

}  // namespace
}  // namespace weir::source

BENCHMARK_MAIN();
