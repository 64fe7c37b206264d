// Any bytes at all through the decoder, reading every known field of every event.
#include <cstdint>
#include <string>

#include "common/source/decoder.h"

namespace {

using namespace weir;

class ReadEverything : public source::Sink {
 public:
  explicit ReadEverything(std::size_t field_count) : field_count_(field_count) {}
  void OnEvent(source::Event& event) override {
    for (FieldId id = 0; id < field_count_; ++id) {
      bytes_ += ValueToString(event.Get(id)).size();
    }
  }
  void OnReject(const source::Reject& reject) override { bytes_ += reject.message.size(); }

 private:
  std::size_t field_count_;
  std::size_t bytes_ = 0;
};

std::shared_ptr<const FieldRegistry> MakeRegistry() {
  auto registry = std::make_shared<FieldRegistry>();
  for (const std::string& field : source::Catalogue().Names()) {
    registry->Intern(field, *source::Catalogue().TypeOf(field));
  }
  registry->Intern("aws.cloudtrail.flattened.request_parameters.a.b", DataType::kKeyword);
  return registry;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  static const std::shared_ptr<const FieldRegistry> kRegistry = MakeRegistry();
  // One for all inputs, as a node has it: binding so many fields takes longer than any input.
  static source::Decoder decoder(kRegistry, [] {
    source::Options options;
    options.record_bytes_max = 1 << 20;
    return options;
  }());
  ReadEverything sink(kRegistry->size());
  std::string bytes(reinterpret_cast<const char*>(data), size);
  bytes.append(source::Decoder::kPadding, '\0');
  decoder.Decode(std::string_view(bytes).substr(0, size), 0, 1'700'000'000'000, &sink);
  return 0;
}
