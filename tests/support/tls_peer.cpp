#include "tests/support/tls_peer.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

namespace gelombang::test {

std::string TlsConnection::read_head() {
  std::string head;
  char byte = 0;
  while (head.size() < 4 || head.compare(head.size() - 4, 4, "\r\n\r\n") != 0) {
    if (SSL_read(tls_, &byte, 1) != 1) return {};
    head += byte;
  }
  return head;
}

bool TlsConnection::send(std::string_view text) {
  return SSL_write(tls_, text.data(), static_cast<int>(text.size())) == static_cast<int>(text.size());
}

RawServer::Play tls_play(const CertificateAuthority::Leaf& leaf, int version,
                         std::function<void(TlsConnection&)> play) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_max_proto_version(context.get(), version);
  if (SSL_CTX_use_certificate_chain_file(context.get(), leaf.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), leaf.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("cannot read a certificate");
  }
  return [context, play = std::move(play)](RawConnection& raw) {
    const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()), SSL_free);
    SSL_set_fd(tls.get(), raw.fd());
    if (SSL_accept(tls.get()) != 1) return;
    TlsConnection connection(tls.get(), raw);
    play(connection);
    SSL_shutdown(tls.get());
  };
}

}  // namespace gelombang::test
