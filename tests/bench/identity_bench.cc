#include "tests/bench/identity_bench.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "common/shard/identity_index.h"
#include "common/state/rocksdb/rocksdb_store.h"

namespace weir::bench {
namespace {

using Clock = std::chrono::steady_clock;

Hash128 IdentityOf(uint64_t number) {
  return HashBytes128({reinterpret_cast<const char*>(&number), sizeof number});
}

double NanosEach(Clock::time_point begin, uint64_t count) {
  return std::chrono::duration<double, std::nano>(Clock::now() - begin).count() /
         static_cast<double>(std::max<uint64_t>(count, 1));
}

Status Checkpoint(state::StateStore* store, uint64_t memory_bytes, shard::IdentityIndex* index) {
  const auto batch = store->NewBatch();
  index->Checkpoint(batch.get());
  WEIR_RETURN_IF_ERROR(index->Seal(memory_bytes, batch.get()));
  return store->Write(batch.get(), false);
}

// Inserts [begin, end); all are new, or none is. Checkpoints are not timed.
StatusOr<double> InsertAll(const IdentityOptions& options, bool is_new, state::StateStore* store,
                           shard::IdentityIndex* index, double* longest_checkpoint_ms) {
  double nanos = 0;
  for (uint64_t begin = 0; begin < options.identities; begin += options.checkpoint) {
    const uint64_t end = std::min(options.identities, begin + options.checkpoint);
    const Clock::time_point start = Clock::now();
    for (uint64_t i = begin; i < end; ++i) {
      WEIR_ASSIGN_OR_RETURN(const bool fresh, index->Insert(IdentityOf(i), 1000));
      if (fresh != is_new) {
        return Internal("identity {} was {}", i, fresh ? "forgotten" : "never seen");
      }
    }
    nanos += NanosEach(start, 1);
    const Clock::time_point checkpoint = Clock::now();
    WEIR_RETURN_IF_ERROR(Checkpoint(store, options.memory_bytes, index));
    *longest_checkpoint_ms = std::max(*longest_checkpoint_ms, NanosEach(checkpoint, 1) / 1e6);
  }
  return nanos / static_cast<double>(std::max<uint64_t>(options.identities, 1));
}

}  // namespace

Status RunIdentityBench(const IdentityOptions& options, Report* report) {
  const TempFolder folder("weir_bench_identities");
  state::RocksDbOptions store_options;
  store_options.path = folder.path() + "/store";
  WEIR_ASSIGN_OR_RETURN(const auto store, state::OpenRocksDbStore(store_options));
  shard::IdentityIndex index(ShardId(1), store.get(), 2 * kMillisPerHour);
  double longest_ms = 0;
  WEIR_ASSIGN_OR_RETURN(const double fresh_ns,
                        InsertAll(options, true, store.get(), &index, &longest_ms));
  const double written = static_cast<double>(index.identities_written());
  WEIR_ASSIGN_OR_RETURN(const double repeat_ns,
                        InsertAll(options, false, store.get(), &index, &longest_ms));
  shard::IdentityIndex loaded(ShardId(1), store.get(), 2 * kMillisPerHour);
  const Clock::time_point load = Clock::now();
  WEIR_RETURN_IF_ERROR(loaded.Load());
  if (loaded.size() != options.identities) {
    return Internal("{} identities loaded of {}", loaded.size(), options.identities);
  }
  report->Add("identities", static_cast<double>(options.identities), "");
  report->Add("new_identity", fresh_ns, "ns");
  report->Add("repeated_identity", repeat_ns, "ns");
  report->Add("written_in_runs_per_identity", written / static_cast<double>(options.identities),
              "times");
  report->Add("longest_checkpoint", longest_ms, "ms");
  report->Add("runs", static_cast<double>(index.runs()), "");
  report->Add("memory", static_cast<double>(index.memory_bytes()) / (1 << 20), "MiB");
  report->Add("load", NanosEach(load, 1) / 1e6, "ms");
  return OkStatus();
}

}  // namespace weir::bench
