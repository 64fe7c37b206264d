#include "tests/testing/http_server.h"

#include <cctype>
#include <chrono>
#include <cstdlib>

#include <arpa/inet.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weir::testing_http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

void Sleep(int64_t ms, const std::atomic<bool>& stopping) {
  for (int64_t slept = 0; slept < ms && !stopping; slept += 5) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

template <typename Stream, typename Take>
void Serve(Stream& stream, const std::atomic<bool>& stopping, const Take& take) {
  beast::flat_buffer buffer;
  http::request<http::string_body> message;
  error_code error;
  http::read(stream, buffer, message, error);
  if (error) {
    return;
  }
  Request request;
  request.target = std::string(message.target());
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name) {
      c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    request.headers[name] = std::string(field.value());
  }
  request.body = message.body();
  const Reply reply = take(request);
  Sleep(reply.delay_ms, stopping);
  if (reply.hang_up || stopping) {
    return;
  }
  http::response<http::string_body> answer(static_cast<http::status>(reply.status), 11);
  for (const auto& [name, value] : reply.headers) {
    answer.set(name, value);
  }
  answer.body() = reply.body;
  answer.prepare_payload();
  http::write(stream, answer, error);
}

}  // namespace

HttpServer::HttpServer(Handler handler, uint16_t port, std::string cert_file, std::string key_file)
    : handler_(std::move(handler)),
      cert_file_(std::move(cert_file)),
      key_file_(std::move(key_file)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof(address);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

HttpServer::~HttpServer() {
  stopping_ = true;
  thread_.join();
  ::close(listener_);
}

std::string HttpServer::Url(const std::string& path) const {
  return fmt::format("{}://localhost:{}{}", cert_file_.empty() ? "http" : "https", port_, path);
}

std::vector<Request> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HttpServer::Run() {
  asio::io_context io;
  asio::ssl::context tls(asio::ssl::context::tls_server);
  if (!cert_file_.empty()) {
    tls.use_certificate_chain_file(cert_file_);
    tls.use_private_key_file(key_file_, asio::ssl::context::pem);
  }
  const auto take = [this](const Request& request) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    return handler_(request);
  };
  while (!stopping_) {
    pollfd waiting = {listener_, POLLIN, 0};
    if (::poll(&waiting, 1, 10) <= 0) {
      continue;
    }
    const int accepted = ::accept(listener_, nullptr, nullptr);
    if (accepted < 0) {
      continue;
    }
    error_code error;
    asio::ip::tcp::socket socket(io);
    socket.assign(asio::ip::tcp::v4(), accepted, error);
    if (cert_file_.empty()) {
      Serve(socket, stopping_, take);
      continue;
    }
    asio::ssl::stream<asio::ip::tcp::socket> stream(std::move(socket), tls);
    stream.handshake(asio::ssl::stream_base::server, error);
    if (!error) {
      Serve(stream, stopping_, take);
    }
  }
}

}  // namespace weir::testing_http
