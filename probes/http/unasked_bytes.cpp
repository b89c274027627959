#include "probes/http/unasked_bytes.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <utility>

namespace gelombang {
namespace {

// More bytes than this are no session tickets: servers send two, of some 250 bytes.
constexpr std::size_t kMostTickets = 64 * 1024;

bool would_block(ssize_t got) noexcept { return got < 0 && errno == EAGAIN; }

using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;

Memory make_memory() noexcept {
  Memory memory(BIO_new(BIO_s_mem()), &BIO_free);
  if (memory) BIO_set_mem_eof_return(memory.get(), -1);  // "not yet", not "the end"
  return memory;
}

// Takes what the kernel holds, without waiting for more.
Waiting take_records(int fd, BIO* to) noexcept {
  std::array<char, 4096> piece{};
  std::size_t taken = 0;
  while (taken <= kMostTickets) {
    const ssize_t got = recv(fd, piece.data(), piece.size(), MSG_DONTWAIT);
    if (got <= 0) return would_block(got) ? Waiting::nothing : Waiting::end;
    if (BIO_write(to, piece.data(), static_cast<int>(got)) != got) return Waiting::end;
    taken += static_cast<std::size_t>(got);
  }
  return Waiting::bytes;
}

// libcurl's own transport works only while libcurl itself is at work on the connection, so the records are handed to
// OpenSSL from memory.
Waiting read_records(SSL* tls, Memory from, Memory replies) noexcept {
  BIO* const in = SSL_get_rbio(tls);
  BIO* const out = SSL_get_wbio(tls);
  BIO* const answers = replies.get();
  BIO_up_ref(in);
  BIO_up_ref(out);
  SSL_set0_rbio(tls, from.release());
  SSL_set0_wbio(tls, replies.release());
  ERR_clear_error();
  char byte = 0;
  const int got = SSL_peek(tls, &byte, 1);
  const int reason = SSL_get_error(tls, got);
  const bool answered = BIO_ctrl_pending(answers) > 0;
  ERR_clear_error();
  SSL_set0_rbio(tls, in);
  SSL_set0_wbio(tls, out);
  if (got > 0) return Waiting::bytes;
  if (reason != SSL_ERROR_WANT_READ) return Waiting::end;
  return answered || SSL_has_pending(tls) == 1 ? Waiting::bytes : Waiting::nothing;
}

}  // namespace

std::size_t unread_bytes(int fd) noexcept {
  int bytes = 0;
  return ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

Waiting waiting_on(int fd) noexcept {
  char byte = 0;
  const ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got > 0) return Waiting::bytes;
  return would_block(got) ? Waiting::nothing : Waiting::end;
}

Waiting waiting_behind(int fd, SSL* tls) noexcept {
  if (SSL_has_pending(tls) == 1) return Waiting::bytes;  // the rest of a record that libcurl has read in part
  const Waiting raw = waiting_on(fd);
  if (raw != Waiting::bytes) return raw;
  Memory records = make_memory();
  Memory replies = make_memory();
  if (!records || !replies) return Waiting::end;
  const Waiting taken = take_records(fd, records.get());
  return taken == Waiting::nothing ? read_records(tls, std::move(records), std::move(replies)) : taken;
}

}  // namespace gelombang
