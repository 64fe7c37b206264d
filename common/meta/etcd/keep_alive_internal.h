// One renewal of one lease. etcd has only a stream for it: one message each way.
#pragma once

#include <cstdint>
#include <functional>

#include "common/meta/etcd/calls_internal.h"
#include "common/meta/etcd/connection_internal.h"
#include "common/meta/meta_store.h"

namespace weir::meta {

// done runs as a task of the scheduler. ttl_seconds 0: the lease is gone.
void StartKeepAlive(Calls* calls, Endpoint* endpoint, LeaseId lease, int64_t timeout_ms,
                    std::function<void(const grpc::Status&, int64_t ttl_seconds)> done);

}  // namespace weir::meta
