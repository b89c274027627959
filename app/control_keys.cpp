#include "app/control_keys.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <boost/asio/buffer.hpp>

#include <csignal>
#include <utility>

namespace gelombang {
namespace {

constexpr double kRateStep = 1.25;

}  // namespace

std::unique_ptr<ControlKeys> ControlKeys::open(boost::asio::io_context& io, LiveControl& control, Say say) {
  // Opens its own descriptor: flags set on stdin would also be set for the shell.
  const int terminal = ::open("/dev/tty", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) return nullptr;
  termios before{};
  if (::tcgetpgrp(terminal) != ::getpgrp() || ::tcgetattr(terminal, &before) != 0) {
    ::close(terminal);
    return nullptr;
  }
  std::unique_ptr<ControlKeys> keys(new ControlKeys(io, terminal, before, control, std::move(say)));
  if (!keys->listen()) return nullptr;
  keys->read();
  keys->await_return();
  return keys;
}

ControlKeys::ControlKeys(boost::asio::io_context& io, int terminal, const termios& before, LiveControl& control,
                         Say say)
    : terminal_(io, terminal), continued_(io), before_(before), control_(control), say_(std::move(say)) {
  // In the background, access to the terminal would stop the whole run. Now it is an error instead.
  std::signal(SIGTTIN, SIG_IGN);
  std::signal(SIGTTOU, SIG_IGN);
  continued_.add(SIGCONT);
}

ControlKeys::~ControlKeys() {
  if (::tcgetpgrp(terminal_.native_handle()) == ::getpgrp()) ::tcsetattr(terminal_.native_handle(), TCSANOW, &before_);
}

bool ControlKeys::listen() {
  if (::tcgetpgrp(terminal_.native_handle()) != ::getpgrp()) return false;
  // Drops keys typed before, such as an Enter during the wait for the start.
  ::tcflush(terminal_.native_handle(), TCIFLUSH);
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  return ::tcsetattr(terminal_.native_handle(), TCSANOW, &raw) == 0;
}

void ControlKeys::read() {
  terminal_.async_read_some(boost::asio::buffer(keys_),
                            [this](const boost::system::error_code& error, std::size_t count) {
                              if (error) return;  // until the run is in the foreground again
                              for (std::size_t i = 0; i < count; ++i) {
                                const auto done = press(keys_[i], control_);
                                say_(!done ? done.error().message : *done);
                              }
                              read();
                            });
}

// After Ctrl-Z and `fg`, the shell has changed the terminal settings.
void ControlKeys::await_return() {
  continued_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    if (listen()) {
      terminal_.cancel();
      read();
    }
    await_return();
  });
}

Result<std::string> ControlKeys::press(char key, LiveControl& control) {
  static constexpr std::string_view kBy = "key";
  switch (key) {
    case 'p':
    case ' ': return control.toggle_pause(kBy);
    case '+':
    case '=': return control.change_rate(kRateStep, kBy);
    case '-': return control.change_rate(1 / kRateStep, kBy);
    case '0': return control.apply({SteeringRequest::Action::rate, 1, {}}, kBy);
    case 'n': return control.jump_to_next_phase(kBy);
    case 'q': return control.apply({SteeringRequest::Action::stop, 1, {}}, kBy);
    default: return {Result<std::string>::in_place_value, kHelp};
  }
}

}  // namespace gelombang
