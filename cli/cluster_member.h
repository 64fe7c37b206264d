// What every process of a cluster has, whatever its role: the metadata store, a session, the cluster's
// settings, an identity.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/cluster/node.h"
#include "common/cluster/settings.h"
#include "common/config/config.h"
#include "common/meta/meta_store.h"
#include "common/meta/session.h"
#include "common/task/thread_scheduler.h"

namespace weir::cli {

class ClusterMember {
 public:
  // Joins the cluster of the configuration, or founds it. Waits up to a minute for the metadata store.
  // FailedPrecondition when the cluster was made with other settings.
  static StatusOr<std::unique_ptr<ClusterMember>> Join(const config::Config& config, std::string id,
                                                       const Clock* clock);
  ~ClusterMember();   // leaves

  // Gives the lease back, so that a restart need not wait for it. Idempotent.
  void Leave();

  const std::string& id() const { return id_; }
  const cluster::ClusterSettings& settings() const { return settings_; }
  task::ThreadScheduler* scheduler() { return &scheduler_; }
  meta::MetaStore* store() { return store_.get(); }
  meta::Session* session() { return session_.get(); }
  // Whether the lease surely lives; false when the scheduler does not answer within a second. From any
  // thread but the scheduler's.
  bool SessionAlive();
  // What the node says of itself, once it listens.
  cluster::NodeInfo Info(const std::string& address) const;
  uint64_t incarnation() const { return incarnation_; }

 private:
  ClusterMember(std::string id, const Clock* clock);
  Status Connect(const config::Config& config);

  const std::string id_;
  const Clock* const clock_;
  const uint64_t incarnation_;
  const UnixMillis started_ms_;
  cluster::ClusterSettings settings_;
  bool left_ = false;
  task::ThreadScheduler scheduler_;
  std::unique_ptr<meta::MetaStore> store_;
  std::unique_ptr<meta::Session> session_;
};

// A new id for a process that keeps none: host name and a random part.
std::string NewNodeId();
// The id of the worker whose data is in the directory; made when there is none. wanted: the configured
// one, or empty. FailedPrecondition when the directory belongs to another.
StatusOr<std::string> WorkerIdOf(const std::string& data_dir, const std::string& wanted);
// That the data of a worker, in the directory, is of this cluster; data that is of none yet becomes so.
// FailedPrecondition names both. An id tells a cluster from one of the same name that was made anew, whose
// shard table knows nothing of the data.
Status CheckClusterOf(const std::string& data_dir, const std::string& cluster_id);
// The address that others reach a server at that listens there.
std::string AdvertisedAddress(const config::Config& config, const std::string& listening);

}  // namespace weir::cli
