// weir alerts watch: goes on behind its last cursor when the connection breaks, so that nothing is missed,
// and leaves out what comes twice.
#include <algorithm>
#include <chrono>
#include <thread>
#include <unordered_map>

#include <fmt/format.h>

#include "cli/alerts_internal.h"
#include "cli/cli.h"
#include "cli/exit_codes.h"
#include "cli/terminal.h"
#include "common/base/units.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/wire/alert.h"

namespace weir::cli {
namespace {

namespace pb = weir::alert::v1;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBackoffFirst(200);
constexpr std::chrono::milliseconds kBackoffMax(5000);
constexpr std::size_t kSeenMax = 100'000;

struct WatchFlags {
  std::string address;
  AlertViewFlags view;
  AlertFilterFlags filter;
  bool existing = false;
  std::string cursor;
  bool show_cursor = false;
  std::string retry_for;
};

// Which revisions were printed; of the alerts of long ago it forgets.
class SeenRevisions {
 public:
  // Whether the revision is newer than those before, which it then is one of.
  bool Add(const alert::Alert& alert) {
    const auto last = recent_.find(alert.id);
    const auto before = last != recent_.end() ? last : older_.find(alert.id);
    const bool known = last != recent_.end() || before != older_.end();
    if (known && before->second >= alert.revision) {
      return false;
    }
    recent_[alert.id] = alert.revision;
    if (recent_.size() >= kSeenMax) {
      older_ = std::move(recent_);
      recent_.clear();
    }
    return true;
  }

 private:
  std::unordered_map<Hash128, uint64_t> recent_;
  std::unordered_map<Hash128, uint64_t> older_;
};

class Watch {
 public:
  Watch(const WatchFlags& flags, const pb::AlertFilter& filter)
      : flags_(flags),
        stub_(ConnectAlerts(flags.address)),
        printer_(flags.view, alert::AlertTable::Columns::kEven) {
    *request_.mutable_filter() = filter;
    request_.set_include_existing(flags.existing && flags.cursor.empty());
    request_.set_cursor(flags.cursor);
  }

  // retry_for_ms: gives up after so long without a connection; negative: never, once there was one.
  int Run(int64_t retry_for_ms) {
    std::chrono::milliseconds backoff = kBackoffFirst;
    while (true) {
      const Clock::time_point before = last_message_;
      const Status status = Stream();
      if (!open_) {
        return kExitOk;
      }
      if (!MayGoOn(status) || (retry_for_ms < 0 && !connected_once_) ||
          (retry_for_ms >= 0 && Clock::now() - last_message_ > std::chrono::milliseconds(retry_for_ms))) {
        return Fail(status);
      }
      if (last_message_ != before) {
        backoff = kBackoffFirst;
      }
      if (!lost_) {
        PrintError(fmt::format("the watch was cut off ({}); trying again", Reason(status)));
      }
      lost_ = true;
      std::this_thread::sleep_for(backoff);
      backoff = std::min(backoff * 2, kBackoffMax);
    }
  }

 private:
  static bool MayGoOn(const Status& status) {
    return rpc::IsRetryable(status.code()) || status.ok() || status.code() == StatusCode::kCancelled ||
           status.code() == StatusCode::kUnknown || status.code() == StatusCode::kInternal;
  }
  static std::string Reason(const Status& status) {
    return status.ok() ? "the server ended it" : std::string(Message(status));
  }

  // One connection, until it ends.
  Status Stream() {
    grpc::ClientContext context;
    SetActor(&context);
    const auto stream = stub_->WatchAlerts(&context, request_);
    pb::WatchAlertsResponse response;
    while (open_ && stream->Read(&response)) {
      Take(response);
    }
    if (!open_) {
      context.TryCancel();
    }
    return rpc::FromGrpc(stream->Finish());
  }

  void Take(const pb::WatchAlertsResponse& response) {
    last_message_ = Clock::now();
    connected_once_ = true;
    if (lost_) {
      PrintError("the watch goes on where it was cut off");
      lost_ = false;
    }
    if (response.has_alert()) {
      const auto alert = wire::FromProto(response.alert());
      if (!alert.ok()) {
        PrintError(fmt::format("{}", alert.status()));
      } else if (seen_.Add(*alert)) {
        open_ = printer_.Add({*alert});
      }
    }
    if (!response.cursor().empty()) {
      request_.set_cursor(response.cursor());
      request_.set_include_existing(false);
      if (flags_.show_cursor) {
        fmt::print(stderr, "cursor {}\n", response.cursor());
      }
    }
  }

  int Fail(const Status& status) {
    if (status.code() == StatusCode::kOutOfRange) {
      PrintError(fmt::format("{}; what changed since cannot be told from what did not: begin again with "
                             "`weir alerts watch --existing`, and `weir alerts list --changed-since` shows "
                             "what ended meanwhile",
                             status));
      return kExitConflict;
    }
    return FailCall(flags_.address, status.ok() ? Unavailable("the server ended the watch") : status);
  }

  const WatchFlags& flags_;
  const AlertStub stub_;
  pb::WatchAlertsRequest request_;
  AlertPrinter printer_;
  SeenRevisions seen_;
  Clock::time_point last_message_ = Clock::now();
  bool connected_once_ = false;
  bool lost_ = false;
  bool open_ = true;   // somebody reads
};

int RunWatch(const WatchFlags& flags) {
  pb::AlertFilter filter;
  if (!ReadAlertFilter(flags.filter, &filter)) {
    return kExitUsage;
  }
  int64_t retry_for_ms = -1;
  if (!flags.retry_for.empty()) {
    const auto retry_for = ParseDuration(flags.retry_for);
    if (!retry_for.ok()) {
      PrintError(fmt::format("--retry-for: {}", retry_for.status()));
      return kExitUsage;
    }
    retry_for_ms = *retry_for;
  }
  return Watch(flags, filter).Run(retry_for_ms);
}

}  // namespace

void AddAlertWatch(CLI::App* command, Action* action) {
  CLI::App* watch = command->add_subcommand(
      "watch", "Print alerts as they are made and changed, until stopped; goes on by itself when cut off");
  auto flags = std::make_shared<WatchFlags>();
  AddAddressOption(watch, &flags->address);
  AddAlertView(watch, &flags->view, {"table", "ndjson"});
  AddAlertFilters(watch, &flags->filter);
  watch->add_flag("--existing", flags->existing, "Begin with the alerts that exist");
  watch->add_option("--cursor", flags->cursor, "Continue an earlier watch behind its cursor");
  watch->add_flag("--show-cursor", flags->show_cursor,
                  "Print cursors to standard error as they come");
  watch->add_option("--retry-for", flags->retry_for,
                    "Give up after so long without an answer; default: at once when there was none yet, "
                    "never after that");
  watch->callback([action, flags] { *action = [flags] { return RunWatch(*flags); }; });
}

}  // namespace weir::cli
