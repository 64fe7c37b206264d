// How client commands reach a cluster: address, TLS and token, from flags, the environment and contexts, the
// same for all of them. The only place that makes their channels.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <grpcpp/grpcpp.h>

#include "common/base/status.h"

namespace weir::cli {

// Declares --address, --context, --ca, --cert, --key and --token-file. One command line is parsed at a time.
// address gets what counts: the flag, else WEIR_ADDRESS, else the context's, else kDefaultAddress.
void AddClientOptions(CLI::App* app, std::string* address);
// The same for a command that asks a cluster only when --address or a context is given: otherwise address
// stays empty. text: what --address means there.
void AddOptionalClientOptions(CLI::App* app, std::string* address, const std::string& text);
// A --tenant that the context fills when it is not given.
void AddTenantDefault(const CLI::Option* option, std::vector<std::string>* tenants);
// Forgets what an earlier command line said.
void ResetClientOptions();

// Of the command that was parsed, if it is one with these options: reads the contexts and the files that
// were named. NotFound: no such context; InvalidArgument names the file or context that cannot be used.
Status LoadClientOptions();

// A channel with what LoadClientOptions read.
std::shared_ptr<grpc::Channel> Dial(const std::string& address);

// A channel of no command line: to the address and with the context that are given, where they are empty
// to those of the environment and the current context.
struct Connection {
  std::string address;
  std::shared_ptr<grpc::Channel> channel;
};
StatusOr<Connection> Reach(const std::string& address, const std::string& context);

}  // namespace weir::cli
