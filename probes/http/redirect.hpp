// How a redirect is followed: the Fetch standard's rules, as in browsers.
#pragma once

#include "base/result.hpp"
#include "probes/http/message.hpp"
#include "probes/url.hpp"

#include <optional>
#include <vector>

namespace gelombang {

// The target of a redirect; nullopt if the response is no redirect. An unusable target is an Error.
std::optional<Result<HttpUrl>> redirect_target(const HttpUrl& from, int status, const ResponseHeaders& headers);

struct RedirectedMethod {
  HttpMethod method = HttpMethod::get;
  bool keeps_body = false;
};
// 303 turns all but HEAD into GET; 301 and 302 turn POST into GET, as browsers always have.
RedirectedMethod redirected_method(HttpMethod method, int status) noexcept;

// Removes credentials that the script set by hand when the origin changes, and the headers that describe a dropped
// body.
void strip_headers(std::vector<HttpHeader>& headers, bool same_origin, bool keeps_body);

}  // namespace gelombang
