#include "probes/http/transfer.hpp"

#include "probes/consent/remote_address.hpp"
#include "probes/http/outcome.hpp"
#include "probes/http/unasked_bytes.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <string_view>
#include <utility>

namespace gelombang {
namespace {

// Null without TLS. A transfer has its connection only within libcurl's callbacks.
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

Transfer::Transfer(TransferContext& shared, TransferId number) : context(shared), id(number) {}

Transfer::~Transfer() = default;

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

// libcurl goes back in a body only to send the request again.
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
    // A response may come in this very round, before the loop hears of the descriptor.
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

// libcurl repeats a request by itself if the connection ended before the response, if a stream was refused, after a
// 417, or if the server takes HTTP/2 back. Every step to a second sending within one hop (a look-up, a new connection
// or another kept one) is refused. The outcome of the first sending is recorded while libcurl still knows it.
bool Transfer::refuse_resending() {
  if (!hop.request_started) return false;
  if (unanswered) return true;
  const TimePoint now = context.clock.now();
  try {
    // libcurl has begun to read a response, so the request was written, even if that was not recorded yet.
    const bool written = !hop.streamed || hop.body.exhausted();
    if (!hop.sent && written && !says_send_failed(slot->message.data())) hop.note_sent(now);
    unanswered = std::make_unique<HopOutcome>(unanswered_hop(*this, now));
    // libcurl shows no body of a response that makes it send again.
    if (hop.headers_complete) hop.response.body_truncated = true;
  } catch (const std::exception&) {
    hop.out_of_memory = true;
  }
  slot->tainted = true;  // libcurl counts its tries over a handle's life, and gives up at the sixth
  return true;
}

// Whether something waits on the connection before the request is written to it. HTTP/2 is exempt: it has frames that
// belong to no response, and libcurl reads them.
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
    // Tickets, or the alert that ends the handshake: only libcurl can take these bytes, and only then is it clear what
    // they are.
    hop.came_before = *taken + unread_bytes(fd);
  }
  return hop.unasked;
}

// At the first line of a response: whether its record had come before the request. OpenSSL reads one record at a time.
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
  // libcurl may write, read and write again in one turn. libcurl reports a handshake's messages before what follows
  // them.
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
  SSL_CTX_clear_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF);  // libcurl sets it: a cut response would seem whole
  return CURLE_OK;
}

// Closes the connection with the transfer, because further bytes on it belong to no request.
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
