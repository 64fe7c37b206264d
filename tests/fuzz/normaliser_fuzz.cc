// Any bytes at all as a record of each source: every field is read one by one and as a whole document,
// which must be JSON on one line.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "common/source/decoder.h"

namespace {

using namespace weir;

// Whether brackets and quotes are balanced and nothing stands outside of them.
bool LooksLikeOneObject(const std::string& text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) < 0x20) {
      return false;
    }
    if (in_string) {
      i += c == '\\' ? 1 : 0;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    }
    if (depth == 0 && i + 1 < text.size()) {
      return false;
    }
  }
  return depth == 0 && !in_string && text.starts_with('{');
}

class ReadAll : public source::Sink {
 public:
  explicit ReadAll(std::size_t field_count) : field_count_(field_count) {}
  void OnEvent(source::Event& event) override {
    for (FieldId id = 0; id < field_count_; ++id) {
      bytes_ += ValueToString(event.Get(id)).size();
    }
    std::string document;
    event.AppendDocument(&document);
    Check(document);
  }
  void OnReject(const source::Reject& reject) override {
    Check(source::MakeErrorDocument("\"\n{", reject.message, 0));
  }

 private:
  static void Check(const std::string& document) {
    if (!LooksLikeOneObject(document)) {
      std::fprintf(stderr, "no JSON object: %s\n", document.c_str());
      std::abort();
    }
  }

  std::size_t field_count_;
  std::size_t bytes_ = 0;
};

std::shared_ptr<const FieldRegistry> MakeRegistry() {
  auto registry = std::make_shared<FieldRegistry>();
  for (const std::string& field : source::Catalogue().Names()) {
    if (field.starts_with("aws") || field.starts_with("gen_ai") || field.find('.') < 8) {
      registry->Intern(field, *source::Catalogue().TypeOf(field));
    }
  }
  registry->Intern("aws.cloudtrail.flattened.request_parameters.a.b", DataType::kKeyword);
  registry->Intern("aws_bedrock.invocation.input.x.y", DataType::kKeyword);
  return registry;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  static const std::shared_ptr<const FieldRegistry> kRegistry = MakeRegistry();
  static const auto kDecoders = [] {
    std::array<std::unique_ptr<source::Decoder>, source::kSourceKindCount + 1> decoders;
    for (int i = 0; i <= source::kSourceKindCount; ++i) {
      source::Options options;
      options.record_bytes_max = 1 << 20;
      options.documents = true;
      if (i < source::kSourceKindCount) {
        options.source = static_cast<source::SourceKind>(i);
      }
      decoders[static_cast<std::size_t>(i)] =
          std::make_unique<source::Decoder>(kRegistry, options);
    }
    return decoders;
  }();
  std::string bytes(reinterpret_cast<const char*>(data), size);
  bytes.append(source::Decoder::kPadding, '\0');
  for (const auto& decoder : kDecoders) {
    ReadAll sink(kRegistry->size());
    decoder->Decode(std::string_view(bytes).substr(0, size), 0, 1'700'000'000'000, &sink);
  }
  return 0;
}
