// What waits on a connection on which a request is about to be written. Bytes that came before it answer nothing: a
// load balancer's 408 as it closes, the rest of an earlier answer. libcurl would read them as this request's answer,
// and every later answer would then be its neighbour's.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>

namespace gelombang {

enum class Waiting : std::uint8_t {
  nothing,
  bytes,  // for the application; over TLS also what has not come whole yet, or what asks for an answer
  end,    // the peer has closed it, or it is broken
};

// Bytes that have come and were not read yet. One system call.
std::size_t unread_bytes(int fd) noexcept;

// A TCP connection without TLS. One system call.
Waiting waiting_on(int fd) noexcept;

// The connection that `tls` is spoken on, its handshake complete. Reads what waits: session tickets are taken in, as
// libcurl would, and are nothing. After any other result than `nothing` the connection is no longer usable. One system
// call where nothing waits.
Waiting waiting_behind(int fd, SSL* tls) noexcept;

}  // namespace gelombang
