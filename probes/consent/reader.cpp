#include "probes/consent/reader.hpp"

#include "probes/consent/address_class.hpp"
#include "probes/consent/address_resolver.hpp"
#include "probes/consent/document.hpp"
#include "probes/curl_handles.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <memory>

namespace gelombang {
namespace {

// What the callbacks of one reading share.
struct Reading {
  const RemoteAddress& address;
  const std::atomic<bool>& stop;
  std::string body;
  bool too_large = false;
  bool strayed = false;  // libcurl asked for a socket to another address
};

// The final check of where the bytes come from, whatever libcurl does with the options.
curl_socket_t open_socket(void* user, curlsocktype purpose, curl_sockaddr* to) {
  auto& reading = *static_cast<Reading*>(user);
  const auto address = from_sockaddr(to->addr, to->addrlen);
  if (purpose != CURLSOCKTYPE_IPCXN || !address || *address != reading.address) {
    reading.strayed = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

std::size_t on_body(const char* data, std::size_t size, std::size_t count, void* user) {
  auto& reading = *static_cast<Reading*>(user);
  const std::size_t bytes = size * count;
  if (reading.body.size() + bytes > kMaxConsentFile) {
    reading.too_large = true;
    return 0;
  }
  reading.body.append(data, bytes);
  return bytes;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Reading*>(user)->stop ? 1 : 0;
}

// "[2001:db8::1]" for an IPv6 literal, as URLs write it.
std::string in_url(const std::string& host) { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }

long whole_milliseconds(Duration duration) {
  return static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

void set_limits(CURL* easy, const ConsentReaderOptions& options) {
  set_http(easy);
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_MAXFILESIZE, static_cast<long>(kMaxConsentFile));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, whole_milliseconds(options.connect_timeout));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, whole_milliseconds(options.timeout));
}

void set_callbacks(CURL* easy, Reading& reading) {
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &reading);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &reading);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &on_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &reading);
}

ErrorClass cause_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_CONNECT: return ErrorClass::tcp_refused;
    case CURLE_OPERATION_TIMEDOUT: return ErrorClass::tcp_timeout;
    case CURLE_PEER_FAILED_VERIFICATION: return ErrorClass::tls_chain;
    case CURLE_SSL_CONNECT_ERROR: return ErrorClass::tls_handshake;
    case CURLE_GOT_NOTHING: return ErrorClass::empty_reply;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: return ErrorClass::reset;
    default: return ErrorClass::consent;
  }
}

}  // namespace

ConsentFile read_consent(const ConsentSource& source, const ConsentReaderOptions& options,
                         const std::atomic<bool>& stop) {
  const Easy easy(curl_easy_init(), &curl_easy_cleanup);
  if (!easy) return {Error{"out of memory"}, ErrorClass::generator_memory};
  Reading reading{source.address, stop, {}, false, false};
  const std::string url = fmt::format("{}://{}:{}{}", source.scheme, in_url(source.host), source.port, kConsentPath);
  const std::string to = fmt::format("::{}:{}", in_url(format_address(source.address)), source.port);
  const List connect_to(curl_slist_append(nullptr, to.c_str()), &curl_slist_free_all);
  std::array<char, CURL_ERROR_SIZE> detail{};
  set_limits(easy.get(), options);
  set_callbacks(easy.get(), reading);
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_CONNECT_TO, connect_to.get());
  curl_easy_setopt(easy.get(), CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, detail.data());
  if (!options.ca_file.empty()) curl_easy_setopt(easy.get(), CURLOPT_CAINFO, options.ca_file.c_str());

  const CURLcode code = curl_easy_perform(easy.get());
  if (reading.strayed)
    return {Error{fmt::format("{} could not be read: libcurl tried to connect to another address", kConsentPath)}};
  if (reading.too_large || code == CURLE_FILESIZE_EXCEEDED) {
    return {Error{fmt::format("{} is larger than 32 KB", kConsentPath)}};
  }
  if (code != CURLE_OK) {
    return {Error{fmt::format("{} could not be read: {}", kConsentPath,
                              detail[0] != '\0' ? detail.data() : curl_easy_strerror(code))},
            cause_of(code)};
  }
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return {Error{fmt::format("{} answered with status {}, expected 200", kConsentPath, status)}};
  return {{Result<std::string>::in_place_value, std::move(reading.body)}};
}

}  // namespace gelombang
