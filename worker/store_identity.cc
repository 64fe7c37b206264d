#include "worker/store_identity.h"

#include <string>
#include <string_view>

#include "common/base/bytes.h"

namespace weir::worker {

namespace {

constexpr char kIdentityKey[] = "store";
constexpr uint8_t kIdentityVersion = 2;

std::string_view ClockModeName(ClockMode mode) {
  return mode == ClockMode::kWall ? "wall" : "replay";
}

}  // namespace

Status CheckStoreIdentity(const WorkerOptions& options, state::StateStore* store) {
  std::string wanted;
  ByteWriter writer(&wanted);
  writer.U8(kIdentityVersion);
  writer.Varint(options.shard_count);
  writer.U8(static_cast<uint8_t>(options.clock));
  writer.SignedVarint(options.lateness_ms);
  writer.SignedVarint(options.future_ms);
  writer.SignedVarint(options.repeat_horizon_ms);
  writer.String(options.tenant);
  std::string stored;
  const Status found = store->Get(state::Family::kMeta, kIdentityKey, &stored);
  if (found.code() == StatusCode::kNotFound) {
    const auto batch = store->NewBatch();
    batch->Put(state::Family::kMeta, kIdentityKey, wanted);
    return store->Write(batch.get(), true);
  }
  WEIR_RETURN_IF_ERROR(found);
  if (stored == wanted) {
    return OkStatus();
  }
  ByteReader reader(stored);
  if (reader.U8() != kIdentityVersion) {
    return FailedPrecondition("the data directory was written by another version of weir");
  }
  const uint64_t shards = reader.Varint();
  const auto clock = static_cast<ClockMode>(reader.U8());
  const int64_t lateness_ms = reader.SignedVarint();
  const int64_t future_ms = reader.SignedVarint();
  const int64_t horizon_ms = reader.SignedVarint();
  return FailedPrecondition(
      "the data directory was made with shards={} clock={} lateness={}ms future={}ms "
      "repeat_horizon={}ms tenant={}, configured are shards={} clock={} lateness={}ms future={}ms "
      "repeat_horizon={}ms tenant={}: these are fixed at creation; use the old values or another "
      "data directory",
      shards, ClockModeName(clock), lateness_ms, future_ms, horizon_ms,
      std::string(reader.String()), options.shard_count, ClockModeName(options.clock),
      options.lateness_ms, options.future_ms, options.repeat_horizon_ms, options.tenant);
}

}  // namespace weir::worker
