// An unprivileged nginx in the foreground. All its files are in a temporary directory, which is removed with this
// object.
#pragma once

#include "tests/support/certificates.hpp"
#include "tests/support/child_process.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gelombang::test {

class Nginx {
 public:
  // `locations` goes into one server that listens on a plain port, on a TLS port with HTTP/2, and on a TLS port without
  // HTTP/2. The certificate is for localhost and 127.0.0.1. @DIRECTORY@ and @PLAIN_PORT@ are replaced.
  explicit Nginx(const std::string& locations);

  // One request in the access log.
  struct Request {
    std::string connection;  // nginx's number of the connection
    bool resumed = false;    // the connection resumed an earlier TLS session
    std::string cookie;      // "-": no cookie
    std::string traceparent;
    std::string line;  // "GET /path HTTP/1.1"
    int status = 0;
    std::string authorization;
  };
  // Waits until at least `at_least` requests are logged.
  [[nodiscard]] std::vector<Request> requests(std::size_t at_least);

  [[nodiscard]] std::uint16_t plain_port() const { return plain_; }
  [[nodiscard]] std::uint16_t tls_port() const { return tls_; }
  [[nodiscard]] std::uint16_t tls_http1_port() const { return tls_http1_; }
  [[nodiscard]] std::string plain_url(const std::string& path) const;
  [[nodiscard]] std::string tls_url(const std::string& path) const;
  [[nodiscard]] std::string tls_http1_url(const std::string& path) const;
  [[nodiscard]] const std::string& ca_file() const { return authority_.ca_file(); }
  [[nodiscard]] CertificateAuthority& authority() { return authority_; }
  [[nodiscard]] const std::string& directory() const { return directory_.path(); }

 private:
  TemporaryDirectory directory_;
  CertificateAuthority authority_;
  std::uint16_t plain_;
  std::uint16_t tls_;
  std::uint16_t tls_http1_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace gelombang::test
