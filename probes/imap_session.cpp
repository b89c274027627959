#include "probes/imap_session.hpp"

#include "probes/imap_response.hpp"
#include "probes/mail_message.hpp"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace gelombang {
namespace {

constexpr long kConnectTimeoutMs = 10'000;
constexpr long kTimeoutMs = 30'000;
constexpr long kResponseTimeoutSeconds = 15;
// For one long line, for many lines: see Answer.
constexpr long kLongBufferBytes = 128L << 10;
constexpr long kShortBufferBytes = 1024;
constexpr std::size_t kMaxResponseBytes = std::size_t{1} << 20;
constexpr long kMaxIdleSeconds = 3600;

struct Sink {
  std::string* bytes = nullptr;
  std::size_t limit = 0;
};

std::size_t on_write(char* data, std::size_t size, std::size_t count, void* user) {
  auto& sink = *static_cast<Sink*>(user);
  if (sink.bytes->size() + size * count > sink.limit) return 0;
  sink.bytes->append(data, size * count);
  return size * count;
}

// As libcurl does it, but why it fails is kept: out of descriptors looks like "could not connect" otherwise.
struct Socket {
  int fd = -1;
  int error = 0;  // errno of the last socket() that failed
};

curl_socket_t open_socket(void* user, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& kept = *static_cast<Socket*>(user);
  kept.fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  kept.error = kept.fd < 0 ? errno : 0;
  return kept.fd < 0 ? CURL_SOCKET_BAD : kept.fd;
}

int close_socket(void* user, curl_socket_t fd) {
  auto& kept = *static_cast<Socket*>(user);
  if (kept.fd == fd) kept.fd = -1;
  return ::close(fd);
}

// A part of the URL, or empty where it has none.
std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string result(text);
  curl_free(text);
  return result;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host == "[::1]" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

}  // namespace

struct ImapSession::Handle {
  CURL* curl = curl_easy_init();
  std::array<char, CURL_ERROR_SIZE> error{};
  Socket socket;

  Handle() = default;
  ~Handle() {
    // No LOGOUT, for whose answer libcurl would wait up to two minutes: a client may hang up.
    if (socket.fd >= 0) ::shutdown(socket.fd, SHUT_RDWR);
    curl_easy_cleanup(curl);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(curl, option, value);
  }
};

Result<std::unique_ptr<ImapSession>> ImapSession::make(const MailboxOptions& options) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> url(curl_url(), &curl_url_cleanup);
  // The URL itself is not repeated in errors: it may hold a password.
  if (!url || curl_url_set(url.get(), CURLUPART_URL, options.url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return Error{"the mailbox is no URL: expected imap://HOST, imaps://HOST or maildir:DIR"};
  }
  const std::string scheme = url_part(url.get(), CURLUPART_SCHEME);
  if (scheme != "imap" && scheme != "imaps") {
    return Error{"the mailbox has the unknown scheme " + scheme + ": expected imap://, imaps:// or maildir:"};
  }
  if (!url_part(url.get(), CURLUPART_USER).empty() || !url_part(url.get(), CURLUPART_PASSWORD).empty()) {
    return Error{"the mailbox URL holds a user or password: give them apart from it"};
  }
  const std::string path = url_part(url.get(), CURLUPART_PATH);
  if ((!path.empty() && path != "/") || !url_part(url.get(), CURLUPART_QUERY).empty()) {
    return Error{"the mailbox URL has a path: expected " + scheme + "://HOST[:PORT], the folders are found"};
  }
  if (options.user.empty() || options.password.empty()) return Error{"an IMAP mailbox needs a user and a password"};
  if (!options.ca_file.empty() && ::access(options.ca_file.c_str(), R_OK) != 0) {
    return Error{"the mailbox's certificate authorities cannot be read: " + options.ca_file};
  }

  auto handle = std::make_unique<Handle>();
  if (handle->curl == nullptr) return Error{"libcurl cannot be initialised"};
  const std::string host = url_part(url.get(), CURLUPART_HOST);
  handle->set(CURLOPT_PROTOCOLS_STR, "imap,imaps");
  handle->set(CURLOPT_PROXY, "");  // none, whatever the environment says
  handle->set(CURLOPT_NOSIGNAL, 1L);
  handle->set(CURLOPT_USERNAME, options.user.c_str());
  handle->set(CURLOPT_PASSWORD, options.password.reveal().c_str());
  handle->set(CURLOPT_USE_SSL, long{is_loopback(host) ? CURLUSESSL_NONE : CURLUSESSL_ALL});
  handle->set(CURLOPT_SSL_VERIFYPEER, options.verify_certificates ? 1L : 0L);
  handle->set(CURLOPT_SSL_VERIFYHOST, options.verify_certificates ? 2L : 0L);
  if (!options.ca_file.empty()) handle->set(CURLOPT_CAINFO, options.ca_file.c_str());
  handle->set(CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  handle->set(CURLOPT_TIMEOUT_MS, kTimeoutMs);
  handle->set(CURLOPT_TCP_KEEPALIVE, 1L);
  handle->set(CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  handle->set(CURLOPT_SERVER_RESPONSE_TIMEOUT, kResponseTimeoutSeconds);
  handle->set(CURLOPT_ERRORBUFFER, handle->error.data());
  handle->set(CURLOPT_WRITEFUNCTION, &on_write);
  handle->set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  handle->set(CURLOPT_OPENSOCKETDATA, &handle->socket);
  handle->set(CURLOPT_CLOSESOCKETFUNCTION, &close_socket);
  handle->set(CURLOPT_CLOSESOCKETDATA, &handle->socket);
  const std::string port = url_part(url.get(), CURLUPART_PORT);
  std::string base = scheme + "://" + host + (port.empty() ? "" : ":" + port) + "/";
  return std::unique_ptr<ImapSession>(new ImapSession(std::move(handle), std::move(base)));
}

ImapSession::ImapSession(std::unique_ptr<Handle> handle, std::string base_url)
    : handle_(std::move(handle)), base_url_(std::move(base_url)) {
  const auto on_header = [](char* data, std::size_t size, std::size_t count, void* self) -> std::size_t {
    static_cast<ImapSession*>(self)->on_line({data, size * count});
    return size * count;
  };
  const auto on_progress = [](void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) -> int {
    return static_cast<ImapSession*>(self)->stopping_ ? 1 : 0;
  };
  handle_->set(CURLOPT_HEADERFUNCTION, static_cast<std::size_t (*)(char*, std::size_t, std::size_t, void*)>(on_header));
  handle_->set(CURLOPT_HEADERDATA, this);
  handle_->set(CURLOPT_NOPROGRESS, 0L);
  handle_->set(CURLOPT_XFERINFOFUNCTION,
               static_cast<int (*)(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t)>(on_progress));
  handle_->set(CURLOPT_XFERINFODATA, this);
}

ImapSession::~ImapSession() = default;

// Every line that the server sends, but for the mails themselves.
void ImapSession::on_line(std::string_view line) {
  if (const auto validity = parse_uid_validity_line(line)) uid_validity_ = validity;
  if (line.find(" NO [UNAVAILABLE]") != std::string_view::npos) unavailable_ = true;
}

std::string ImapSession::url_of(std::string_view mailbox) const {
  char* escaped = curl_easy_escape(handle_->curl, mailbox.data(), static_cast<int>(mailbox.size()));
  std::string url = base_url_ + (escaped == nullptr ? "" : escaped);
  curl_free(escaped);
  return url;
}

ImapSession::Status ImapSession::command(std::string_view mailbox, const std::string& text, Answer answer,
                                         std::string& response) {
  const std::string url = mailbox.empty() ? base_url_ : url_of(mailbox);
  return perform(url, text.c_str(), answer, response, kMaxResponseBytes);
}

ImapSession::Status ImapSession::fetch(std::string_view mailbox, std::uint32_t uid_validity, std::uint32_t uid,
                                       std::string& bytes) {
  const std::string url = url_of(mailbox) + ";UIDVALIDITY=" + std::to_string(uid_validity) +
                          "/;UID=" + std::to_string(uid) + ";PARTIAL=0." + std::to_string(kMaxMailBytes);
  return perform(url, nullptr, Answer::one_line, bytes, kMaxMailBytes);
}

ImapSession::Status ImapSession::perform(const std::string& url, const char* command, Answer answer,
                                         std::string& response, std::size_t limit) {
  response.clear();
  uid_validity_.reset();
  unavailable_ = false;
  handle_->socket.error = 0;
  handle_->error.front() = '\0';
  Sink sink{&response, limit};
  handle_->set(CURLOPT_BUFFERSIZE, answer == Answer::one_line ? kLongBufferBytes : kShortBufferBytes);
  handle_->set(CURLOPT_URL, url.c_str());
  handle_->set(CURLOPT_CUSTOMREQUEST, command);
  handle_->set(CURLOPT_WRITEDATA, &sink);
  const CURLcode code = curl_easy_perform(handle_->curl);
  long connects = 0;
  curl_easy_getinfo(handle_->curl, CURLINFO_NUM_CONNECTS, &connects);
  connected_anew_ = connects > 0;
  dropped_ = !connected_anew_ && (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING);
  if (code == CURLE_OK) return Status::done;
  fault_ = fault_of(code);
  // libcurl reports a mailbox that cannot be selected as a refused login.
  const bool selecting = url.size() > base_url_.size();
  if (code == CURLE_QUOTE_ERROR || code == CURLE_REMOTE_FILE_NOT_FOUND || (code == CURLE_LOGIN_DENIED && selecting)) {
    return Status::refused;
  }
  return Status::broken;
}

MailFault ImapSession::fault_of(int code) const {
  // libcurl's own words; the server's are not repeated, they may hold anything.
  const char* text = curl_easy_strerror(static_cast<CURLcode>(code));
  const std::string detail = handle_->error.front() != '\0' ? handle_->error.data() : text;
  long os_error = 0;
  curl_easy_getinfo(handle_->curl, CURLINFO_OS_ERRNO, &os_error);
  const int socket_error = handle_->socket.error;
  if (socket_error == EMFILE || socket_error == ENFILE) return {ErrorClass::generator_descriptors, detail};
  if (code == CURLE_COULDNT_CONNECT && os_error == EADDRNOTAVAIL) return {ErrorClass::generator_ports, detail};
  switch (code) {
    case CURLE_OUT_OF_MEMORY: return {ErrorClass::generator_memory, text};
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_ABORTED_BY_CALLBACK: return {ErrorClass::mailbox_unreachable, detail};
    case CURLE_LOGIN_DENIED:
      if (unavailable_) return {ErrorClass::mailbox_unreachable, "the server cannot check logins at the moment"};
      return {ErrorClass::mailbox_auth, text};
    case CURLE_USE_SSL_FAILED: return {ErrorClass::mailbox_tls, "the server does not offer STARTTLS"};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION: return {ErrorClass::mailbox_tls, detail};
    default: return {ErrorClass::mailbox_protocol, text};
  }
}

}  // namespace gelombang
