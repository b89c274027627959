#include "probes/http/target_look.hpp"

#include "probes/consent/remote_address.hpp"
#include "probes/curl_handles.hpp"
#include "probes/http/transfer_class.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

namespace gelombang {
namespace {

// What the callbacks of one look record.
struct Opening {
  const TargetLook& target;
  SocketGuard& guard;
  TransferFacts facts;
  std::string reason;      // of the guard
  bool connected = false;  // TCP is, and TLS begins; libcurl's own times come only after TLS
};

curl_socket_t open_guarded(void* user, curlsocktype, curl_sockaddr* to) {
  auto& opening = *static_cast<Opening*>(user);
  try {
    const std::optional<RemoteAddress> remote = remote_address(to->addr);
    GuardVerdict verdict;
    if (remote) verdict = opening.guard.may_connect(opening.target.host, *remote);
    if (!verdict.allowed) {
      opening.facts.guard_denied = true;
      opening.reason = std::move(verdict.reason);
      return CURL_SOCKET_BAD;
    }
    const int fd = ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    if (fd < 0) {
      opening.facts.open_errno = errno;
    } else {
      opening.facts.socket_opened = true;
    }
    return fd;
  } catch (const std::exception&) {
    opening.facts.out_of_memory = true;
    return CURL_SOCKET_BAD;
  }
}

CURLcode on_tls(CURL*, void*, void* user) {
  static_cast<Opening*>(user)->connected = true;
  return CURLE_OK;
}

// "[2001:db8::1]" for an IPv6 literal, as URLs write it.
std::string url_of(const TargetLook& target) {
  const bool literal = target.host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}/", target.scheme, literal ? "[" : "", target.host, literal ? "]" : "",
                     target.port);
}

void set_connection(CURL* easy, const TargetLook& target, Opening& opening) {
  set_http(easy);
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(target.timeout).count();
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout));
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_guarded);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &opening);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &on_tls);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &opening);
  set_certificates(easy, target.verify_certificates, target.ca_file);
}

ErrorClass classify(CURL* easy, CURLcode code, std::string_view message, Opening& opening) {
  TransferFacts& facts = opening.facts;
  facts.code = code;
  long os_errno = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_errno);
  facts.os_errno = static_cast<int>(os_errno);
  curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &facts.verify_result);
  curl_off_t looked_up = 0;
  curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &looked_up);
  facts.reached = opening.connected ? Phase::tls : looked_up > 0 ? Phase::connect : Phase::dns;
  facts.word = peer_word(message);
  facts.timeout = opening.target.timeout;
  const ErrorClass error = classify_transfer(facts);
  // A peer that hangs up has said nothing about the certificate. A load balancer without servers does so.
  const bool hung_up = facts.os_errno == ECONNRESET || facts.word == PeerWord::unexpected_end ||
                       message.find("SSL_ERROR_SYSCALL") != std::string_view::npos;
  return error == ErrorClass::tls_handshake && hung_up ? ErrorClass::reset : error;
}

}  // namespace

LookResult look_at_target(const TargetLook& target, SocketGuard& guard) {
  ensure_curl();
  const CurlEasy easy(curl_easy_init());
  if (!easy) return {ErrorClass::generator_memory, {}};
  CurlList resolve;
  for (const std::string& entry : target.resolve) resolve.reset(curl_slist_append(resolve.release(), entry.c_str()));
  Opening opening{target, guard, {}, {}};
  std::array<char, CURL_ERROR_SIZE> message{};
  set_connection(easy.get(), target, opening);
  curl_easy_setopt(easy.get(), CURLOPT_RESOLVE, resolve.get());
  curl_easy_setopt(easy.get(), CURLOPT_URL, url_of(target).c_str());
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, message.data());
  const CURLcode code = curl_easy_perform(easy.get());
  if (code == CURLE_OK) return {};
  LookResult result;
  result.error = classify(easy.get(), code, message.data(), opening);
  result.detail = result.error == ErrorClass::consent ? opening.reason : std::string(message.data());
  if (result.detail.empty()) result.detail = curl_easy_strerror(code);
  return result;
}

}  // namespace gelombang
