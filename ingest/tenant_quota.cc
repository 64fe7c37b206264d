#include "ingest/tenant_quota.h"

#include <algorithm>
#include <cmath>

namespace weir::ingest {
namespace {

constexpr int64_t kDelayMsMin = 20;
constexpr int64_t kDelayMsMax = 30 * 1000;

// Until a bucket in debt has something again.
int64_t DelayMs(double level, uint64_t per_second) {
  const double ms = std::ceil(-level * 1000.0 / static_cast<double>(per_second)) + 1;
  return std::clamp(static_cast<int64_t>(std::min(ms, 1e9)), kDelayMsMin, kDelayMsMax);
}

}  // namespace

void QuotaLedger::Fill(uint64_t per_second, int64_t elapsed_ms, Bucket* bucket) {
  const auto full = static_cast<double>(per_second);
  if (!bucket->started) {
    bucket->started = true;
    bucket->level = full;
    return;
  }
  bucket->level =
      std::min(full, bucket->level + full * static_cast<double>(elapsed_ms) / 1000.0);
}

std::optional<QuotaLedger::Refusal> QuotaLedger::Check(const std::string& name, int64_t now_ms) {
  if (quota_.events_per_second == 0 && quota_.bytes_per_second == 0) {
    return std::nullopt;
  }
  Tenant& tenant = tenants_[name];
  const int64_t elapsed_ms = std::max<int64_t>(now_ms - tenant.filled_ms, 0);
  tenant.filled_ms = now_ms;
  Fill(quota_.events_per_second, elapsed_ms, &tenant.events);
  Fill(quota_.bytes_per_second, elapsed_ms, &tenant.bytes);
  if (quota_.events_per_second != 0 && tenant.events.level <= 0) {
    ++tenant.use.refused_events;
    return Refusal{"events", quota_.events_per_second,
                   DelayMs(tenant.events.level, quota_.events_per_second)};
  }
  if (quota_.bytes_per_second != 0 && tenant.bytes.level <= 0) {
    ++tenant.use.refused_bytes;
    return Refusal{"bytes", quota_.bytes_per_second,
                   DelayMs(tenant.bytes.level, quota_.bytes_per_second)};
  }
  return std::nullopt;
}

void QuotaLedger::ChargeBatch(const std::string& name, uint64_t bytes) {
  Tenant& tenant = tenants_[name];
  ++tenant.use.batches;
  tenant.use.bytes += bytes;
  tenant.bytes.level -= static_cast<double>(bytes);
}

void QuotaLedger::ChargeEvents(const std::string& name, uint64_t events) {
  Tenant& tenant = tenants_[name];
  tenant.use.events += events;
  tenant.events.level -= static_cast<double>(events);
}

std::size_t QuotaLedger::active() const {
  return static_cast<std::size_t>(
      std::count_if(tenants_.begin(), tenants_.end(),
                    [](const auto& tenant) { return tenant.second.use.inflight_bytes != 0; }));
}

std::vector<TenantUse> QuotaLedger::Snapshot() const {
  std::vector<TenantUse> uses;
  for (const auto& [name, tenant] : tenants_) {
    uses.push_back(tenant.use);
    uses.back().tenant = name;
  }
  return uses;
}

}  // namespace weir::ingest
