// The fields that the loaded rules read: name, type, number. Built while rules are analysed, then
// frozen; ingest derives exactly these from each event.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/types/data_type.h"
#include "common/types/field_source.h"

namespace weir {

class FieldRegistry {
 public:
  struct Field {
    std::string name;
    DataType type;
  };

  // The number of a field read as a type, adding it at its first mention. Rules may read a field
  // whose type nobody knows as different types: each reading has its own number.
  FieldId Intern(std::string_view name, DataType type) {
    const auto [position, added] = ids_.try_emplace(
        std::string(1, static_cast<char>(type)) + std::string(name), fields_.size());
    if (added) {
      fields_.push_back({std::string(name), type});
    }
    return position->second;
  }

  std::size_t size() const { return fields_.size(); }
  const Field& field(FieldId id) const { return fields_[id]; }

 private:
  std::vector<Field> fields_;
  std::unordered_map<std::string, FieldId> ids_;
};

}  // namespace weir
