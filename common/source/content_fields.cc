// Fields that hold what people wrote to models and what models answered, or whole records with it.
#include <algorithm>
#include <string_view>

#include "common/source/field_sets_internal.h"
#include "common/types/field_catalogue.h"

namespace weir::source {

namespace {

constexpr std::string_view kFields[] = {
    "message", "event.original", "_source", "_raw", "gen_ai.prompt", "gen_ai.completion",
};

// With all that is below them. Of OpenTelemetry, too.
constexpr std::string_view kFamilies[] = {
    "gen_ai.input",              "gen_ai.output",
    "gen_ai.system_instructions", "gen_ai.prompt",
    "gen_ai.completion",         "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",   "gen_ai.content",
    "aws_bedrock.invocation.input", "aws_bedrock.invocation.output",
    "azure.open_ai.properties.backend_request_body", "azure.open_ai.properties.backend_response_body",
    "azure.open_ai.properties.request_body", "azure.open_ai.properties.response_body",
};

// What says of a content where it lies, how large it is and of what kind.
constexpr std::string_view kHarmlessEnds[] = {
    ".role",  ".type",   "_s3_path",       "_content_type",
    "_count", "_tokens", "_content_kinds", "_massive_hash",
};

}  // namespace

bool HoldsContent(std::string_view field) {
  if (field.starts_with(kSourcePrefix)) {
    field.remove_prefix(kSourcePrefix.size());
  }
  if (std::find(std::begin(kFields), std::end(kFields), field) != std::end(kFields)) {
    return true;
  }
  const bool is_below = std::any_of(
      std::begin(kFamilies), std::end(kFamilies), [field](std::string_view family) {
        return field.starts_with(family) &&
               (field.size() == family.size() || field[family.size()] == '.');
      });
  return is_below && std::none_of(std::begin(kHarmlessEnds), std::end(kHarmlessEnds),
                                  [field](std::string_view end) { return field.ends_with(end); });
}

}  // namespace weir::source
