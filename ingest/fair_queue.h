// A queue in which tenants take turns by bytes (deficit round robin), so that one that sends much does not
// make the others wait; within a tenant it is first in, first out. One owner at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>

namespace weir::ingest {

template <typename Item>
class FairQueue {
 public:
  bool empty() const { return size_ == 0; }

  void Push(const std::string& tenant, uint64_t cost, Item item) {
    Lane& lane = lanes_[tenant];
    if (lane.items.empty()) {
      turns_.push_back(tenant);
    }
    lane.items.emplace_back(cost, std::move(item));
    ++size_;
  }
  // Before all others.
  void PushFront(Item item) {
    first_.push_front(std::move(item));
    ++size_;
  }

  // REQUIRES: not empty.
  Item Pop() {
    --size_;
    if (!first_.empty()) {
      Item item = std::move(first_.front());
      first_.pop_front();
      return item;
    }
    while (true) {
      const auto at = lanes_.find(turns_.front());
      Lane& lane = at->second;
      if (lane.credit < static_cast<int64_t>(lane.items.front().first)) {
        // Its turn is over; what it may send grows with each round, so large batches pass, too.
        lane.credit += kQuantumBytes;
        turns_.push_back(std::move(turns_.front()));
        turns_.pop_front();
        continue;
      }
      lane.credit -= static_cast<int64_t>(lane.items.front().first);
      Item item = std::move(lane.items.front().second);
      lane.items.pop_front();
      if (lane.items.empty()) {
        turns_.pop_front();
        lanes_.erase(at);   // who has nothing waiting saves nothing up
      }
      return item;
    }
  }

 private:
  static constexpr int64_t kQuantumBytes = 256 * 1024;

  struct Lane {
    std::deque<std::pair<uint64_t, Item>> items;   // with their costs
    int64_t credit = kQuantumBytes;
  };

  std::size_t size_ = 0;
  std::deque<Item> first_;
  std::map<std::string, Lane> lanes_;   // of tenants with something waiting
  std::deque<std::string> turns_;       // the lanes, the next one first
};

}  // namespace weir::ingest
