// One exchange of a transfer: its request, and what was seen of the response so far. A transfer that follows redirects
// has several hops.
#pragma once

#include "base/clock.hpp"
#include "probes/curl_handles.hpp"
#include "probes/http/body.hpp"
#include "probes/http/decoder.hpp"
#include "probes/http/framing.hpp"
#include "probes/http/message.hpp"
#include "probes/http/network_link.hpp"
#include "probes/http/paced_socket.hpp"
#include "probes/url.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace gelombang {

struct Hop {
  std::shared_ptr<const HttpUrl> url;
  HttpMethod method = HttpMethod::get;
  bool with_body = false;
  bool streamed = false;  // libcurl reads the body through on_read
  HttpBody body;

  TimePoint started{};                 // when libcurl was told
  std::optional<TimePoint> connected;  // at the latest
  std::optional<TimePoint> request_started;
  std::optional<TimePoint> sent;  // the last byte of the request; by the link, if there is one
  std::optional<TimePoint> answered;
  TimePoint last_byte{};            // of the answer
  std::uint64_t arrival_round = 0;  // the round of that byte
  std::size_t header_bytes = 0;
  std::size_t headers_kept = 0;  // of the answer
  std::size_t header_lines = 0;
  std::size_t cookies_set = 0;
  int status = 0;           // of the status line read last
  bool in_section = false;  // of headers: its status line has come
  bool field_kept = false;  // the last field was kept
  bool headers_complete = false;
  HttpFraming framing;          // HTTP/1's
  const char* fault = nullptr;  // why the answer must not be used
  bool http2 = false;           // once the request is written
  bool only_http1 = false;      // the server requires HTTP/1.1
  bool fresh = false;           // must not use a kept connection
  bool unasked = false;         // nothing was sent: the connection held bytes already, or had ended
  // For a new TLS connection: how many bytes came before the request, counted from the connection's beginning.
  std::optional<std::uint64_t> came_before;
  bool looked_up = false;
  bool guard_denied = false;
  bool socket_opened = false;
  bool headers_overflow = false;
  bool out_of_memory = false;
  bool early_noted = false;
  bool delivery_open = false;          // SendProgress waits for its end
  curl_socket_t fd = CURL_SOCKET_BAD;  // known once libcurl waits for it
  std::shared_ptr<NetworkLink> link;   // of the user; null: none
  std::shared_ptr<PacedSocket> paced;  // the connection on it
  bool held = false;                   // libcurl has read more of the answer than the link has carried
  std::optional<CURLcode> ended;       // libcurl's result, if libcurl was done with a held hop
  std::uint64_t uploaded = 0;          // when an early response was last checked
  TimePoint upload_moved{};
  int open_errno = 0;
  long connect_errno = 0;  // of an address that was given up for the connected one
  std::string guard_reason;
  HttpResponse response;
  bool body_began = false;
  bool body_malformed = false;           // it cannot be decoded
  std::unique_ptr<HttpDecoder> decoder;  // null: the body is taken as it comes
  std::size_t decoded_ahead = 0;         // decoded bytes that libcurl will hand over again
  bool waits_for_decoding = false;       // bytes have come, and wait for their turn to be decoded

  void note_sent(TimePoint now);
};

}  // namespace gelombang
