// What follows a redirect: the Fetch standard's rules, which browsers keep.
#pragma once

#include "base/result.hpp"
#include "probes/http/message.hpp"
#include "probes/url.hpp"

#include <optional>
#include <vector>

namespace gelombang {

// Where an answer sends its reader; nothing where it does not. A place that cannot be gone to is an Error.
std::optional<Result<HttpUrl>> redirect_target(const HttpUrl& from, int status, const ResponseHeaders& headers);

struct RedirectedMethod {
  HttpMethod method = HttpMethod::get;
  bool keeps_body = false;
};
// 303 turns all but HEAD into GET; 301 and 302 turn POST into GET, as browsers always have.
RedirectedMethod redirected_method(HttpMethod method, int status) noexcept;

// Credentials that the script set by hand stay with the origin they were meant for, and a dropped body takes its
// description along.
void strip_headers(std::vector<HttpHeader>& headers, bool same_origin, bool keeps_body);

}  // namespace gelombang
