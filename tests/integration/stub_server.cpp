#include "tests/integration/stub_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <stdexcept>

namespace gelombang::test {
namespace {

void must(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

template <class Write>
void write_pem(const std::string& path, Write write) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  must(file != nullptr, "cannot create a PEM file");
  const bool written = write(file) == 1;
  must(std::fclose(file) == 0 && written, "cannot write a PEM file");
}

int listen_on(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  const int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(fd >= 0, "cannot create a socket");
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_in);
  if (v6) {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(storage);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    must(inet_pton(AF_INET6, address.c_str(), &in6.sin6_addr) == 1, "not an address");
    length = sizeof(sockaddr_in6);
  } else {
    auto& in4 = reinterpret_cast<sockaddr_in&>(storage);
    in4.sin_family = AF_INET;
    in4.sin_port = htons(port);
    must(inet_pton(AF_INET, address.c_str(), &in4.sin_addr) == 1, "not an address");
  }
  must(bind(fd, reinterpret_cast<sockaddr*>(&storage), length) == 0 && listen(fd, 64) == 0, "cannot listen");
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  must(getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) == 0, "getsockname failed");
  // The port is at the same offset in both families.
  return ntohs(reinterpret_cast<sockaddr_in&>(storage).sin_port);
}

std::string header_value(const std::string& head, const std::string& name) {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t from = at + name.size() + 4;
  return head.substr(from, head.find("\r\n", from) - from);
}

// Reads the head of one request. The body is not read.
template <class Read>
std::string read_head(Read read) {
  std::string head;
  char buffer[2048];
  while (head.find("\r\n\r\n") == std::string::npos && head.size() < 65536) {
    const long size = read(buffer, sizeof buffer);
    if (size <= 0) return {};
    head.append(buffer, static_cast<std::size_t>(size));
  }
  return head;
}

}  // namespace

struct StubServer::Tls {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  ~Tls() { SSL_CTX_free(context); }
};

TestCertificate make_certificate(const std::string& directory, const std::string& dns_name) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  must(key && certificate, "cannot make a certificate");
  X509* x = certificate.get();
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x), 3600);
  X509_set_pubkey(x, key.get());
  X509_NAME* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(dns_name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(x, name);
  const std::string alternative = "DNS:" + dns_name;
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative.c_str());
  must(extension != nullptr && X509_add_ext(x, extension, -1) == 1, "cannot add the name");
  X509_EXTENSION_free(extension);
  must(X509_sign(x, key.get(), EVP_sha256()) > 0, "cannot sign the certificate");

  TestCertificate files{directory + "/" + dns_name + ".pem", directory + "/" + dns_name + ".key"};
  write_pem(files.certificate_file, [&](std::FILE* file) { return PEM_write_X509(file, x); });
  write_pem(files.key_file, [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return files;
}

StubServer::StubServer(const std::string& address, std::uint16_t port, const TestCertificate* certificate)
    : listener_(listen_on(address, port)), port_(port_of(listener_)) {
  if (certificate != nullptr) {
    tls_ = std::make_unique<Tls>();
    must(SSL_CTX_use_certificate_file(tls_->context, certificate->certificate_file.c_str(), SSL_FILETYPE_PEM) == 1 &&
             SSL_CTX_use_PrivateKey_file(tls_->context, certificate->key_file.c_str(), SSL_FILETYPE_PEM) == 1,
         "cannot use the certificate");
  }
  thread_ = std::thread([this] { run(); });
}

StubServer::~StubServer() {
  stop_ = true;
  thread_.join();
  close(listener_);
}

void StubServer::set(const std::string& path, Answer answer) {
  const std::scoped_lock lock(mutex_);
  answers_[path] = std::move(answer);
}

void StubServer::remove(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  answers_.erase(path);
}

std::vector<StubServer::Request> StubServer::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

std::size_t StubServer::count(const std::string& path) const {
  const auto all = requests();
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](const Request& request) { return request.target == path; }));
}

void StubServer::run() {
  // OpenSSL writes to peers that may have closed the connection.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  while (!stop_) {
    pollfd wait{listener_, POLLIN, 0};
    if (poll(&wait, 1, 20) <= 0) continue;
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const timeval limit{2, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    serve(fd);
    close(fd);
  }
}

void StubServer::serve(int fd) {
  if (!tls_) {
    const std::string head = read_head([fd](char* to, std::size_t size) { return recv(fd, to, size, 0); });
    if (head.empty()) return;
    const std::string answer = respond(head);
    send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    return;
  }
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(tls_->context), &SSL_free);
  SSL_set_fd(ssl.get(), fd);
  if (SSL_accept(ssl.get()) != 1) return;
  const std::string head =
      read_head([&](char* to, std::size_t size) -> long { return SSL_read(ssl.get(), to, static_cast<int>(size)); });
  if (head.empty()) return;
  const std::string answer = respond(head);
  SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
  SSL_shutdown(ssl.get());
}

std::string StubServer::respond(const std::string& head) {
  const std::size_t from = head.find(' ') + 1;
  const std::string target = head.substr(from, head.find(' ', from) - from);
  const std::scoped_lock lock(mutex_);
  requests_.push_back({target, header_value(head, "Host"), head});
  const auto found = answers_.find(target.substr(0, target.find('?')));
  const Answer answer = found == answers_.end() ? Answer{} : found->second;
  return fmt::format("HTTP/1.1 {} Status\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", answer.status,
                     answer.body.size(), answer.headers, answer.body);
}

}  // namespace gelombang::test
