// The parts of a URL that decide where a request goes. libcurl's own parser reads them, so the guard is asked about
// exactly the host and path that libcurl will use.
#pragma once

#include "base/result.hpp"
#include "probes/curl_handles.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gelombang {

struct HttpUrl {
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case, IPv6 without brackets
  std::uint16_t port = 0;
  std::string path;      // dot segments removed, without query
  std::string full;      // as it is requested: without userinfo and fragment
  std::string shown;     // without query: what may be shown and stored
  bool literal = false;  // the host is an address: no look-up is needed
  // `full` as libcurl parses it, for CURLOPT_CURLU; null: libcurl must parse `full` itself.
  std::shared_ptr<CURLU> parsed;

  [[nodiscard]] bool same_origin(const HttpUrl& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
};

enum class Userinfo : std::uint8_t { refuse, strip };

// An absolute http or https URL. The Error names what is wrong without repeating the URL's secrets.
Result<HttpUrl> parse_http_url(std::string_view text, Userinfo userinfo = Userinfo::refuse);

// A journey requests the same few URLs over and over, and libcurl's parser costs a tenth of a request. Without
// `parsed`, libcurl would parse each URL once more, and write it out again.
class HttpUrlCache {
 public:
  // Like parse_http_url(text, Userinfo::refuse), and sets `parsed`.
  Result<std::shared_ptr<const HttpUrl>> parse(const std::string& text);

 private:
  std::unordered_map<std::string, std::shared_ptr<const HttpUrl>> known_;
};

}  // namespace gelombang
