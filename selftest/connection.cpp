#include "selftest/connection.hpp"

#include <fmt/format.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cstdlib>

namespace gelombang::selftest {
namespace {

using boost::system::error_code;
using Socket = boost::asio::ip::tcp::socket;

constexpr std::string_view kText = "a known answer\n";

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "\r\nContent-Length: ";
  const std::size_t at = head.find(kName);
  return at == std::string_view::npos ? 0 : std::strtoul(head.data() + at + kName.size(), nullptr, 10);
}

}  // namespace

Duration mixed_delay(std::uint64_t request) noexcept {
  const std::uint64_t turn = request % 20;
  return turn < 17   ? std::chrono::milliseconds(20)
         : turn < 19 ? std::chrono::milliseconds(60)
                     : std::chrono::milliseconds(150);
}

Connection::Connection(Socket socket, SharedCounts& counts, Duration late_by)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), counts_(counts), late_by_(late_by) {
  error_code ignored;
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
}

void Connection::read_head() {
  boost::asio::async_read_until(socket_, boost::asio::dynamic_buffer(in_, 65536), "\r\n\r\n",
                                [self = shared_from_this()](const error_code& error, std::size_t size) {
                                  if (!error) self->on_head(size);
                                });
}

void Connection::on_head(std::size_t size) {
  const std::string head = in_.substr(0, size);
  in_.erase(0, size);
  body_left_ = content_length(head);
  const std::size_t from = head.find('/') + 1;
  const std::string_view name = std::string_view(head).substr(from, head.find(' ', from) - from);
  const auto path = std::find(kPathNames.begin(), kPathNames.end(), name);
  if (path == kPathNames.end()) return close();
  const auto index = static_cast<std::size_t>(path - kPathNames.begin());
  const std::uint64_t seen = counts_.seen.fetch_add(1);
  if (seen < SharedCounts::kTimes) counts_.times[seen] = std::chrono::steady_clock::now().time_since_epoch().count();
  serve(static_cast<Path>(index), counts_.requests[index].fetch_add(1));
}

void Connection::serve(Path path, std::uint64_t number) {
  switch (path) {
    case Path::quick: return answer("200 OK", false);
    case Path::mixed: return answer_after(mixed_delay(number));
    case Path::delay: return answer_after(kDelay);
    case Path::slow_body:
      write(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", 2 * kText.size(), kText), nullptr);
      return write_after(kSlowBody + late_by_, std::string(kText), &Connection::read_head);
    case Path::slow_reader: return read_body(kSlowReader + late_by_);
    case Path::reset: return reset();
    case Path::closed: return close();
    case Path::partial: return write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", &Connection::close);
    case Path::garbage: return write("this is not HTTP at all\r\n\r\n", &Connection::close);
    case Path::silent: return write_after(std::chrono::minutes(10), "", &Connection::close);
    case Path::unavailable: return answer("503 Service Unavailable", true);
    case Path::missing: return answer("404 Not Found", true);
    case Path::every_third_hangs:
      if (number % 3 == 2) return write_after(std::chrono::minutes(10), "", &Connection::close);
      return answer("200 OK", false);
  }
}

void Connection::answer(std::string_view status, bool last) {
  write(fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status, kText.size(),
                    last ? "Connection: close\r\n" : "", kText),
        last ? &Connection::close : &Connection::read_head);
}

void Connection::answer_after(Duration delay) {
  write_after(delay + late_by_, fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", kText.size(), kText),
              &Connection::read_head);
}

void Connection::write(std::string text, void (Connection::*then)()) {
  out_ = std::move(text);
  boost::asio::async_write(socket_, boost::asio::buffer(out_),
                           [self = shared_from_this(), then](const error_code& error, std::size_t) {
                             if (!error && then != nullptr) (self.get()->*then)();
                           });
}

void Connection::write_after(Duration delay, std::string text, void (Connection::*then)()) {
  timer_.expires_after(delay);
  timer_.async_wait([self = shared_from_this(), text = std::move(text), then](const error_code& error) mutable {
    if (!error) self->write(std::move(text), then);
  });
}

// Leaves the body unread for a while: it fills the kernels' buffers, which are far smaller.
void Connection::read_body(Duration pause) {
  timer_.expires_after(pause);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (error) return;
    self->body_left_ -= std::min(self->body_left_, self->in_.size());
    self->in_.clear();
    self->sink_.resize(65536);
    self->drain();
  });
}

void Connection::drain() {
  if (body_left_ == 0) return answer("200 OK", false);
  socket_.async_read_some(boost::asio::buffer(sink_.data(), std::min(sink_.size(), body_left_)),
                          [self = shared_from_this()](const error_code& error, std::size_t size) {
                            if (error) return;
                            self->body_left_ -= size;
                            self->drain();
                          });
}

void Connection::reset() {
  error_code ignored;
  socket_.set_option(Socket::linger(true, 0), ignored);
  socket_.close(ignored);
}

void Connection::close() {
  error_code ignored;
  socket_.shutdown(Socket::shutdown_both, ignored);
  socket_.close(ignored);
}

}  // namespace gelombang::selftest
