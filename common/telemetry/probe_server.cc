#include "common/telemetry/probe_server.h"

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

namespace weir::probe {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr int kThreads = 4;
constexpr int kConnectionsMax = 64;
// Scrapes that wait for a busy process must leave threads to the probes.
constexpr int kScrapesMax = 2;
constexpr uint32_t kHeaderBytesMax = 8 * 1024;
constexpr uint64_t kBodyBytesMax = 1024;
constexpr auto kTimeout = std::chrono::seconds(10);

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

struct Shared {
  Server::Handlers handlers;
  std::atomic<int> connections = 0;
  std::atomic<int> scrapes = 0;
};

// "ok", or one reason a line.
std::string ReasonsText(const std::vector<std::string>& reasons) {
  return reasons.empty() ? "ok\n" : fmt::format("{}\n", fmt::join(reasons, "\n"));
}

Response MakeResponse(const Request& request, http::status status, std::string body,
                      const char* type = "text/plain; charset=utf-8") {
  Response response(status, request.version());
  response.set(http::field::content_type, type);
  response.set(http::field::cache_control, "no-store");
  response.keep_alive(request.keep_alive());
  const std::size_t size = body.size();
  if (request.method() != http::verb::head) {
    response.body() = std::move(body);
  }
  response.content_length(size);
  return response;
}

Response AnswerReasons(const Request& request, const std::vector<std::string>& reasons) {
  return MakeResponse(request,
                      reasons.empty() ? http::status::ok : http::status::service_unavailable,
                      ReasonsText(reasons));
}

Response AnswerScrape(const Request& request, Shared* shared) {
  if (shared->scrapes.fetch_add(1) >= kScrapesMax) {
    shared->scrapes.fetch_sub(1);
    return MakeResponse(request, http::status::service_unavailable,
                        "other scrapes are being answered\n");
  }
  std::string text = shared->handlers.metrics();
  shared->scrapes.fetch_sub(1);
  return MakeResponse(request, http::status::ok, std::move(text),
                      "text/plain; version=0.0.4; charset=utf-8");
}

Response Answer(const Request& request, Shared* shared) {
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    Response response =
        MakeResponse(request, http::status::method_not_allowed, "only GET and HEAD\n");
    response.set(http::field::allow, "GET, HEAD");
    return response;
  }
  const std::string target(request.target().substr(0, request.target().find('?')));
  if (target == "/livez") {
    return AnswerReasons(request, shared->handlers.not_live());
  }
  if (target == "/readyz") {
    return AnswerReasons(request, shared->handlers.not_ready());
  }
  if (target == "/metrics") {
    return AnswerScrape(request, shared);
  }
  return MakeResponse(request, http::status::not_found,
                      "there are /livez, /readyz and /metrics\n");
}

// One connection, kept alive by its own callbacks.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, std::shared_ptr<Shared> shared)
      : stream_(std::move(socket)), shared_(std::move(shared)) {}
  ~Session() { shared_->connections.fetch_sub(1); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void Read() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(kBodyBytesMax);
    stream_.expires_after(kTimeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (!error) {
                         self->Write();
                       }
                     });
  }

 private:
  void Write() {
    response_.emplace(Answer(parser_->get(), shared_.get()));
    stream_.expires_after(kTimeout);
    http::async_write(stream_, *response_,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        if (!error && self->response_->keep_alive()) {
                          self->Read();
                        }
                      });
  }

  beast::tcp_stream stream_;
  const std::shared_ptr<Shared> shared_;
  beast::flat_buffer buffer_{kHeaderBytesMax + kBodyBytesMax};
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<Response> response_;
};

}  // namespace

class Server::Impl {
 public:
  explicit Impl(Handlers handlers) { shared_->handlers = std::move(handlers); }
  ~Impl() {
    io_.stop();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Status Open(const std::string& listen) {
    const std::size_t colon = listen.rfind(':');
    std::string host = listen.substr(0, colon);
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    beast::error_code error;
    const auto found = tcp::resolver(io_).resolve(
        host, listen.substr(colon + 1), tcp::resolver::passive | tcp::resolver::numeric_service,
        error);
    if (error || found.empty()) {
      return Unavailable("listening on {}: {}", listen, error.message());
    }
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), error);
    if (!error) {
      acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error) {
      acceptor_.bind(endpoint, error);
    }
    if (!error) {
      acceptor_.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
      return Unavailable("listening on {}: {}", listen, error.message());
    }
    address_ = fmt::format("{}:{}", listen.substr(0, colon), acceptor_.local_endpoint().port());
    Accept();
    for (int i = 0; i < kThreads; ++i) {
      threads_.emplace_back([this] { io_.run(); });
    }
    return OkStatus();
  }
  const std::string& address() const { return address_; }

 private:
  void Accept() {
    acceptor_.async_accept(asio::make_strand(io_), [this](beast::error_code error,
                                                          tcp::socket socket) {
      if (error == asio::error::operation_aborted) {
        return;
      }
      if (!error) {
        if (shared_->connections.fetch_add(1) < kConnectionsMax) {
          std::make_shared<Session>(std::move(socket), shared_)->Read();
        } else {
          shared_->connections.fetch_sub(1);
        }
        Accept();
        return;
      }
      // Out of file descriptors, say: not in a circle.
      pause_.expires_after(std::chrono::milliseconds(100));
      pause_.async_wait([this](beast::error_code ended) {
        if (!ended) {
          Accept();
        }
      });
    });
  }

  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  asio::io_context io_{kThreads};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer pause_{io_};
  std::string address_;
  std::vector<std::thread> threads_;
};

StatusOr<std::unique_ptr<Server>> Server::Start(const std::string& listen, Handlers handlers) {
  auto impl = std::make_unique<Impl>(std::move(handlers));
  WEIR_RETURN_IF_ERROR(impl->Open(listen));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

const std::string& Server::address() const {
  return impl_->address();
}

}  // namespace weir::probe
