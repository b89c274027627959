#include "tests/support/tls_peer.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

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

namespace {

void cork(int fd, int on) { setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on); }

// With TLS 1.3 the server finishes its part of the handshake before the client: the data after it is "0.5-RTT data".
bool accept_hastily(SSL* tls, int version, const std::string& hasty) {
  const int fd = SSL_get_fd(tls);
  cork(fd, 1);
  bool said = false;
  std::size_t count = 0;
  if (version == TLS1_3_VERSION) {
    char byte = 0;
    said = SSL_read_early_data(tls, &byte, 1, &count) == SSL_READ_EARLY_DATA_FINISH &&
           SSL_write_early_data(tls, hasty.data(), hasty.size(), &count) == 1;
    cork(fd, 0);
    return said && SSL_accept(tls) == 1;
  }
  said = SSL_accept(tls) == 1 && SSL_write_ex(tls, hasty.data(), hasty.size(), &count) == 1;
  cork(fd, 0);
  return said;
}

}  // namespace

RawServer::Play tls_play(const CertificateAuthority::Leaf& leaf, int version, std::function<void(TlsConnection&)> play,
                         std::string hasty) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_max_proto_version(context.get(), version);
  if (SSL_CTX_use_certificate_chain_file(context.get(), leaf.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), leaf.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("cannot read a certificate");
  }
  return [context, version, play = std::move(play), hasty = std::move(hasty)](RawConnection& raw) {
    const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()), SSL_free);
    SSL_set_fd(tls.get(), raw.fd());
    if (!(hasty.empty() ? SSL_accept(tls.get()) == 1 : accept_hastily(tls.get(), version, hasty))) return;
    TlsConnection connection(tls.get(), raw);
    play(connection);
    SSL_shutdown(tls.get());
  };
}

}  // namespace gelombang::test
