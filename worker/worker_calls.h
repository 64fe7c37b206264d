// Threads of a worker's service for calls that may wait for a shard.
#pragma once

#include <boost/asio/thread_pool.hpp>

#include "worker/worker_service.h"

namespace weir::worker {

// Apart: neither a wait for judgement nor a search of all alerts must keep a status from being read.
class WorkerService::Calls {
 public:
  ~Calls() {
    reads_.join();
    waits_.join();
    searches_.join();
  }

  boost::asio::thread_pool reads_{1};
  boost::asio::thread_pool waits_{1};
  boost::asio::thread_pool searches_{1};
};

}  // namespace weir::worker
