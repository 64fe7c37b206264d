#include "common/cluster/table_watch.h"

#include <algorithm>
#include <utility>

#include "common/cluster/keys.h"
#include "common/telemetry/log.h"

namespace weir::cluster {

TableWatch::TableWatch(meta::MetaStore* store, task::Scheduler* scheduler, uint16_t shard_count,
                       std::function<void(const ShardTable&)> on_change)
    : on_change_(std::move(on_change)),
      watch_(store, scheduler, std::string(kShardsPrefix),
             [this](const std::vector<meta::Event>& events) { Take(events); }) {
  table_.entries.resize(shard_count);
}

void TableWatch::Take(const std::vector<meta::Event>& events) {
  for (const meta::Event& event : events) {
    TakeEvent(event);
  }
  on_change_(table_);
}

void TableWatch::TakeEvent(const meta::Event& event) {
  table_.revision = std::max(table_.revision, event.kv.modified);
  const StatusOr<ShardId> shard = ShardOfKey(event.kv.key);
  if (!shard.ok() || shard->value >= table_.entries.size()) {
    log::Warn("metadata has a key that is no shard of this cluster", {{"key", event.kv.key}});
    return;
  }
  ShardEntry& entry = table_.entries[shard->value];
  entry = ShardEntry();
  table_.damaged.erase(*shard);
  if (event.kind == meta::Event::Kind::kDelete) {
    return;
  }
  StatusOr<ShardEntry> decoded = DecodeShardEntry(event.kv.value);
  if (decoded.ok()) {
    entry = *std::move(decoded);
  } else {
    log::Error("cannot read the entry of a shard; it is served by nobody",
               {{"key", event.kv.key}, {"error", decoded.status()}});
    table_.damaged.emplace(*shard, Message(decoded.status()));
  }
  entry.modified = event.kv.modified;
}

}  // namespace weir::cluster
