// An HTTP/2 server over TLS whose frames the test writes itself: for cases that a real server does not produce on
// demand.
#pragma once

#include "tests/support/certificates.hpp"
#include "tests/support/raw_server.hpp"

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace gelombang::test {

class Http2Connection {
 public:
  enum Type : std::uint8_t { data = 0, headers = 1, reset = 3, settings = 4, ping = 6, goaway = 7, window = 8 };
  enum Flag : std::uint8_t { none = 0, end_stream = 1, end_headers = 4 };
  struct Frame {
    std::uint8_t type = 0xff;  // 0xff: the connection is closed
    std::uint8_t flags = 0;
    std::uint32_t stream = 0;
    std::string payload;
  };

  explicit Http2Connection(SSL* tls) : tls_(tls) {}

  // Reads the client's preface and sends our settings, which hold only the initial stream window.
  bool open(std::uint32_t stream_window);
  Frame read_frame();
  // Reads until the HEADERS of a request arrive. Returns the stream's number, or 0 when the connection is closed.
  std::uint32_t read_request();
  bool send_frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload);
  // ":status: 200" and further headers in HPACK's literal form.
  bool send_status_200(std::uint32_t stream, bool end, std::string_view name = {}, std::string_view value = {});
  void read_until_close();
  // Writes raw bytes of any protocol.
  bool write(std::string_view bytes);

 private:
  std::string read(std::size_t count);
  SSL* tls_;
};

// Returns the play for a RawServer.
RawServer::Play http2_play(const CertificateAuthority::Leaf& leaf, std::function<void(Http2Connection&)> play);

// The four bytes of `value`, most significant first.
std::string big_endian(std::uint32_t value);

}  // namespace gelombang::test
