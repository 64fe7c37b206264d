// One HTTP request at a time, over TLS where the address says so, each on a connection of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace weir::sink {

struct Url {
  bool tls = false;
  std::string host;
  std::string port;    // as a number
  std::string target;  // path and query, begins with '/'
};
// InvalidArgument says what is wrong; users and fragments are refused.
StatusOr<Url> ParseUrl(std::string_view text);

struct HttpReply {
  int status = 0;
  std::string body;         // at most reply_bytes_max
  std::string retry_after;  // the header; empty: none
};

class HttpClient {
 public:
  struct Options {
    Url url;
    std::string ca_file;  // certificates that the server's is checked against; empty: the system's
    int64_t timeout_ms = 10'000;  // of a whole request, from looking up the name to the last byte
    std::size_t reply_bytes_max = 16 << 20;
  };
  using Headers = std::vector<std::pair<std::string, std::string>>;

  // FailedPrecondition when ca_file cannot be read.
  static StatusOr<std::unique_ptr<HttpClient>> Make(Options options);
  ~HttpClient();

  // Unavailable when there is no whole answer: the request may have been taken.
  StatusOr<HttpReply> Post(const Headers& headers, std::string body);
  // Ends a Post that runs, and all later ones. Thread safe.
  void Stop() { stopped_ = true; }

 private:
  struct Tls;
  HttpClient(Options options, std::unique_ptr<Tls> tls);

  const Options options_;
  const std::unique_ptr<Tls> tls_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace weir::sink
