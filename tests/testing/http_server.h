// An HTTP server that does what a test says, one connection at a time, over TLS when it has a
// certificate.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weir::testing_http {

struct Request {
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

struct Reply {
  int status = 200;
  std::string body;
  std::map<std::string, std::string> headers;
  int64_t delay_ms = 0;
  bool hang_up = false;  // read the request, and close without an answer
};

class HttpServer {
 public:
  using Handler = std::function<Reply(const Request&)>;

  // port 0: a free one. With cert_file and key_file (PEM) it speaks TLS.
  explicit HttpServer(Handler handler, uint16_t port = 0, std::string cert_file = "",
                      std::string key_file = "");
  ~HttpServer();

  uint16_t port() const { return port_; }
  std::string Url(const std::string& path = "/") const;
  std::vector<Request> requests() const;

 private:
  void Run();

  const Handler handler_;
  const std::string cert_file_;
  const std::string key_file_;
  uint16_t port_ = 0;
  int listener_ = -1;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace weir::testing_http
