// Who asked for what: one line of the log for each call about alerts, whatever the log's level.
#pragma once

#include <string>
#include <string_view>

#include <grpcpp/grpcpp.h>

#include "common/base/status.h"

namespace weir::coordinator {

// Who calls: the metadata key "weir-actor" (up to 256 bytes), else the peer's address. The one place that
// decides it.
std::string ActorOf(const grpc::CallbackServerContext& context);

struct AuditEntry {
  std::string_view actor;
  std::string_view method;   // "ListAlerts"
  std::string_view what;     // filter, ids or action
  Status result;
  uint64_t alerts = 0;       // that were shown or changed
};
// message=audit actor=... method=... what=... result=ok alerts=3
void Audit(const AuditEntry& entry);

}  // namespace weir::coordinator
