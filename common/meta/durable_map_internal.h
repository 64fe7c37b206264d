// Keeps the embedded store's keys in a StateStore, Family::kMeta. stored: do not change.
//   "meta/revision"   u8 version = 1, varint revision of the last transaction
//   "meta/kv/" key    varint revision created, varint revision modified, the value
// Keys with a lease are not kept.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/meta/meta_store.h"
#include "common/state/state_store.h"

namespace weir::meta {

class DurableMap {
 public:
  // store null: keeps nothing.
  explicit DurableMap(state::StateStore* store) : store_(store) {}

  // Reads everything. Revision 0 and no keys when there is nothing.
  Status Load(std::map<std::string, KeyValue, std::less<>>* kvs, Revision* revision);
  // Keeps the changes of one revision, synced. After an error every call fails.
  Status Write(const std::vector<Event>& events, Revision revision);

 private:
  state::StateStore* store_;
  Status failed_;
};

}  // namespace weir::meta
