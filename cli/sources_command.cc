// weir sources: who sent events lately, and who fell silent.
#include <chrono>
#include <cmath>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/cluster_nodes_internal.h"
#include "cli/command_internal.h"
#include "cli/dial.h"
#include "cli/exit_codes.h"
#include "cli/terminal.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/wire/time.h"

namespace weir::cli {
namespace {

namespace pb = weir::cluster::v1;

constexpr int64_t kCallTimeoutMs = 10 * 1000;

struct SourcesFlags {
  std::string address;
  std::string format = "table";
};

UnixMillis NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string OrDash(const std::string& text) {
  return text.empty() ? "-" : text;
}

// "1.5 s", "12 min", "3 h", "4 d"
std::string HumanDuration(int64_t ms) {
  const double seconds = static_cast<double>(ms) / 1000;
  const double size = std::abs(seconds);
  return size < 120        ? fmt::format("{:.1f} s", seconds)
         : size < 7200     ? fmt::format("{:.0f} min", seconds / 60)
         : size < 48 * 3600 ? fmt::format("{:.0f} h", seconds / 3600)
                            : fmt::format("{:.0f} d", seconds / 86400);
}

std::string StateOf(const pb::SourceStatus& source, UnixMillis now_ms) {
  if (!source.has_last_arrival()) {
    return "only rejects";
  }
  if (source.silence_limit_ms() == 0) {
    return "new";
  }
  const int64_t silence_ms = now_ms - wire::TimeFromProto(source.last_arrival());
  return silence_ms > source.silence_limit_ms() ? "silent for " + HumanDuration(silence_ms) : "sends";
}

std::string SourcesTable(const pb::ListSourcesResponse& response, UnixMillis now_ms) {
  std::vector<std::vector<std::string>> rows = {
      {"ACCOUNT", "REGION", "SOURCE", "COLLECTOR", "LAST EVENT", "LAG", "1 MIN", "5 MIN", "EVENTS",
       "REPEATS", "REJECTED", "STATE"}};
  for (const pb::SourceStatus& source : response.sources()) {
    std::vector<std::string> rejected;
    for (const pb::RejectedCount& count : source.rejected()) {
      rejected.push_back(fmt::format("{} {}", HumanCount(count.count()), count.reason()));
    }
    const bool heard = source.has_last_arrival();
    rows.push_back(
        {OrDash(source.account()), OrDash(source.region()), OrDash(source.source()),
         source.collector(),
         source.has_last_event() ? FormatTime(wire::TimeFromProto(source.last_event())) : "-",
         heard ? HumanDuration(source.lag_ms()) : "-",
         fmt::format("{:.1f}/s", source.events_per_second_1m()),
         fmt::format("{:.1f}/s", source.events_per_second_5m()), HumanCount(source.events()),
         HumanCount(source.repeated()),
         rejected.empty() ? "-" : fmt::format("{}", fmt::join(rejected, ", ")),
         StateOf(source, now_ms)});
  }
  std::string out = fmt::format("{}\n{} sources since the ingest nodes started\n", Aligned(rows),
                                response.sources_size());
  if (response.forgotten() != 0) {
    out += fmt::format("{} more were forgotten: there are too many\n",
                       HumanCount(response.forgotten()));
  }
  for (const std::string& node : response.unreached()) {
    out += fmt::format("not counted: {}\n", node);
  }
  return out;
}

int RunSources(const SourcesFlags& flags) {
  const auto stub = pb::ClusterService::NewStub(Dial(flags.address));
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kCallTimeoutMs);
  pb::ListSourcesResponse response;
  const Status status = rpc::FromGrpc(stub->ListSources(&context, {}, &response));
  if (!status.ok()) {
    return FailCall(flags.address, status);
  }
  if (flags.format == "json") {
    return PrintJsonLines(response.sources());
  }
  Print(SourcesTable(response, NowMs()));
  return kExitOk;
}

}  // namespace

void AddSourcesCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand(
      "sources", "List who sent events: account, region, kind and collector, with rate, lag and rejects");
  auto flags = std::make_shared<SourcesFlags>();
  AddAddressOption(command, &flags->address);
  command->add_option("--format", flags->format, "Form of the output; json: an object a line")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command->callback([action, flags] { *action = [flags] { return RunSources(*flags); }; });
}

}  // namespace weir::cli
