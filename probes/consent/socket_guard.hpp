// The check before every socket to a target is opened, on the resolved address.
#pragma once

#include "metrics/error_class.hpp"
#include "metrics/sample.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace gelombang {

struct GuardVerdict {
  bool allowed = false;
  std::string reason;  // if not allowed: one line for people
  // If not allowed: missing consent, or why the owner could not be asked, from the layers connect, tls, wait and
  // receive.
  ErrorClass cause = ErrorClass::consent;
};

class SocketGuard {
 public:
  virtual ~SocketGuard() = default;

  // Called from curl's open-socket callback on any worker thread: must not block or call libcurl.
  virtual GuardVerdict may_connect(std::string_view host, const RemoteAddress& address) = 0;

  // Called before every request (each redirect hop is one) on any worker thread, with the name that
  // goes into Host, SNI and :authority. Counts against a consent's rate. Must not block.
  virtual GuardVerdict may_request(std::string_view host, std::string_view path) = 0;

  // Whether consent has to be fetched before a first request to this origin can be decided. If so the
  // client calls prepare() and starts the request from `ready`, which runs on the guard's own thread.
  virtual bool needs_preparation(std::string_view scheme, std::string_view host, std::uint16_t port) = 0;
  virtual void prepare(std::string scheme, std::string host, std::uint16_t port, std::function<void()> ready) = 0;
};

}  // namespace gelombang
