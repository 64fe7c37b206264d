// What no ingest could beat on the same machine: a gRPC server that drops what it is sent, and simdjson
// reading the fields that the rules read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/rpc/server.h"
#include "tests/bench/records.h"

namespace weir::bench {

// Answers every request of PushEvents as soon as it is read; nothing is decoded or kept.
class DropServer {
 public:
  static StatusOr<std::unique_ptr<DropServer>> Start();
  ~DropServer();

  const std::string& address() const { return server_->address(); }

 private:
  DropServer();

  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<rpc::Server> server_;
};

struct ParseResult {
  uint64_t records = 0;
  uint64_t fields = 0;     // found
  double wall_s = 0;
  double cpu_s = 0;
};
// One pass of simdjson's on-demand parser over each record, in the order of its bytes, by this many
// threads at once until each has read events records. Reads the twelve fields that the shipped rules,
// identity and time need.
StatusOr<ParseResult> ParseRecords(const std::vector<const PooledBatch*>& pool, uint64_t events,
                                   int threads);

}  // namespace weir::bench
