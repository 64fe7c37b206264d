// Whose a call is. The tenant comes from the caller's credentials, never from what it sends.
#pragma once

#include <functional>
#include <string>

#include "common/base/status.h"

namespace grpc {
class ServerContextBase;
}

namespace weir::ingest {

// Names the tenant of a call; Unauthenticated or PermissionDenied when it has none here. Thread safe.
using TenantOfCall = std::function<StatusOr<std::string>(const grpc::ServerContextBase& call)>;

// All calls are one tenant's.
inline TenantOfCall SingleTenant(std::string tenant) {
  return [tenant = std::move(tenant)](const grpc::ServerContextBase&) -> StatusOr<std::string> {
    return tenant;
  };
}

}  // namespace weir::ingest
