// One HTTP request from a test, written and read as bytes, and the Prometheus text that may come back.
#pragma once

#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace weir::testing {

struct HttpAnswer {
  int status = 0;      // 0: no answer
  std::string body;
};

// Sends the bytes and reads to the end of the connection.
inline HttpAnswer HttpSend(const std::string& address, const std::string& bytes) {
  namespace asio = boost::asio;
  const std::size_t colon = address.rfind(':');
  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  boost::system::error_code error;
  socket.connect({asio::ip::make_address(address.substr(0, colon)),
                  static_cast<uint16_t>(std::atoi(address.c_str() + colon + 1))},
                 error);
  if (error) {
    return {};
  }
  asio::write(socket, asio::buffer(bytes), error);
  std::string text;
  asio::read(socket, asio::dynamic_buffer(text), error);
  const std::size_t head = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.1 ") || head == std::string::npos) {
    return {};
  }
  return {std::atoi(text.c_str() + 9), text.substr(head + 4)};
}

inline HttpAnswer HttpGet(const std::string& address, const std::string& path) {
  return HttpSend(address, "GET " + path + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
}

// Values by "name" or "name{labels}". Empty when a line is not of the Prometheus text format, or a sample's
// family has no type before it.
inline std::map<std::string, double> ParsePrometheus(std::string_view text) {
  std::map<std::string, double> values;
  std::map<std::string, std::string, std::less<>> types;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return {};
    }
    const std::string line(text.substr(0, end));
    text.remove_prefix(end + 1);
    if (line.starts_with("# TYPE ")) {
      const std::size_t blank = line.find(' ', 7);
      types[line.substr(7, blank - 7)] = line.substr(blank + 1);
      continue;
    }
    if (line.starts_with("# HELP ")) {
      continue;
    }
    const std::size_t blank = line.rfind(' ');
    const std::string name = line.substr(0, line.find_first_of("{ "));
    char* stop = nullptr;
    const double value = std::strtod(line.c_str() + blank + 1, &stop);
    if (blank == std::string::npos || *stop != '\0' || !types.contains(name)) {
      return {};
    }
    values[line.substr(0, blank)] = value;
  }
  return values;
}

}  // namespace weir::testing
