// A small blocking HTTP/1.1 client that shows a server's responses unchanged: no redirects, no retries. It keeps
// cookies and the connection, as a browser does.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace gelombang::test {

struct HttpReply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

using Headers = std::map<std::string, std::string>;

class HttpClient {
 public:
  // "http://127.0.0.1:8080" or "https://...". The certificate is not checked.
  explicit HttpClient(const std::string& url);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Throws if no response comes within 30 s or the connection breaks.
  HttpReply request(const std::string& method, const std::string& path, const std::string& body = {},
                    const Headers& headers = {});
  HttpReply get(const std::string& path, const Headers& headers = {}) { return request("GET", path, {}, headers); }
  HttpReply post_json(const std::string& path, const std::string& json) {
    return request("POST", path, json, {{"Content-Type", "application/json"}});
  }
  HttpReply post_photo(const std::string& path, std::string_view photo, const Headers& headers = {});
  void forget_cookies() { cookies_.clear(); }
  void set_cookie(const std::string& name, const std::string& value) { cookies_[name] = value; }
  [[nodiscard]] const std::map<std::string, std::string>& cookies() const { return cookies_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::map<std::string, std::string> cookies_;
};

// A plain connection for bytes that no HTTP client would send.
class RawSocket {
 public:
  explicit RawSocket(const std::string& url);
  ~RawSocket();
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;
  // Returns false if the peer does not accept more data.
  bool send(std::string_view text);
  // Reads until the peer closes or the time is up.
  std::string read_all(std::chrono::milliseconds limit = std::chrono::seconds(10));
  // Reads until `text` was read. Returns false if the peer closes or the time is up before.
  bool read_until(std::string_view text, std::chrono::milliseconds limit = std::chrono::seconds(10));
  [[nodiscard]] bool closed_by_peer() const { return closed_; }

 private:
  bool read_some(std::chrono::milliseconds limit);
  int fd_;
  bool closed_ = false;
  std::string received_;
};

}  // namespace gelombang::test
