// Rules as a cloud team collects them, made up for benchmarks: several kinds of query over many services,
// calls and fields. Few of the benchmarks' events match one.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/status.h"

namespace weir::bench {

// The number-th made rule, in Elastic's TOML. Deterministic; every number gives another rule.
std::string MadeRule(uint64_t number);

// Fills the folder `to` with that many rules: those in the folder `from`, beginning with the one that counts
// the benchmarks' matching events, then made ones.
Status WriteRules(const std::string& from, uint64_t count, const std::string& to);

}  // namespace weir::bench
