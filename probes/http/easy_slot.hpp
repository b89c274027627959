// A libcurl handle with what belongs to it.
#pragma once

#include "probes/curl_handles.hpp"
#include "probes/http/header_lines.hpp"
#include "probes/http/known_address.hpp"
#include "probes/url.hpp"

#include <array>
#include <memory>

namespace gelombang {

struct Transfer;

// Options that seldom change from one hop to the next.
struct HopOptions {
  curl_slist* headers = nullptr;  // of the slot's HeaderLines, whose first node seldom moves
  long timeout_ms = 0;
  long connect_timeout_ms = 0;
  long http_version = CURL_HTTP_VERSION_NONE;
  long receive_buffer = 0;  // 0: as the pool made it
  long verbose = 0;
  long fresh = 0;  // CURLOPT_FRESH_CONNECT
  long forbid_reuse = 0;
  bool cookie = false;           // CURLOPT_COOKIE is set
  const char* method = nullptr;  // CURLOPT_CUSTOMREQUEST
  bool fields = false;           // CURLOPT_POSTFIELDS points to a body
};

// A libcurl handle and the place for its error message; they go back to a pool after each hop.
struct EasySlot {
  CurlEasy easy;
  Transfer* transfer = nullptr;        // the transfer whose hop it runs
  HeaderLines headers;                 // of that hop
  std::shared_ptr<const HttpUrl> url;  // of the last hop: libcurl points into it
  std::array<char, CURL_ERROR_SIZE> message{};
  HopOptions options;    // as currently set
  KnownAddress peer;     // of its last hop
  bool tainted = false;  // keeps something of this hop: must not be reused
};

}  // namespace gelombang
