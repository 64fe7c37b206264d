// Rules about .proto files, which stand in for a schema linter that the distribution does not have.
#pragma once

#include "tests/tidy/repository.h"

namespace weir::tidy {

// The package is the folder; every service, rpc, message, field, enum and enum value of our packages
// has a comment above or behind it; enum values carry the enum's name, and zero is _UNSPECIFIED.
Findings CheckProtos(const Files& files);

}  // namespace weir::tidy
