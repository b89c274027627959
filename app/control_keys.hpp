// Live control from the keyboard of a terminal: single keys, without Enter.
#pragma once

#include "runs/live_control.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>

#include <termios.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace gelombang {

class ControlKeys {
 public:
  static constexpr std::string_view kHelp =
      "keys: p pause or resume, + - rate, 0 the planned rate, n next phase, q stop";
  using Say = std::function<void(const std::string&)>;

  // Null if there is no terminal, or if its keys are not ours to read. The destructor restores the terminal.
  static std::unique_ptr<ControlKeys> open(boost::asio::io_context& io, LiveControl& control, Say say);
  ~ControlKeys();
  ControlKeys(const ControlKeys&) = delete;
  ControlKeys& operator=(const ControlKeys&) = delete;

  // Does what a key stands for. Public for callers without a terminal.
  static Result<std::string> press(char key, LiveControl& control);

 private:
  ControlKeys(boost::asio::io_context& io, int terminal, const termios& before, LiveControl& control, Say say);
  bool listen();
  void read();
  void await_return();

  boost::asio::posix::stream_descriptor terminal_;
  boost::asio::signal_set continued_;
  termios before_;
  LiveControl& control_;
  Say say_;
  std::array<char, 16> keys_{};
};

}  // namespace gelombang
