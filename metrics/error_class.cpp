#include "metrics/error_class.hpp"

#include <array>

namespace gelombang {
namespace {

using Layer = ErrorLayer;
using Side = ErrorSide;

// In the order of ErrorClass; a test checks that no row is missing and no name is used twice.
constexpr std::array<ErrorClassInfo, kErrorClassCount> kRows{{
    {"none", Layer::none, Side::none, "no error"},
    {"dns_nxdomain", Layer::dns, Side::target, "the host name does not exist"},
    {"dns_servfail", Layer::dns, Side::target, "the name servers did not answer the look-up"},
    {"dns_timeout", Layer::dns, Side::target, "the look-up took too long"},
    {"tcp_refused", Layer::connect, Side::target, "nothing listens on the port, or the backlog is full"},
    {"tcp_unreachable", Layer::connect, Side::target, "there is no route to the host"},
    {"tcp_timeout", Layer::connect, Side::target, "the connection was not accepted in time"},
    {"tls_expired", Layer::tls, Side::target, "the certificate has expired or is not yet valid"},
    {"tls_name", Layer::tls, Side::target, "the certificate is for another name"},
    {"tls_chain", Layer::tls, Side::target, "the certificate is not signed by a trusted authority"},
    {"tls_handshake", Layer::tls, Side::target, "the TLS handshake failed"},
    {"tls_timeout", Layer::tls, Side::target, "the TLS handshake took too long"},
    {"send_error", Layer::send, Side::target, "the connection broke while the request was sent"},
    {"send_timeout", Layer::send, Side::target, "the request could not be sent in time"},
    {"wait_timeout", Layer::wait, Side::target, "no answer came in time"},
    {"empty_reply", Layer::wait, Side::target, "the connection was closed without an answer"},
    {"reset", Layer::receive, Side::target, "the connection was reset"},
    {"partial", Layer::receive, Side::target, "the answer ended before its announced length"},
    {"stall", Layer::receive, Side::target, "the answer stopped coming"},
    {"protocol", Layer::receive, Side::target, "the answer is not valid HTTP"},
    {"headers_too_large", Layer::receive, Side::target, "the response headers are too large"},
    {"body_malformed", Layer::receive, Side::target, "the answer's body cannot be decoded"},
    {"redirect_limit", Layer::receive, Side::target, "too many redirects"},
    {"too_slow", Layer::receive, Side::target, "the answer came, but slower than the request allows"},
    {"http_400", Layer::application, Side::target, "bad request"},
    {"http_401", Layer::application, Side::target, "not logged in"},
    {"http_403", Layer::application, Side::target, "forbidden"},
    {"http_404", Layer::application, Side::target, "not found"},
    {"http_405", Layer::application, Side::target, "method not allowed"},
    {"http_408", Layer::application, Side::target, "the server gave up waiting for the request"},
    {"http_409", Layer::application, Side::target, "conflict"},
    {"http_413", Layer::application, Side::target, "the body is too large for the server"},
    {"http_415", Layer::application, Side::target, "the server does not accept this type"},
    {"http_422", Layer::application, Side::target, "the server refuses the content"},
    {"http_429", Layer::application, Side::target, "too many requests"},
    {"http_4xx_other", Layer::application, Side::target, "another 4xx status"},
    {"http_500", Layer::application, Side::target, "internal server error"},
    {"http_502", Layer::application, Side::target, "bad gateway"},
    {"http_503", Layer::application, Side::target, "service unavailable"},
    {"http_504", Layer::application, Side::target, "gateway timeout"},
    {"http_507", Layer::application, Side::target, "insufficient storage"},
    {"http_5xx_other", Layer::application, Side::target, "another 5xx status"},
    {"http_unexpected", Layer::application, Side::target, "a status below 400 that the request does not expect"},
    {"blocked", Layer::application, Side::target, "a web application firewall blocked the request"},
    {"assert_body", Layer::application, Side::target, "the answer's content is not what was expected"},
    {"assert_cookie", Layer::application, Side::target, "the expected cookie is missing"},
    {"assert_redirect_login", Layer::application, Side::target, "sent back to the login page: the session is lost"},
    {"captcha_page", Layer::application, Side::target, "the response is a captcha page"},
    {"mail_late", Layer::mail, Side::target, "the mail came later than expected"},
    {"mail_missing", Layer::mail, Side::target, "the mail did not come"},
    {"mail_spam", Layer::mail, Side::target, "the mail came into the spam folder"},
    {"mail_link_bad", Layer::mail, Side::target, "the mail's link is missing or does not work"},
    {"mailbox_unreachable", Layer::mailbox, Side::mailbox, "the mailbox server cannot be reached"},
    {"mailbox_auth", Layer::mailbox, Side::mailbox, "the mailbox refuses the login"},
    {"mailbox_tls", Layer::mailbox, Side::mailbox, "the mailbox server's certificate or TLS is wrong"},
    {"mailbox_protocol", Layer::mailbox, Side::mailbox, "the mailbox server sent an invalid response"},
    {"mailbox_limit", Layer::mailbox, Side::mailbox, "the mailbox holds more than this program reads (its own limit)"},
    {"abandoned", Layer::person, Side::person, "the person lost patience and left"},
    {"consent", Layer::generator, Side::generator, "the target's owner has not consented to this request"},
    {"generator_descriptors", Layer::generator, Side::generator, "this process has no file descriptors left"},
    {"generator_ports", Layer::generator, Side::generator, "this machine has no local ports left"},
    {"generator_memory", Layer::generator, Side::generator, "this process has no memory left"},
    {"generator_identity", Layer::generator, Side::generator, "a guard of the scenario stopped the request"},
    {"generator_script", Layer::generator, Side::generator, "the scenario raised an error"},
    {"generator_internal", Layer::generator, Side::generator, "a fault inside the tester"},
}};

}  // namespace

const ErrorClassInfo& info(ErrorClass error) noexcept {
  const auto index = static_cast<std::size_t>(error);
  return kRows[index < kErrorClassCount ? index : static_cast<std::size_t>(ErrorClass::generator_internal)];
}

std::string plain_class(ErrorClass error) {
  return std::string(info(error).text).append(" (").append(name(error)).append(")");
}

std::string_view name(ErrorLayer layer) noexcept {
  static constexpr std::array<std::string_view, 12> kNames{"none", "dns",     "connect", "tls",
                                                           "send", "wait",    "receive", "application",
                                                           "mail", "mailbox", "person",  "generator"};
  return kNames[static_cast<std::size_t>(layer)];
}

std::string_view name(ErrorSide side) noexcept {
  static constexpr std::array<std::string_view, 5> kNames{"none", "target", "mailbox", "generator", "person"};
  return kNames[static_cast<std::size_t>(side)];
}

std::optional<ErrorClass> error_class_from_name(std::string_view wanted) noexcept {
  for (std::size_t i = 0; i < kErrorClassCount; ++i) {
    if (kRows[i].name == wanted) return static_cast<ErrorClass>(i);
  }
  return std::nullopt;
}

ErrorClass classify_status(int status, bool waf) noexcept {
  if (waf) return ErrorClass::blocked;
  switch (status) {
    case 400: return ErrorClass::http_400;
    case 401: return ErrorClass::http_401;
    case 403: return ErrorClass::http_403;
    case 404: return ErrorClass::http_404;
    case 405: return ErrorClass::http_405;
    case 408: return ErrorClass::http_408;
    case 409: return ErrorClass::http_409;
    case 413: return ErrorClass::http_413;
    case 415: return ErrorClass::http_415;
    case 422: return ErrorClass::http_422;
    case 429: return ErrorClass::http_429;
    case 500: return ErrorClass::http_500;
    case 502: return ErrorClass::http_502;
    case 503: return ErrorClass::http_503;
    case 504: return ErrorClass::http_504;
    case 507: return ErrorClass::http_507;
    default: break;
  }
  if (status >= 500) return ErrorClass::http_5xx_other;
  if (status >= 400) return ErrorClass::http_4xx_other;
  return ErrorClass::http_unexpected;
}

}  // namespace gelombang
