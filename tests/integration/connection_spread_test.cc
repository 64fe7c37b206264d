// Load spreads over servers that were added, because connections end at their age and are made anew: clients
// behind a balancer that gives each new connection to the next server, as a Service of Kubernetes does.
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "weir/alert/v1/alert.grpc.pb.h"

namespace weir::rpc {
namespace {

using boost::asio::ip::tcp;

class CountingService final : public weir::alert::v1::AlertService::Service {
 public:
  grpc::Status ListAlerts(grpc::ServerContext* /*context*/,
                          const weir::alert::v1::ListAlertsRequest* /*request*/,
                          weir::alert::v1::ListAlertsResponse* /*response*/) override {
    ++calls;
    return grpc::Status::OK;
  }
  std::atomic<int> calls = 0;
};

struct Backend {
  CountingService service;
  std::unique_ptr<Server> server;

  Backend() {
    ServerOptions options;
    options.connection_age_ms_max = 400;
    options.connection_grace_ms = 100;
    auto started = Server::Start("127.0.0.1:0", {&service}, options);
    EXPECT_TRUE(started.ok()) << started.status();
    server = *std::move(started);
  }
};

// Copies bytes between two sockets until either ends.
class Pipe : public std::enable_shared_from_this<Pipe> {
 public:
  Pipe(tcp::socket client, tcp::socket server)
      : sockets_{std::move(client), std::move(server)} {}
  void Start() {
    Copy(0);
    Copy(1);
  }

 private:
  void Copy(std::size_t from) {
    sockets_[from].async_read_some(
        boost::asio::buffer(buffers_[from]),
        [this, self = shared_from_this(), from](boost::system::error_code error, std::size_t size) {
          if (error) {
            Close();
            return;
          }
          boost::asio::async_write(sockets_[1 - from], boost::asio::buffer(buffers_[from], size),
                                   [this, self, from](boost::system::error_code failed, std::size_t) {
                                     if (failed) {
                                       Close();
                                     } else {
                                       Copy(from);
                                     }
                                   });
        });
  }
  void Close() {
    boost::system::error_code ignored;
    for (tcp::socket& socket : sockets_) {
      socket.close(ignored);
    }
  }

  std::array<tcp::socket, 2> sockets_;
  std::array<std::array<char, 8192>, 2> buffers_;
};

class Balancer {
 public:
  Balancer() {
    Accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Balancer() {
    io_.stop();
    thread_.join();
  }
  std::string address() const {
    return fmt::format("127.0.0.1:{}", acceptor_.local_endpoint().port());
  }
  void Add(int port) {
    const std::lock_guard lock(mutex_);
    ports_.push_back(static_cast<uint16_t>(port));
  }

 private:
  void Accept() {
    acceptor_.async_accept([this](boost::system::error_code error, tcp::socket client) {
      if (error) {
        return;
      }
      tcp::socket server(io_);
      boost::system::error_code failed;
      server.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), NextPort()), failed);
      if (!failed) {
        std::make_shared<Pipe>(std::move(client), std::move(server))->Start();
      }
      Accept();
    });
  }
  uint16_t NextPort() {
    const std::lock_guard lock(mutex_);
    return ports_[next_++ % ports_.size()];
  }

  boost::asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  std::mutex mutex_;
  std::vector<uint16_t> ports_;
  std::size_t next_ = 0;
  std::thread thread_;
};

TEST(ConnectionSpreadTest, FourServersShareTheLoadOfTwo) {
  std::vector<std::unique_ptr<Backend>> backends;
  Balancer balancer;
  const auto add = [&] {
    backends.push_back(std::make_unique<Backend>());
    balancer.Add(backends.back()->server->port());
  };
  add();
  add();
  std::atomic<bool> stop = false;
  std::atomic<int> failures = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&] {
      const auto stub = weir::alert::v1::AlertService::NewStub(MakeLinkChannel(balancer.address()));
      while (!stop) {
        grpc::ClientContext context;
        SetTimeout(&context, 10 * 1000);
        context.set_wait_for_ready(true);
        weir::alert::v1::ListAlertsResponse response;
        failures += stub->ListAlerts(&context, {}, &response).ok() ? 0 : 1;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  add();
  add();
  // Every connection has come to its age, with what is random of it.
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  std::array<int, 4> before{};
  for (std::size_t i = 0; i < backends.size(); ++i) {
    before[i] = backends[i]->service.calls;
  }
  std::this_thread::sleep_for(std::chrono::seconds(3));
  std::array<double, 4> calls{};
  double total = 0;
  for (std::size_t i = 0; i < backends.size(); ++i) {
    calls[i] = backends[i]->service.calls - before[i];
    total += calls[i];
  }
  stop = true;
  for (std::thread& client : clients) {
    client.join();
  }
  EXPECT_EQ(failures, 0);
  ASSERT_GT(total, 100);
  for (const double part : calls) {
    EXPECT_GE(part / total, 0.15);
    EXPECT_LE(part / total, 0.35);
  }
}

}  // namespace
}  // namespace weir::rpc
