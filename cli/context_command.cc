// weir context list|use|show|set|delete: the clusters that a person works with.
#include <algorithm>
#include <filesystem>
#include <iostream>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/contexts.h"
#include "cli/exit_codes.h"
#include "cli/terminal.h"
#include "common/base/json_writer.h"

namespace weir::cli {
namespace {

using config::Context;
using config::Contexts;

int Fail(const Status& status) {
  PrintError(std::string(Message(status)));
  return ExitCodeOf(status.code());
}

// "token" or "token file" or "-": what is shown of it.
std::string_view TokenOf(const Context& context) {
  return !context.token.empty() ? "in the file" : !context.token_file.empty() ? "token file" : "-";
}

std::string Table(const Contexts& contexts) {
  std::vector<std::vector<std::string>> rows = {{"CURRENT", "NAME", "ADDRESS", "TLS", "TOKEN", "TENANT"}};
  for (const Context& context : contexts.contexts) {
    rows.push_back({context.name == contexts.current ? "*" : "", context.name,
                    context.address.empty() ? kDefaultAddress : context.address,
                    context.ca.empty() ? "no" : context.cert.empty() ? "yes" : "with certificate",
                    std::string(TokenOf(context)), context.tenant.empty() ? "-" : context.tenant});
  }
  std::string table;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::size_t width = 0;
      for (const auto& other : rows) {
        width = std::max(width, other[i].size());
      }
      line += fmt::format("{:<{}}  ", row[i], width);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    table += line + "\n";
  }
  return table;
}

std::string Json(const Contexts& contexts) {
  std::string out;
  for (const Context& context : contexts.contexts) {
    JsonWriter json(&out);
    json.BeginObject();
    json.Key("name");
    json.String(context.name);
    json.Key("current");
    json.Bool(context.name == contexts.current);
    for (const config::ContextKey& key : config::ContextKeys()) {
      if (key.name != "token") {
        json.Key(key.name);
        json.String(context.*key.member);
      }
    }
    json.Key("has_token");
    json.Bool(TokenOf(context) != "-");
    json.EndObject();
    out += "\n";
  }
  return out;
}

int RunList(const std::string& format) {
  const auto contexts = LoadContexts();
  if (!contexts.ok()) {
    return Fail(contexts.status());
  }
  if (format == "json") {
    Print(Json(*contexts));
    return kExitOk;
  }
  if (contexts->contexts.empty()) {
    Print("no contexts\n");
    fmt::print(stderr, "`weir context set NAME --address HOST:PORT` makes one, in {}\n", ContextsPath());
    return kExitOk;
  }
  Print(Table(*contexts));
  return kExitOk;
}

int RunUse(const std::string& name) {
  auto contexts = LoadContexts();
  if (!contexts.ok()) {
    return Fail(contexts.status());
  }
  if (const auto found = FindContext(*contexts, name); !found.ok()) {
    return Fail(found.status());
  }
  contexts->current = name;
  if (const Status status = SaveContexts(*contexts); !status.ok()) {
    return Fail(status);
  }
  Print(fmt::format("current context: {}\n", name));
  return kExitOk;
}

int RunShow(const std::string& name) {
  const auto contexts = LoadContexts();
  if (!contexts.ok()) {
    return Fail(contexts.status());
  }
  if (name.empty() && contexts->current.empty()) {
    return Fail(NotFound("no context is current: `weir context use NAME` makes one so"));
  }
  auto found = FindContext(*contexts, name.empty() ? contexts->current : name);
  if (!found.ok()) {
    return Fail(found.status());
  }
  if (!found->token.empty()) {
    found->token = "(not shown)";
  }
  Contexts shown;
  shown.current = contexts->current == found->name ? found->name : "";
  shown.contexts = {*found};
  Print(config::ContextsYaml(shown));
  return kExitOk;
}

struct SetFlags {
  std::string name;
  Context values;
  std::vector<std::pair<const CLI::Option*, std::string Context::*>> given;
  bool token_stdin = false;
  bool use = false;
};

// A path as it is seen from everywhere; empty stays empty.
std::string Absolute(const std::string& path) {
  std::error_code error;
  return path.empty() ? path : std::filesystem::absolute(path, error).lexically_normal().string();
}

int RunSet(const SetFlags& flags) {
  auto contexts = LoadContexts();
  if (!contexts.ok()) {
    return Fail(contexts.status());
  }
  if (const Status status = config::CheckContextName(flags.name); !status.ok()) {
    return Fail(status);
  }
  Context* context = contexts->Find(flags.name);
  if (context == nullptr) {
    contexts->contexts.push_back({flags.name, "", "", "", "", "", "", ""});
    context = &contexts->contexts.back();
  }
  for (const auto& [option, member] : flags.given) {
    if (option->count() > 0) {
      const bool is_path = member != &Context::address && member != &Context::tenant;
      context->*member = is_path ? Absolute(flags.values.*member) : flags.values.*member;
    }
  }
  if (flags.token_stdin) {
    context->token.clear();
    std::getline(std::cin, context->token);
    context->token_file.clear();
  } else if (!context->token_file.empty()) {
    context->token.clear();
  }
  if (const Status status = config::CheckContext(*context); !status.ok()) {
    return Fail(status);
  }
  std::sort(contexts->contexts.begin(), contexts->contexts.end(),
            [](const Context& left, const Context& right) { return left.name < right.name; });
  if (flags.use || contexts->contexts.size() == 1) {
    contexts->current = flags.name;
  }
  if (const Status status = SaveContexts(*contexts); !status.ok()) {
    return Fail(status);
  }
  Print(fmt::format("context {} is kept in {}{}\n", flags.name, ContextsPath(),
                    contexts->current == flags.name ? ", and current" : ""));
  return kExitOk;
}

int RunDelete(const std::string& name) {
  auto contexts = LoadContexts();
  if (!contexts.ok()) {
    return Fail(contexts.status());
  }
  if (const auto found = FindContext(*contexts, name); !found.ok()) {
    return Fail(found.status());
  }
  std::erase_if(contexts->contexts, [&](const Context& context) { return context.name == name; });
  const bool was_current = contexts->current == name;
  if (was_current) {
    contexts->current.clear();
  }
  if (const Status status = SaveContexts(*contexts); !status.ok()) {
    return Fail(status);
  }
  Print(fmt::format("context {} deleted{}\n", name, was_current ? "; no context is current now" : ""));
  return kExitOk;
}

void AddSet(CLI::App* command, Action* action) {
  CLI::App* set = command->add_subcommand(
      "set", "Make a context, or change what is given of it; an empty value takes a key out");
  auto flags = std::make_shared<SetFlags>();
  set->add_option("CONTEXT", flags->name, "Its name")->required();
  for (const config::ContextKey& key : config::ContextKeys()) {
    if (key.name == "token") {
      continue;   // command lines are seen by everybody
    }
    std::string name(key.name);
    std::replace(name.begin(), name.end(), '_', '-');
    const CLI::Option* option =
        set->add_option("--" + name, flags->values.*key.member, std::string(key.text));
    flags->given.emplace_back(option, key.member);
  }
  set->add_flag("--token-stdin", flags->token_stdin,
                "Keep the bearer token that is the first line of standard input; empty: take it out");
  set->add_flag("--use", flags->use, "Make it the current one; the first context is so anyway");
  set->callback([action, flags] { *action = [flags] { return RunSet(*flags); }; });
}

}  // namespace

void AddContextCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand("context", "Clusters to work with, by name");
  command->require_subcommand(1);
  CLI::App* list = command->add_subcommand("list", "The contexts there are");
  auto format = std::make_shared<std::string>("table");
  list->add_option("--format", *format, "table, or json: one object a line, without tokens")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  list->callback([action, format] { *action = [format] { return RunList(*format); }; });
  const auto add_named = [&](const std::string& name, const std::string& text, bool required,
                             int (*run)(const std::string&)) {
    CLI::App* added = command->add_subcommand(name, text);
    auto context = std::make_shared<std::string>();
    added->add_option("CONTEXT", *context, required ? "Its name" : "Its name; default: the current one")
        ->required(required);
    added->callback([action, context, run] { *action = [context, run] { return run(*context); }; });
  };
  add_named("use", "Make a context the one that commands take unless --context says another", true, RunUse);
  add_named("show", "Show a context, without its token", false, RunShow);
  AddSet(command, action);
  add_named("delete", "Forget a context", true, RunDelete);
}

}  // namespace weir::cli
