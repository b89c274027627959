// Handles the head of a response, line by line, as libcurl hands it over. A line that libcurl accepts but RFC 9112
// forbids ends the transfer.
#include "probes/http/transfer.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kMaxHeaderBytes = 256 * 1024;  // browsers give up at about as much
constexpr std::size_t kMaxHeaderLines = 5000;        // a page has some thirty

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view without_blanks_before(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view without_blanks_after(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Replaces carriage returns that stand alone by blanks (RFC 9110, 5.5). `room` holds the text if there were any.
std::string_view without_returns(std::string_view text, std::string& room) {
  if (text.find('\r') == std::string_view::npos) return text;
  room = text;
  std::replace(room.begin(), room.end(), '\r', ' ');
  return room;
}

// The status of "HTTP/2 200 ", as libcurl writes it; 0 if it is no status line.
int http2_status(std::string_view line) {
  constexpr std::string_view kVersion = "HTTP/2 ";
  if (line.substr(0, kVersion.size()) != kVersion) return 0;
  line.remove_prefix(kVersion.size());
  int status = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + std::min<std::size_t>(line.size(), 3), status);
  return error == std::errc{} && end == line.data() + 3 ? status : 0;
}

}  // namespace

std::size_t Transfer::on_header(char* line, std::size_t size, std::size_t count, void* slot) {
  Transfer& self = *static_cast<EasySlot*>(slot)->transfer;
  const std::size_t length = size * count;
  try {
    return self.take_header(line, length) ? length : 0;
  } catch (const std::exception&) {
    self.hop.out_of_memory = true;
    return 0;
  }
}

// Called when the response comes, not earlier: of many waiting transfers, few get a response at a time, so their memory
// is still in the CPU caches.
void Transfer::take_spare_result() {
  if (!result.hops.empty()) return;  // it has followed a redirect
  context.spare_results.lend(result);
  hop.response = std::move(result.response);
}

bool Transfer::take_header(const char* data, std::size_t length) {
  const std::string_view line(data, length);
  hop.header_bytes += length;
  if (hop.header_bytes > kMaxHeaderBytes || ++hop.header_lines > kMaxHeaderLines) {
    hop.headers_overflow = true;
    return false;
  }
  note_arrival();
  if (hop.header_bytes == length) take_spare_result();
  if (hop.headers_complete) return true;  // trailers
  if (!hop.in_section) return begin_section(line, hop.header_bytes == length);
  if (line.front() == '\r' || line.front() == '\n') return end_section(line);
  return is_space(line.front()) ? take_folded(line) : take_field(line);
}

// All bytes of one round count as coming together.
void Transfer::note_arrival() {
  if (hop.arrival_round != context.round) hop.last_byte = context.clock.now();
  hop.arrival_round = context.round;
}

bool Transfer::begin_section(std::string_view line, bool first) {
  if (first && answered_unasked()) return refuse("it came before the request");
  hop.status = hop.http2 ? http2_status(line) : hop.framing.begin(line);
  if (hop.status == 0) return refuse("it does not begin with a status line");
  // Another protocol is an error unless the script asks for it (RFC 9110, 7.8).
  if (hop.status == 101 && !find_header(request.headers, "upgrade")) return refuse("it changes to another protocol");
  hop.in_section = true;
  // 100 and 103 come before the response and are no response.
  if (hop.status >= 200 || hop.status == 101) {
    hop.answered = answer_time(hop.last_byte, !first);
    if (context.on_first_status) std::exchange(context.on_first_status, nullptr)();
  }
  hop.response.headers.clear();
  hop.headers_kept = 0;
  hop.field_kept = false;
  return true;
}

bool Transfer::take_field(std::string_view line) {
  std::string room;
  const std::string_view text = without_returns(without_blanks_after(line), room);
  const std::size_t colon = text.find(':');
  hop.field_kept = false;
  if (colon == std::string_view::npos) return true;
  const std::string_view name = without_blanks_after(text.substr(0, colon));
  const std::string_view value = without_blanks_before(text.substr(colon + 1));
  if (same_header_name(name, "set-cookie")) ++hop.cookies_set;
  if (!hop.http2) hop.framing.add(name, value, name.size() == colon);
  if (!hop.answered) return true;
  ++hop.headers_kept;
  hop.field_kept = true;
  if (name.size() == colon && value.size() + colon + 2 == text.size() && text[colon + 1] == ' ') {  // as most are
    hop.response.headers.add_line(text, colon);
  } else {
    hop.response.headers.add(name, value);
  }
  return true;
}

bool Transfer::take_folded(std::string_view line) {
  std::string room;
  const std::string_view more = without_returns(without_blanks_before(without_blanks_after(line)), room);
  if (more.empty()) return true;
  if (!hop.answered) return true;
  if (hop.headers_kept == 0) return refuse("the header section starts with a line that begins with a blank");
  if (!hop.field_kept) return true;
  // RFC 9112, 5.2. libcurl reads only the first line of a folded field.
  hop.framing.add(hop.response.headers.extend_last(more), more, false);
  return true;
}

bool Transfer::end_section(std::string_view line) {
  if (!without_blanks_after(line).empty()) return refuse("it contains a carriage return without a line feed");
  hop.in_section = false;
  const char* const fault = hop.http2 ? nullptr : hop.framing.fault(bodyless());
  if (fault != nullptr) return refuse(fault);
  if (!hop.answered) return true;  // the answer comes after this
  hop.headers_complete = true;
  if (!hop.http2) look_for_excess();
  if (!hop.body.empty() && !hop.sent && !hop.early_noted) {
    hop.early_noted = true;
    context.early.push_back(this);
  }
  return true;
}

bool Transfer::bodyless() const noexcept {
  return hop.method == HttpMethod::head || hop.status < 200 || hop.status == 204 || hop.status == 304;
}

// RFC 9112, 6.3: what was received is thrown away, and libcurl closes the connection.
bool Transfer::refuse(const char* fault) {
  hop.fault = fault;
  hop.status = 0;
  hop.response.headers.clear();
  return false;
}

// If libcurl has read more than the response, it discards the excess. After a response without a body or in chunks it
// keeps the connection, and reports the excess only in its log. If a length was given, libcurl ends the connection by
// itself.
void Transfer::look_for_excess() {
  if (hop.framing.ambiguous()) end_connection();
  if (!bodyless() && !hop.framing.chunked() && hop.framing.length() != 0) return;
  if (slot->options.verbose != 0) return;
  curl_easy_setopt(slot->easy.get(), CURLOPT_VERBOSE, 1L);
  slot->options.verbose = 1;
}

// libcurl may have found a response before the link has carried it.
TimePoint Transfer::answer_time(TimePoint now, bool after_others) const {
  if (!hop.paced) return now;
  hop.paced->count(now);
  // Over TLS, libcurl reads one record, which may follow tickets. Without TLS, libcurl reads all that is there, which
  // begins with the response unless a 100 or 103 came before.
  const bool last = hop.url->scheme == "https" || after_others;
  const TimePoint began = last ? hop.paced->last_part_at() : hop.paced->first_part_at();
  return hop.request_started && began >= *hop.request_started ? began : now;
}

}  // namespace gelombang
