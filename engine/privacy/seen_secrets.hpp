// What a target handed to one person in one visit: cookies and the links of mails. These values must not be shown, like
// the person's own data.
#pragma once

#include "engine/privacy/redactor.hpp"
#include "probes/http/message.hpp"

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace gelombang {

class SeenSecrets {
 public:
  void clear();
  // Keeps the newest values, with a limit for each cookie: a cookie that changes with each answer must not push out the
  // session cookie, which was set once. `cookie` is the cookie's name; empty if the value is not from a cookie.
  void remember(std::string_view value, std::string_view cookie = {});
  // The whole link, and each part of it that may be a token.
  void remember_link(std::string_view link);
  // All cookies that the answer and the redirects before it set, except `shown_cookie`, which the scenario allows to be
  // shown. `shown_cookie` may be empty.
  void remember_cookies(const HttpResult& result, std::string_view shown_cookie);
  void add_to(Redactor& redactor) const;

 private:
  struct Secret {
    std::string value;
    std::string cookie;
  };
  void remember_cookie(std::string_view cookie, std::string_view shown_cookie);
  void forget(std::deque<Secret>::iterator secret);

  std::deque<Secret> secrets_;
  std::size_t bytes_ = 0;  // of all values
};

}  // namespace gelombang
