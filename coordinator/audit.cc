#include "coordinator/audit.h"

#include "common/alert/lifecycle.h"
#include "common/telemetry/log.h"

namespace weir::coordinator {

std::string ActorOf(const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto named = metadata.find("weir-actor");
  if (named != metadata.end() && !named->second.empty() &&
      named->second.size() <= alert::kActorBytesMax) {
    return std::string(named->second.data(), named->second.size());
  }
  return context.peer().substr(0, alert::kActorBytesMax);
}

void Audit(const AuditEntry& entry) {
  log::Write(log::Level::kInfo, "audit",
             {{"actor", entry.actor},
              {"method", entry.method},
              {"what", entry.what},
              {"result", entry.result},
              {"alerts", entry.alerts}});
}

}  // namespace weir::coordinator
