#include "probes/http/setup.hpp"

#include "probes/http/easy_pool.hpp"
#include "probes/http/header_text.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string_view>
#include <utility>

namespace gelombang {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view other) {
    return name.size() == other.size() && std::equal(name.begin(), name.end(), other.begin(), [](char a, char b) {
             return std::tolower(static_cast<unsigned char>(a)) == b;
           });
  });
}

long limit_in_milliseconds(Duration duration) {
  return std::max(1L, static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(duration).count()));
}

void set_body(CURL* easy, const Hop& hop) {
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(hop.body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                   hop.streamed ? nullptr : (hop.body.empty() ? "" : hop.body.single().data()));
}

// libcurl uses the parsed URL instead of reading the text. The text is set all the same: libcurl shows it, and uses it
// if there is no parsed URL. The text is set last, because libcurl 8.14 forgets it when CURLOPT_CURLU is set, even to
// null.
void set_url(EasySlot& slot, const std::shared_ptr<const HttpUrl>& url) {
  if (slot.url == url) return;
  slot.url = url;
  curl_easy_setopt(slot.easy.get(), CURLOPT_CURLU, url->parsed.get());
  curl_easy_setopt(slot.easy.get(), CURLOPT_URL, url->full.c_str());
}

// libcurl sends these cookies after the jar's, in one line (RFC 6265, 5.4).
void set_cookies(EasySlot& slot, const HttpRequest& request) {
  std::string cookies;
  for (const HttpHeader& header : request.headers) {
    if (!is_one_of(header.name, {"cookie"}) || header.value.empty()) continue;
    if (!cookies.empty()) cookies += "; ";
    cookies += header.value;
  }
  if (cookies.empty() && !slot.options.cookie) return;
  slot.options.cookie = !cookies.empty();
  curl_easy_setopt(slot.easy.get(), CURLOPT_COOKIE, cookies.empty() ? nullptr : cookies.c_str());
}

}  // namespace

Result<void> set_headers(EasySlot& slot, const Transfer& transfer, const HttpClient::Options& options,
                         std::string_view traceparent) {
  HeaderLines& lines = slot.headers;
  lines.clear();
  const Hop& hop = transfer.hop;
  // Headers that libcurl has an option for are set here, because libcurl writes those twice, byte by byte.
  if (!find_header(transfer.request.headers, "user-agent")) lines.add({"User-Agent: ", options.user_agent});
  if (!find_header(transfer.request.headers, "accept-encoding")) lines.add({"Accept-Encoding: gzip"});
  for (const HttpHeader& header : transfer.request.headers) {
    if (!is_header_name(header.name) || !is_header_value(header.value)) {
      return Error{"a header's name or value cannot be sent"};
    }
    if (is_one_of(header.name, {"content-length", "transfer-encoding"})) {
      return Error{"the header " + header.name + " must not be set: it is derived from the body"};
    }
    if (is_one_of(header.name, {"expect", "traceparent", "cookie"})) continue;
    if (!hop.body.content_type().empty() && is_one_of(header.name, {"content-type"})) continue;
    if (is_one_of(header.name, {"user-agent"})) {  // a script may look like a browser, but never hide who it is
      lines.add({header.name, ": ", header.value, " ", options.user_agent});
    } else if (header.value.empty()) {
      lines.add({header.name, ";"});
    } else {
      lines.add({header.name, ": ", header.value});
    }
  }
  lines.add({"traceparent: ", traceparent});
  if (hop.with_body) {
    if (!hop.body.content_type().empty()) {
      lines.add({"Content-Type: ", hop.body.content_type()});
    } else if (!find_header(transfer.request.headers, "content-type")) {
      lines.add({"Content-Type:"});  // otherwise libcurl would claim a form
    }
    if (transfer.request.expect_continue) {
      lines.add({"Expect: 100-continue"});
    } else if (hop.streamed) {
      lines.add({"Expect:"});  // otherwise libcurl would ask before it sends more than a megabyte
    }
  }
  return {};
}

void set_hop(EasySlot& slot, Transfer& transfer, CURLSH* share, const HttpClient::Options& options) {
  CURL* const easy = slot.easy.get();
  const Hop& hop = transfer.hop;
  slot.message[0] = '\0';
  slot.tainted = find_header(transfer.request.headers, "host").has_value();  // libcurl keeps it for cookies
  curl_easy_setopt(easy, CURLOPT_SHARE, share);
  slot.transfer = &transfer;
  set_url(slot, hop.url);
  HopOptions& set = slot.options;
  const auto change = [easy](auto& from, auto to, CURLoption option) {
    if (from != to) curl_easy_setopt(easy, option, to);
    from = to;
  };
  change(set.headers, slot.headers.list(), CURLOPT_HTTPHEADER);
  change(set.timeout_ms, limit_in_milliseconds(transfer.request.timeout), CURLOPT_TIMEOUT_MS);
  change(set.connect_timeout_ms, limit_in_milliseconds(transfer.request.connect_timeout), CURLOPT_CONNECTTIMEOUT_MS);
  // A handle from the pool may have served another user, with a link.
  const long portion = hop.link ? static_cast<long>(hop.link->down.portion()) : 0;
  if (portion != set.receive_buffer) {
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, portion == 0 ? EasyPool::kReceiveBuffer : portion);
    set.receive_buffer = portion;
  }
  // On a link, a handshake is followed message by message: on_debug.
  change(set.verbose, long{hop.link && hop.url->scheme == "https" ? 1 : 0}, CURLOPT_VERBOSE);
  change(set.fresh, long{hop.fresh ? 1 : 0}, CURLOPT_FRESH_CONNECT);
  change(set.forbid_reuse, 0L, CURLOPT_FORBID_REUSE);
  set_cookies(slot, transfer.request);
  const bool http2 = options.http2 && !hop.only_http1 && transfer.request.version == HttpVersionChoice::automatic;
  change(set.http_version, long{http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1}, CURLOPT_HTTP_VERSION);

  const char* name = nullptr;
  if (hop.with_body) {
    set_body(easy, hop);
    set.fields = true;
    if (hop.method != HttpMethod::post) name = names_of(hop.method).sent;
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    if (hop.method == HttpMethod::head) {
      curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (hop.method != HttpMethod::get) {
      name = names_of(hop.method).sent;
    }
  }
  change(set.method, name, CURLOPT_CUSTOMREQUEST);  // the names are the same objects each time
}

void set_fresh(EasySlot& slot) {
  slot.message[0] = '\0';
  slot.options.fresh = 1;
  curl_easy_setopt(slot.easy.get(), CURLOPT_FRESH_CONNECT, 1L);
}

void clear_hop(EasySlot& slot) {
  CURL* const easy = slot.easy.get();
  slot.transfer = nullptr;
  curl_easy_setopt(easy, CURLOPT_SHARE, nullptr);
  if (std::exchange(slot.options.fields, false)) curl_easy_setopt(easy, CURLOPT_POSTFIELDS, nullptr);
}

}  // namespace gelombang
