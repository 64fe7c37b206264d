// How much a tenant may send: token buckets of events and bytes. What was taken is charged afterwards and
// may overdraw a bucket, so batches of any size pass, and the next must wait until the debt is paid.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir::ingest {

struct TenantQuota {
  uint64_t events_per_second = 0;   // 0: no limit
  uint64_t bytes_per_second = 0;    // of payload; 0: no limit
};

// What became of a tenant's requests since the start.
struct TenantUse {
  std::string tenant;
  uint64_t batches = 0;             // admitted
  uint64_t events = 0;
  uint64_t bytes = 0;
  uint64_t refused_events = 0;      // batches refused because the events' bucket was empty
  uint64_t refused_bytes = 0;       // likewise the bytes' bucket
  uint64_t inflight_bytes = 0;
};

// One owner at a time.
class QuotaLedger {
 public:
  explicit QuotaLedger(TenantQuota quota) : quota_(quota) {}

  struct Refusal {
    const char* what;               // "events" or "bytes"
    uint64_t per_second;
    int64_t retry_delay_ms;
  };
  // Why the tenant may not send now; counted. Times are those of one clock that does not go back.
  std::optional<Refusal> Check(const std::string& tenant, int64_t now_ms);
  // Takes what was admitted.
  void ChargeBatch(const std::string& tenant, uint64_t bytes);
  void ChargeEvents(const std::string& tenant, uint64_t events);
  // What the tenant holds in the server.
  uint64_t* InflightBytes(const std::string& tenant) { return &tenants_[tenant].use.inflight_bytes; }
  // Tenants that hold something.
  std::size_t active() const;

  // By name.
  std::vector<TenantUse> Snapshot() const;

 private:
  struct Bucket {
    double level = 0;               // a second's worth at most; below 0: a debt
    bool started = false;
  };
  struct Tenant {
    TenantUse use;
    int64_t filled_ms = 0;
    Bucket events;
    Bucket bytes;
  };

  static void Fill(uint64_t per_second, int64_t elapsed_ms, Bucket* bucket);

  const TenantQuota quota_;
  std::map<std::string, Tenant> tenants_;
};

}  // namespace weir::ingest
