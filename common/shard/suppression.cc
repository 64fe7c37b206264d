#include "common/shard/suppression.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/shard/keys.h"

namespace weir::shard {

Status Suppression::Load() {
  const std::string prefix = SuppressionPrefix(shard_);
  bool damaged = false;
  WEIR_RETURN_IF_ERROR(store_->Scan(
      state::Family::kState, prefix, state::PrefixEnd(prefix),
      [&](std::string_view key, std::string_view value) {
        ByteReader reader(value);
        std::vector<Entry>& entries = entries_[HashOfKey(key)];
        while (reader.ok() && !reader.done()) {
          const std::string_view alert = reader.Raw(16);
          Entry entry;
          entry.made_ms = reader.SignedVarint();
          entry.until_ms = reader.SignedVarint();
          if (reader.ok()) {
            entry.alert = Hash128::FromBytes(alert);
            entries.push_back(entry);
          }
        }
        damaged = !reader.ok() || entries.empty();
        return !damaged;
      }));
  return damaged ? DataLoss("shard {}: a suppression is malformed", shard_) : OkStatus();
}

std::optional<Hash128> Suppression::Find(const Hash128& key, UnixMillis judged_ms,
                                         int64_t duration_ms) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    return std::nullopt;
  }
  const std::vector<Entry>& entries = found->second;
  const auto later = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
    return entry.made_ms > judged_ms;
  });
  if (later != entries.begin() && judged_ms - std::prev(later)->made_ms <= duration_ms) {
    return std::prev(later)->alert;
  }
  if (later != entries.end() && later->made_ms - judged_ms <= duration_ms) {
    return later->alert;
  }
  return std::nullopt;
}

void Suppression::Made(const Hash128& key, const Hash128& alert, UnixMillis judged_ms,
                       int64_t duration_ms) {
  std::vector<Entry>& entries = entries_[key];
  const auto after = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
    return entry.made_ms > judged_ms;
  });
  entries.insert(after, {alert, judged_ms, judged_ms + duration_ms});
  changed_[key] = true;
}

std::optional<UnixMillis> Suppression::UntilOf(const Hash128& alert) const {
  std::optional<UnixMillis> until_ms;
  for (const auto& [key, entries] : entries_) {
    for (const Entry& entry : entries) {
      if (entry.alert == alert) {
        until_ms = std::max(until_ms.value_or(entry.until_ms), entry.until_ms);
      }
    }
  }
  return until_ms;
}

std::set<Hash128> Suppression::Alerts() const {
  std::set<Hash128> alerts;
  for (const auto& [key, entries] : entries_) {
    for (const Entry& entry : entries) {
      alerts.insert(entry.alert);
    }
  }
  return alerts;
}

template <typename Drop>
void Suppression::EraseIf(const Drop& drop) {
  for (auto position = entries_.begin(); position != entries_.end();) {
    if (std::erase_if(position->second, drop) != 0) {
      changed_[position->first] = !position->second.empty();
    }
    position = position->second.empty() ? entries_.erase(position) : std::next(position);
  }
}

void Suppression::End(const Hash128& alert) {
  EraseIf([&](const Entry& entry) { return entry.alert == alert; });
}

void Suppression::Expire(UnixMillis before_ms) {
  EraseIf([&](const Entry& entry) { return entry.until_ms < before_ms - kKeepMs; });
}

void Suppression::Checkpoint(state::WriteBatch* batch) {
  for (const auto& [key, present] : changed_) {
    const std::string store_key = SuppressionKey(shard_, key);
    if (!present) {
      batch->Delete(state::Family::kState, store_key);
      continue;
    }
    std::string value;
    ByteWriter writer(&value);
    for (const Entry& entry : entries_.at(key)) {
      entry.alert.AppendTo(&value);
      writer.SignedVarint(entry.made_ms);
      writer.SignedVarint(entry.until_ms);
    }
    batch->Put(state::Family::kState, store_key, value);
  }
  changed_.clear();
}

}  // namespace weir::shard
