// weir all, worker, coordinator, and ingest without files: processes that serve until a signal.
#include <csignal>
#include <functional>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <pthread.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/config_flags_internal.h"
#include "cli/node.h"
#include "cli/node_probes.h"
#include "cli/role_node.h"
#include "cli/terminal.h"
#include "common/telemetry/log.h"

namespace weir::cli {
namespace {

// Signals that end the process, taken by the main thread alone.
sigset_t EndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

Status InitLog(const config::Config& config) {
  log::Options options;
  WEIR_ASSIGN_OR_RETURN(options.level, log::ParseLevel(config.log_level));
  WEIR_ASSIGN_OR_RETURN(options.format, log::ParseFormat(config.log_format));
  return log::Init(options);
}

void LogRules(const Node& node) {
  for (const weir::cluster::v1::RuleFileStatus& file : node.rule_files()) {
    if (file.state() == weir::cluster::v1::RULE_FILE_STATE_REFUSED) {
      log::Warn("rule refused", {{"path", file.path()},
                                 {"reason", file.findings_size() > 0 ? file.findings(0) : ""}});
    }
  }
}

// What every process does before it serves: configuration, log, signals. An exit code, or nothing.
std::optional<int> Prepare(const ConfigFlags& flags, config::Config* config, sigset_t* signals) {
  const auto loaded = LoadConfig(flags);
  if (!loaded.ok()) {
    PrintError(fmt::format("{}", loaded.status()));
    return kExitUsage;
  }
  for (const config::Problem& problem : loaded->problems) {
    PrintError(problem.Render());
  }
  if (!loaded->problems.empty()) {
    return kExitUsage;
  }
  *config = loaded->config;
  if (const Status status = InitLog(*config); !status.ok()) {
    PrintError(fmt::format("{}", status));
    return kExitFailed;
  }
  for (const config::Problem& warning : loaded->warnings) {
    log::Warn("configuration", {{"problem", warning.Render()}});
  }
  // A file that may not grow (a limit of its owner) is a write that failed, as on a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  // Before any thread starts, so that all inherit it.
  *signals = EndSignals();
  pthread_sigmask(SIG_BLOCK, signals, nullptr);
  return std::nullopt;
}

// Waits for a signal to end, then stops.
int ServeUntilSignal(const sigset_t& signals, const std::function<void()>& stop) {
  int signal = 0;
  sigwait(&signals, &signal);
  log::Info("stopping; a second signal exits at once", {{"signal", signal}});
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  stop();
  log::Info("stopped");
  log::Flush();
  return kExitOk;
}

int RunAll(const ConfigFlags& flags) {
  config::Config config;
  sigset_t signals;
  if (const std::optional<int> ended = Prepare(flags, &config, &signals); ended.has_value()) {
    return *ended;
  }
  auto probes = Probes::Start(config);
  if (!probes.ok()) {
    PrintError(fmt::format("cannot start: {}", probes.status()));
    return kExitFailed;
  }
  auto node = Node::Start(config, nullptr, nullptr);
  if (!node.ok()) {
    PrintError(fmt::format("cannot start: {}", node.status()));
    return kExitFailed;
  }
  LogRules(**node);
  (*probes)->Serve(node->get());
  Print(fmt::format("weir {} listening on {}: tenant {}, {} clock, {} rules loaded, {} refused\n",
                    Version(), (*node)->address(), config.tenant, config.clock,
                    (*node)->rules_loaded(), (*node)->rules_refused()));
  return ServeUntilSignal(signals, [&] {
    (*probes)->Drain();
    (*node)->Stop();
  });
}

using StartNode = StatusOr<std::unique_ptr<RoleNode>> (*)(const config::Config& config,
                                                          const Clock* clock);

int RunRole(const ConfigFlags& flags, std::string_view role, StartNode start) {
  config::Config config;
  sigset_t signals;
  if (const std::optional<int> ended = Prepare(flags, &config, &signals); ended.has_value()) {
    return *ended;
  }
  if (config.cluster_metadata.empty()) {
    PrintError(fmt::format("{}: name the cluster's etcd with --cluster-metadata{}", role,
                           role == "ingest" ? ", or files to send (- is standard input)" : ""));
    return kExitUsage;
  }
  const SystemClock clock;
  auto probes = Probes::Start(config);
  if (!probes.ok()) {
    PrintError(fmt::format("cannot start: {}", probes.status()));
    return kExitFailed;
  }
  auto node = start(config, &clock);
  if (!node.ok()) {
    PrintError(fmt::format("cannot start: {}", node.status()));
    return kExitFailed;
  }
  (*probes)->Serve(node->get());
  Print(fmt::format("weir {} {} {} listening on {}: cluster {}, tenant {}, {} clock\n", Version(),
                    role, (*node)->id(), (*node)->address(), config.cluster_name, config.tenant,
                    config.clock));
  return ServeUntilSignal(signals, [&] {
    (*probes)->Drain();
    (*node)->Stop();
  });
}

}  // namespace

int RunIngestRole(const ConfigFlags& flags) {
  return RunRole(flags, "ingest", StartIngestNode);
}

void AddWorkerCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand(
      "worker", "Run a worker of a cluster, which owns shards, until SIGINT or SIGTERM");
  auto flags = std::make_shared<ConfigFlags>();
  AddConfigFlags(command, flags.get());
  command->callback(
      [action, flags] { *action = [flags] { return RunRole(*flags, "worker", StartWorkerNode); }; });
}

void AddCoordinatorCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand(
      "coordinator",
      "Run a coordinator of a cluster, which places shards and answers questions, until SIGINT or "
      "SIGTERM");
  auto flags = std::make_shared<ConfigFlags>();
  AddConfigFlags(command, flags.get());
  command->callback([action, flags] {
    *action = [flags] { return RunRole(*flags, "coordinator", StartCoordinatorNode); };
  });
}

void AddAllCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand("all", "Run a node with every role until SIGINT or SIGTERM");
  auto flags = std::make_shared<ConfigFlags>();
  AddConfigFlags(command, flags.get());
  command->callback([action, flags] { *action = [flags] { return RunAll(*flags); }; });
}

}  // namespace weir::cli
