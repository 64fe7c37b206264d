// What a node says of itself in the metadata store, under nodes/<role>/<id>; and what a leader says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/base/time.h"

namespace weir::cluster {

struct NodeInfo {
  std::string address = {};    // host:port of its services, for other nodes; may be empty
  uint64_t incarnation = 0;    // of the process: random, so that no two starts share it
  std::string version = {};    // of the weir binary
  RuleSetVersion rules = {};   // the newest that it knows; 0: none yet
  UnixMillis started_ms = 0;   // by its own clock

  bool operator==(const NodeInfo&) const = default;
};

// Versioned, docs/formats.md. stored: do not renumber.
std::string EncodeNodeInfo(const NodeInfo& info);
StatusOr<NodeInfo> DecodeNodeInfo(std::string_view bytes);

// The value of the leader's key.
struct LeaderInfo {
  std::string id;        // of the coordinator
  std::string address;   // as in its NodeInfo

  bool operator==(const LeaderInfo&) const = default;
};

std::string EncodeLeaderInfo(const LeaderInfo& info);
StatusOr<LeaderInfo> DecodeLeaderInfo(std::string_view bytes);

}  // namespace weir::cluster
