// Serves one connection of the self-test's server, in the server's process.
#pragma once

#include "selftest/server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <vector>

namespace gelombang::selftest {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, SharedCounts& counts, Duration late_by);
  void read_head();

 private:
  void on_head(std::size_t size);
  void serve(Path path, std::uint64_t number);
  void read_body(Duration pause);
  void drain();
  void answer(std::string_view status, bool last);
  void answer_after(Duration delay);
  void write(std::string text, void (Connection::*then)());
  void write_after(Duration delay, std::string text, void (Connection::*then)());
  void reset();
  void close();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  SharedCounts& counts_;
  Duration late_by_;
  std::string in_;
  std::string out_;
  std::size_t body_left_ = 0;
  std::vector<char> sink_;
};

}  // namespace gelombang::selftest
