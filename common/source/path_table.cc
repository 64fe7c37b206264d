#include "common/source/path_table_internal.h"

#include <algorithm>

namespace weir::source {

namespace {

// The keys of one object differ in length, ends or middle; collisions only cost a comparison.
std::size_t KeyHash(std::string_view key) {
  if (key.empty()) {
    return 0;
  }
  const auto at = [key](std::size_t i) { return static_cast<unsigned char>(key[i]); };
  return key.size() * 11 + at(0) * 3u + at(key.size() / 2) * 17u + at(key.size() - 1) * 5u;
}

}  // namespace

PathTable::PathTable() {
  entries_.emplace_back();
}

PathTable::Node PathTable::FindChild(const Entry& parent, std::string_view key) const {
  if (parent.buckets.empty()) {
    return 0;
  }
  const std::size_t mask = parent.buckets.size() - 1;
  for (std::size_t i = KeyHash(key) & mask; parent.buckets[i] != 0; i = (i + 1) & mask) {
    if (entries_[parent.buckets[i]].key == key) {
      return parent.buckets[i];
    }
  }
  return 0;
}

void PathTable::AddChild(Node parent, Node child) {
  Entry& entry = entries_[parent];
  std::vector<Node> children = std::move(entry.buckets);
  std::erase(children, 0u);
  children.push_back(child);
  entry.child_count = children.size();
  std::size_t size = 8;
  while (size < children.size() * 4) {
    size *= 2;
  }
  entry.buckets.assign(size, 0);
  for (const Node node : children) {
    std::size_t i = KeyHash(entries_[node].key) & (size - 1);
    while (entry.buckets[i] != 0) {
      i = (i + 1) & (size - 1);
    }
    entry.buckets[i] = node;
  }
}

PathTable::Node PathTable::Intern(std::string_view path) {
  Node node = 0;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string_view key = path.substr(0, dot);
    Node child = FindChild(entries_[node], key);
    if (child == 0) {
      child = static_cast<Node>(entries_.size());
      entries_.emplace_back();
      entries_.back().parent = node;
      entries_.back().key = std::string(key);
      AddChild(node, child);
    }
    node = child;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return node;
}

void PathTable::SetRoot(const Element& root) {
  ++generation_;
  entries_[0].value = root;
  entries_[0].found_at = generation_;
}

void PathTable::ResolveChildren(Node parent) {
  const Element* value = Find(parent);
  Entry& entry = entries_[parent];
  entry.resolved_at = generation_;
  if (value == nullptr || !IsObject(*value)) {
    return;
  }
  for (const auto& member : ObjectOf(*value)) {
    if (const Node child = FindChild(entry, member.key); child != 0) {
      entries_[child].value = member.value;
      entries_[child].found_at = generation_;
    }
  }
}

}  // namespace weir::source
