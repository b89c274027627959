#include "probes/http/early.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <system_error>

namespace gelombang {
namespace {

constexpr Duration kRest = std::chrono::seconds(1);

std::optional<std::uint64_t> announced_length(const Hop& hop) {
  if (hop.status == 204 || hop.status == 205 || hop.status == 304) return 0;
  const auto text = hop.response.headers.find("content-length");
  if (!text || hop.response.headers.find("transfer-encoding")) return std::nullopt;
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return length;
}

std::uint64_t bytes_of(const Transfer& transfer, CURLINFO what) {
  curl_off_t bytes = 0;
  curl_easy_getinfo(transfer.slot->easy.get(), what, &bytes);
  return static_cast<std::uint64_t>(bytes);
}

bool is_http2(const Transfer& transfer) {
  long version = 0;
  curl_easy_getinfo(transfer.slot->easy.get(), CURLINFO_HTTP_VERSION, &version);
  return version == CURL_HTTP_VERSION_2_0;
}

}  // namespace

bool answer_complete(const Transfer& transfer, const CurlLoop& loop) {
  if (const auto length = announced_length(transfer.hop)) {
    return bytes_of(transfer, CURLINFO_SIZE_DOWNLOAD_T) >= *length;
  }
  if (is_http2(transfer)) return false;
  // While it sends, libcurl watches for input until it has read the whole answer.
  return loop.wanted(transfer.hop.fd) == CURL_POLL_OUT;
}

bool closed_after_answer(const Transfer& transfer, CURLcode code) {
  return code == CURLE_HTTP2_STREAM && transfer.slot->message[0] == '\0';
}

bool answer_at_rest(Transfer& transfer, TimePoint now) {
  Hop& hop = transfer.hop;
  const std::uint64_t uploaded = bytes_of(transfer, CURLINFO_SIZE_UPLOAD_T);
  if (uploaded != hop.uploaded) {
    hop.uploaded = uploaded;
    hop.upload_moved = now;
  }
  // A body that has begun may be cut or complete. It ends with its stream, or with the request's timeout.
  if (!is_http2(transfer) || announced_length(hop) || hop.body_began) return false;
  return now - std::max(hop.last_byte, hop.upload_moved) >= kRest;
}

}  // namespace gelombang
