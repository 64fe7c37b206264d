// The clusters that a person works with, by name: the file that client commands read.
//
//   current: prod
//   contexts:
//     prod:
//       address: weir.example.org:7431
//       ca: ca.pem
//       token_file: token
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/config/config.h"

namespace weir::config {

// How one cluster is reached. Files that are no absolute paths lie beside the file of contexts.
struct Context {
  std::string name;
  std::string address;      // HOST:PORT; empty: the default
  std::string ca;           // PEM file; empty: not encrypted
  std::string cert;         // PEM file; empty: shows no certificate
  std::string key;
  std::string token;        // the bearer token itself, or
  std::string token_file;   // the file whose first line it is
  std::string tenant;       // whose alerts are listed; empty: all
};

struct Contexts {
  std::string current;              // empty: none
  std::vector<Context> contexts;    // by name

  // Null when there is none.
  const Context* Find(std::string_view name) const;
  Context* Find(std::string_view name);
  std::vector<std::string> Names() const;
};

// The keys of a context, in the order they are written.
struct ContextKey {
  std::string_view name;
  std::string Context::*member;
  std::string_view text;      // what it is, for help
};
const std::vector<ContextKey>& ContextKeys();

// Letters, digits, '-', '_' and '.'; InvalidArgument.
Status CheckContextName(const std::string& name);
// That its keys go together; InvalidArgument.
Status CheckContext(const Context& context);

struct ContextsResult {
  Contexts contexts;
  std::vector<Problem> problems;   // all at once, each with path, line and column
};
ContextsResult ParseContexts(const std::string& path, const std::string& text);

// The file; comments of the one that was read are not kept.
std::string ContextsYaml(const Contexts& contexts);

}  // namespace weir::config
