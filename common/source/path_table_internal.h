// Finds the members of a record by path, scanning each of its objects at most once per event: the paths
// that anybody asks for form a tree, and the first question below an object resolves all its children.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/source/json_internal.h"

namespace weir::source {

class PathTable {
 public:
  using Node = uint32_t;

  PathTable();

  // The node of a dotted path ("userIdentity.arn"), each part one key; the empty path is the root. All
  // nodes are interned before the first event.
  Node Intern(std::string_view path);

  // Turns to another record, whose elements live until the next call.
  void SetRoot(const Element& root);

  // Null when the record has nothing there. Of repeated keys the last counts.
  const Element* Find(Node node) {
    Entry& entry = entries_[node];
    if (entry.found_at == generation_) {
      return &entry.value;
    }
    if (node == 0 || entries_[entry.parent].resolved_at == generation_) {
      return nullptr;
    }
    ResolveChildren(entry.parent);
    return entry.found_at == generation_ ? &entry.value : nullptr;
  }

 private:
  struct Entry {
    Node parent = 0;
    std::string key;
    std::vector<Node> buckets;  // open addressing, 0 = free; its size is a power of two or 0
    std::size_t child_count = 0;
    uint64_t found_at = 0;     // generation in which value is set
    uint64_t resolved_at = 0;  // generation in which the children are
    Element value;
  };

  Node FindChild(const Entry& parent, std::string_view key) const;
  void AddChild(Node parent, Node child);
  void ResolveChildren(Node parent);

  std::vector<Entry> entries_;
  uint64_t generation_ = 1;
};

}  // namespace weir::source
