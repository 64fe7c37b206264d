// What orchestrators and scrapers ask a process over HTTP, on a listener of its own: /livez, /readyz and
// /metrics. It serves no data and takes none. Requests are bounded in size, number and time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"

namespace weir::probe {

class Server {
 public:
  // What is asked. Each is called from the server's own threads, several at a time, and may block for a
  // moment. An empty list of reasons means yes.
  struct Handlers {
    std::function<std::vector<std::string>()> not_live;    // why the process makes no progress
    std::function<std::vector<std::string>()> not_ready;   // why it should be given no work now
    std::function<std::string()> metrics;                  // Prometheus text
  };

  // Listens on HOST:PORT (port 0 takes a free one). Unavailable when the address cannot be had.
  static StatusOr<std::unique_ptr<Server>> Start(const std::string& listen, Handlers handlers);
  // Ends all connections and waits for requests under way.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // "127.0.0.1:7432"
  const std::string& address() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::probe
