// The metadata store of a cluster of several machines: etcd (3.4 or later) over its v3 gRPC API.
//
// Reaching it: one endpoint is used at a time. It must first answer a linearizable read, as a member of
// the same cluster as before and not behind what it has answered; if not, or once a call on it is not
// answered, the next endpoint is tried, round and round. Reads and KeepAlive try again by themselves
// within their deadline. Commit, GrantLease and Revoke are sent once.
//
// Watches go on after the last event when a connection breaks, and follow to the endpoint in use.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/meta/meta_store.h"
#include "common/task/scheduler.h"

namespace weir::meta {

struct EtcdOptions {
  std::vector<std::string> endpoints;   // HOST:PORT, of one cluster
  // Before every key, so that clusters can share an etcd: "weir/production/". May be empty.
  std::string key_prefix = "";
  // PEM files of TLS; all empty: none. Without cert and key, etcd is not told who calls.
  std::string ca_file = "";
  std::string cert_file = "";
  std::string key_file = "";
  int64_t call_timeout_ms = 5000;    // from the call to its answer
  int64_t probe_timeout_ms = 1000;   // of the first read of an endpoint
  int64_t retry_ms = 200;            // between rounds over the endpoints
};

// InvalidArgument when the options are not usable, or a file of TLS is not. Connects when first called. The scheduler outlives
// the store, whose destructor waits for gRPC's threads to leave it.
StatusOr<std::unique_ptr<MetaStore>> MakeEtcdStore(task::Scheduler* scheduler,
                                                   const EtcdOptions& options);

}  // namespace weir::meta
