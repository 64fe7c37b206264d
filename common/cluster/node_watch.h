// Keeps a view of the nodes that live, as far as the metadata store knows: those whose lease has not
// ended. All calls and callbacks are tasks of the store's scheduler.
#pragma once

#include <functional>
#include <map>
#include <string_view>

#include "common/cluster/keys.h"
#include "common/cluster/node.h"
#include "common/cluster/prefix_watch.h"

namespace weir::cluster {

struct Node {
  NodeInfo info;
  meta::Revision created = 0;   // of its key: greater after every start and every lost lease
  int64_t seen_ms = 0;          // when this process saw that key first, by the scheduler's clock

  bool operator==(const Node&) const = default;
};

class NodeWatch {
 public:
  using Nodes = std::map<NodeName, Node>;

  // on_change is called when the nodes were read first, and after every change. store and scheduler
  // outlive the watch.
  NodeWatch(meta::MetaStore* store, task::Scheduler* scheduler,
            std::function<void(const Nodes&)> on_change);

  void Start() { watch_.Start(); }
  void Stop() { watch_.Stop(); }

  bool synced() const { return watch_.synced(); }
  const Nodes& nodes() const { return nodes_; }
  // Null: it is not there.
  const Node* Find(std::string_view role, std::string_view id) const;

 private:
  void Take(const std::vector<meta::Event>& events);

  task::Scheduler* const scheduler_;
  const std::function<void(const Nodes&)> on_change_;
  Nodes nodes_;
  PrefixWatch watch_;
};

}  // namespace weir::cluster
