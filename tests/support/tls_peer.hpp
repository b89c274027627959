// An HTTP/1.1 server over TLS that plays each connection by hand, record by record.
#pragma once

#include "tests/support/certificates.hpp"
#include "tests/support/raw_server.hpp"

#include <openssl/ssl.h>

#include <functional>
#include <string>
#include <string_view>

namespace gelombang::test {

class TlsConnection {
 public:
  TlsConnection(SSL* tls, RawConnection& raw) : tls_(tls), raw_(raw) {}

  [[nodiscard]] SSL* tls() const { return tls_; }
  [[nodiscard]] RawConnection& raw() const { return raw_; }
  // Up to and with the empty line; "" where the peer closed before.
  std::string read_head();
  // In one record.
  bool send(std::string_view text);

 private:
  SSL* tls_;
  RawConnection& raw_;
};

// The play for a RawServer. `version`: TLS1_2_VERSION or TLS1_3_VERSION, and no other. `hasty`, where it is not empty,
// comes in one piece with the server's last words of the handshake, before the client can have said anything.
RawServer::Play tls_play(const CertificateAuthority::Leaf& leaf, int version, std::function<void(TlsConnection&)> play,
                         std::string hasty = {});

}  // namespace gelombang::test
