#include "common/shard/suppression.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/shard/keys.h"

namespace weir::shard {

Status Suppression::Load() {
  const std::string prefix = SuppressionPrefix(shard_);
  return store_->Scan(state::Family::kState, prefix, state::PrefixEnd(prefix),
                      [&](std::string_view key, std::string_view value) {
                        ByteReader reader(value);
                        Entry entry;
                        entry.alert = Hash128::FromBytes(reader.Raw(16));
                        entry.made_ms = reader.SignedVarint();
                        entry.until_ms = reader.SignedVarint();
                        entries_[HashOfKey(key)] = entry;
                        return true;
                      });
}

std::optional<Hash128> Suppression::Find(const Hash128& key, UnixMillis judged_ms,
                                         int64_t duration_ms) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    return std::nullopt;
  }
  const int64_t distance = judged_ms - found->second.made_ms;
  if (distance > duration_ms || distance < -duration_ms) {
    return std::nullopt;
  }
  return found->second.alert;
}

void Suppression::Made(const Hash128& key, const Hash128& alert, UnixMillis judged_ms,
                       int64_t duration_ms) {
  entries_[key] = {alert, judged_ms, judged_ms + duration_ms};
  changed_[key] = true;
}

void Suppression::End(const Hash128& alert) {
  for (auto position = entries_.begin(); position != entries_.end();) {
    if (position->second.alert == alert) {
      changed_[position->first] = false;
      position = entries_.erase(position);
    } else {
      ++position;
    }
  }
}

std::optional<UnixMillis> Suppression::UntilOf(const Hash128& alert) const {
  std::optional<UnixMillis> until_ms;
  for (const auto& [key, entry] : entries_) {
    if (entry.alert == alert) {
      until_ms = std::max(until_ms.value_or(entry.until_ms), entry.until_ms);
    }
  }
  return until_ms;
}

std::set<Hash128> Suppression::Alerts() const {
  std::set<Hash128> alerts;
  for (const auto& [key, entry] : entries_) {
    alerts.insert(entry.alert);
  }
  return alerts;
}

void Suppression::Expire(UnixMillis before_ms) {
  for (auto position = entries_.begin(); position != entries_.end();) {
    if (position->second.until_ms < before_ms) {
      changed_[position->first] = false;
      position = entries_.erase(position);
    } else {
      ++position;
    }
  }
}

void Suppression::Checkpoint(state::WriteBatch* batch) {
  for (const auto& [key, present] : changed_) {
    const std::string store_key = SuppressionKey(shard_, key);
    if (!present) {
      batch->Delete(state::Family::kState, store_key);
      continue;
    }
    const Entry& entry = entries_.at(key);
    std::string value;
    ByteWriter writer(&value);
    entry.alert.AppendTo(&value);
    writer.SignedVarint(entry.made_ms);
    writer.SignedVarint(entry.until_ms);
    batch->Put(state::Family::kState, store_key, value);
  }
  changed_.clear();
}

}  // namespace weir::shard
