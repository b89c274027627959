// What waits on a connection before a request is written to it. Bytes that came before the request are not its
// response: a load balancer's 408 as it closes, or the rest of an earlier response. libcurl would read them as this
// request's response, and every later response would then go to the wrong request.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>

namespace gelombang {

enum class Waiting : std::uint8_t {
  nothing,
  bytes,  // for the application; over TLS also incomplete records, or messages that need a reply
  end,    // the peer has closed it, or it is broken
};

// Bytes that have come and were not read yet. One system call.
std::size_t unread_bytes(int fd) noexcept;

// For a TCP connection without TLS. One system call.
Waiting waiting_on(int fd) noexcept;

// For the connection of `tls`, whose handshake must be complete. Reads what waits: session tickets are processed, as
// libcurl would, and count as nothing. After any result other than `nothing` the connection is no longer usable. One
// system call if nothing waits.
Waiting waiting_behind(int fd, SSL* tls) noexcept;

}  // namespace gelombang
