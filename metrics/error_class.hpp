// The closed list of what can go wrong: one class per failed attempt, step or mail.
// Adding a class means adding one row in error_class.cpp and its name here.
//
// Classified from the curl code, CURLINFO_OS_ERRNO, our own flags and the phase reached; never
// from the curl code alone (EMFILE is reported as "could not connect").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gelombang {

// clang-format off
enum class ErrorClass : std::uint8_t {  // grouped by layer
  none,
  // dns
  dns_nxdomain, dns_servfail, dns_timeout,
  // connect
  tcp_refused, tcp_unreachable, tcp_timeout,
  // tls
  tls_expired, tls_name, tls_chain, tls_handshake, tls_timeout,
  // send
  send_error, send_timeout,
  // wait and receive
  wait_timeout, empty_reply, reset, partial, stall, protocol, headers_too_large, body_malformed, redirect_limit,
  too_slow,
  // application: status codes
  http_400, http_401, http_403, http_404, http_405, http_408, http_409, http_413, http_415, http_422, http_429,
  http_4xx_other, http_500, http_502, http_503, http_504, http_507, http_5xx_other, http_unexpected, blocked,
  // application: content
  assert_body, assert_cookie, assert_redirect_login, captcha_page,
  // mail
  mail_late, mail_missing, mail_spam, mail_link_bad,
  // mailbox
  mailbox_unreachable, mailbox_auth, mailbox_tls, mailbox_protocol, mailbox_limit,
  // person
  abandoned,
  // generator
  consent, generator_descriptors, generator_ports, generator_memory, generator_identity, generator_script,
  generator_internal,
  count_,
};
// clang-format on

inline constexpr std::size_t kErrorClassCount = static_cast<std::size_t>(ErrorClass::count_);

enum class ErrorLayer : std::uint8_t {
  none,
  dns,
  connect,
  tls,
  send,
  wait,
  receive,
  application,
  mail,
  mailbox,
  person,
  generator
};
// Whose fault it is. Only `target` and `person` failures count in error_rate.
enum class ErrorSide : std::uint8_t { none, target, mailbox, generator, person };

struct ErrorClassInfo {
  std::string_view name;  // the label value
  ErrorLayer layer;
  ErrorSide side;
  std::string_view text;  // one line for people
};

const ErrorClassInfo& info(ErrorClass error) noexcept;
inline std::string_view name(ErrorClass error) noexcept { return info(error).name; }
// "service unavailable (http_503)"
std::string plain_class(ErrorClass error);
std::string_view name(ErrorLayer layer) noexcept;
std::string_view name(ErrorSide side) noexcept;
std::optional<ErrorClass> error_class_from_name(std::string_view name) noexcept;

// The class of an HTTP status that the request did not expect. `waf`: the response looks like the block page of a web
// application firewall, whose status is often 403 or 405.
ErrorClass classify_status(int status, bool waf) noexcept;

}  // namespace gelombang
