// weir ingest FILE...: sends collected records to a cluster and says what became of them.
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/config_flags_internal.h"
#include "cli/exit_codes.h"
#include "cli/otlp_client.h"
#include "cli/push_client.h"
#include "cli/record_batcher.h"
#include "cli/terminal.h"
#include "common/base/hash.h"
#include "common/base/units.h"
#include "common/rpc/status.h"

namespace weir::cli {
namespace {

namespace pb = weir::ingest::v1;

constexpr std::size_t kProblemsShown = 10;

struct IngestFlags {
  std::string address;
  std::string producer;
  std::string protocol = "push";
  bool replay = false;
  std::string watermark_lag = "60m";
  std::string retry_for;   // empty: 60 s, and a first connection is not waited for
  std::vector<std::string> files;
  ConfigFlags node;   // without files: the ingest role
};

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 && name[0] != '\0' ? name : "localhost";
}

// The same for the same files, so that sending them again is recognised; another one when they changed,
// because a producer must not reuse its numbers for other content.
std::string DefaultProducer(const std::vector<std::string>& files) {
  std::string text;
  for (const std::string& file : files) {
    if (file == "-") {
      text += fmt::format("{}:{};", getpid(),
                          std::chrono::system_clock::now().time_since_epoch().count());
      continue;
    }
    std::error_code error;
    const auto path = std::filesystem::absolute(file, error);
    const auto size = std::filesystem::file_size(file, error);
    const auto changed = std::filesystem::last_write_time(file, error).time_since_epoch().count();
    text += fmt::format("{}:{}:{};", path.string(), size, changed);
  }
  return fmt::format("{}:{}", HostName(), HashBytes128(text).ToHex().substr(0, 16));
}

std::string ReasonName(pb::RejectionReason reason) {
  std::string name = pb::RejectionReason_Name(reason);
  const std::string prefix = "REJECTION_REASON_";
  name = name.rfind(prefix, 0) == 0 ? name.substr(prefix.size()) : "unknown";
  for (char& c : name) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return name;
}

// What became of everything, and the bar that shows how far it is.
class Report {
 public:
  explicit Report(const RecordBatcher* batcher) : batcher_(batcher) {}

  void Add(const OutgoingBatch& batch, const pb::PushEventsResponse& response) {
    const std::lock_guard lock(mutex_);
    ++batches_;
    records_ += batch.origins.size();
    bytes_ += batch.request.payload().size();
    if (response.has_refusal()) {
      refused_records_ += batch.origins.size();
      AddProblem(fmt::format("{}: records up to line {}: batch refused: {}", Place(batch, 0),
                             batch.origins.back().line, response.refusal().message()));
    }
    accepted_ += response.accepted();
    matched_ += response.matched();
    repeated_ += response.repeated();
    late_ += response.late();
    future_ += response.future();
    rejected_ += response.rejected();
    for (const pb::Rejection& rejection : response.rejections()) {
      const std::string reason = ReasonName(rejection.reason());
      ++reasons_[reason];
      AddProblem(fmt::format("{}: {}: {}", Place(batch, rejection.record_index()), reason,
                             rejection.message()));
    }
  }

  // Of a batch sent over OTLP, which tells less.
  void AddOtlp(const OutgoingBatch& batch, const Status& status,
               const OtlpClient::Response& response) {
    const std::lock_guard lock(mutex_);
    otlp_ = true;
    ++batches_;
    records_ += batch.origins.size();
    bytes_ += batch.request.payload().size();
    const auto rejected = static_cast<uint64_t>(response.partial_success().rejected_log_records());
    if (!status.ok()) {
      refused_records_ += batch.origins.size();
      AddProblem(fmt::format("{}: records up to line {}: batch refused: {}", Place(batch, 0),
                             batch.origins.back().line, status));
      return;
    }
    accepted_ += batch.origins.size() - std::min<uint64_t>(rejected, batch.origins.size());
    rejected_ += rejected;
    if (response.has_partial_success()) {
      AddProblem(fmt::format("{}: in the batch that begins there: {}", Place(batch, 0),
                             response.partial_success().error_message()));
    }
  }

  void AddFailure(const std::string& message) {
    const std::lock_guard lock(mutex_);
    ++failures_;
    AddProblem(message);
  }

  // Called by the thread that reads files.
  void ShowProgress() {
    const auto now = std::chrono::steady_clock::now();
    if (!StderrIsTerminal() || now - shown_ < std::chrono::milliseconds(100)) {
      return;
    }
    shown_ = now;
    const std::lock_guard lock(mutex_);
    const uint64_t total = batcher_->bytes_total();
    const uint64_t read = std::min(batcher_->bytes_read(), total);
    constexpr uint64_t kWidth = 30;
    const uint64_t filled = total == 0 ? 0 : read * kWidth / total;
    fmt::print(stderr, "\r[{:#<{}}{:.<{}}] {} of {}, {} records answered ", "", filled, "",
               kWidth - filled, HumanBytes(read), total == 0 ? "?" : HumanBytes(total),
               HumanCount(records_));
    bar_ = true;
  }

  // Prints the summary; whether everything was accepted.
  bool Finish(uint64_t resent) {
    const std::lock_guard lock(mutex_);
    if (bar_) {
      fmt::print(stderr, "\r{:<78}\r", "");
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    std::string out = fmt::format("sent            {} records in {} batches, {}, {:.1f} s\n",
                                  HumanCount(records_), HumanCount(batches_), HumanBytes(bytes_),
                                  seconds);
    const auto line = [&](std::string_view name, uint64_t count, std::string_view text) {
      out += fmt::format("{:<15} {}{}{}\n", name, HumanCount(count), text.empty() ? "" : "  ", text);
    };
    line("accepted", accepted_, "");
    if (!otlp_) {
      line("matched a rule", matched_, "");
      line("repeated", repeated_, repeated_ == 0 ? "" : "(counted before, not counted again)");
      line("late", late_, late_ == 0 ? "" : "(beyond the allowed lateness, not counted)");
    }
    if (future_ != 0) {
      line("future", future_, "(ahead of the clock, not counted)");
    }
    std::vector<std::string> reasons;
    for (const auto& [reason, count] : reasons_) {
      reasons.push_back(fmt::format("{} {}", reason, HumanCount(count)));
    }
    line("rejected", rejected_, fmt::format("{}", fmt::join(reasons, ", ")));
    if (refused_records_ != 0) {
      line("refused", refused_records_, "records in batches that were refused for good");
    }
    if (resent != 0) {
      line("sent again", resent, "batches, after an interruption or when asked to");
    }
    Print(out);
    for (const std::string& problem : problems_) {
      fmt::print(stderr, "  {}\n", problem);
    }
    if (problem_count_ > problems_.size()) {
      fmt::print(stderr, "  and {} more\n", HumanCount(problem_count_ - problems_.size()));
    }
    return rejected_ == 0 && refused_records_ == 0 && failures_ == 0;
  }

 private:
  std::string Place(const OutgoingBatch& batch, uint32_t record) const {
    if (record >= batch.origins.size()) {
      return "?";
    }
    const OutgoingBatch::Origin& origin = batch.origins[record];
    const std::string& file = batcher_->file_name(origin.file);
    return fmt::format("{}:{}", file == "-" ? "<stdin>" : file, origin.line);
  }

  void AddProblem(std::string text) {
    ++problem_count_;
    if (problems_.size() < kProblemsShown) {
      problems_.push_back(std::move(text));
    }
  }

  const RecordBatcher* const batcher_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_;
  bool bar_ = false;
  bool otlp_ = false;
  std::mutex mutex_;
  uint64_t batches_ = 0;
  uint64_t records_ = 0;
  uint64_t bytes_ = 0;
  uint64_t accepted_ = 0;
  uint64_t matched_ = 0;
  uint64_t repeated_ = 0;
  uint64_t late_ = 0;
  uint64_t future_ = 0;
  uint64_t rejected_ = 0;
  uint64_t refused_records_ = 0;
  uint64_t failures_ = 0;
  std::map<std::string, uint64_t> reasons_;
  std::vector<std::string> problems_;
  uint64_t problem_count_ = 0;
};

int Conclude(const IngestFlags& flags, const Status& status, bool fine) {
  if (!status.ok()) {
    return FailCall(flags.address, status);
  }
  return fine ? kExitOk : kExitFailed;
}

int RunIngest(const IngestFlags& flags) {
  if (flags.files.empty()) {
    return RunIngestRole(flags.node);
  }
  if (flags.protocol == "otlp" && (flags.replay || !flags.producer.empty())) {
    fmt::print(stderr,
               "weir ingest: OTLP has no producers and watermarks: --replay and --producer need "
               "--protocol push\n");
    return kExitUsage;
  }
  const auto lag = ParseDuration(flags.watermark_lag);
  const auto retry_for = ParseDuration(flags.retry_for.empty() ? "60s" : flags.retry_for);
  if (!lag.ok() || !retry_for.ok()) {
    fmt::print(stderr, "weir ingest: {}\n", lag.ok() ? retry_for.status() : lag.status());
    return kExitUsage;
  }
  BatcherOptions batcher_options;
  batcher_options.replay = flags.replay;
  batcher_options.watermark_lag_ms = *lag;
  RecordBatcher batcher(flags.files, batcher_options);
  Report report(&batcher);
  const auto next_batch = [&] {
    report.ShowProgress();
    while (true) {
      auto batch = batcher.Next();
      if (batch.ok()) {
        return std::move(*batch);
      }
      report.AddFailure(std::string(Message(batch.status())));
    }
  };
  if (flags.protocol == "otlp") {
    OtlpOptions otlp_options;
    otlp_options.address = flags.address;
    otlp_options.retry_for_ms = *retry_for;
    if (!flags.retry_for.empty()) {
      otlp_options.connect_timeout_ms = *retry_for;
    }
    OtlpClient client(otlp_options);
    const Status status = client.Run(
        next_batch, [&](const OutgoingBatch& batch, const Status& answer,
                        const OtlpClient::Response& response) {
          report.AddOtlp(batch, answer, response);
        });
    return Conclude(flags, status, report.Finish(client.resent()));
  }
  PushOptions push_options;
  push_options.address = flags.address;
  push_options.producer =
      flags.producer.empty() ? DefaultProducer(flags.files) : flags.producer;
  push_options.replay = flags.replay;
  push_options.retry_for_ms = *retry_for;
  if (!flags.retry_for.empty()) {
    push_options.connect_timeout_ms = *retry_for;
  }
  PushClient client(push_options);
  const Status status = client.Run(
      next_batch, [&](const OutgoingBatch& batch, const pb::PushEventsResponse& response) {
        report.Add(batch, response);
      });
  return Conclude(flags, status, report.Finish(client.resent()));
}

}  // namespace

void AddIngestCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand(
      "ingest",
      "Send files of records (NDJSON, JSON, CloudTrail files, gzipped too) to a cluster.\n"
      "Exit code 0: everything was accepted; 1: something was rejected or refused; 5: nobody answered.\n"
      "Without files: run an ingest node of a cluster until SIGINT or SIGTERM, configured by the flags "
      "that `weir all` has.");
  auto flags = std::make_shared<IngestFlags>();
  AddConfigFlags(command, &flags->node);
  AddAddressOption(command, &flags->address);
  command->add_option("--producer", flags->producer,
                      "Name of the sender; default: made of the host and the files");
  command->add_option("--protocol", flags->protocol,
                      "push, which tells what became of each event; or otlp, as collectors send")
      ->check(CLI::IsMember({"push", "otlp"}))
      ->capture_default_str();
  command->add_flag("--replay", flags->replay,
                    "Send watermarks and the end of the input, for a cluster with clock: replay");
  command->add_option("--watermark-lag", flags->watermark_lag,
                      "With --replay: how far out of order the events may be")
      ->capture_default_str();
  command->add_option("--retry-for", flags->retry_for,
                      "Give up after this long without an answer, also to the first connection; default: "
                      "60s, and 3s for the first connection");
  command->add_option("FILE", flags->files, "Files, or - for standard input");
  command->callback([action, flags] { *action = [flags] { return RunIngest(*flags); }; });
}

}  // namespace weir::cli
