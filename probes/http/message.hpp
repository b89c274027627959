// A request to a target, and its result.
#pragma once

#include "base/clock.hpp"
#include "metrics/sample.hpp"
#include "probes/http/headers.hpp"
#include "probes/http/method.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gelombang {

// One part of a multipart/form-data body. `data` is shared and immutable: a photo that a thousand
// users upload is in memory once.
struct HttpPart {
  std::string name;
  std::string filename;      // empty: a plain form field
  std::string content_type;  // empty: none is sent
  std::shared_ptr<const std::string> data;
};

enum class HttpVersionChoice : std::uint8_t { automatic, http1_1 };  // automatic: HTTP/2 where TLS offers it

struct HttpRequest {
  HttpMethod method = HttpMethod::get;
  std::string url;  // absolute, http or https, no userinfo
  std::vector<HttpHeader> headers;
  std::string body;                                     // sent as it is; its Content-Type stands in headers
  std::vector<HttpPart> parts;                          // multipart/form-data; excludes body
  Duration timeout = std::chrono::seconds(60);          // for each hop, from the start of the transfer
  Duration connect_timeout = std::chrono::seconds(10);  // dns, connect and tls together
  int max_redirects = 10;                               // 0: redirects are not followed
  HttpVersionChoice version = HttpVersionChoice::automatic;
  bool expect_continue = false;
  std::size_t max_body = std::size_t{1} << 20;  // bytes of the response to keep; the rest is only counted
};

struct HttpResponse {
  int status = 0;                       // 0: no answer
  HttpMethod method = HttpMethod::get;  // of the last hop, as `url`
  std::string url;                      // without userinfo and query
  ResponseHeaders headers;
  std::string body;  // decoded, at most max_body bytes
  bool body_truncated = false;
  std::uint64_t body_size = 0;  // decoded bytes in all
};

struct HttpResult {
  std::vector<RequestSample> hops;  // at least one; the last one's outcome and error are the request's.
                                    // A complete response is a success here, whatever its status: the caller checks
                                    // what was expected.
  HttpResponse response;
  std::vector<std::string> passed_cookies;  // values of Set-Cookie in the responses before the last one
  TimePoint ended{};                        // the last byte of the last hop
  std::string error_detail;                 // one line for people, without secrets, empty on success
};

}  // namespace gelombang
