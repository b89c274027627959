// A very small HTTP/1.1 server in the test's own process: one thread, one request for each connection. A test may
// change the responses while the server runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace gelombang::test {

// A self-signed certificate for one DNS name, PEM.
struct TestCertificate {
  std::string certificate_file;
  std::string key_file;
};
TestCertificate make_certificate(const std::string& directory, const std::string& dns_name);

class StubServer {
 public:
  struct Request {
    std::string target;   // as in the request line
    std::string host;     // the Host header
    std::string headers;  // the request line and all headers
  };
  struct Answer {
    int status = 404;
    std::string headers;  // whole lines with CRLF
    std::string body;
  };

  // Listens on `address` (IPv4 or IPv6 literal). Port 0 takes a free port. With a certificate it speaks TLS.
  StubServer(const std::string& address, std::uint16_t port, const TestCertificate* certificate = nullptr);
  ~StubServer();
  StubServer(const StubServer&) = delete;
  StubServer& operator=(const StubServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // The response to every request to this path from now on. Every other path gets 404.
  void set(const std::string& path, Answer answer);
  void remove(const std::string& path);
  [[nodiscard]] std::vector<Request> requests() const;
  [[nodiscard]] std::size_t count(const std::string& path) const;

 private:
  struct Tls;
  void run();
  void serve(int fd);
  std::string respond(const std::string& head);

  std::unique_ptr<Tls> tls_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  std::map<std::string, Answer> answers_;
  std::vector<Request> requests_;
  std::thread thread_;
};

}  // namespace gelombang::test
