// How client commands reach a cluster: the flags of TLS and tokens, the same for all of them.
#pragma once

#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <grpcpp/grpcpp.h>

#include "common/base/status.h"

namespace weir::cli {

// Declares --ca, --cert, --key and --token-file. One command line is parsed at a time.
void AddClientOptions(CLI::App* app);
// Forgets what an earlier command line said.
void ResetClientOptions();
// Reads the files that were named. InvalidArgument names the one that cannot be used.
Status LoadClientOptions();

// A channel with what LoadClientOptions read.
std::shared_ptr<grpc::Channel> Dial(const std::string& address);

}  // namespace weir::cli
