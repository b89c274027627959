// An HTTP/1.1 server over TLS: the test plays each connection record by record.
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
  // Reads up to the empty line and includes it. Returns "" if the peer closes before.
  std::string read_head();
  // Sends `text` in one record.
  bool send(std::string_view text);

 private:
  SSL* tls_;
  RawConnection& raw_;
};

// The play for a RawServer. `version`: TLS1_2_VERSION or TLS1_3_VERSION, and no other. If `hasty` is not empty, it is
// sent in one piece with the end of the server's handshake, before the client can have sent a request.
RawServer::Play tls_play(const CertificateAuthority::Leaf& leaf, int version, std::function<void(TlsConnection&)> play,
                         std::string hasty = {});

}  // namespace gelombang::test
