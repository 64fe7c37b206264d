#include "tests/bench/alert_bench.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "common/alert/alert.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/telemetry/log.h"
#include "common/types/coding.h"
#include "coordinator/alert_index.h"
#include "coordinator/alert_service.h"
#include "weir/alert/v1/alert.grpc.pb.h"

namespace weir::bench {
namespace {

namespace pb = weir::alert::v1;

constexpr uint64_t kRules = 40;
constexpr uint64_t kUsers = 10'000;
constexpr UnixMillis kStart = 1'790'000'000'000;
constexpr int64_t kCallTimeoutMs = 60 * 1000;

alert::NamedCell Cell(std::string name, const Value& value) {
  alert::NamedCell cell{std::move(name), {}};
  EncodeValue(value, &cell.encoded);
  return cell;
}

// As large as those of real rules.
alert::Alert MakeAlert(uint64_t n) {
  const uint64_t rule = n % kRules;
  alert::Alert alert;
  alert.id = HashBytes128(fmt::format("alert {}", n));
  alert.tenant = "default";
  alert.rule_id = fmt::format("9f1c2f4e-0000-4000-8000-{:012}", rule);
  alert.rule_name = fmt::format("Unusual Volume of Model Invocations by One Identity {}", rule);
  alert.rule_version = 3;
  alert.severity = static_cast<rule::Severity>(n % 4);
  alert.risk_score = static_cast<int>(n * 7 % 100);
  const std::string arn =
      fmt::format("arn:aws:sts::123456789012:assumed-role/Builder/user-{:05}", n % kUsers);
  alert.group = {Cell("aws.cloudtrail.user_identity.arn", Value::Keyword(arn)),
                 Cell("cloud.account.id", Value::Keyword("123456789012"))};
  alert.columns = alert.group;
  alert.columns.push_back(Cell("Esql.call_count", Value::Long(static_cast<int64_t>(500 + n))));
  alert.columns.push_back(Cell("Esql.model_id", Value::Keyword("anthropic.claude-3-sonnet")));
  alert.columns.push_back(Cell("Esql.source_ip_count", Value::Long(static_cast<int64_t>(n % 9))));
  alert.fired_at_ms = kStart + static_cast<int64_t>(n) * 20;
  alert.changed_at_ms = alert.fired_at_ms;
  alert.window_end_ms = alert.fired_at_ms;
  alert.window_start_ms = alert.fired_at_ms - kMillisPerHour;
  alert.last_event_ms = alert.fired_at_ms;
  alert.suppressed_count = n % 50;
  alert.tags = {"Domain: LLM", "Data Source: AWS Bedrock", "Use Case: Resource Abuse",
                "Tactic: Impact"};
  rule::ThreatMapping threat;
  threat.framework = "MITRE ATT&CK";
  threat.tactic = {"TA0040", "Impact", "https://attack.mitre.org/tactics/TA0040/"};
  threat.techniques = {{{"T1496", "Resource Hijacking", "https://attack.mitre.org/techniques/T1496/"},
                        {}}};
  alert.threat = {threat};
  for (int i = 0; i < 10; ++i) {
    alert.events.push_back({fmt::format("3f6b2c1a-5d4e-4b7a-9c8d-{:012}", n * 10 + i),
                            alert.fired_at_ms});
  }
  alert.revision = 1;
  alert.shard = static_cast<uint16_t>(n % 256);
  alert.change = n / 256 + 1;
  return alert;
}

// There is no worker: everything is in memory.
class NoStores final : public coordinator::AlertBackend {
 public:
  StatusOr<alert::AlertDetails> Show(const Hash128& id) override {
    return NotFound("no alert {}", id.ToHex());
  }
  StatusOr<worker::AlertsFound> Find(const worker::AlertQuery&, bool) override {
    return Unavailable("the stores were asked");
  }
  std::vector<worker::AlertUpdateResult> Update(
      const std::vector<coordinator::AlertCommand>&) override {
    return {};
  }
  plan::RuleSetPtr Rules() override { return nullptr; }
};

class AlertBench {
 public:
  AlertBench(const AlertOptions& options, Report* report)
      : options_(options), report_(report), index_(options.alerts * 2, 10'000) {}

  Status Run() {
    for (uint64_t n = 0; n < options_.alerts; ++n) {
      index_.OnAlert(MakeAlert(n));
    }
    report_->Add("alert_memory", static_cast<double>(index_.memory_bytes()) /
                                     static_cast<double>(options_.alerts), "bytes");
    coordinator::AlertService service(&index_, std::make_unique<NoStores>());
    WEIR_ASSIGN_OR_RETURN(const auto server, rpc::Server::Start("127.0.0.1:0", {&service}));
    stub_ = pb::AlertService::NewStub(rpc::MakeChannel(server->address()));
    Status status = TimeLists();
    status = status.ok() ? TimeWatches() : status;
    report_->Add("worst_p99", worst_p99_ms_, "ms");
    service.Drain();
    server->Shutdown(1000);
    return status;
  }

 private:
  using Fill = std::function<void(uint64_t round, pb::ListAlertsRequest* request)>;

  void AddTimes(const std::string& name, const std::vector<double>& times_ms) {
    const double p99_ms = Percentile(times_ms, 0.99);
    report_->Add(name + "_p50", Percentile(times_ms, 0.5), "ms");
    report_->Add(name + "_p99", p99_ms, "ms");
    worst_p99_ms_ = std::max(worst_p99_ms_, p99_ms);
  }

  // total: how many alerts must pass; 0: at least one.
  Status TimeList(const std::string& name, uint64_t total, const Fill& fill) {
    std::vector<double> times_ms;
    for (uint64_t round = 0; round < options_.rounds; ++round) {
      pb::ListAlertsRequest request;
      fill(round, &request);
      grpc::ClientContext context;
      rpc::SetTimeout(&context, kCallTimeoutMs);
      pb::ListAlertsResponse response;
      const Stopwatch watch;
      const grpc::Status status = stub_->ListAlerts(&context, request, &response);
      times_ms.push_back(watch.wall_s() * 1000);
      if (!status.ok()) {
        return Internal("{}: {}", name, status.error_message());
      }
      if (response.alerts().empty() || (total != 0 && response.total() != total)) {
        return Internal("{}: {} of {} alerts, expected {}", name, response.alerts_size(),
                        response.total(), total);
      }
      last_token_ = response.next_page_token();
    }
    AddTimes(name, times_ms);
    return OkStatus();
  }

  Status TimeLists() {
    const uint64_t all = options_.alerts;
    WEIR_RETURN_IF_ERROR(TimeList("list_first_page", all, [](uint64_t, pb::ListAlertsRequest*) {}));
    WEIR_RETURN_IF_ERROR(
        TimeList("list_next_page", all, [this](uint64_t, pb::ListAlertsRequest* request) {
          request->set_page_token(last_token_);
        }));
    WEIR_RETURN_IF_ERROR(TimeList("list_1000", all, [](uint64_t, pb::ListAlertsRequest* request) {
      request->set_page_size(1000);
    }));
    WEIR_RETURN_IF_ERROR(
        TimeList("filter_rule_severity", 0, [](uint64_t round, pb::ListAlertsRequest* request) {
          request->mutable_filter()->add_rule_ids(fmt::format("*{:012}", round % kRules));
          request->mutable_filter()->add_severities(
              static_cast<pb::Severity>(round % kRules % 4 + 1));
          request->mutable_filter()->add_statuses(pb::ALERT_STATUS_OPEN);
        }));
    WEIR_RETURN_IF_ERROR(
        TimeList("filter_field", 1, [all](uint64_t round, pb::ListAlertsRequest* request) {
          pb::FieldCondition* field = request->mutable_filter()->add_fields();
          field->set_name("Esql.call_count");
          field->set_value(std::to_string(500 + round * 131 % all));
        }));
    WEIR_RETURN_IF_ERROR(
        TimeList("filter_text", 0, [all](uint64_t round, pb::ListAlertsRequest* request) {
          request->mutable_filter()->set_text(
              fmt::format("builder/user-{:05} bedrock", round * 17 % std::min(all, kUsers)));
        }));
    return TimeList("sort_severity", all, [](uint64_t, pb::ListAlertsRequest* request) {
      request->set_order_by("severity desc");
    });
  }

  Status TimeWatches() {
    std::vector<double> starts_ms;
    for (uint64_t round = 0; round < options_.rounds; ++round) {
      grpc::ClientContext context;
      rpc::SetTimeout(&context, kCallTimeoutMs);
      pb::WatchAlertsRequest request;
      request.set_include_existing(true);
      pb::WatchAlertsResponse response;
      const Stopwatch watch;
      const auto stream = stub_->WatchAlerts(&context, request);
      while (stream->Read(&response) && !response.has_alert()) {
      }
      starts_ms.push_back(watch.wall_s() * 1000);
      if (!response.has_alert()) {
        return Internal("watch_start: no alert came");
      }
      context.TryCancel();
      stream->Finish();
    }
    AddTimes("watch_start", starts_ms);

    grpc::ClientContext context;
    rpc::SetTimeout(&context, kCallTimeoutMs);
    pb::WatchAlertsRequest request;
    request.mutable_filter()->set_text("invocations");
    const auto stream = stub_->WatchAlerts(&context, request);
    pb::WatchAlertsResponse response;
    stream->Read(&response);   // the watch is on
    std::vector<double> changes_ms;
    for (uint64_t round = 0; round < options_.rounds; ++round) {
      alert::Alert alert = MakeAlert(round * 31 % options_.alerts);
      alert.revision = 2 + round;
      alert.change = options_.alerts + round;
      const Stopwatch watch;
      index_.OnAlert(alert);
      const bool read = stream->Read(&response);
      changes_ms.push_back(watch.wall_s() * 1000);
      if (!read || response.alert().alert_id() != alert.id.ToHex()) {
        return Internal("watch_change: another alert came, or none");
      }
    }
    AddTimes("watch_change", changes_ms);
    context.TryCancel();
    stream->Finish();
    return OkStatus();
  }

  const AlertOptions options_;
  Report* const report_;
  coordinator::AlertIndex index_;
  std::unique_ptr<pb::AlertService::Stub> stub_;
  std::string last_token_;
  double worst_p99_ms_ = 0;
};

}  // namespace

Status RunAlertBench(const AlertOptions& options, Report* report) {
  if (options.alerts < 1000 || options.rounds == 0) {
    return InvalidArgument("expected at least 1000 alerts and one round");
  }
  // Every call writes a line of the audit; a terminal must not slow it down.
  const TempFolder folder("weir_alert_bench");
  log::Options log;
  log.file = folder.path() + "/log";
  WEIR_RETURN_IF_ERROR(log::Init(log));
  const Status status = AlertBench(options, report).Run();
  const Status restored = log::Init(log::Options());
  return status.ok() ? restored : status;
}

}  // namespace weir::bench
