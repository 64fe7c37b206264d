#include "common/cluster/node_watch.h"

#include <utility>

#include "common/telemetry/log.h"

namespace weir::cluster {

NodeWatch::NodeWatch(meta::MetaStore* store, task::Scheduler* scheduler,
                     std::function<void(const Nodes&)> on_change)
    : scheduler_(scheduler),
      on_change_(std::move(on_change)),
      watch_(store, scheduler, std::string(kNodesPrefix),
             [this](const std::vector<meta::Event>& events) { Take(events); }) {}

const Node* NodeWatch::Find(std::string_view role, std::string_view id) const {
  const auto node = nodes_.find(NodeName{std::string(role), std::string(id)});
  return node == nodes_.end() ? nullptr : &node->second;
}

void NodeWatch::Take(const std::vector<meta::Event>& events) {
  for (const meta::Event& event : events) {
    const StatusOr<NodeName> name = NodeOfKey(event.kv.key);
    if (!name.ok()) {
      log::Warn("metadata has a key that is no node", {{"key", event.kv.key}});
      continue;
    }
    if (event.kind == meta::Event::Kind::kDelete) {
      nodes_.erase(*name);
      continue;
    }
    StatusOr<NodeInfo> info = DecodeNodeInfo(event.kv.value);
    if (!info.ok()) {
      log::Warn("cannot read what a node says of itself",
                {{"key", event.kv.key}, {"error", info.status()}});
    }
    Node& node = nodes_[*name];
    if (node.created != event.kv.created) {
      node.created = event.kv.created;
      node.seen_ms = scheduler_->NowMonotonicMs();
    }
    node.info = info.ok() ? *std::move(info) : NodeInfo();
  }
  on_change_(nodes_);
}

}  // namespace weir::cluster
