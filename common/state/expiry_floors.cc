#include "common/base/bytes.h"
#include "common/state/expiry_floors_internal.h"

namespace weir::state {

void ExpiryFloors::Set(std::string_view prefix, uint64_t floor_ms) {
  if (floor_ms != 0) {
    by_length_[prefix.size()].insert_or_assign(std::string(prefix), floor_ms);
    return;
  }
  const auto floors = by_length_.find(prefix.size());
  if (floors == by_length_.end()) {
    return;
  }
  floors->second.erase(std::string(prefix));
  if (floors->second.empty()) {
    by_length_.erase(floors);
  }
}

bool ExpiryFloors::Expired(std::string_view key, std::string_view value) const {
  if (value.size() < sizeof(uint64_t)) {
    return false;
  }
  const uint64_t expiry_ms = ByteReader(value).Fixed64BigEndian();
  for (const auto& [length, floors] : by_length_) {
    if (length > key.size()) {
      break;
    }
    const auto floor = floors.find(key.substr(0, length));
    if (floor != floors.end() && expiry_ms < floor->second) {
      return true;
    }
  }
  return false;
}

}  // namespace weir::state
