// What one virtual user owns: cookies, kept-alive connections and TLS sessions, shared with nobody.
#pragma once

#include "probes/http/network_link.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace gelombang {

class HttpClient;

// Must not outlive its client; destroying it while it has a transfer is a programming error.
class HttpUser {
 public:
  explicit HttpUser(HttpClient& client);
  ~HttpUser();
  HttpUser(const HttpUser&) = delete;
  HttpUser& operator=(const HttpUser&) = delete;

  // Connections that are made from now on share a link of this profile; null: no link, which costs nothing. Call it
  // before the first request or after reset().
  void set_network(const NetworkProfile* profile);
  // Forgets cookies, connections and TLS sessions: the target sees a new user.
  void reset();
  // Closes the connections and keeps the cookies, like the browser of a user who is away for a while.
  void disconnect();
  // The cookie's value for `url`; empty if there is none.
  [[nodiscard]] std::string cookie(std::string_view url, std::string_view name) const;
  void set_cookie(std::string_view url, std::string_view name, std::string_view value);

 private:
  friend class HttpClient;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gelombang
