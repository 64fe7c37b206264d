// What the fields are read as whose type no data stream Weir knows tells: an index would take the
// type of the JSON value, a rule says it by what it compares the field with.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/esql/ast.h"
#include "common/types/field_catalogue.h"

namespace weir::plan {

// The types that a query's unknown fields are used as; a field that is used as nothing in
// particular, or as text, is left out.
std::map<std::string, DataType, std::less<>> AssumeFieldTypes(const esql::Query& query,
                                                              const FieldCatalogue& catalogue);

// A catalogue with the assumptions of one rule.
class RuleCatalogue final : public FieldCatalogue {
 public:
  // known must outlive it.
  RuleCatalogue(const FieldCatalogue* known, std::map<std::string, DataType, std::less<>> assumed)
      : known_(known), assumed_(std::move(assumed)) {}

  std::optional<DataType> TypeOf(std::string_view field) const override {
    return known_->TypeOf(field);
  }
  std::optional<DataType> AssumedTypeOf(std::string_view field) const override {
    const auto found = assumed_.find(field);
    return found == assumed_.end() ? std::nullopt : std::optional<DataType>(found->second);
  }
  bool HoldsContent(std::string_view field) const override { return known_->HoldsContent(field); }
  const std::vector<std::string>& Names() const override { return known_->Names(); }

 private:
  const FieldCatalogue* known_;
  std::map<std::string, DataType, std::less<>> assumed_;
};

}  // namespace weir::plan
