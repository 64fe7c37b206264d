#include "common/shard/storms.h"

#include "common/base/bytes.h"
#include "common/shard/keys.h"

namespace weir::shard {

Status Storms::Load() {
  const std::string prefix = StormPrefix(shard_);
  bool damaged = false;
  WEIR_RETURN_IF_ERROR(store_->Scan(state::Family::kState, prefix, state::PrefixEnd(prefix),
                                    [&](std::string_view key, std::string_view value) {
                                      ByteReader reader(value);
                                      Period period;
                                      period.end_ms = reader.SignedVarint();
                                      period.alerts = reader.Varint();
                                      const std::string_view alert = reader.Raw(16);
                                      damaged = !reader.ok() || !reader.done();
                                      if (!damaged) {
                                        period.alert = Hash128::FromBytes(alert);
                                        periods_[HashOfKey(key)] = period;
                                      }
                                      return !damaged;
                                    }));
  return damaged ? DataLoss("shard {}: a storm's period is malformed", shard_) : OkStatus();
}

UnixMillis Storms::PeriodEnd(int64_t period_ms, UnixMillis judged_ms) {
  return CeilDiv(judged_ms, period_ms) * period_ms;
}

Storms::Period& Storms::At(const Hash128& rule, int64_t period_ms, UnixMillis judged_ms) {
  const UnixMillis end_ms = PeriodEnd(period_ms, judged_ms);
  std::string bytes;
  ByteWriter writer(&bytes);
  rule.AppendTo(&bytes);
  writer.SignedVarint(period_ms);
  writer.SignedVarint(end_ms);
  const Hash128 key = HashBytes128(bytes);
  changed_[key] = true;
  Period& period = periods_[key];
  period.end_ms = end_ms;
  return period;
}

void Storms::Expire(UnixMillis before_ms) {
  for (auto position = periods_.begin(); position != periods_.end();) {
    if (position->second.end_ms < before_ms) {
      changed_[position->first] = false;
      position = periods_.erase(position);
    } else {
      ++position;
    }
  }
}

void Storms::Checkpoint(state::WriteBatch* batch) {
  for (const auto& [key, present] : changed_) {
    const std::string store_key = StormKey(shard_, key);
    if (!present) {
      batch->Delete(state::Family::kState, store_key);
      continue;
    }
    const Period& period = periods_.at(key);
    std::string value;
    ByteWriter writer(&value);
    writer.SignedVarint(period.end_ms);
    writer.Varint(period.alerts);
    period.alert.AppendTo(&value);
    batch->Put(state::Family::kState, store_key, value);
  }
  changed_.clear();
}

}  // namespace weir::shard
