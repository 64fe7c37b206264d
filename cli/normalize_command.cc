// weir normalize FILE...: prints the documents that rules would see.
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/terminal.h"
#include "common/source/decoder.h"
#include "common/source/record_reader.h"

namespace weir::cli {
namespace {

constexpr std::size_t kPrintBytes = 256 * 1024;
constexpr std::array kSources{source::SourceKind::kCloudTrail,
                              source::SourceKind::kBedrockInvocation, source::SourceKind::kEcs};

struct NormalizeFlags {
  std::string source = "auto";
  std::string geoip_city;
  std::string geoip_asn;
  std::vector<std::string> files;
};

UnixMillis WallNow() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class Normalizer : private source::Sink {
 public:
  explicit Normalizer(source::Options options) : options_(std::move(options)) {
    options_.documents = true;
    options_.rendered_units_max = 0;
  }

  // False when something of it could not be read or normalised; standard error says what.
  bool Run(const std::string& file);

 private:
  struct Line {
    std::string text;      // a document, or why there is none
    bool rejected = false;
  };

  void OnEvent(source::Event& event) override {
    kind_ = event.kind();
    event.AppendDocument(&lines_.emplace_back().text);
  }
  void OnReject(const source::Reject& reject) override {
    lines_.push_back({fmt::format("{}: {}", source::RejectReasonName(reject.reason),
                                  reject.message),
                      true});
  }

  source::Decoder* DecoderFor(std::optional<source::SourceKind> kind);
  void Normalize(std::string_view record);
  void PrintLines(const std::string& file, std::string_view record, std::size_t index,
                  uint64_t line);

  source::Options options_;
  const std::shared_ptr<const FieldRegistry> no_fields_ = std::make_shared<FieldRegistry>();
  std::array<std::unique_ptr<source::Decoder>, kSources.size() + 1> decoders_;
  std::optional<source::SourceKind> kind_;   // of the last event
  std::vector<Line> lines_;                  // of the record in work
  std::string out_;
  bool fine_ = true;
};

// Made when first needed; none: by each record's members.
source::Decoder* Normalizer::DecoderFor(std::optional<source::SourceKind> kind) {
  auto& decoder = decoders_[kind ? static_cast<std::size_t>(*kind) : kSources.size()];
  if (decoder == nullptr) {
    source::Options options = options_;
    options.source = kind;
    decoder = std::make_unique<source::Decoder>(no_fields_, options);
  }
  return decoder.get();
}

void Normalizer::Normalize(std::string_view record) {
  std::optional<source::SourceKind> kind = options_.source;
  if (record.empty() && !kind) {
    // Nothing says which source a blank line is from: that of the lines before it.
    kind = kind_.value_or(source::SourceKind::kCloudTrail);
  }
  lines_.clear();
  DecoderFor(kind)->Decode(record, 0, WallNow(), this);
}

void Normalizer::PrintLines(const std::string& file, std::string_view record, std::size_t index,
                            uint64_t line) {
  for (const Line& document : lines_) {
    if (document.rejected) {
      fine_ = false;
      fmt::print(stderr, "weir normalize: {}: record {} (line {}): {}\n",
                 file == "-" ? "<stdin>" : file, index, line, document.text);
      // Of an envelope that holds more than this, the text would be that of all.
      out_ += source::MakeErrorDocument(lines_.size() == 1 ? record : std::string_view(),
                                        document.text, WallNow());
    } else {
      out_ += document.text;
    }
    out_ += '\n';
  }
}

bool Normalizer::Run(const std::string& file) {
  fine_ = true;
  kind_.reset();
  auto reader = source::RecordReader::Open(file, {.blank_lines = true});
  if (!reader.ok()) {
    PrintError(fmt::format("{}", reader.status()));
    return false;
  }
  for (std::size_t index = 0;; ++index) {
    std::string_view record;
    const StatusOr<bool> more = (*reader)->Next(&record);
    if (!more.ok()) {
      PrintError(fmt::format("{}", more.status()));
      fine_ = false;
    }
    if (!more.ok() || !*more) {
      break;
    }
    Normalize(record);
    PrintLines(file, record, index, (*reader)->line());
    if (out_.size() >= kPrintBytes) {
      Print(std::exchange(out_, {}));
    }
  }
  Print(std::exchange(out_, {}));
  return fine_;
}

int RunNormalize(const NormalizeFlags& flags) {
  source::Options options;
  for (const source::SourceKind kind : kSources) {
    if (source::SourceKindName(kind) == flags.source) {
      options.source = kind;
    }
  }
  if (!flags.geoip_city.empty() || !flags.geoip_asn.empty()) {
    auto geo = source::GeoDatabase::Open(flags.geoip_city, flags.geoip_asn);
    if (!geo.ok()) {
      PrintError(fmt::format("{}", geo.status()));
      return kExitFailed;
    }
    options.geo = *geo;
  }
  Normalizer normalizer(options);
  bool fine = true;
  for (const std::string& file : flags.files) {
    fine = normalizer.Run(file) && fine;
  }
  return fine ? kExitOk : kExitFailed;
}

}  // namespace

void AddNormalizeCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand(
      "normalize",
      "Print the documents that rules would see of files of records: NDJSON, one line for each event, "
      "in order.\n"
      "What cannot be normalised is named on standard error and has a line too, with error.message and "
      "event.original. Exit code 0: everything was normalised; 1: something was not.");
  auto flags = std::make_shared<NormalizeFlags>();
  command->add_option("--source", flags->source,
                      "What the records are; auto: recognised by their members")
      ->check(CLI::IsMember({"auto", "cloudtrail", "bedrock", "ecs"}))
      ->capture_default_str();
  command->add_option("--geoip-city", flags->geoip_city,
                      "MaxMind City or Country database, for source.geo");
  command->add_option("--geoip-asn", flags->geoip_asn, "MaxMind ASN database, for source.as");
  command->add_option("FILE", flags->files, "Files, gzipped or not; - for standard input")
      ->required();
  command->callback([action, flags] { *action = [flags] { return RunNormalize(*flags); }; });
}

}  // namespace weir::cli
