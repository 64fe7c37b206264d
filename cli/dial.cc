#include "cli/dial.h"

#include <algorithm>
#include <cstdlib>

#include "cli/cli.h"
#include "cli/command_reference.h"
#include "cli/contexts.h"
#include "common/rpc/channel.h"
#include "common/rpc/security.h"

namespace weir::cli {
namespace {

constexpr char kContextVariable[] = "WEIR_CLIENT_CONTEXT";

// What is said of a connection; empty: nothing.
struct Wanted {
  std::string address;
  std::string context;
  rpc::ClientSecurity security;
};

struct Flag {
  const char* name;
  const char* variable;
  std::string rpc::ClientSecurity::*member;
  const char* text;
};
constexpr Flag kFlags[] = {
    {"--ca", "WEIR_CLIENT_CA", &rpc::ClientSecurity::ca,
     "PEM file of the CA that the cluster's certificates are signed by: use TLS"},
    {"--cert", "WEIR_CLIENT_CERT", &rpc::ClientSecurity::cert, "PEM file of the certificate to show"},
    {"--key", "WEIR_CLIENT_KEY", &rpc::ClientSecurity::key, "PEM file of its private key"},
    {"--token-file", "WEIR_CLIENT_TOKEN_FILE", &rpc::ClientSecurity::token_file,
     "File whose first line is the bearer token to show"},
};

struct ClientState {
  struct Target {
    const CLI::App* command;
    const CLI::Option* option;
    std::string* address;
    bool optional;   // no cluster is asked unless it is named
    // Of this command alone: variables of the environment are read for commands that are not called, too.
    std::shared_ptr<Wanted> wanted;
  };
  std::vector<Target> targets;
  std::vector<std::pair<const CLI::Option*, std::vector<std::string>*>> tenants;
  std::shared_ptr<grpc::ChannelCredentials> credentials;
};

ClientState& State() {
  static auto* const state = new ClientState();
  return *state;
}

// What the context says where nothing else does.
StatusOr<config::Context> FillFromContext(Wanted* wanted) {
  WEIR_ASSIGN_OR_RETURN(const config::Contexts contexts, LoadContexts());
  const std::string name = wanted->context.empty() ? contexts.current : wanted->context;
  if (name.empty()) {
    return config::Context();
  }
  WEIR_ASSIGN_OR_RETURN(config::Context context, FindContext(contexts, name));
  rpc::ClientSecurity& security = wanted->security;
  if (security.token_file.empty() && !context.token_file.empty()) {
    WEIR_RETURN_IF_ERROR(CheckPrivate(ContextFilePath(context.token_file), "the file"));
  }
  const auto fill = [](const std::string& value, std::string* field) {
    *field = field->empty() ? value : *field;
  };
  // A token that is named elsewhere replaces the context's, in whichever form that is.
  security.token = security.token_file.empty() ? context.token : "";
  fill(context.address, &wanted->address);
  fill(ContextFilePath(context.ca), &security.ca);
  if (security.cert.empty() && security.key.empty()) {
    security.cert = ContextFilePath(context.cert);
    security.key = ContextFilePath(context.key);
  }
  fill(ContextFilePath(context.token_file), &security.token_file);
  return context;
}

// Those beside --address.
std::shared_ptr<Wanted> AddOtherOptions(CLI::App* app) {
  auto wanted = std::make_shared<Wanted>();
  app->add_option("--context", wanted->context,
                  "Name of a context (`weir context list`); default: the current one")
      ->envname(kContextVariable)
      ->group(kConnectionGroup);
  for (const Flag& flag : kFlags) {
    app->add_option(flag.name, wanted->security.*flag.member, flag.text)
        ->envname(flag.variable)
        ->group(kConnectionGroup);
  }
  return wanted;
}

}  // namespace

void AddClientOptions(CLI::App* app, std::string* address) {
  *address = kDefaultAddress;
  const CLI::Option* option = app->add_option("--address", *address, "HOST:PORT of the cluster")
                                  ->capture_default_str()
                                  ->envname("WEIR_ADDRESS")
                                  ->group(kConnectionGroup);
  State().targets.push_back({app, option, address, false, AddOtherOptions(app)});
}

void AddOptionalClientOptions(CLI::App* app, std::string* address, const std::string& text) {
  const CLI::Option* option = app->add_option("--address", *address, text);
  State().targets.push_back({app, option, address, true, AddOtherOptions(app)});
}

void AddTenantDefault(const CLI::Option* option, std::vector<std::string>* tenants) {
  State().tenants.emplace_back(option, tenants);
}

void ResetClientOptions() {
  State() = ClientState();
}

Status LoadClientOptions() {
  ClientState& state = State();
  const auto target = std::find_if(state.targets.begin(), state.targets.end(),
                                   [](const ClientState::Target& known) { return known.command->parsed(); });
  if (target == state.targets.end() ||
      (target->optional && target->option->count() == 0 && target->wanted->context.empty())) {
    return OkStatus();
  }
  Wanted& wanted = *target->wanted;
  WEIR_ASSIGN_OR_RETURN(const config::Context context, FillFromContext(&wanted));
  if (target->option->count() == 0 && !wanted.address.empty()) {
    *target->address = wanted.address;
  }
  for (const auto& [option, tenants] : state.tenants) {
    if (option->count() == 0 && !context.tenant.empty()) {
      *tenants = {context.tenant};
    }
  }
  WEIR_ASSIGN_OR_RETURN(state.credentials, rpc::MakeClientCredentials(wanted.security));
  return OkStatus();
}

std::shared_ptr<grpc::Channel> Dial(const std::string& address) {
  return rpc::MakeChannel(address, State().credentials);
}

StatusOr<Connection> Reach(const std::string& address, const std::string& context) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);   // NOLINT(concurrency-mt-unsafe)
    return std::string(value == nullptr ? "" : value);
  };
  Wanted wanted;
  wanted.address = address.empty() ? variable("WEIR_ADDRESS") : address;
  wanted.context = context.empty() ? variable(kContextVariable) : context;
  for (const Flag& flag : kFlags) {
    wanted.security.*flag.member = variable(flag.variable);
  }
  WEIR_RETURN_IF_ERROR(FillFromContext(&wanted).status());
  WEIR_ASSIGN_OR_RETURN(const auto credentials, rpc::MakeClientCredentials(wanted.security));
  Connection connection;
  connection.address = wanted.address.empty() ? kDefaultAddress : wanted.address;
  connection.channel = rpc::MakeChannel(connection.address, credentials);
  return connection;
}

}  // namespace weir::cli
