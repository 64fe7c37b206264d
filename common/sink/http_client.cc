#include "common/sink/http_client.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

namespace weir::sink {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

// How soon a Stop is noticed.
constexpr std::chrono::milliseconds kLook(20);

// A request on its way, and what has become of it.
struct Exchange {
  const Url* url = nullptr;
  asio::ssl::context* tls = nullptr;
  std::size_t reply_bytes_max = 0;
  http::request<http::string_body> request;
  std::optional<StatusOr<HttpReply>> reply;
};

Status Failed(const Exchange& exchange, std::string_view what, const error_code& error) {
  return Unavailable("{} {}:{}: {}", what, exchange.url->host, exchange.url->port, error.message());
}

template <typename Stream>
asio::awaitable<void> Converse(Stream& stream, Exchange& exchange) {
  error_code error;
  co_await http::async_write(stream, exchange.request,
                             asio::redirect_error(asio::use_awaitable, error));
  // A server may answer before it has read everything.
  const error_code write_error = error;
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(exchange.reply_bytes_max);
  co_await http::async_read(stream, buffer, parser,
                            asio::redirect_error(asio::use_awaitable, error));
  if (error) {
    exchange.reply = write_error ? Failed(exchange, "writing to", write_error)
                                 : Failed(exchange, "reading the answer of", error);
    co_return;
  }
  HttpReply reply;
  reply.status = static_cast<int>(parser.get().result_int());
  reply.body = std::move(parser.get().body());
  const auto retry_after = parser.get()[http::field::retry_after];
  reply.retry_after.assign(retry_after.data(), retry_after.size());
  exchange.reply = std::move(reply);
}

asio::awaitable<void> Connect(tcp::socket& socket, Exchange& exchange, error_code& error) {
  tcp::resolver resolver(socket.get_executor());
  const auto endpoints = co_await resolver.async_resolve(
      exchange.url->host, exchange.url->port, asio::redirect_error(asio::use_awaitable, error));
  if (!error) {
    co_await asio::async_connect(socket, endpoints,
                                 asio::redirect_error(asio::use_awaitable, error));
  }
}

asio::awaitable<void> RunPlain(asio::io_context& io, Exchange& exchange) {
  tcp::socket socket(io);
  error_code error;
  co_await Connect(socket, exchange, error);
  if (error) {
    exchange.reply = Failed(exchange, "connecting to", error);
    co_return;
  }
  co_await Converse(socket, exchange);
}

asio::awaitable<void> RunTls(asio::io_context& io, Exchange& exchange) {
  asio::ssl::stream<tcp::socket> stream(io, *exchange.tls);
  error_code error;
  co_await Connect(stream.next_layer(), exchange, error);
  if (error) {
    exchange.reply = Failed(exchange, "connecting to", error);
    co_return;
  }
  SSL_set_tlsext_host_name(stream.native_handle(), exchange.url->host.c_str());
  stream.set_verify_callback(asio::ssl::host_name_verification(exchange.url->host));
  co_await stream.async_handshake(asio::ssl::stream_base::client,
                                  asio::redirect_error(asio::use_awaitable, error));
  if (error) {
    exchange.reply = Failed(exchange, "the TLS handshake with", error);
    co_return;
  }
  co_await Converse(stream, exchange);
}

}  // namespace

struct HttpClient::Tls {
  asio::ssl::context context{asio::ssl::context::tls_client};
};

StatusOr<Url> ParseUrl(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return InvalidArgument("expected an address that begins with https:// or http://, got '{}'",
                           text);
  }
  const std::size_t slash = rest.find_first_of("/?#");
  std::string_view authority = rest.substr(0, slash);
  url.target = slash == std::string_view::npos ? "" : std::string(rest.substr(slash));
  if (url.target.empty() || url.target[0] != '/') {
    url.target.insert(0, "/");
  }
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!printable || authority.find('@') != std::string_view::npos ||
      url.target.find('#') != std::string::npos) {
    return InvalidArgument(
        "an address has no user, no fragment and no blanks; use the sink's secrets");
  }
  std::string_view port = url.tls ? "443" : "80";
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) {
    authority = authority.substr(1, authority.size() - 2);
  }
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (authority.empty() || error != std::errc() || end != port.data() + port.size() || number < 1 ||
      number > 65535) {
    return InvalidArgument("expected https://HOST[:PORT]/PATH with a port of 1 to 65535, got '{}'",
                           text);
  }
  url.host = authority;
  url.port = port;
  return url;
}

HttpClient::HttpClient(Options options, std::unique_ptr<Tls> tls)
    : options_(std::move(options)), tls_(std::move(tls)) {}

HttpClient::~HttpClient() = default;

StatusOr<std::unique_ptr<HttpClient>> HttpClient::Make(Options options) {
  auto tls = std::make_unique<Tls>();
  error_code error;
  tls->context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                               asio::ssl::context::no_tlsv1_1,
                           error);
  tls->context.set_verify_mode(asio::ssl::verify_peer, error);
  if (options.ca_file.empty()) {
    tls->context.set_default_verify_paths(error);
  } else {
    tls->context.load_verify_file(options.ca_file, error);
  }
  if (error) {
    return FailedPrecondition("reading certificates of CAs from {}: {}",
                              options.ca_file.empty() ? "the system" : options.ca_file,
                              error.message());
  }
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(options), std::move(tls)));
}

StatusOr<HttpReply> HttpClient::Post(const Headers& headers, std::string body) {
  Exchange exchange;
  exchange.url = &options_.url;
  exchange.tls = &tls_->context;
  exchange.reply_bytes_max = options_.reply_bytes_max;
  exchange.request.method(http::verb::post);
  exchange.request.target(options_.url.target);
  exchange.request.version(11);
  const std::string& host = options_.url.host;
  exchange.request.set(http::field::host,
                       (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
                           options_.url.port);
  exchange.request.set(http::field::connection, "close");
  for (const auto& [name, value] : headers) {
    exchange.request.set(name, value);
  }
  exchange.request.body() = std::move(body);
  exchange.request.prepare_payload();
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.timeout_ms);
  asio::io_context io(1);
  asio::co_spawn(io, options_.url.tls ? RunTls(io, exchange) : RunPlain(io, exchange),
                 asio::detached);
  while (!exchange.reply.has_value()) {
    if (stopped_) {
      return Unavailable("stopped");
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return Unavailable("no answer of {}:{} within {} ms", options_.url.host, options_.url.port,
                         options_.timeout_ms);
    }
    io.run_for(kLook);
  }
  return *std::move(exchange.reply);
}

}  // namespace weir::sink
