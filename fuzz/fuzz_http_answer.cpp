// A response except for the end of its body: where it redirects to, its header lines, and whose page it is. The first
// line is the requested address, the second a Location or a Host, then header lines and a body.
#include "probes/consent/host.hpp"
#include "probes/http/block_page.hpp"
#include "probes/http/header_text.hpp"
#include "probes/http/redirect.hpp"
#include "probes/url.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace gelombang;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

// Any address that was parsed is one line of a request, and the guard and libcurl get the same address.
void is_one_place(const HttpUrl& url) {
  must((url.scheme == "http" || url.scheme == "https") && !url.host.empty() && url.path.starts_with('/'));
  must(std::none_of(url.full.begin(), url.full.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; }));
  must(url.shown.find_first_of("?#") == std::string::npos && url.full.find('#') == std::string::npos);
  const auto again = parse_http_url(url.full);
  must(again.has_value() && again->full == url.full && again->path == url.path && again->same_origin(url));
  must(url.shown.starts_with(url.scheme + "://") && url.shown.ends_with(url.path));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto next_line = [&text] {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
  };
  const auto from = parse_http_url(next_line(), Userinfo::strip);
  const std::string_view place = next_line();
  if (is_host_header(place)) must(normalise_host(place).has_value() && place.find_first_of("/@ ") == place.npos);
  if (!header_problem("X-Named", place)) must(place.find_first_of("\r\n") == place.npos);

  HttpResponse response;
  std::size_t lines = 0;
  std::string_view last;
  for (std::string_view line = next_line(); !line.empty(); line = next_line()) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      if (lines > 0) must(response.headers.extend_last(line) == last);
      continue;
    }
    last = line.substr(0, colon);
    response.headers.add(line.substr(0, colon), line.substr(colon + 1));
    ++lines;
  }
  must(response.headers.size() == lines);
  for (const auto& [name, value] : response.headers) {
    if (lines <= 64) must(response.headers.find(name).has_value());  // each look-up scans all lines before it
    --lines;
  }
  must(lines == 0);
  response.body = text;
  response.status = 403;
  (void)looks_blocked(response);
  response.status = 200;
  must(!looks_blocked(response));

  if (!from) {
    must(!from.error().message.empty());
    return 0;
  }
  is_one_place(*from);
  ResponseHeaders headers;
  headers.add("location", place);
  const auto target = redirect_target(*from, 302, headers);
  must(target.has_value() && !redirect_target(*from, 200, headers));
  if (*target) is_one_place(**target);
  return 0;
}
