// How evaluated rows get at the fields of the event they come from: by number, computed at the first
// read and kept for the event, so that however many rules read a field it is derived once.
#pragma once

#include <cstdint>
#include <vector>

#include "common/types/value.h"

namespace weir {

// Index into a FieldRegistry: a field that some loaded rule reads.
using FieldId = uint32_t;

class FieldSource {
 public:
  virtual ~FieldSource() = default;

  // The field's value for the current event; null when it is absent. Valid until the next event.
  Value Get(FieldId id) {
    if (loaded_[id] == generation_) [[likely]] {
      return values_[id];
    }
    values_[id] = Load(id);
    loaded_[id] = generation_;
    return values_[id];
  }

 protected:
  explicit FieldSource(std::size_t field_count) { ResizeFields(field_count); }
  // Derives the field from the current event. Called at most once per event and field.
  virtual Value Load(FieldId id) = 0;
  // Forgets the kept values; implementations call it when they turn to another event.
  void NextEvent() { ++generation_; }
  void ResizeFields(std::size_t field_count) {
    values_.resize(field_count);
    loaded_.assign(field_count, 0);
    generation_ = 1;
  }

 private:
  std::vector<Value> values_;
  std::vector<uint64_t> loaded_;
  uint64_t generation_ = 1;
};

}  // namespace weir
