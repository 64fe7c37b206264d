// The sources whose records are recognised, in the order in which they are asked. ECS documents, which
// nearly anything may be, come after them and after the envelopes.
#include "common/source/normaliser_internal.h"

namespace weir::source {

namespace {

constexpr const SourceDefinition* kSources[] = {&kCloudTrailSource, &kBedrockSource};

}  // namespace

std::span<const SourceDefinition* const> Sources() {
  return kSources;
}

}  // namespace weir::source
