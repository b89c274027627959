#include "probes/mail/imap_session.hpp"

#include "base/loopback.hpp"
#include "probes/curl_handles.hpp"
#include "probes/mail/imap_response.hpp"
#include "probes/mail/imap_sockets.hpp"
#include "probes/mail/message.hpp"

#include <curl/curl.h>
#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace gelombang {
namespace {

constexpr Duration kConnectTimeout = std::chrono::seconds(10);
// Buffers for one long line and for many lines: see Answer.
constexpr long kLongBufferBytes = 128L << 10;
constexpr long kShortBufferBytes = 1024;
constexpr std::size_t kMaxResponseBytes = std::size_t{1} << 20;  // of lines
constexpr int kMaxCuts = 100;
constexpr long kMaxIdleSeconds = 3600;

struct Sink {
  std::string* bytes = nullptr;
  std::size_t limit = 0;
  bool* too_much = nullptr;
};

std::size_t on_write(char* data, std::size_t size, std::size_t count, void* user) {
  auto& sink = *static_cast<Sink*>(user);
  *sink.too_much = sink.bytes->size() + size * count > sink.limit;
  if (*sink.too_much) return 0;
  sink.bytes->append(data, size * count);
  return size * count;
}

long milliseconds_of(Duration duration) {
  return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

bool is_status(std::string_view text, std::string_view status) {
  return text.size() >= status.size() && strncasecmp(text.data(), status.data(), status.size()) == 0 &&
         (text.size() == status.size() || text[status.size()] == ' ' || text[status.size()] == '\r');
}

}  // namespace

struct ImapSession::Handle {
  CURL* curl = curl_easy_init();
  std::array<char, CURL_ERROR_SIZE> error{};
  ImapSockets sockets;

  Handle() = default;
  ~Handle() {
    // No LOGOUT, because libcurl would wait up to two minutes for the response. A client may hang up.
    sockets.shut();
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
  const CurlUrl url(curl_url());
  // The URL itself is not repeated in errors: it may hold a password.
  if (!url || curl_url_set(url.get(), CURLUPART_URL, options.url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return Error{"the mailbox is no URL: expected imap://HOST, imaps://HOST or maildir:DIR"};
  }
  const std::string scheme = url_part(url.get(), CURLUPART_SCHEME);
  if (scheme != "imap" && scheme != "imaps") {
    return Error{"the mailbox has the unknown scheme " + scheme + ": expected imap://, imaps:// or maildir:"};
  }
  if (!url_part(url.get(), CURLUPART_USER).empty() || !url_part(url.get(), CURLUPART_PASSWORD).empty()) {
    return Error{"the mailbox URL contains a user or password: give them separately"};
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
  set_direct(handle->curl);
  handle->set(CURLOPT_USERNAME, options.user.c_str());
  handle->set(CURLOPT_PASSWORD, options.password.reveal().c_str());
  // A name is not trusted: ImapSockets checks the address behind it.
  handle->sockets.only_loopback = scheme == "imap" && names_loopback(host);
  handle->set(CURLOPT_USE_SSL, long{names_loopback(host) ? CURLUSESSL_NONE : CURLUSESSL_ALL});
  handle->set(CURLOPT_SSL_VERIFYPEER, options.verify_certificates ? 1L : 0L);
  handle->set(CURLOPT_SSL_VERIFYHOST, options.verify_certificates ? 2L : 0L);
  if (!options.ca_file.empty()) handle->set(CURLOPT_CAINFO, options.ca_file.c_str());
  handle->set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds_of(std::min(kConnectTimeout, options.answer_within)));
  handle->set(CURLOPT_TIMEOUT_MS, milliseconds_of(2 * options.answer_within));
  handle->set(CURLOPT_QUICK_EXIT, 1L);  // a silent name server must not delay the end
  handle->set(CURLOPT_TCP_KEEPALIVE, 1L);
  handle->set(CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  handle->set(CURLOPT_SERVER_RESPONSE_TIMEOUT,
              static_cast<long>(std::chrono::ceil<std::chrono::seconds>(options.answer_within).count()));
  handle->set(CURLOPT_ERRORBUFFER, handle->error.data());
  handle->set(CURLOPT_WRITEFUNCTION, &on_write);
  handle->sockets.attach(handle->curl);
  const std::string port = url_part(url.get(), CURLUPART_PORT);
  std::string base = scheme + "://" + host + (port.empty() ? "" : ":" + port) + "/";
  return std::unique_ptr<ImapSession>(new ImapSession(std::move(handle), std::move(base), 2 * options.answer_within));
}

ImapSession::ImapSession(std::unique_ptr<Handle> handle, std::string base_url, Duration longest_call)
    : handle_(std::move(handle)), base_url_(std::move(base_url)), longest_call_(longest_call) {
  const auto on_header = [](char* data, std::size_t size, std::size_t count, void* self) -> std::size_t {
    return static_cast<ImapSession*>(self)->on_line({data, size * count}) ? size * count : 0;
  };
  const auto on_debug = [](CURL*, curl_infotype type, char* data, std::size_t size, void* user) -> int {
    auto& self = *static_cast<ImapSession*>(user);
    const std::string_view text(data, size);
    if (type == CURLINFO_HEADER_OUT) self.on_command(text);
    if (type == CURLINFO_TEXT && text.starts_with("Excessive server response line")) self.on_cut_line();
    // libcurl's own limit of lines, which it reports as a broken connection.
    if (type == CURLINFO_TEXT && text.starts_with("Too large response headers")) self.exchange_.too_much = true;
    return 0;
  };
  handle_->set(CURLOPT_VERBOSE, 1L);
  handle_->set(CURLOPT_DEBUGFUNCTION, static_cast<int (*)(CURL*, curl_infotype, char*, std::size_t, void*)>(on_debug));
  handle_->set(CURLOPT_DEBUGDATA, this);
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

// "A004 LOGIN ...": libcurl's tags have four characters. A reply to a challenge has no tag.
void ImapSession::on_command(std::string_view line) {
  constexpr std::size_t kTag = 4;
  if (line.size() <= kTag || line[kTag] != ' ' || line.front() < 'A' || line.front() > 'Z') return;
  exchange_.tag = line.substr(0, kTag);
  line.remove_prefix(kTag + 1);
  const std::string_view verb = line.substr(0, line.find_first_of(" \r"));
  if (verb == "LOGOUT") return;  // follows a failure, which it must not hide
  exchange_.verb = verb;
  exchange_.refused.clear();
}

// libcurl drops what does not fit into its buffer. That is harmless before the login, but a wrong response after it.
// libcurl reads an endless line for ever, and calls no other callback meanwhile. Once the socket is shut, libcurl sees
// the end of the connection.
void ImapSession::on_cut_line() {
  const bool before_login = exchange_.verb.empty() || exchange_.verb == "CAPABILITY" || exchange_.verb == "LOGIN" ||
                            exchange_.verb == "AUTHENTICATE" || exchange_.verb == "STARTTLS";
  if (before_login && ++exchange_.cuts < kMaxCuts) return;
  exchange_.too_much = true;
  handle_->sockets.shut();
}

// Called with every line that the server sends, except the mails themselves.
bool ImapSession::on_line(std::string_view line) {
  exchange_.bytes += line.size();
  exchange_.too_much = exchange_.too_much || exchange_.bytes > kMaxResponseBytes;
  if (const auto validity = parse_uid_validity_line(line)) uid_validity_ = validity;
  if (is_status(line, "* BYE")) exchange_.bye = true;
  const std::string_view tag = line.substr(0, line.find(' '));
  const std::string_view answer = line.substr(std::min(line.size(), tag.size() + 1));
  const bool refused = is_status(answer, "NO") || is_status(answer, "BAD");
  if (tag != "*" && tag != "+" && (refused || is_status(answer, "OK"))) {
    exchange_.stray = tag != exchange_.tag;
    if (refused && !exchange_.stray) exchange_.refused = answer;
  }
  return !exchange_.too_much && !exchange_.stray && !stopping_;
}

std::string ImapSession::url_of(std::string_view mailbox) const {
  char* escaped = curl_easy_escape(handle_->curl, mailbox.data(), static_cast<int>(mailbox.size()));
  std::string url = base_url_ + (escaped == nullptr ? "" : escaped);
  curl_free(escaped);
  return url;
}

void ImapSession::allow(Duration within) {
  const Duration shortest = std::chrono::milliseconds(1);  // 0 would be no limit
  handle_->set(CURLOPT_TIMEOUT_MS, milliseconds_of(std::max(shortest, std::min(within, longest_call_))));
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
  exchange_ = {};
  handle_->sockets.begin();
  handle_->error.front() = '\0';
  bool too_long = false;
  Sink sink{&response, limit, &too_long};
  handle_->set(CURLOPT_BUFFERSIZE, answer == Answer::one_line ? kLongBufferBytes : kShortBufferBytes);
  handle_->set(CURLOPT_URL, url.c_str());
  handle_->set(CURLOPT_CUSTOMREQUEST, command);
  handle_->set(CURLOPT_WRITEDATA, &sink);
  const CURLcode code = curl_easy_perform(handle_->curl);
  long connects = 0;
  curl_easy_getinfo(handle_->curl, CURLINFO_NUM_CONNECTS, &connects);
  connected_anew_ = connects > 0;
  exchange_.too_much = exchange_.too_much || too_long;
  dropped_ = !connected_anew_ && (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING);
  dropped_ = dropped_ && !exchange_.too_much;
  // A line that libcurl cut is no response, even if the command completed.
  if (code == CURLE_OK && !exchange_.too_much) return Status::done;
  fault_ = fault_of(code);
  // libcurl reports a mailbox that cannot be selected as a refused login.
  const bool selecting = exchange_.verb == "SELECT";
  if (exchange_.too_much) return Status::broken;
  if (code == CURLE_QUOTE_ERROR || (code == CURLE_LOGIN_DENIED && selecting)) return Status::refused;
  // libcurl reports a mail as not found after NO and BAD as well.
  if (code == CURLE_REMOTE_FILE_NOT_FOUND) return exchange_.refused.empty() ? Status::absent : Status::refused;
  return Status::broken;
}

bool ImapSession::says_nonexistent() const { return exchange_.refused.find("[NONEXISTENT]") != std::string::npos; }

MailFault ImapSession::fault_of(int code) const {
  // libcurl's own message. The server's text is not repeated, because it may hold anything.
  const char* text = curl_easy_strerror(static_cast<CURLcode>(code));
  const std::string detail = handle_->error.front() != '\0' ? handle_->error.data() : text;
  long os_error = 0;
  curl_easy_getinfo(handle_->curl, CURLINFO_OS_ERRNO, &os_error);
  const int socket_error = handle_->sockets.error();
  if (exchange_.too_much) return {ErrorClass::mailbox_limit, "its response is larger than the limit"};
  if (exchange_.stray) return {ErrorClass::mailbox_protocol, "it responds to a command that was not sent"};
  if (handle_->sockets.strayed()) return {ErrorClass::mailbox_tls, "it is not on this machine: its URL needs imaps://"};
  if (socket_error == EMFILE || socket_error == ENFILE) return {ErrorClass::generator_descriptors, detail};
  if (code == CURLE_COULDNT_CONNECT && os_error == EADDRNOTAVAIL) return {ErrorClass::generator_ports, detail};
  switch (code) {
    case CURLE_OUT_OF_MEMORY: return {ErrorClass::generator_memory, text};
#if LIBCURL_VERSION_NUM >= 0x080600  // holds 64 KB of a line; 7.88 cuts what its buffer does not hold
    case CURLE_TOO_LARGE: return {ErrorClass::mailbox_limit, "its response has a line longer than the limit"};
#endif
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_ABORTED_BY_CALLBACK: return {ErrorClass::mailbox_unreachable, detail};
    case CURLE_LOGIN_DENIED: return refusal();
    case CURLE_REMOTE_FILE_NOT_FOUND: return {ErrorClass::mailbox_protocol, "it does not send the mail"};
    case CURLE_WEIRD_SERVER_REPLY:
      if (exchange_.bye) return {ErrorClass::mailbox_unreachable, "the server ended the session (BYE)"};
      return {ErrorClass::mailbox_protocol, text};
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

// Why the login was refused, as far as the server says (RFC 5530).
MailFault ImapSession::refusal() const {
  const std::string_view answer = exchange_.refused;
  const auto says = [answer](std::string_view code) { return answer.find(code) != std::string_view::npos; };
  if (is_status(answer, "BAD")) return {ErrorClass::mailbox_protocol, "the server does not understand the login"};
  if (says("[UNAVAILABLE]") || says("[INUSE]") || says("[LIMIT]") || says("[SERVERBUG]") || says("[CONTACTADMIN]")) {
    return {ErrorClass::mailbox_unreachable, "the server cannot check logins at the moment"};
  }
  if (says("[PRIVACYREQUIRED]")) return {ErrorClass::mailbox_tls, "the server takes no login without TLS"};
  return {ErrorClass::mailbox_auth, curl_easy_strerror(CURLE_LOGIN_DENIED)};
}

}  // namespace gelombang
