// weir sinks list|dead-letters|retry: deliveries of a process that holds shards.
#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/dial.h"
#include "cli/exit_codes.h"
#include "cli/terminal.h"
#include "common/base/time.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/wire/time.h"
#include "weir/sink/v1/sink.grpc.pb.h"

namespace weir::cli {
namespace {

namespace pb = weir::sink::v1;

constexpr int64_t kCallTimeoutMs = 10 * 1000;

struct SinkFlags {
  std::string address;
  std::string format = "table";
  std::string sink;
};

// Makes the call that `call` makes of a stub; the exit code. print: what to do with the answer.
template <typename Request, typename Response, typename Call, typename Show>
int Ask(const SinkFlags& flags, const Request& request, const Call& call, const Show& show) {
  const auto stub = pb::SinkService::NewStub(Dial(flags.address));
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kCallTimeoutMs);
  Response response;
  const grpc::Status status = ((*stub).*call)(&context, request, &response);
  if (!status.ok()) {
    return FailCall(flags.address, rpc::FromGrpc(status));
  }
  if (flags.format == "json") {
    google::protobuf::util::JsonPrintOptions options;
    options.always_print_primitive_fields = true;
    options.preserve_proto_field_names = true;
    std::string json;
    if (!google::protobuf::util::MessageToJsonString(response, &json, options).ok()) {
      PrintError("the answer cannot be written as JSON");
      return kExitFailed;
    }
    Print(json + "\n");
    return kExitOk;
  }
  Print(show(response));
  return kExitOk;
}

std::string SinksText(const pb::ListSinksResponse& response) {
  std::string out;
  for (const pb::SinkState& sink : response.sinks()) {
    out += fmt::format(
        "{}  {} pending{}, {} delivered, {} retries, {} dead letters\n", sink.name(),
        sink.pending(),
        sink.has_oldest() ? " since " + FormatTime(wire::TimeFromProto(sink.oldest())) : "",
        sink.delivered(), sink.retries(), sink.dead_letters());
    out += fmt::format(
        "    {} withheld (shadow, silenced), {} filtered, {} gone; last delivered {}\n",
        sink.withheld(), sink.filtered(), sink.gone(),
        sink.has_last_delivered() ? FormatTime(wire::TimeFromProto(sink.last_delivered()))
                                  : "never");
    if (!sink.last_error().empty()) {
      out += fmt::format("    {}\n", sink.last_error());
    }
  }
  return out.empty() ? "no sinks; the list `sinks` of the configuration names them\n" : out;
}

std::string DeadLettersText(const pb::ListDeadLettersResponse& response) {
  std::string out;
  for (const pb::DeadLetter& letter : response.dead_letters()) {
    out += fmt::format("{}  {}  revision {}  HTTP {}  {}\n", letter.alert_id(),
                       FormatTime(wire::TimeFromProto(letter.time())), letter.revision(),
                       letter.http_status(), letter.reason());
  }
  return out.empty() ? "no dead letters\n" : out;
}

int RunList(const SinkFlags& flags) {
  return Ask<pb::ListSinksRequest, pb::ListSinksResponse>(
      flags, {}, &pb::SinkService::Stub::ListSinks, SinksText);
}

int RunDeadLetters(const SinkFlags& flags) {
  pb::ListDeadLettersRequest request;
  request.set_sink(flags.sink);
  return Ask<pb::ListDeadLettersRequest, pb::ListDeadLettersResponse>(
      flags, request, &pb::SinkService::Stub::ListDeadLetters, DeadLettersText);
}

int RunRetry(const SinkFlags& flags) {
  pb::RetryDeadLettersRequest request;
  request.set_sink(flags.sink);
  return Ask<pb::RetryDeadLettersRequest, pb::RetryDeadLettersResponse>(
      flags, request, &pb::SinkService::Stub::RetryDeadLetters,
      [](const pb::RetryDeadLettersResponse& response) {
        return fmt::format("{} alerts are delivered once more\n", response.alerts());
      });
}

CLI::App* AddOne(CLI::App* sinks, const std::string& name, const std::string& text, bool of_a_sink,
                 int (*run)(const SinkFlags&), Action* action) {
  CLI::App* command = sinks->add_subcommand(name, text);
  auto flags = std::make_shared<SinkFlags>();
  AddAddressOption(command, &flags->address);
  command->add_option("--format", flags->format, "Form of the answer")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  if (of_a_sink) {
    command->add_option("SINK", flags->sink, "Name of the sink")->required();
  }
  command->callback([action, flags, run] { *action = [flags, run] { return run(*flags); }; });
  return command;
}

}  // namespace

void AddSinksCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand(
      "sinks", "Show how alerts come to the sinks of a process that holds shards (all, worker)");
  command->require_subcommand(1);
  AddOne(command, "list", "Show each sink: what waits, what was delivered, what fails", false,
         RunList, action);
  AddOne(command, "dead-letters", "List the alerts that a sink refused for good, and why", true,
         RunDeadLetters, action);
  AddOne(command, "retry", "Deliver all dead letters of a sink once more", true, RunRetry, action);
}

}  // namespace weir::cli
