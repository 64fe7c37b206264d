#include "common/cluster/placement.h"

#include <algorithm>
#include <map>

namespace weir::cluster {
namespace {

struct Share {
  int64_t load = 0;    // shards that it has or will get
  int64_t fixed = 0;   // of these, those that cannot go
  int64_t target = 0;
};

class Placement {
 public:
  explicit Placement(const PlacementInput& input) : input_(input), entries_(input.table->entries) {
    for (const std::string& worker : input.workers) {
      shares_.emplace(worker, Share());
    }
  }

  std::vector<PlacementChange> Run() {
    ClearLostSuccessors();
    if (!shares_.empty()) {
      CountLoads();
      SetTargets();
      if (input_.assign) {
        AssignNobodys();
      }
      if (input_.move) {
        AskToMove();
      }
    }
    return Changes();
  }

 private:
  bool IsDamaged(std::size_t shard) const {
    return input_.table->damaged.contains(ShardId(static_cast<uint16_t>(shard)));
  }
  bool Lives(const std::string& worker) const { return shares_.contains(worker); }
  bool IsFixed(std::size_t shard) const {
    return input_.fixed.contains(ShardId(static_cast<uint16_t>(shard)));
  }
  bool IsNobodys(std::size_t shard) const {
    return entries_[shard].worker.empty() && !IsDamaged(shard);
  }

  // Whether the worker lives and has claimed the shard, so that its successor may be changed.
  bool MayAsk(std::size_t shard) const {
    return Lives(entries_[shard].worker) && !IsDamaged(shard) &&
           !input_.unclaimed.contains(ShardId(static_cast<uint16_t>(shard)));
  }

  void ClearLostSuccessors() {
    for (std::size_t shard = 0; shard < entries_.size(); ++shard) {
      if (MayAsk(shard) && !Lives(entries_[shard].successor)) {
        entries_[shard].successor.clear();
      }
    }
  }

  void CountLoads() {
    for (std::size_t shard = 0; shard < entries_.size(); ++shard) {
      const ShardEntry& entry = entries_[shard];
      if (IsNobodys(shard)) {
        nobodys_ += 1;
      } else if (Lives(entry.worker)) {
        const bool goes = Lives(entry.successor);
        Share& share = shares_[goes ? entry.successor : entry.worker];
        share.load += 1;
        share.fixed += !goes && IsFixed(shard) ? 1 : 0;
      }
    }
  }

  // Workers whose fixed shards are more than an even share keep just these; the others share the rest
  // evenly, and where it does not divide, those with most have one more.
  void SetTargets() {
    int64_t left = nobodys_;
    std::vector<std::pair<const std::string*, Share*>> open;
    for (auto& [worker, share] : shares_) {
      left += share.load;
      open.emplace_back(&worker, &share);
    }
    for (bool changed = true; changed && !open.empty();) {
      const int64_t even = left / static_cast<int64_t>(open.size());
      const auto pinned = std::partition(open.begin(), open.end(), [even](const auto& worker) {
        return worker.second->fixed <= even;
      });
      changed = pinned != open.end();
      for (auto worker = pinned; worker != open.end(); ++worker) {
        worker->second->target = worker->second->fixed;
        left -= worker->second->fixed;
      }
      open.erase(pinned, open.end());
    }
    std::sort(open.begin(), open.end(), [](const auto& one, const auto& other) {
      return one.second->load != other.second->load ? one.second->load > other.second->load
                                                    : *one.first < *other.first;
    });
    for (std::size_t i = 0; i < open.size(); ++i) {
      const auto count = static_cast<int64_t>(open.size());
      open[i].second->target = left / count + (static_cast<int64_t>(i) < left % count ? 1 : 0);
    }
  }

  // Who is furthest below its target; the first by id among equals. Null: nobody is below.
  const std::string* Neediest() const {
    const std::string* neediest = nullptr;
    int64_t most = 0;
    for (const auto& [worker, share] : shares_) {
      if (share.target - share.load > most) {
        most = share.target - share.load;
        neediest = &worker;
      }
    }
    return neediest;
  }

  void AssignNobodys() {
    for (std::size_t shard = 0; shard < entries_.size(); ++shard) {
      const std::string* worker = IsNobodys(shard) ? Neediest() : nullptr;
      if (worker != nullptr) {
        entries_[shard].epoch = Epoch(entries_[shard].epoch.value + 1);
        entries_[shard].worker = *worker;
        entries_[shard].successor.clear();
        shares_[*worker].load += 1;
        assigned_.insert(shard);
      }
    }
  }

  void AskToMove() {
    for (std::size_t i = entries_.size(); i > 0; --i) {
      ShardEntry& entry = entries_[i - 1];
      const bool movable = MayAsk(i - 1) && entry.successor.empty() && !IsFixed(i - 1) &&
                           !assigned_.contains(i - 1);
      const auto owner = shares_.find(entry.worker);
      if (!movable || owner->second.load <= owner->second.target) {
        continue;
      }
      const std::string* worker = Neediest();
      if (worker == nullptr) {
        return;
      }
      entry.successor = *worker;
      owner->second.load -= 1;
      shares_[*worker].load += 1;
    }
  }

  std::vector<PlacementChange> Changes() const {
    std::vector<PlacementChange> changes;
    for (std::size_t shard = 0; shard < entries_.size(); ++shard) {
      if (entries_[shard] != input_.table->entries[shard]) {
        changes.push_back({ShardId(static_cast<uint16_t>(shard)), entries_[shard]});
      }
    }
    return changes;
  }

  const PlacementInput& input_;
  std::vector<ShardEntry> entries_;
  std::map<std::string, Share> shares_;   // of live workers
  std::set<std::size_t> assigned_;
  int64_t nobodys_ = 0;
};

}  // namespace

std::vector<PlacementChange> Place(const PlacementInput& input) {
  return Placement(input).Run();
}

}  // namespace weir::cluster
