#include "probes/http/transfer.hpp"

#include "probes/consent/remote_address.hpp"
#include "probes/http/outcome.hpp"
#include "probes/http/unasked_bytes.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <exception>
#include <string_view>
#include <system_error>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kMaxHeaderBytes = 256 * 1024;  // browsers give up at about as much
constexpr std::size_t kMaxHeaderLines = 5000;        // a page has some thirty

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view without_blanks_before(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view without_blanks_after(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Blanks for carriage returns that stand alone (RFC 9110, 5.5). `room` holds the text where there were any.
std::string_view without_returns(std::string_view text, std::string& room) {
  if (text.find('\r') == std::string_view::npos) return text;
  room = text;
  std::replace(room.begin(), room.end(), '\r', ' ');
  return room;
}

// "HTTP/2 200 ", as libcurl writes it; 0 where it is none.
int http2_status(std::string_view line) {
  constexpr std::string_view kVersion = "HTTP/2 ";
  if (line.substr(0, kVersion.size()) != kVersion) return 0;
  line.remove_prefix(kVersion.size());
  int status = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + std::min<std::size_t>(line.size(), 3), status);
  return error == std::errc{} && end == line.data() + 3 ? status : 0;
}

// Null without TLS. Only within libcurl's callbacks does a transfer have its connection.
SSL* tls_of(CURL* easy) {
  const curl_tlssessioninfo* session = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || session == nullptr) return nullptr;
  return session->backend == CURLSSLBACKEND_OPENSSL ? static_cast<SSL*>(session->internals) : nullptr;
}

bool speaks_http2(const SSL* tls) {
  const unsigned char* name = nullptr;
  unsigned int length = 0;
  SSL_get0_alpn_selected(tls, &name, &length);
  return length == 2 && name[0] == 'h' && name[1] == '2';
}

}  // namespace

void Hop::note_sent(TimePoint now) {
  sent = now;
  if (!paced) return;
  paced->count(now);
  sent = std::max(now, paced->sent_at());
}

void TransferContext::begin_turn() noexcept {
  body_allowance = kBodyPerTurn;
  tls_reads.begin_round();
}

void TransferContext::request_written(TimePoint now) {
  Transfer* const transfer = std::exchange(handing_over, nullptr);
  if (transfer == nullptr || transfer->hop.streamed) return;
  if (transfer->hop.body.empty()) {  // in the kernel when libcurl goes on to something else
    transfer->hop.note_sent(now);
  } else {
    read_out.push_back(transfer);
  }
}

const RemoteAddress& KnownAddress::read(std::string_view text, std::uint16_t port) {
  if (text != text_ || port != address_.port) {
    text_ = text;
    address_ = remote_address(text, port).value_or(RemoteAddress{});
  }
  return address_;
}

Transfer::Transfer(TransferContext& shared, TransferId number) : context(shared), id(number) {}

Transfer::~Transfer() = default;

std::size_t Transfer::on_header(char* line, std::size_t size, std::size_t count, void* slot) {
  Transfer& self = *static_cast<EasySlot*>(slot)->transfer;
  const std::size_t length = size * count;
  try {
    return self.take_header(line, length) ? length : 0;
  } catch (const std::exception&) {
    self.hop.out_of_memory = true;
    return 0;
  }
}

// When the answer comes, and not before: of many who wait few are answered at a time, in memory that the processor's
// caches still hold.
void Transfer::take_spare_result() {
  if (!result.hops.empty()) return;  // it has followed a redirect
  context.spare_results.lend(result);
  hop.response = std::move(result.response);
}

bool Transfer::take_header(const char* data, std::size_t length) {
  const std::string_view line(data, length);
  hop.header_bytes += length;
  if (hop.header_bytes > kMaxHeaderBytes || ++hop.header_lines > kMaxHeaderLines) {
    hop.headers_overflow = true;
    return false;
  }
  note_arrival();
  if (hop.header_bytes == length) take_spare_result();
  if (hop.headers_complete) return true;  // trailers
  if (!hop.in_section) return begin_section(line, hop.header_bytes == length);
  if (line.front() == '\r' || line.front() == '\n') return end_section(line);
  return is_space(line.front()) ? take_folded(line) : take_field(line);
}

// What one round brings came together.
void Transfer::note_arrival() {
  if (hop.arrival_round != context.round) hop.last_byte = context.clock.now();
  hop.arrival_round = context.round;
}

bool Transfer::begin_section(std::string_view line, bool first) {
  if (first && answered_unasked()) return refuse("it came before the request");
  hop.status = hop.http2 ? http2_status(line) : hop.framing.begin(line);
  if (hop.status == 0) return refuse("it does not begin with a status line");
  // Nobody else's protocol is spoken here, unless a script asks for it (RFC 9110, 7.8).
  if (hop.status == 101 && !find_header(request.headers, "upgrade")) return refuse("it changes to another protocol");
  hop.in_section = true;
  // 100 and 103 come before the answer and are none.
  if (hop.status >= 200 || hop.status == 101) {
    hop.answered = answer_time(hop.last_byte, !first);
    if (context.on_first_status) std::exchange(context.on_first_status, nullptr)();
  }
  hop.response.headers.clear();
  hop.headers_kept = 0;
  hop.field_kept = false;
  return true;
}

bool Transfer::take_field(std::string_view line) {
  std::string room;
  const std::string_view text = without_returns(without_blanks_after(line), room);
  const std::size_t colon = text.find(':');
  hop.field_kept = false;
  if (colon == std::string_view::npos) return true;
  const std::string_view name = without_blanks_after(text.substr(0, colon));
  const std::string_view value = without_blanks_before(text.substr(colon + 1));
  if (same_header_name(name, "set-cookie")) ++hop.cookies_set;
  if (!hop.http2) hop.framing.add(name, value, name.size() == colon);
  if (!hop.answered) return true;
  ++hop.headers_kept;
  hop.field_kept = true;
  if (name.size() == colon && value.size() + colon + 2 == text.size() && text[colon + 1] == ' ') {  // as most are
    hop.response.headers.add_line(text, colon);
  } else {
    hop.response.headers.add(name, value);
  }
  return true;
}

bool Transfer::take_folded(std::string_view line) {
  std::string room;
  const std::string_view more = without_returns(without_blanks_before(without_blanks_after(line)), room);
  if (more.empty()) return true;
  if (!hop.answered) return true;
  if (hop.headers_kept == 0) return refuse("a blank line's place is taken by blanks");
  if (!hop.field_kept) return true;
  // RFC 9112, 5.2. libcurl reads only its first line.
  hop.framing.add(hop.response.headers.extend_last(more), more, false);
  return true;
}

bool Transfer::end_section(std::string_view line) {
  if (!without_blanks_after(line).empty()) return refuse("a carriage return stands alone");
  hop.in_section = false;
  const char* const fault = hop.http2 ? nullptr : hop.framing.fault(bodyless());
  if (fault != nullptr) return refuse(fault);
  if (!hop.answered) return true;  // the answer comes after this
  hop.headers_complete = true;
  if (!hop.http2) watch_for_excess();
  if (!hop.body.empty() && !hop.sent && !hop.early_noted) {
    hop.early_noted = true;
    context.early.push_back(this);
  }
  return true;
}

bool Transfer::bodyless() const noexcept {
  return hop.method == HttpMethod::head || hop.status < 200 || hop.status == 204 || hop.status == 304;
}

// RFC 9112, 6.3: what was received is thrown away, and libcurl closes the connection.
bool Transfer::refuse(const char* fault) {
  hop.fault = fault;
  hop.status = 0;
  hop.response.headers.clear();
  return false;
}

// Where libcurl has read more than the answer it throws that away; of answers without a body and in chunks it keeps the
// connection, and tells nobody but its log. Where a length was given it ends the connection by itself.
void Transfer::watch_for_excess() {
  if (hop.framing.ambiguous()) end_connection();
  if (!bodyless() && !hop.framing.chunked() && hop.framing.length() != 0) return;
  if (slot->options.verbose != 0) return;
  curl_easy_setopt(slot->easy.get(), CURLOPT_VERBOSE, 1L);
  slot->options.verbose = 1;
}

// libcurl may have found an answer by itself, before the link has carried it.
TimePoint Transfer::answer_time(TimePoint now, bool after_others) const {
  if (!hop.paced) return now;
  hop.paced->count(now);
  // Over TLS libcurl reads one record, which may follow tickets; without, whatever is there, which begins with it
  // unless a 100 or 103 came before.
  const bool last = hop.url->scheme == "https" || after_others;
  const TimePoint began = last ? hop.paced->last_part_at() : hop.paced->first_part_at();
  return hop.request_started && began >= *hop.request_started ? began : now;
}

std::size_t Transfer::on_read(char* to, std::size_t size, std::size_t count, void* slot) {
  Transfer& self = *static_cast<EasySlot*>(slot)->transfer;
  const std::size_t room = self.hop.link ? std::min(self.hop.link->up.portion(), size * count) : size * count;
  const std::size_t copied = self.hop.body.read(to, room);
  if (copied > 0 && self.hop.body.exhausted()) {
    try {
      self.context.read_out.push_back(&self);
    } catch (const std::exception&) {
      self.hop.out_of_memory = true;
      return CURL_READFUNC_ABORT;
    }
  }
  return copied;
}

// Only for a request that is to be sent again does libcurl go back in its body.
int Transfer::on_seek(void* slot, curl_off_t, int) {
  Transfer& self = *static_cast<EasySlot*>(slot)->transfer;
  return self.refuse_resending() ? CURL_SEEKFUNC_FAIL : CURL_SEEKFUNC_OK;
}

int Transfer::on_request(void* slot, char* remote_ip, char*, int remote_port, int local_port) {
  Transfer& self = *static_cast<EasySlot*>(slot)->transfer;
  const TimePoint now = self.context.clock.now();
  try {
    self.context.request_written(now);
    if (self.refuse_resending()) return CURL_PREREQFUNC_ABORT;
    if (self.spoken_unasked(remote_ip, remote_port, local_port)) return CURL_PREREQFUNC_ABORT;
    // An answer may be found in this very round, before the loop hears of the descriptor.
    if (self.hop.link) self.hop.paced = PacedSocket::find(*self.hop.link, static_cast<std::uint16_t>(local_port));
    if (self.hop.paced) self.hop.paced->begin_request(now);
  } catch (const std::exception&) {
    self.hop.out_of_memory = true;
    return CURL_PREREQFUNC_ABORT;
  }
  if (self.hop.socket_opened)
    curl_easy_getinfo(static_cast<EasySlot*>(slot)->easy.get(), CURLINFO_OS_ERRNO, &self.hop.connect_errno);
  self.hop.request_started = now;
  self.hop.sent.reset();
  self.context.handing_over = &self;
  return CURL_PREREQFUNC_OK;
}

// libcurl repeats a request by itself: on a connection that ended before its answer, a stream that was refused, a
// 417, an HTTP/2 that the server takes back. Whatever leads to a second sending within one hop, a look-up, a new
// connection or another kept one, is refused, and what the first was is written down while libcurl still knows it.
bool Transfer::refuse_resending() {
  if (!hop.request_started) return false;
  if (unanswered) return true;
  const TimePoint now = context.clock.now();
  try {
    // It came to reading an answer, so the request had been written, although nobody had the time to notice.
    const bool written = !hop.streamed || hop.body.exhausted();
    if (!hop.sent && written && !says_send_failed(slot->message.data())) hop.note_sent(now);
    unanswered = std::make_unique<HopOutcome>(unanswered_hop(*this, now));
    // Of an answer that has libcurl send again it shows no body.
    if (hop.headers_complete) hop.response.body_truncated = true;
  } catch (const std::exception&) {
    hop.out_of_memory = true;
  }
  slot->tainted = true;  // libcurl counts its tries over a handle's life, and gives up at the sixth
  return true;
}

// Whether something waits on the connection that the request is about to be written to. HTTP/2 has frames for what is
// nobody's answer, and libcurl reads them.
bool Transfer::spoken_unasked(const char* remote_ip, int remote_port, int local_port) {
  SSL* const tls = hop.url->scheme == "https" ? tls_of(slot->easy.get()) : nullptr;
  hop.http2 = tls != nullptr && speaks_http2(tls);
  const RemoteAddress& remote = slot->peer.read(remote_ip, static_cast<std::uint16_t>(remote_port));
  const curl_socket_t fd = connections->find(*context.loop, remote, static_cast<std::uint16_t>(local_port));
  if (fd == CURL_SOCKET_BAD) return false;
  hop.fd = fd;
  if (hop.http2) return false;
  if (!hop.socket_opened) {
    hop.unasked = (tls != nullptr ? waiting_behind(fd, tls) : waiting_on(fd)) != Waiting::nothing;
  } else if (tls == nullptr) {
    hop.unasked = waiting_on(fd) == Waiting::bytes;
  } else if (const auto taken = TlsReadBudget::taken(tls)) {
    // Tickets, or the alert that ends the handshake: libcurl alone can take them. What they are shows when it has.
    hop.came_before = *taken + unread_bytes(fd);
  }
  return hop.unasked;
}

// At the first line of an answer: whether its record had come before the request. OpenSSL reads one at a time.
bool Transfer::answered_unasked() const {
  if (!hop.came_before) return false;
  SSL* const tls = tls_of(slot->easy.get());
  const auto taken = tls != nullptr ? TlsReadBudget::taken(tls) : std::nullopt;
  return taken && *taken <= *hop.came_before;
}

int Transfer::on_lookup(void*, void*, void* slot) {
  Transfer& self = *static_cast<EasySlot*>(slot)->transfer;
  if (self.refuse_resending()) return 1;
  self.hop.looked_up = true;
  return 0;
}

int Transfer::on_debug(CURL*, curl_infotype type, char* data, std::size_t size, void* slot) {
  EasySlot& own = *static_cast<EasySlot*>(slot);
  if (own.transfer == nullptr) return 0;
  if (type == CURLINFO_TEXT) {
    const std::string_view text(data, size);
    if (text.starts_with("Excess found") || text.starts_with("Leftovers after")) own.transfer->end_connection();
    return 0;
  }
  if (type != CURLINFO_SSL_DATA_IN) return 0;
  // libcurl may write, read and write again in one turn. A handshake's messages are told before what follows them.
  const std::shared_ptr<PacedSocket>& paced = own.transfer->hop.paced;
  try {
    if (paced && paced->in_handshake()) paced->count(own.transfer->context.clock.now());
  } catch (const std::exception&) {
    own.transfer->hop.out_of_memory = true;
  }
  return 0;
}

CURLcode Transfer::on_tls_context(CURL*, void* context, void* budget) {
  SSL_CTX* const tls = static_cast<SSL_CTX*>(context);
  static_cast<const TlsReadBudget*>(budget)->guard(tls);
  SSL_CTX_clear_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF);  // libcurl sets it: an answer that was cut would be whole
  return CURLE_OK;
}

// With the transfer: what else comes on it belongs to nobody.
void Transfer::end_connection() {
  slot->options.forbid_reuse = 1;
  curl_easy_setopt(slot->easy.get(), CURLOPT_FORBID_REUSE, 1L);
}

curl_socket_t Transfer::on_open(void* slot, curlsocktype, curl_sockaddr* address) {
  Transfer& self = *static_cast<EasySlot*>(slot)->transfer;
  Hop& hop = self.hop;
  try {
    if (self.refuse_resending()) return CURL_SOCKET_BAD;
    const std::optional<RemoteAddress> remote = remote_address(address->addr);
    GuardVerdict verdict;
    if (remote) verdict = self.context.guard.may_connect(hop.url->host, *remote);
    if (!verdict.allowed) {
      hop.guard_denied = true;
      hop.guard_reason = std::move(verdict.reason);
      return CURL_SOCKET_BAD;
    }
    if (self.context.loop->open_sockets() >= self.context.max_connections) {
      hop.open_errno = EMFILE;
      return CURL_SOCKET_BAD;
    }
    CURL* const easy = static_cast<EasySlot*>(slot)->easy.get();
    const curl_socket_t fd = self.context.loop->open_socket(easy, *address, hop.link);
    if (fd == CURL_SOCKET_BAD) {
      hop.open_errno = errno;
    } else {
      hop.socket_opened = true;
      self.connections->add(*self.context.loop, fd, *remote);
      if (hop.link) hop.paced = self.context.loop->paced(fd);
    }
    return fd;
  } catch (const std::exception&) {
    hop.out_of_memory = true;
    return CURL_SOCKET_BAD;
  }
}

}  // namespace gelombang
