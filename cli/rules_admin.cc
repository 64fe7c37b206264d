// weir rules apply|list|get|enable|disable|delete|history|rollback: the rules of a cluster.
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/cluster_call_internal.h"
#include "cli/command_internal.h"
#include "cli/exit_codes.h"
#include "cli/rule_files_internal.h"
#include "cli/terminal.h"
#include "common/base/time.h"
#include "common/base/units.h"
#include "common/wire/text.h"
#include "common/wire/time.h"
#include "weir/rule/v1/rule.grpc.pb.h"

namespace weir::cli {
namespace {

namespace pb = weir::rule::v1;

constexpr std::chrono::milliseconds kApplyAgainAfter(1000);

struct AdminFlags {
  std::string address;
  std::string format = "table";
  std::string rule;
  std::string author;
  std::string message;
  uint64_t version = 0;
  uint64_t expected_version = 0;
  bool dry_run = false;
  bool all_or_nothing = false;
  std::string retry_for = "0s";
  int limit = 20;
  std::vector<std::string> paths;
  LoadFlags load;
};

using Stub = pb::RuleService::Stub;

std::string_view StateName(pb::RuleState state) {
  switch (state) {
    case pb::RULE_STATE_ENABLED:
      return "enabled";
    case pb::RULE_STATE_DISABLED:
      return "disabled";
    case pb::RULE_STATE_REFUSED:
      return "refused";
    default:
      return "unknown";
  }
}

std::string TimeText(bool present, const google::protobuf::Timestamp& time) {
  return present ? FormatTime(wire::TimeFromProto(time)) : "-";
}

std::string WindowsText(const pb::RuleSetChange& change) {
  std::string out;
  for (const pb::RuleWindow& window : change.windows()) {
    const std::string name = OneLine(window.rule_name());
    if (window.change() == pb::WINDOW_CHANGE_KEPT) {
      out += fmt::format("counts kept   {}\n", name);
    } else if (window.change() == pb::WINDOW_CHANGE_NEW) {
      out += fmt::format("counts anew   {}, warming until {}\n", name,
                         TimeText(window.has_warming_until(), window.warming_until()));
    } else {
      out += fmt::format("counts end    {}\n", name);
    }
  }
  return out;
}

// Exit code: whether anything was refused.
int PrintChange(const AdminFlags& flags, const pb::RuleSetChange& change) {
  const int exit_code = change.refused() == 0 ? kExitOk : kExitFailed;
  if (flags.format == "json") {
    PrintMessage(change);
    return exit_code;
  }
  std::string out;
  for (const pb::FileChange& file : change.files()) {
    out += fmt::format("{:<9}  {}{}\n", file.action(), OneLine(file.path()),
                       file.rule_name().empty() ? "" : "  " + OneLine(file.rule_name()));
    for (const std::string& finding : file.findings()) {
      out += finding + (finding.ends_with('\n') ? "" : "\n");
    }
  }
  if (flags.dry_run) {
    for (const pb::FileChange& file : change.files()) {
      out += file.diff();
    }
  }
  out += WindowsText(change);
  if (flags.dry_run) {
    out += fmt::format("nothing was changed: this was a dry run on rule set {}\n",
                       change.before_version());
  } else if (change.version() == 0) {
    out += fmt::format("nothing changed: rule set {} stays\n", change.before_version());
  } else {
    out += fmt::format("rule set {} replaces {}\n", change.version(), change.before_version());
  }
  Print(out);
  if (change.refused() != 0) {
    PrintError(fmt::format("{} of the files {} refused: see above, mend and apply again",
                           change.refused(), change.refused() == 1 ? "was" : "were"));
  }
  return exit_code;
}

template <typename Request>
Request MakeRequest(const AdminFlags& flags) {
  Request request;
  request.set_expected_version(flags.expected_version);
  request.set_author(wire::ValidUtf8(flags.author));
  request.set_message(wire::ValidUtf8(flags.message));
  return request;
}

// Whether the same may be taken soon: nobody answers, another coordinator leads, or somebody else makes a
// change at this moment.
bool MayApplyAgain(const AdminFlags& flags, StatusCode code) {
  return code == StatusCode::kUnavailable || code == StatusCode::kDeadlineExceeded ||
         code == StatusCode::kFailedPrecondition ||
         (code == StatusCode::kAborted && flags.expected_version == 0);
}

// Over a connection of its own: behind a balancer it may reach another coordinator than the last one did.
StatusOr<pb::ApplyRulesResponse> ApplyOnce(const std::string& address,
                                           const pb::ApplyRulesRequest& request) {
  const auto stub = pb::RuleService::NewStub(Dial(address));
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kClusterCallTimeoutMs);
  SetActor(&context);
  pb::ApplyRulesResponse response;
  WEIR_RETURN_IF_ERROR(rpc::FromGrpc(stub->ApplyRules(&context, request, &response)));
  return response;
}

StatusOr<pb::ApplyRulesResponse> ApplyFor(const AdminFlags& flags, int64_t retry_for_ms,
                                          const pb::ApplyRulesRequest& request) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + std::chrono::milliseconds(retry_for_ms);
  bool told = false;
  while (true) {
    StatusOr<pb::ApplyRulesResponse> response = ApplyOnce(flags.address, request);
    if (response.ok() || !MayApplyAgain(flags, response.status().code()) ||
        Clock::now() + kApplyAgainAfter > end) {
      return response;
    }
    if (!told) {
      PrintError(fmt::format("not applied yet ({}); trying again for {}", Message(response.status()),
                             FormatDuration(retry_for_ms)));
      told = true;
    }
    std::this_thread::sleep_for(kApplyAgainAfter);
  }
}

int RunApply(const AdminFlags& flags) {
  const auto retry_for = ParseDuration(flags.retry_for);
  if (!retry_for.ok()) {
    fmt::print(stderr, "weir rules apply: --retry-for: {}\n", retry_for.status());
    return kExitUsage;
  }
  auto request = MakeRequest<pb::ApplyRulesRequest>(flags);
  request.set_dry_run(flags.dry_run);
  request.set_all_or_nothing(flags.all_or_nothing);
  const auto add = [&request](const std::string& path, const std::string& text, pb::FileKind kind) {
    pb::RuleFile* file = request.add_files();
    file->set_path(wire::ValidUtf8(path));
    file->set_text(wire::ValidUtf8(text));
    file->set_kind(kind);
  };
  if (!flags.paths.empty()) {
    const auto loaded = rule::LoadRules(flags.paths, {flags.load.macros});
    if (!loaded.ok()) {
      PrintError(fmt::format("{}", loaded.status()));
      return kExitFailed;
    }
    for (const rule::LoadResult& file : *loaded) {
      add(file.path, file.text, pb::FILE_KIND_RULE);
    }
  }
  const auto overlays = overlay::LoadOverlays(flags.load.overlays);
  if (!overlays.ok()) {
    PrintError(fmt::format("{}", overlays.status()));
    return kExitFailed;
  }
  for (const overlay::Overlay& overlay : *overlays) {
    add(overlay.path, overlay.text, pb::FILE_KIND_OVERLAY);
  }
  if (request.files().empty()) {
    fmt::print(stderr, "weir rules apply: no rule files: name files, folders with *.toml and *.yml, or "
                       "--overlay\nsee `weir rules apply --help`\n");
    return kExitUsage;
  }
  const auto response = ApplyFor(flags, *retry_for, request);
  return response.ok() ? PrintChange(flags, response->change())
                       : FailCall(flags.address, response.status());
}

int RunSwitch(const AdminFlags& flags, bool enabled) {
  auto request = MakeRequest<pb::SetRuleEnabledRequest>(flags);
  request.set_rule(wire::ValidUtf8(flags.rule));
  request.set_enabled(enabled);
  pb::SetRuleEnabledResponse response;
  const int exit_code =
      CallCluster<pb::RuleService>(flags.address, &Stub::SetRuleEnabled, request, &response);
  return exit_code == kExitOk ? PrintChange(flags, response.change()) : exit_code;
}

int RunDelete(const AdminFlags& flags) {
  auto request = MakeRequest<pb::DeleteRuleRequest>(flags);
  request.set_rule(wire::ValidUtf8(flags.rule));
  pb::DeleteRuleResponse response;
  const int exit_code =
      CallCluster<pb::RuleService>(flags.address, &Stub::DeleteRule, request, &response);
  return exit_code == kExitOk ? PrintChange(flags, response.change()) : exit_code;
}

int RunRollback(const AdminFlags& flags) {
  auto request = MakeRequest<pb::RollBackRulesRequest>(flags);
  request.set_to_version(flags.version);
  request.set_dry_run(flags.dry_run);
  pb::RollBackRulesResponse response;
  const int exit_code =
      CallCluster<pb::RuleService>(flags.address, &Stub::RollBackRules, request, &response);
  return exit_code == kExitOk ? PrintChange(flags, response.change()) : exit_code;
}

int RunList(const AdminFlags& flags) {
  pb::ListRulesResponse response;
  if (const int exit_code =
          CallCluster<pb::RuleService>(flags.address, &Stub::ListRules, pb::ListRulesRequest(), &response);
      exit_code != kExitOk) {
    return exit_code;
  }
  if (flags.format == "json") {
    PrintMessage(response);
    return kExitOk;
  }
  std::string out = fmt::format("{:<9} {:<10} {:<8} {:>12} {:>8}  {}\n", "STATE", "MODE", "SEVERITY",
                                "ROWS", "ALERTS", "RULE");
  for (const pb::RuleInfo& rule : response.rules()) {
    const bool overlay = rule.kind() == pb::FILE_KIND_OVERLAY;
    out += fmt::format("{:<9} {:<10} {:<8} {:>12} {:>8}  {}\n",
                       overlay && rule.state() == pb::RULE_STATE_ENABLED ? "overlay"
                                                                         : StateName(rule.state()),
                       rule.mode().empty() ? "-" : rule.mode(),
                       rule.severity().empty() ? "-" : rule.severity(),
                       overlay ? "-" : HumanCount(rule.rows()), overlay ? "-" : HumanCount(rule.alerts()),
                       rule.rule_name().empty()
                           ? OneLine(rule.path())
                           : fmt::format("{} ({})", OneLine(rule.rule_name()), rule.rule_id()));
  }
  out += fmt::format("rule set {}: {} files\n", response.version(), response.rules_size());
  Print(out);
  return kExitOk;
}

int RunGet(const AdminFlags& flags) {
  pb::GetRuleRequest request;
  request.set_rule(wire::ValidUtf8(flags.rule));
  pb::GetRuleResponse response;
  if (const int exit_code =
          CallCluster<pb::RuleService>(flags.address, &Stub::GetRule, request, &response);
      exit_code != kExitOk) {
    return exit_code;
  }
  if (flags.format == "json") {
    PrintMessage(response);
    return kExitOk;
  }
  const pb::RuleInfo& info = response.info();
  std::string out = fmt::format(
      "{} ({})\n  file      {}\n  state     {}{}, rule set {}\n  counted   {} rows, {} not because of their "
      "time; {} alerts, {} hits suppressed\n",
      OneLine(info.rule_name()), info.rule_id(), OneLine(info.path()), StateName(info.state()),
      info.switched() ? " (switched with `weir rules`)" : "", response.version(),
      HumanCount(info.rows()), HumanCount(info.refused_rows()), HumanCount(info.alerts()),
      HumanCount(info.suppressed()));
  for (const std::string& changed : response.changes()) {
    out += fmt::format("  overlay   {}\n", OneLine(changed));
  }
  for (const std::string& finding : info.findings()) {
    out += finding + (finding.ends_with('\n') ? "" : "\n");
  }
  out += fmt::format("\n{}{}{}", response.plan(), response.plan().empty() ? "" : "\n", response.text());
  out += out.ends_with('\n') ? "" : "\n";
  Print(out);
  return kExitOk;
}

int RunHistory(const AdminFlags& flags) {
  pb::ListRuleSetVersionsRequest request;
  request.set_rule(wire::ValidUtf8(flags.rule));
  request.set_page_size(flags.limit);
  request.set_before_version(flags.version);
  pb::ListRuleSetVersionsResponse response;
  if (const int exit_code =
          CallCluster<pb::RuleService>(flags.address, &Stub::ListRuleSetVersions, request, &response);
      exit_code != kExitOk) {
    return exit_code;
  }
  if (flags.format == "json") {
    PrintMessage(response);
    return kExitOk;
  }
  std::string out = fmt::format("{:>7}  {:<24}  {:<16}  {}\n", "VERSION", "MADE", "AUTHOR", "CHANGE");
  for (const pb::RuleSetVersion& version : response.versions()) {
    out += fmt::format("{:>7}  {:<24}  {:<16}  {}{}\n", version.version(),
                       TimeText(version.has_created_at(), version.created_at()),
                       version.author().empty() ? "-" : OneLine(version.author()),
                       OneLine(version.summary()),
                       version.message().empty() ? "" : fmt::format(" ({})", OneLine(version.message())));
  }
  if (response.next_before_version() != 0) {
    out += fmt::format("older versions: --before {}\n", response.next_before_version());
  } else if (flags.rule.empty() && !response.versions().empty() &&
             response.versions().rbegin()->version() > 1) {
    out += fmt::format("versions before {} are not kept any more\n",
                       response.versions().rbegin()->version());
  }
  Print(out);
  return kExitOk;
}

using Flags = std::shared_ptr<AdminFlags>;

Flags AddCommand(CLI::App* rules, Action* action, const std::string& name,
                 const std::string& description, std::function<int(const AdminFlags&)> run,
                 CLI::App** added) {
  CLI::App* command = rules->add_subcommand(name, description);
  auto flags = std::make_shared<AdminFlags>();
  AddAddressOption(command, &flags->address);
  command->add_option("--format", flags->format, "Form of the output")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command->callback([action, flags, run = std::move(run)] {
    *action = [flags, run] { return run(*flags); };
  });
  *added = command;
  return flags;
}

void AddChangeOptions(CLI::App* command, const Flags& flags) {
  command->add_option("--author", flags->author, "Who makes the change; otherwise you");
  command->add_option("--message,-m", flags->message, "Why, for the history");
  command->add_option("--if-version", flags->expected_version,
                      "Only if the newest rule set is this version");
}

void AddRule(CLI::App* command, const Flags& flags) {
  command->add_option("RULE", flags->rule, "Id or name of a rule, or a file of the rule set");
}

}  // namespace

void AddRulesAdminCommands(CLI::App* rules, Action* action) {
  CLI::App* added = nullptr;
  const Flags apply = AddCommand(
      rules, action, "apply",
      "Add rules and overlays to a cluster, or replace those of the same id or path; a file with errors "
      "is refused alone (exit code 1)",
      RunApply, &added);
  added->add_option("PATH", apply->paths, "Rule files, or folders with *.toml and *.yml");
  added->add_option("--macros", apply->load.macros, "Folder of macros for detections (may be repeated)")
      ->allow_extra_args(false);
  AddOverlayOption(added, &apply->load);
  added->add_flag("--dry-run", apply->dry_run, "Only show what would change");
  added->add_flag("--all-or-nothing", apply->all_or_nothing,
                  "Change nothing when any file is refused");
  added->add_option("--retry-for", apply->retry_for,
                    "Try again for so long while nobody answers or another coordinator leads")
      ->capture_default_str();
  AddChangeOptions(added, apply);

  AddCommand(rules, action, "list", "List the rules of a cluster", RunList, &added);
  const Flags get = AddCommand(rules, action, "get",
                               "Show a rule of a cluster: its state, how it runs, its text", RunGet, &added);
  AddRule(added, get);
  added->get_option("RULE")->required();
  for (const bool enabled : {true, false}) {
    const Flags flags = AddCommand(
        rules, action, enabled ? "enable" : "disable",
        enabled ? "Switch a rule on" : "Switch a rule off; its open alerts stay",
        [enabled](const AdminFlags& of) { return RunSwitch(of, enabled); }, &added);
    AddRule(added, flags);
    added->get_option("RULE")->required();
    AddChangeOptions(added, flags);
  }
  const Flags remove =
      AddCommand(rules, action, "delete", "Take a rule out of a cluster; its alerts stay", RunDelete, &added);
  AddRule(added, remove);
  added->get_option("RULE")->required();
  AddChangeOptions(added, remove);

  const Flags history =
      AddCommand(rules, action, "history", "Show who changed the rules of a cluster, when and why",
                 RunHistory, &added);
  AddRule(added, history);
  added->add_option("--limit", history->limit, "Versions shown")
      ->check(CLI::Range(1, 200))
      ->capture_default_str();
  added->add_option("--before", history->version, "Only versions before this one");

  const Flags rollback = AddCommand(rules, action, "rollback",
                                    "Make a new version with the rules of an old one", RunRollback, &added);
  added->add_option("VERSION", rollback->version, "Its number; `weir rules history` shows them")->required();
  added->add_flag("--dry-run", rollback->dry_run, "Only show what would change");
  AddChangeOptions(added, rollback);
}

}  // namespace weir::cli
