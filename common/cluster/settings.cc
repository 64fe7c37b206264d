#include "common/cluster/settings.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/base/bytes.h"
#include "common/cluster/keys.h"

namespace weir::cluster {
namespace {

constexpr uint8_t kSettingsVersion = 1;   // stored: do not change

using Done = std::function<void(StatusOr<ClusterSettings>)>;

std::vector<std::string> Sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::string_view ClockName(ClusterClock clock) {
  return clock == ClusterClock::kReplay ? "replay" : "wall";
}

std::string ProducersText(const ClusterSettings& settings) {
  return fmt::format("[{}]", fmt::join(Sorted(settings.producers), ", "));
}

StatusOr<ClusterSettings> Decide(const meta::KeyValue& kv, const ClusterSettings& own) {
  WEIR_ASSIGN_OR_RETURN(ClusterSettings cluster, DecodeSettings(kv.value));
  WEIR_RETURN_IF_ERROR(CompareSettings(cluster, own));
  return cluster;
}

// first: whether the settings may still have to be written.
void Read(meta::MetaStore* store, ClusterSettings own, bool first, Done done);

void Write(meta::MetaStore* store, ClusterSettings own, Done done) {
  const std::string key(kSettingsKey);
  std::string value = EncodeSettings(own);
  store->Commit({{meta::Compare::Absent(key)}, {meta::Op::Put(key, std::move(value))}},
                [store, own = std::move(own),
                 done = std::move(done)](const StatusOr<meta::TxnResult>& result) {
                  if (!result.ok()) {
                    done(Annotate(result.status(), "writing the cluster's settings"));
                  } else if (result->succeeded) {
                    done(own);
                  } else {
                    Read(store, own, false, done);   // another node was faster
                  }
                });
}

void Read(meta::MetaStore* store, ClusterSettings own, bool first, Done done) {
  store->Get(std::string(kSettingsKey), [store, own = std::move(own), first, done = std::move(done)](
                                            const StatusOr<meta::GetResult>& result) {
    if (!result.ok()) {
      done(Annotate(result.status(), "reading the cluster's settings"));
    } else if (!result->kvs.empty()) {
      done(Decide(result->kvs.front(), own));
    } else if (first) {
      Write(store, own, done);
    } else {
      done(Unavailable("the cluster's settings were deleted while they were read"));
    }
  });
}

}  // namespace

std::string EncodeSettings(const ClusterSettings& settings) {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.U8(kSettingsVersion);
  writer.String(settings.cluster_id);
  writer.Varint(settings.shard_count);
  writer.U8(static_cast<uint8_t>(settings.clock));
  writer.SignedVarint(settings.lateness_ms);
  writer.SignedVarint(settings.future_ms);
  writer.SignedVarint(settings.repeat_horizon_ms);
  writer.String(settings.tenant);
  writer.Varint(settings.producers.size());
  for (const std::string& producer : settings.producers) {
    writer.String(producer);
  }
  return bytes;
}

StatusOr<ClusterSettings> DecodeSettings(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t version = reader.U8();
  if (reader.ok() && version != kSettingsVersion) {
    return FailedPrecondition("the cluster's settings are of version {}; this weir knows {}", version,
                              kSettingsVersion);
  }
  ClusterSettings settings;
  settings.cluster_id = reader.String();
  const uint64_t shard_count = reader.Varint();
  const uint8_t clock = reader.U8();
  settings.lateness_ms = reader.SignedVarint();
  settings.future_ms = reader.SignedVarint();
  settings.repeat_horizon_ms = reader.SignedVarint();
  settings.tenant = reader.String();
  for (uint64_t left = reader.Varint(); left > 0 && reader.ok(); --left) {
    settings.producers.emplace_back(reader.String());
  }
  if (!reader.ok() || !reader.done() || shard_count > std::numeric_limits<uint16_t>::max() ||
      clock > static_cast<uint8_t>(ClusterClock::kReplay)) {
    return DataLoss("the cluster's settings, {} bytes, are damaged", bytes.size());
  }
  settings.shard_count = static_cast<uint16_t>(shard_count);
  settings.clock = static_cast<ClusterClock>(clock);
  return settings;
}

Status CompareSettings(const ClusterSettings& cluster, const ClusterSettings& own) {
  std::vector<std::string> differences;
  const auto compare = [&differences](std::string_view what, const auto& theirs, const auto& ours) {
    if (theirs != ours) {
      differences.push_back(fmt::format("{} {}, not {}", what, theirs, ours));
    }
  };
  compare("shards", cluster.shard_count, own.shard_count);
  compare("clock", ClockName(cluster.clock), ClockName(own.clock));
  compare("lateness_ms", cluster.lateness_ms, own.lateness_ms);
  compare("future_ms", cluster.future_ms, own.future_ms);
  compare("repeat_horizon_ms", cluster.repeat_horizon_ms, own.repeat_horizon_ms);
  compare("tenant", "'" + cluster.tenant + "'", "'" + own.tenant + "'");
  compare("producers", ProducersText(cluster), ProducersText(own));
  if (differences.empty()) {
    return OkStatus();
  }
  return FailedPrecondition("this node's configuration differs from what the cluster was made with: {}",
                            fmt::join(differences, "; "));
}

void EnsureSettings(meta::MetaStore* store, ClusterSettings own, Done done) {
  Read(store, std::move(own), true, std::move(done));
}

}  // namespace weir::cluster
