// What spreading over processes costs: the same events through clusters of real processes that differ in how
// many ingest nodes and workers they have, started by deploy/local-cluster with an etcd of their own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "tests/bench/measure.h"

namespace weir::bench {

struct ClusterOptions {
  std::string local_cluster = "deploy/local-cluster";
  std::string weir;                                  // another binary than local-cluster's own
  std::string rules = "deploy/rules/bedrock";
  std::vector<std::string> shapes = {"1+1", "2+3"};  // ingest nodes + workers; one coordinator each
  uint64_t events = 200'000;
  int rounds = 3;
  int streams = 2;
  double match = 0.1;
};

// CPU is that of all weir processes (not of etcd and not of the producers). Fails unless every event sent was
// acknowledged and counted once.
Status RunClusterBench(const ClusterOptions& options, Report* report);

}  // namespace weir::bench
