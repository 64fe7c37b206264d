// What is known about field types before any event is seen.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/types/data_type.h"

namespace weir {

// "_source.a.b" is what the document itself has at a.b, as text: keywords, objects and lists as JSON.
inline constexpr std::string_view kSourcePrefix = "_source.";

class FieldCatalogue {
 public:
  virtual ~FieldCatalogue() = default;
  // The type of a field in the data streams Weir knows; empty for an unknown field.
  virtual std::optional<DataType> TypeOf(std::string_view field) const = 0;
  // What an unknown field is read as, where its use in a rule says it; empty: as a keyword.
  virtual std::optional<DataType> AssumedTypeOf(std::string_view /*field*/) const {
    return std::nullopt;
  }
  // True when the field holds what people wrote to models or models answered, or a whole record with it.
  virtual bool HoldsContent(std::string_view /*field*/) const { return false; }
  // All known names, for "did you mean".
  virtual const std::vector<std::string>& Names() const = 0;
};

}  // namespace weir
