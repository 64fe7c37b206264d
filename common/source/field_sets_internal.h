// Names and types of fields in a short form: fields that recur are written once for all places they
// stand at, as Elastic Common Schema reuses them.
#pragma once

#include <span>
#include <string_view>

namespace weir::source {

struct FieldSet {
  std::string_view places;   // separated by blanks
  // Separated by blanks: a name, which is a keyword, or name:type with type one of long, int,
  // double, ip, date, bool, text.
  std::string_view fields;
};

std::span<const FieldSet> EcsFieldSets();           // ecs_fields.cc
std::span<const FieldSet> IntegrationFieldSets();   // integration_fields.cc
// content_fields.cc: prompts, completions, and records with them.
bool HoldsContent(std::string_view field);
// Fields whose last parts are the events' own, each a keyword: "winlog.event_data.".
std::span<const std::string_view> KeywordFamilies();

}  // namespace weir::source
