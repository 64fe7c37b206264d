#include "cli/completion_values_internal.h"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "cli/alerts_internal.h"
#include "cli/command_reference.h"
#include "cli/contexts.h"
#include "cli/dial.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"

namespace weir::cli {
namespace {

constexpr int64_t kAnswerTimeoutMs = 1000;
constexpr int kAlertsMax = 100;

bool IsOne(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Completions Values(std::initializer_list<Completions::Candidate> candidates) {
  Completions completions;
  completions.candidates = candidates;
  return completions;
}

Completions ContextNames() {
  Completions completions;
  const auto contexts = LoadContexts();
  if (contexts.ok()) {
    for (const config::Context& context : contexts->contexts) {
      completions.candidates.push_back({context.name, context.address});
    }
  }
  return completions;
}

Completions AlertIds(const ValueRequest& request) {
  Completions completions;
  const auto connection = Reach(request.address, request.context);
  if (!connection.ok()) {
    return completions;
  }
  const auto stub = weir::alert::v1::AlertService::NewStub(connection->channel);
  weir::alert::v1::ListAlertsRequest list;
  list.set_page_size(kAlertsMax);
  list.mutable_filter()->set_alert_id_prefix(request.begun);
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kAnswerTimeoutMs);
  SetActor(&context);
  weir::alert::v1::ListAlertsResponse response;
  if (stub->ListAlerts(&context, list, &response).ok()) {
    for (const weir::alert::v1::Alert& alert : response.alerts()) {
      const std::size_t digits = std::max(alert::kShortIdDigits, request.begun.size());
      completions.candidates.push_back({alert.alert_id().substr(0, digits), alert.rule_name()});
    }
  }
  return completions;
}

Completions RuleIds(const ValueRequest& request) {
  Completions completions;
  const auto connection = Reach(request.address, request.context);
  if (!connection.ok()) {
    return completions;
  }
  const auto stub = weir::cluster::v1::ClusterService::NewStub(connection->channel);
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kAnswerTimeoutMs);
  weir::cluster::v1::GetStatusResponse response;
  if (stub->GetStatus(&context, {}, &response).ok()) {
    for (const weir::cluster::v1::RuleStatus& rule : response.rules()) {
      completions.candidates.push_back({rule.rule_id(), rule.rule_name()});
    }
  }
  return completions;
}

// The words of a command after `weir help`.
Completions HelpTopics(const CLI::App& help) {
  Completions completions;
  const CLI::App* root = help.get_parent();
  for (const CLI::App* sub :
       root->get_subcommands([](const CLI::App* app) { return !app->get_group().empty(); })) {
    completions.candidates.push_back({sub->get_name(), ""});
  }
  completions.candidates.push_back({"exit-codes", "What the exit codes mean"});
  return completions;
}

}  // namespace

Completions CompleteValue(const CLI::App& command, const std::string& path, const CLI::Option& option,
                          const ValueRequest& request) {
  const std::string name = option.get_positional() ? option.get_name(true) : option.get_name();
  const bool of_alerts = path.rfind("alerts ", 0) == 0;
  const auto options = command.get_options();
  const bool asks_cluster = std::any_of(options.begin(), options.end(), [](const CLI::Option* known) {
    return known->get_group() == kConnectionGroup;
  });
  if (IsOne(name, {"--context", "CONTEXT"})) {
    return ContextNames();
  }
  if (asks_cluster && name == "ID") {
    return AlertIds(request);
  }
  if (asks_cluster && IsOne(name, {"--rule", "RULE"})) {
    return RuleIds(request);
  }
  if (of_alerts && name == "--sort") {
    return Values({{"fired_at", ""}, {"changed_at", ""}, {"severity", ""}, {"risk_score", ""},
                   {"suppressed_count", ""}});
  }
  if (of_alerts && IsOne(name, {"--since", "--until", "--changed-since"})) {
    return Values({{"15m", ""}, {"1h", ""}, {"24h", ""}, {"7d", ""}});
  }
  if (path == "help") {
    return HelpTopics(command);
  }
  Completions completions;
  completions.files =
      IsOne(name, {"FILE", "PATH", "RULE", "--rules", "--macros", "--overlay", "--config", "--ca", "--cert",
                   "--key", "--token-file", "--data-dir"});
  return completions;
}

}  // namespace weir::cli
