#include "probes/http_transfer.hpp"

#include "probes/http_outcome.hpp"
#include "probes/remote_address.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <string_view>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kMaxHeaderBytes = 256 * 1024;  // browsers give up at about as much
constexpr std::size_t kMaxHeaders = 500;             // kept; a page has some thirty

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view without_blanks_before(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view without_blanks_after(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// "HTTP/1.1 200 OK", "HTTP/2 200 "; 0 where it is none.
int status_of(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || line.size() < space + 4) return 0;
  int status = 0;
  for (const char c : line.substr(space + 1, 3)) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

}  // namespace

void Hop::note_sent(TimePoint now) {
  sent = now;
  if (!paced) return;
  paced->count(now);
  sent = std::max(now, paced->sent_at());
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
  if (hop.header_bytes > kMaxHeaderBytes) {
    hop.headers_overflow = true;
    return false;
  }
  // The lines that one round brings came together.
  if (hop.header_round != context.round) hop.last_byte = context.clock.now();
  hop.header_round = context.round;
  if (hop.header_bytes == length) take_spare_result();
  if (!hop.headers_complete && line.substr(0, 5) == "HTTP/") {
    hop.status = status_of(line);
    // 100 and 103 come before the answer and are none.
    if (hop.status >= 200 || hop.status == 101) hop.answered = answer_time(hop.last_byte, hop.header_bytes > length);
    hop.response.headers.clear();
    hop.headers_kept = 0;
    return true;
  }
  if (!hop.answered) return true;
  const std::string_view text = without_blanks_before(without_blanks_after(line));
  if (text.empty()) {
    hop.headers_complete = true;
    if (!hop.body.empty() && !hop.sent && !hop.early_noted) {
      hop.early_noted = true;
      context.early.push_back(this);
    }
    return true;
  }
  const std::size_t colon = text.find(':');
  if (hop.headers_complete || colon == std::string_view::npos || hop.headers_kept >= kMaxHeaders) return true;
  ++hop.headers_kept;
  hop.response.headers.add(without_blanks_after(text.substr(0, colon)), without_blanks_before(text.substr(colon + 1)));
  return true;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* slot) {
  Transfer& self = *static_cast<EasySlot*>(slot)->transfer;
  HttpResponse& response = self.hop.response;
  const std::size_t length = size * count;
  try {
    if (self.hop.paced && self.must_wait()) return CURL_WRITEFUNC_PAUSE;
    self.hop.last_byte = self.context.clock.now();
    response.body_size += length;
    const std::size_t room = self.request.max_body - std::min(self.request.max_body, response.body.size());
    if (length > room) response.body_truncated = true;
    response.body.append(data, std::min(length, room));
  } catch (const std::exception&) {
    self.hop.out_of_memory = true;
    return 0;
  }
  return length;
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

// libcurl reads on while there is something to read: what the link has not carried yet waits in libcurl.
bool Transfer::must_wait() {
  const TimePoint now = context.clock.now();
  hop.paced->count(now);
  if (hop.paced->arrived_at() <= now) return false;
  try {
    context.held.push_back(this);
    hop.held = true;
    return true;
  } catch (const std::exception&) {
    return false;  // unpaced, but not lost
  }
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

int Transfer::on_seek(void* slot, curl_off_t offset, int origin) {
  Transfer& self = *static_cast<EasySlot*>(slot)->transfer;
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_FAIL;
  self.hop.sent.reset();
  return self.hop.body.seek(static_cast<std::uint64_t>(offset)) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

int Transfer::on_request(void* slot, char*, char*, int, int local_port) {
  Transfer& self = *static_cast<EasySlot*>(slot)->transfer;
  const TimePoint now = self.context.clock.now();
  try {
    self.context.request_written(now);
    // An answer may be found in this very round, before the loop hears of the descriptor.
    if (self.hop.link) self.hop.paced = PacedSocket::find(*self.hop.link, static_cast<std::uint16_t>(local_port));
    if (self.hop.paced) self.hop.paced->begin_request(now);
  } catch (const std::exception&) {
    self.hop.out_of_memory = true;
    return CURL_PREREQFUNC_ABORT;
  }
  self.hop.request_started = now;
  self.hop.sent.reset();
  self.context.handing_over = &self;
  return CURL_PREREQFUNC_OK;
}

int Transfer::on_lookup(void*, void*, void* slot) {
  static_cast<EasySlot*>(slot)->transfer->hop.looked_up = true;
  return 0;
}

// libcurl may write, read and write again in one turn. The messages of the handshake are told before what follows them.
int Transfer::on_debug(CURL*, curl_infotype type, char*, std::size_t, void* slot) {
  Transfer* const self = static_cast<EasySlot*>(slot)->transfer;
  if (type != CURLINFO_SSL_DATA_IN || self == nullptr) return 0;
  const std::shared_ptr<PacedSocket>& paced = self->hop.paced;
  try {
    if (paced && paced->in_handshake()) paced->count(self->context.clock.now());
  } catch (const std::exception&) {
    self->hop.out_of_memory = true;
  }
  return 0;
}

curl_socket_t Transfer::on_open(void* slot, curlsocktype, curl_sockaddr* address) {
  Transfer& self = *static_cast<EasySlot*>(slot)->transfer;
  Hop& hop = self.hop;
  try {
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
    const curl_socket_t fd = self.context.loop->open_socket(*address, hop.link);
    if (fd == CURL_SOCKET_BAD) {
      hop.open_errno = errno;
    } else {
      hop.socket_opened = true;
      if (hop.link) hop.paced = self.context.loop->paced(fd);
    }
    return fd;
  } catch (const std::exception&) {
    hop.out_of_memory = true;
    return CURL_SOCKET_BAD;
  }
}

}  // namespace gelombang
