#include "tests/sandbox/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl.hpp>

#include <algorithm>
#include <cctype>
#include <optional>
#include <stdexcept>
#include <utility>

namespace gelombang::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

namespace {

struct Address {
  bool tls;
  std::string host;
  std::uint16_t port;
};

Address parse_url(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t colon = url.rfind(':');
  if (scheme == std::string::npos || colon <= scheme) throw std::runtime_error("no URL with a port: " + url);
  return {url.starts_with("https"), url.substr(scheme + 3, colon - scheme - 3),
          static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1)))};
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return out;
}

}  // namespace

struct HttpClient::Impl {
  Address address;
  asio::io_context io{1};
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::optional<TlsStream> stream;
  beast::flat_buffer buffer;

  void connect() {
    buffer.clear();
    stream.emplace(io, tls);
    auto& tcp = beast::get_lowest_layer(*stream);
    tcp.socket().connect({asio::ip::make_address(address.host), address.port});
    // Blocking calls have no timers: the kernel's timeout ends a test that would hang.
    const timeval limit{30, 0};
    setsockopt(tcp.socket().native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (address.tls) stream->handshake(asio::ssl::stream_base::client);
  }

  template <class Stream>
  HttpReply exchange(Stream& socket, http::request<http::string_body>& message) {
    // A server may refuse before it has read the whole request. Its response counts, not the broken pipe.
    boost::system::error_code ignored;
    http::write(socket, message, ignored);
    http::response_parser<http::string_body> parser;
    parser.body_limit(64 * 1024 * 1024);
    parser.skip(message.method() == http::verb::head);
    http::read(socket, buffer, parser);
    HttpReply reply;
    reply.status = static_cast<int>(parser.get().result_int());
    for (const auto& field : parser.get()) {
      reply.headers[lower({field.name_string().data(), field.name_string().size()})] = std::string(field.value());
    }
    reply.body = parser.get().body();
    if (!parser.get().keep_alive()) stream.reset();
    return reply;
  }
};

HttpClient::HttpClient(const std::string& url) : impl_(std::make_unique<Impl>()) { impl_->address = parse_url(url); }
HttpClient::~HttpClient() = default;

HttpReply HttpClient::request(const std::string& method, const std::string& path, const std::string& body,
                              const Headers& headers) {
  http::request<http::string_body> message(http::string_to_verb(method), path, 11);
  message.set(http::field::host, impl_->address.host);
  for (const auto& [name, value] : headers) message.set(name, value);
  std::string cookies;
  for (const auto& [name, value] : cookies_) cookies += (cookies.empty() ? "" : "; ") + name + "=" + value;
  if (!cookies.empty()) message.set(http::field::cookie, cookies);
  message.body() = body;
  message.prepare_payload();
  if (!impl_->stream) impl_->connect();
  HttpReply reply;
  try {
    reply = impl_->address.tls ? impl_->exchange(*impl_->stream, message)
                               : impl_->exchange(impl_->stream->next_layer().socket(), message);
  } catch (...) {
    impl_->stream.reset();
    throw;
  }
  if (const auto set = reply.headers.find("set-cookie"); set != reply.headers.end()) {
    const std::size_t equals = set->second.find('=');
    const std::string value = set->second.substr(equals + 1, set->second.find(';') - equals - 1);
    cookies_[set->second.substr(0, equals)] = value;
  }
  return reply;
}

HttpReply HttpClient::post_photo(const std::string& path, std::string_view photo, const Headers& headers) {
  std::string body =
      "--b0undary\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"ktp.jpg\"\r\n"
      "Content-Type: image/jpeg\r\n\r\n";
  body.append(photo).append("\r\n--b0undary--\r\n");
  Headers all = headers;
  all["Content-Type"] = "multipart/form-data; boundary=b0undary";
  return request("POST", path, body, all);
}

RawSocket::RawSocket(const std::string& url) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const Address address = parse_url(url);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(address.port);
  inet_pton(AF_INET, address.host.c_str(), &peer.sin_addr);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&peer), sizeof peer) != 0) throw std::runtime_error("cannot connect");
}

RawSocket::~RawSocket() { close(fd_); }

bool RawSocket::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool RawSocket::read_some(std::chrono::milliseconds limit) {
  pollfd wait{fd_, POLLIN, 0};
  if (poll(&wait, 1, static_cast<int>(limit.count())) != 1) return false;
  char buffer[4096];
  const ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
  if (n <= 0) {
    closed_ = true;
    return false;
  }
  received_.append(buffer, static_cast<std::size_t>(n));
  return true;
}

std::string RawSocket::read_all(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !read_some(left)) return std::exchange(received_, {});
  }
}

bool RawSocket::read_until(std::string_view text, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (received_.find(text) == std::string::npos) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !read_some(left)) return false;
  }
  return true;
}

}  // namespace gelombang::test
