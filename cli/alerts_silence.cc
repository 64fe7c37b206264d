// weir alerts silence list|add|remove: silences (docs/overlays.md) that people set while a cluster runs. They
// stand in one overlay of its rule set, so that versions, history and rollback hold them as they hold rules.
#include <algorithm>

#include <fmt/format.h>

#include "cli/alerts_internal.h"
#include "cli/cli.h"
#include "cli/dial.h"
#include "cli/exit_codes.h"
#include "cli/terminal.h"
#include "common/base/clock.h"
#include "common/base/json_writer.h"
#include "common/base/time.h"
#include "common/overlay/overlay.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/wire/text.h"
#include "weir/rule/v1/rule.grpc.pb.h"

namespace weir::cli {
namespace {

namespace pb = weir::rule::v1;
using Stub = std::unique_ptr<pb::RuleService::Stub>;

constexpr char kSilencesFile[] = "silences.yaml";   // the overlay that these commands write
constexpr int64_t kCallTimeoutMs = 60 * 1000;

struct SilenceFlags {
  std::string address;
  std::string format = "table";
  std::string name;
  std::vector<std::string> rules;
  std::vector<std::string> severities;
  std::vector<std::string> group;   // "column=pattern"
  bool everything = false;
  std::string until;                // a time, or a duration from now
  std::string reason;
};

template <typename Request, typename Response>
Status Call(const Stub& stub,
            grpc::Status (pb::RuleService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
            const Request& request, Response* response) {
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kCallTimeoutMs);
  SetActor(&context);
  return rpc::FromGrpc((stub.get()->*method)(&context, request, response));
}

struct Overlays {
  uint64_t version = 0;                    // of the rule set
  std::vector<overlay::Overlay> files;
};

StatusOr<Overlays> ReadOverlays(const Stub& stub) {
  Overlays overlays;
  pb::ListRulesResponse rules;
  WEIR_RETURN_IF_ERROR(Call(stub, &pb::RuleService::Stub::ListRules, pb::ListRulesRequest(), &rules));
  overlays.version = rules.version();
  if (rules.version() == 0) {
    return overlays;
  }
  pb::GetRuleSetVersionRequest request;
  request.set_version(rules.version());
  pb::GetRuleSetVersionResponse response;
  WEIR_RETURN_IF_ERROR(Call(stub, &pb::RuleService::Stub::GetRuleSetVersion, request, &response));
  for (const pb::RuleFile& file : response.files()) {
    if (file.kind() == pb::FILE_KIND_OVERLAY) {
      overlays.files.push_back(overlay::Parse(file.path(), file.text()));
    }
  }
  return overlays;
}

// Where a silence stands; null when there is none of the name.
const overlay::Overlay* FileOf(const Overlays& overlays, const std::string& name) {
  for (const overlay::Overlay& file : overlays.files) {
    if (std::any_of(file.silences.begin(), file.silences.end(),
                    [&](const rule::Silence& silence) { return silence.name == name; })) {
      return &file;
    }
  }
  return nullptr;
}

std::vector<rule::Silence> OwnSilences(const Overlays& overlays) {
  for (const overlay::Overlay& file : overlays.files) {
    if (file.path == kSilencesFile) {
      return file.silences;
    }
  }
  return {};
}

// Strings of JSON are strings of YAML.
std::string Quoted(const std::string& text) {
  std::string out;
  JsonWriter(&out).String(text);
  return out;
}

std::string QuotedList(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    out += (out.size() == 1 ? "" : ", ") + Quoted(text);
  }
  return out + "]";
}

std::string OverlayText(const std::vector<rule::Silence>& silences) {
  std::string text = "# Written by `weir alerts silence`.\nsilences:\n";
  for (const rule::Silence& silence : silences) {
    text += fmt::format("  - name: {}\n", Quoted(silence.name));
    if (!silence.rules.empty()) {
      text += fmt::format("    rules: {}\n", QuotedList(silence.rules));
    }
    if (!silence.severities.empty()) {
      text += fmt::format("    severities: {}\n", QuotedList(silence.severities));
    }
    if (!silence.group.empty()) {
      text += "    group:\n";
      for (const auto& [column, pattern] : silence.group) {
        text += fmt::format("      {}: {}\n", Quoted(column), Quoted(pattern));
      }
    }
    text += fmt::format("    until: {}\n    author: {}\n    reason: {}\n",
                        Quoted(FormatTime(silence.until_ms)), Quoted(silence.author), Quoted(silence.reason));
  }
  return text;
}

// Puts the silences into the rule set of that version, or takes their file out when there is none.
Status Write(const Stub& stub, const std::vector<rule::Silence>& silences, uint64_t version,
             const std::string& message) {
  if (silences.empty()) {
    pb::DeleteRuleRequest request;
    request.set_rule(kSilencesFile);
    request.set_expected_version(version);
    request.set_message(wire::ValidUtf8(message));
    pb::DeleteRuleResponse response;
    return Call(stub, &pb::RuleService::Stub::DeleteRule, request, &response);
  }
  pb::ApplyRulesRequest request;
  pb::RuleFile* file = request.add_files();
  file->set_path(kSilencesFile);
  file->set_kind(pb::FILE_KIND_OVERLAY);
  file->set_text(wire::ValidUtf8(OverlayText(silences)));
  request.set_expected_version(version);
  request.set_message(wire::ValidUtf8(message));
  request.set_all_or_nothing(true);
  pb::ApplyRulesResponse response;
  WEIR_RETURN_IF_ERROR(Call(stub, &pb::RuleService::Stub::ApplyRules, request, &response));
  std::string findings;
  for (const pb::FileChange& change : response.change().files()) {
    for (const std::string& finding : change.findings()) {
      findings += (findings.empty() ? "" : "\n") + finding;
    }
  }
  if (response.change().refused() != 0) {
    return InvalidArgument("the silence is refused: {}", findings);
  }
  if (!findings.empty()) {
    PrintError(findings);
  }
  return OkStatus();
}

std::string MatchText(const rule::Silence& silence) {
  std::vector<std::string> parts;
  if (!silence.rules.empty()) {
    parts.push_back(fmt::format("rules {}", fmt::join(silence.rules, ", ")));
  }
  if (!silence.severities.empty()) {
    parts.push_back(fmt::format("severities {}", fmt::join(silence.severities, ", ")));
  }
  for (const auto& [column, pattern] : silence.group) {
    parts.push_back(column + "=" + pattern);
  }
  return parts.empty() ? "everything" : fmt::format("{}", fmt::join(parts, "; "));
}

void PrintJson(const overlay::Overlay& file, const rule::Silence& silence, std::string* out) {
  JsonWriter json(out);
  const auto text = [&](std::string_view key, const std::string& value) {
    json.Key(key);
    json.String(value);
  };
  const auto list = [&](std::string_view key, const std::vector<std::string>& values) {
    json.Key(key);
    json.BeginArray();
    for (const std::string& value : values) {
      json.String(value);
    }
    json.EndArray();
  };
  json.BeginObject();
  text("name", silence.name);
  list("rules", silence.rules);
  list("severities", silence.severities);
  json.Key("group");
  json.BeginObject();
  for (const auto& [column, pattern] : silence.group) {
    text(column, pattern);
  }
  json.EndObject();
  text("until", FormatTime(silence.until_ms));
  text("author", silence.author);
  text("reason", silence.reason);
  text("file", file.path);
  json.EndObject();
  *out += "\n";
}

int RunSilences(const SilenceFlags& flags) {
  const Stub stub = pb::RuleService::NewStub(Dial(flags.address));
  const auto overlays = ReadOverlays(stub);
  if (!overlays.ok()) {
    return FailCall(flags.address, overlays.status());
  }
  const bool table = flags.format == "table";
  const UnixMillis now_ms = SystemClock().Now();
  std::string out;
  for (const overlay::Overlay& file : overlays->files) {
    for (const rule::Silence& silence : file.silences) {
      if (!table) {
        PrintJson(file, silence, &out);
        continue;
      }
      out += fmt::format("{}\n  matches  {}\n  until    {}{}\n  set by   {}: {}\n  file     {}\n", silence.name,
                         MatchText(silence), FormatTime(silence.until_ms),
                         silence.until_ms < now_ms ? " (over on the wall clock)" : "", silence.author,
                         silence.reason, file.path);
    }
  }
  Print(table && out.empty() ? "no silences\n" : out);
  return kExitOk;
}

// From the flags; InvalidArgument.
StatusOr<rule::Silence> SilenceOf(const SilenceFlags& flags) {
  rule::Silence silence;
  silence.name = flags.name;
  silence.rules = flags.rules;
  silence.severities = flags.severities;
  silence.author = ActorName().empty() ? "unknown" : ActorName();
  silence.reason = flags.reason;
  for (const std::string& condition : flags.group) {
    const std::size_t equals = condition.find('=');
    if (equals == std::string::npos || equals == 0) {
      return InvalidArgument("--group: expected COLUMN=PATTERN, got '{}'", condition);
    }
    silence.group.emplace_back(condition.substr(0, equals), condition.substr(equals + 1));
  }
  if (silence.rules.empty() && silence.severities.empty() && silence.group.empty() && !flags.everything) {
    return InvalidArgument("without --rule, --severity or --group all alerts would be silenced: say "
                           "--everything if that is meant");
  }
  WEIR_ASSIGN_OR_RETURN(silence.until_ms, TimeAhead("--until", flags.until, SystemClock().Now()));
  // What the cluster would say of it is said here, before anything is sent.
  const overlay::Overlay read = overlay::Parse(kSilencesFile, OverlayText({silence}));
  if (!read.findings.empty()) {
    return InvalidArgument("{}", read.findings.front().message);
  }
  return silence;
}

int RunAdd(const SilenceFlags& flags) {
  const auto silence = SilenceOf(flags);
  if (!silence.ok()) {
    PrintError(std::string(Message(silence.status())));
    return kExitUsage;
  }
  const Stub stub = pb::RuleService::NewStub(Dial(flags.address));
  const auto overlays = ReadOverlays(stub);
  if (!overlays.ok()) {
    return FailCall(flags.address, overlays.status());
  }
  if (const overlay::Overlay* file = FileOf(*overlays, flags.name); file != nullptr) {
    PrintError(fmt::format("there is a silence '{}' already, in {}: give another name, or `weir alerts silence "
                           "remove {}` first",
                           flags.name, file->path, flags.name));
    return kExitConflict;
  }
  std::vector<rule::Silence> silences = OwnSilences(*overlays);
  silences.push_back(*silence);
  const Status status =
      Write(stub, silences, overlays->version, fmt::format("silence {}: {}", flags.name, flags.reason));
  if (!status.ok()) {
    return FailCall(flags.address, status);
  }
  Print(fmt::format("silenced until {}: {}\n", FormatTime(silence->until_ms), MatchText(*silence)));
  return kExitOk;
}

int RunRemove(const SilenceFlags& flags) {
  const Stub stub = pb::RuleService::NewStub(Dial(flags.address));
  const auto overlays = ReadOverlays(stub);
  if (!overlays.ok()) {
    return FailCall(flags.address, overlays.status());
  }
  const overlay::Overlay* file = FileOf(*overlays, flags.name);
  if (file == nullptr) {
    PrintError(fmt::format("no silence '{}': `weir alerts silence list` shows which there are", flags.name));
    return kExitNotFound;
  }
  if (file->path != kSilencesFile) {
    PrintError(fmt::format("the silence '{}' stands in {}: take it out there, and `weir rules apply --overlay "
                           "{}`",
                           flags.name, file->path, file->path));
    return kExitFailed;
  }
  std::vector<rule::Silence> silences = OwnSilences(*overlays);
  std::erase_if(silences, [&](const rule::Silence& silence) { return silence.name == flags.name; });
  const Status status = Write(stub, silences, overlays->version, "silence " + flags.name + " removed");
  if (!status.ok()) {
    return FailCall(flags.address, status);
  }
  Print(fmt::format("silence {} removed\n", flags.name));
  return kExitOk;
}

}  // namespace

void AddAlertSilences(CLI::App* command, Action* action) {
  CLI::App* silence = command->add_subcommand(
      "silence", "Keep alerts that match from being delivered; they are recorded, flagged silenced");
  silence->require_subcommand(1);
  const auto add_command = [&](const std::string& name, const std::string& text,
                               int (*run)(const SilenceFlags&)) {
    CLI::App* added = silence->add_subcommand(name, text);
    auto flags = std::make_shared<SilenceFlags>();
    AddAddressOption(added, &flags->address);
    added->callback([action, flags, run] { *action = [flags, run] { return run(*flags); }; });
    return std::make_pair(added, flags);
  };
  const auto [list, list_flags] =
      add_command("list", "The silences there are, those of overlay files, too", RunSilences);
  list->add_option("--format", list_flags->format, "table, or json: one object a line")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();

  const auto [add, flags] = add_command("add", "Silence alerts for a while; all conditions must hold", RunAdd);
  add->add_option("NAME", flags->name, "What to call it")->required();
  add->add_option("--rule", flags->rules, "Rule id or name, with * and ? (may be repeated)")
      ->allow_extra_args(false);
  add->add_option("--severity", flags->severities, "Severity (may be repeated)")
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"low", "medium", "high", "critical"}));
  add->add_option("--group", flags->group,
                  "COLUMN=PATTERN of the group, with * and ? (may be repeated; all must hold)")
      ->allow_extra_args(false);
  add->add_flag("--everything", flags->everything, "Without conditions: all alerts");
  add->add_option("--until", flags->until, "A time, or a duration from now: alerts judged later are delivered")
      ->required();
  add->add_option("--reason", flags->reason, "Why")->required();

  const auto [remove, remove_flags] = add_command("remove", "Take a silence out", RunRemove);
  remove->add_option("NAME", remove_flags->name, "Its name")->required();
}

}  // namespace weir::cli
