// weir selftest: sends events that a rule of its own waits for, twice, and checks that each is counted once
// and that one alert comes of them.
#include <chrono>
#include <memory>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "cli/alerts_internal.h"
#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/exit_codes.h"
#include "cli/push_client.h"
#include "cli/terminal.h"
#include "common/base/clock.h"
#include "common/base/time.h"
#include "common/base/units.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"

namespace weir::cli {
namespace {

// As in deploy/selftest/selftest_events.toml.
constexpr char kRuleId[] = "4f6a52a1-6c0f-4f9e-9f5a-3d1f0f6b7c11";
constexpr char kProvider[] = "selftest.weir.invalid";
constexpr char kCountColumn[] = "events";
constexpr uint64_t kEvents = 20;
// An alert that comes twice comes at the same time, or when the second of two nodes judges.
constexpr std::chrono::seconds kSettleTime(5);
constexpr std::chrono::milliseconds kPollInterval(500);

struct SelftestFlags {
  std::string address;
  std::string ingest_address;
  std::string wait = "3m";
};

// What became of all batches of a delivery.
struct Counts {
  uint64_t accepted = 0;
  uint64_t matched = 0;
  uint64_t repeated = 0;
  uint64_t not_counted = 0;   // late, ahead of the clock, rejected or refused
  std::string refusal;
};

// Differs between runs: its events are none that were sent before, its group one of its own.
std::string RunName() {
  std::random_device device;
  return fmt::format("selftest-{:08x}{:08x}", device(), device());
}

std::string Event(const std::string& run, uint64_t number, const std::string& time) {
  return fmt::format(
      R"({{"eventVersion":"1.11","eventTime":"{}","eventSource":"{}","eventName":"SelfTest",)"
      R"("awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","eventID":"{}-{}",)"
      R"("recipientAccountId":"000000000000","userIdentity":{{"type":"IAMUser","userName":"{}",)"
      R"("arn":"arn:aws:iam::000000000000:user/{}"}}}})",
      time, kProvider, run, number, run, run);
}

std::unique_ptr<OutgoingBatch> MakeBatch(const std::string& run, const std::string& time) {
  auto batch = std::make_unique<OutgoingBatch>();
  batch->request.set_sequence(1);
  for (uint64_t number = 1; number <= kEvents; ++number) {
    const std::string event = Event(run, number, time);
    batch->request.mutable_payload()->append(event);
    batch->request.add_record_sizes(static_cast<uint32_t>(event.size()));
    batch->origins.push_back({0, number});
  }
  return batch;
}

StatusOr<Counts> Send(const SelftestFlags& flags, int64_t wait_ms, const std::string& producer,
                      std::unique_ptr<OutgoingBatch> batch) {
  PushOptions options;
  options.address = flags.ingest_address.empty() ? flags.address : flags.ingest_address;
  options.producer = producer;
  options.connect_timeout_ms = wait_ms;
  options.retry_for_ms = wait_ms;
  PushClient client(options);
  Counts counts;
  WEIR_RETURN_IF_ERROR(client.Run(
      [&] { return std::move(batch); },
      [&](const OutgoingBatch& sent, const weir::ingest::v1::PushEventsResponse& response) {
        counts.accepted += response.accepted();
        counts.matched += response.matched();
        counts.repeated += response.repeated();
        counts.not_counted += response.late() + response.future() + response.rejected();
        if (response.has_refusal()) {
          counts.not_counted += sent.origins.size();
          counts.refusal = response.refusal().message();
        }
      }));
  return counts;
}

Status CheckDelivery(std::string_view delivery, const Counts& counts, uint64_t repeated) {
  if (!counts.refusal.empty()) {
    return FailedPrecondition("{} delivery: refused: {}", delivery, counts.refusal);
  }
  if (counts.matched == 0) {
    return FailedPrecondition(
        "no rule waits for the events of the self-test: add deploy/selftest (in the image "
        "/usr/share/weir/selftest) to the cluster's rules");
  }
  if (counts.accepted != kEvents || counts.not_counted != 0 || counts.repeated != repeated) {
    return FailedPrecondition(
        "{} delivery: expected {} events accepted and {} known as repeats, got {} accepted, {} repeats, "
        "{} not counted",
        delivery, kEvents, repeated, counts.accepted, counts.repeated, counts.not_counted);
  }
  return OkStatus();
}

StatusOr<weir::alert::v1::ListAlertsResponse> ListAlerts(const SelftestFlags& flags,
                                                         const std::string& run) {
  const AlertStub stub = ConnectAlerts(flags.address);
  weir::alert::v1::ListAlertsRequest request;
  request.mutable_filter()->add_rule_ids(kRuleId);
  weir::alert::v1::FieldCondition* condition = request.mutable_filter()->add_fields();
  condition->set_name("user.name");
  condition->set_value(run);
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kAlertCallTimeoutMs);
  SetActor(&context);
  weir::alert::v1::ListAlertsResponse response;
  WEIR_RETURN_IF_ERROR(rpc::FromGrpc(stub->ListAlerts(&context, request, &response)));
  return response;
}

// Waits for the first alert, and then for a while for one too many.
StatusOr<weir::alert::v1::Alert> AwaitAlert(const SelftestFlags& flags, int64_t wait_ms,
                                            const std::string& run) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  while (true) {
    const auto response = ListAlerts(flags, run);
    if (response.ok() && response->total() > 0) {
      break;
    }
    if (!response.ok() && !rpc::IsRetryable(response.status().code())) {
      return response.status();
    }
    if (std::chrono::steady_clock::now() >= end) {
      return response.ok() ? FailedPrecondition("no alert within {}: `weir cluster status` tells what "
                                                "waits and which rules were refused",
                                                FormatDuration(wait_ms))
                           : response.status();
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  std::this_thread::sleep_for(kSettleTime);
  WEIR_ASSIGN_OR_RETURN(const auto response, ListAlerts(flags, run));
  if (response.total() != 1) {
    return FailedPrecondition("expected one alert, got {}", response.total());
  }
  return response.alerts(0);
}

Status CheckCount(const weir::alert::v1::Alert& alert) {
  for (const weir::alert::v1::Cell& cell : alert.columns()) {
    if (cell.name() == kCountColumn) {
      const auto counted = static_cast<uint64_t>(cell.value().long_value());
      return counted == kEvents ? OkStatus()
                                : FailedPrecondition("alert {}: expected {} events counted, got {}",
                                                     alert.alert_id(), kEvents, counted);
    }
  }
  return FailedPrecondition("alert {} has no column '{}': the rule {} is not the one of this version",
                            alert.alert_id(), kCountColumn, kRuleId);
}

Status Selftest(const SelftestFlags& flags, int64_t wait_ms) {
  const std::string run = RunName();
  const std::string time = FormatTime(SystemClock().Now()).substr(0, 19) + "Z";
  WEIR_ASSIGN_OR_RETURN(const Counts first, Send(flags, wait_ms, run + "-a", MakeBatch(run, time)));
  WEIR_RETURN_IF_ERROR(CheckDelivery("first", first, 0));
  WEIR_ASSIGN_OR_RETURN(const Counts again, Send(flags, wait_ms, run + "-b", MakeBatch(run, time)));
  WEIR_RETURN_IF_ERROR(CheckDelivery("second", again, kEvents));
  Print(fmt::format("{} events sent twice as {}: counted once\n", kEvents, run));
  WEIR_ASSIGN_OR_RETURN(const weir::alert::v1::Alert alert, AwaitAlert(flags, wait_ms, run));
  WEIR_RETURN_IF_ERROR(CheckCount(alert));
  Print(fmt::format("one alert, {}, of {} events\n", alert.alert_id(), kEvents));
  return OkStatus();
}

int RunSelftest(const SelftestFlags& flags) {
  const auto wait = ParseDuration(flags.wait);
  if (!wait.ok()) {
    fmt::print(stderr, "weir selftest: --wait: {}\n", wait.status());
    return kExitUsage;
  }
  const Status status = Selftest(flags, *wait);
  if (!status.ok()) {
    PrintCallError(flags.address, status);
    // What the test itself finds wrong has failed, whatever its status is called.
    return status.code() == StatusCode::kFailedPrecondition ? kExitFailed : ExitCodeOf(status.code());
  }
  return kExitOk;
}

}  // namespace

void AddSelftestCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand(
      "selftest",
      "Send 20 known events to a running cluster twice, and check that they are counted once and lead to\n"
      "one alert. Needs the rule of deploy/selftest among the cluster's rules.\n"
      "Exit code 0: all is as it should be; 1: what is not is said on standard error.");
  auto flags = std::make_shared<SelftestFlags>();
  AddAddressOption(command, &flags->address);
  command->add_option("--ingest-address", flags->ingest_address,
                      "HOST:PORT of an ingest node; default: the same as --address");
  command->add_option("--wait", flags->wait, "Give up after this long without the alert")
      ->capture_default_str();
  command->callback([action, flags] { *action = [flags] { return RunSelftest(*flags); }; });
}

}  // namespace weir::cli
