#include "probes/http/outcome.hpp"

#include "probes/consent/remote_address.hpp"
#include "probes/http/phase_split.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gelombang {
namespace {

Duration time_of(CURL* easy, CURLINFO what) {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(easy, what, &microseconds);
  return std::chrono::microseconds(microseconds);
}

std::uint64_t size_of(CURL* easy, CURLINFO what) {
  curl_off_t bytes = 0;
  curl_easy_getinfo(easy, what, &bytes);
  return static_cast<std::uint64_t>(std::max<curl_off_t>(bytes, 0));
}

long long_of(CURL* easy, CURLINFO what) {
  long value = 0;
  curl_easy_getinfo(easy, what, &value);
  return value;
}

// 0 if the error belongs to an address that was given up for the connected one. Both may have the same number.
long os_errno_of(const Transfer& transfer) {
  const long number = long_of(transfer.slot->easy.get(), CURLINFO_OS_ERRNO);
  if (says_system_error(transfer.slot->message.data())) return number;
  return transfer.hop.request_started && number == transfer.hop.connect_errno ? 0 : number;
}

HttpVersion version_of(long version) {
  switch (version) {
    case CURL_HTTP_VERSION_1_0: return HttpVersion::http1_0;
    case CURL_HTTP_VERSION_1_1: return HttpVersion::http1_1;
    case CURL_HTTP_VERSION_2_0: return HttpVersion::http2;
    default: return HttpVersion::unknown;
  }
}

PhaseMarks marks_of(const Transfer& transfer, const RequestSample& sample, Ending ending, TimePoint now) {
  CURL* const easy = transfer.slot->easy.get();
  const Hop& hop = transfer.hop;
  PhaseMarks marks;
  // libcurl begins a little after it was told, when its turn comes. Its own times count from that moment.
  const Duration ready = time_of(easy, CURLINFO_PRETRANSFER_TIME_T);
  marks.started = hop.request_started ? *hop.request_started - ready : hop.started;
  marks.ended = now;
  if (ending == Ending::reported) {
    const Duration total = time_of(easy, CURLINFO_TOTAL_TIME_T);
    if (!hop.request_started) marks.started = now - total;
    marks.ended = marks.started + total;
    if (hop.paced) marks.ended = std::max(marks.ended, std::min(hop.paced->arrived_at(), now));
  } else if (ending == Ending::early) {
    marks.ended = hop.last_byte;
  }
  marks.started = std::clamp(marks.started, hop.started, now);
  marks.ended = std::clamp(marks.ended, std::max(marks.started, hop.last_byte), now);
  marks.new_connection = sample.new_connection;
  marks.looked_up = hop.looked_up && !hop.url->literal;
  marks.tls = hop.url->scheme == "https";
  if (sample.new_connection || !hop.request_started) {  // otherwise nobody reads them
    marks.name_known = time_of(easy, CURLINFO_NAMELOOKUP_TIME_T);
    marks.connected = time_of(easy, CURLINFO_CONNECT_TIME_T);
    if (marks.connected == Duration{} && hop.connected) marks.connected = *hop.connected - marks.started;
    marks.secured = time_of(easy, CURLINFO_APPCONNECT_TIME_T);
  }
  marks.request_started = hop.request_started;
  marks.sent = hop.sent;
  if (hop.paced) {  // the link may take longer than this machine
    if (marks.connected != Duration{})
      marks.connected = std::max(marks.connected, hop.paced->connected_at() - marks.started);
    if (marks.secured != Duration{}) marks.secured = std::max(marks.secured, hop.paced->secured_at() - marks.started);
  }
  // A response without a body may be seen before the link has carried it.
  if (hop.answered) marks.answered = std::min(*hop.answered, marks.ended);
  return marks;
}

// libcurl reported the address before it wrote the request, and no request is sent a second time.
RemoteAddress remote_of(const Transfer& transfer) {
  if (transfer.hop.request_started) return transfer.slot->peer.address();
  CURL* const easy = transfer.slot->easy.get();
  char* ip = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
  if (ip == nullptr) return {};
  return transfer.slot->peer.read(ip, static_cast<std::uint16_t>(long_of(easy, CURLINFO_PRIMARY_PORT)));
}

// `body`: the bytes of a streamed body that libcurl has read from us. Since 8.7, libcurl includes them in the request's
// size.
std::uint64_t bytes_sent(CURL* easy, std::uint64_t body) {
  static const bool counted = curl_version_info(CURLVERSION_NOW)->version_num >= 0x080700;
  return static_cast<std::uint64_t>(long_of(easy, CURLINFO_REQUEST_SIZE)) + (counted ? 0 : body);
}

RequestSample measured(const Transfer& transfer) {
  CURL* const easy = transfer.slot->easy.get();
  RequestSample sample;
  sample.bytes_sent = bytes_sent(easy, transfer.hop.streamed ? size_of(easy, CURLINFO_SIZE_UPLOAD_T) : 0);
  sample.bytes_received =
      static_cast<std::uint64_t>(long_of(easy, CURLINFO_HEADER_SIZE)) + size_of(easy, CURLINFO_SIZE_DOWNLOAD_T);
  sample.status = transfer.hop.answered ? transfer.hop.status : 0;
  sample.version = version_of(long_of(easy, CURLINFO_HTTP_VERSION));
  if (sample.version == HttpVersion::unknown && transfer.hop.http2) sample.version = HttpVersion::http2;
  sample.new_connection = long_of(easy, CURLINFO_NUM_CONNECTS) > 0;
  sample.send_approximate = sample.version == HttpVersion::http2;
  sample.remote = remote_of(transfer);
  return sample;
}

TransferFacts facts_of(const Transfer& transfer, CURLcode code, TimePoint now) {
  const Hop& hop = transfer.hop;
  TransferFacts facts;
  facts.code = code;
  if (code != CURLE_OK) {  // otherwise nobody reads them
    facts.os_errno = static_cast<int>(os_errno_of(transfer));
    facts.word = peer_word(transfer.slot->message.data());
    facts.verify_result = long_of(transfer.slot->easy.get(), CURLINFO_SSL_VERIFYRESULT);
  }
  facts.open_errno = hop.open_errno;
  facts.guard_denied = hop.guard_denied;
  facts.socket_opened = hop.socket_opened;
  facts.headers_overflow = hop.headers_overflow;
  facts.faulty = hop.fault != nullptr || hop.unasked;
  facts.out_of_memory = hop.out_of_memory;
  facts.headers_complete = hop.headers_complete;
  // A GOAWAY that excludes the stream: libcurl has no message for it.
  facts.refused = code == CURLE_HTTP2 && hop.request_started && hop.header_bytes == 0 && transfer.slot->message[0] == 0;
  facts.http1_required = says_http1_required(transfer.slot->message.data());
  facts.unanswered = !hop.answered;
  facts.cut_short = hop.answered && !transfer.whole();
  facts.body_malformed = hop.body_malformed;
  facts.waits_for_decoding = hop.waits_for_decoding;
  facts.http2 = hop.http2;
  facts.body_unsent = hop.with_body && !hop.sent;
  facts.silence = now - std::max(hop.last_byte, hop.started);
  facts.timeout = transfer.request.timeout;
  return facts;
}

std::string explain(const Transfer& transfer, ErrorClass error, CURLcode code) {
  if (error == ErrorClass::none) return {};
  if (error == ErrorClass::consent) return one_line(transfer.hop.guard_reason);
  if (transfer.hop.fault != nullptr) return std::string(info(error).text) + ": " + transfer.hop.fault;
  if (transfer.hop.unasked) return std::string(info(error).text) + ": it came before the request";
  std::string text(info(error).text);
  const bool told = code != CURLE_WRITE_ERROR;  // our own callbacks said no, and libcurl does not know why
  if (told && transfer.slot->message[0] != '\0') text += std::string(" (") + transfer.slot->message.data() + ')';
  return one_line(text);
}

std::string refusal(ErrorClass error) {
  return std::string(info(error).text) + ": the server refused the stream, or ended the connection for new ones";
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line(text.substr(0, 200));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return line;
}

HopOutcome hop_outcome(const Transfer& transfer, Ending ending, CURLcode code, TimePoint now) {
  HopOutcome outcome;
  RequestSample& sample = outcome.sample;
  sample = measured(transfer);
  const PhaseMarks marks = marks_of(transfer, sample, ending, now);
  const PhaseSplit split = split_phases(marks);
  sample.started = marks.started;
  sample.service_time = marks.ended - marks.started;
  sample.phases = split.phases;
  outcome.facts = facts_of(transfer, code, now);
  outcome.facts.reached = split.reached;
  sample.error = classify_transfer(outcome.facts);
  sample.outcome = sample.error == ErrorClass::none ? Outcome::success : Outcome::failure;
  outcome.detail = outcome.facts.refused ? refusal(sample.error) : explain(transfer, sample.error, code);
  return outcome;
}

// libcurl has forgotten how the connection ended and what was uploaded, but not its last message. A system error may
// belong to an earlier address.
HopOutcome unanswered_hop(const Transfer& transfer, TimePoint now) {
  CURL* const easy = transfer.slot->easy.get();
  const std::string_view message = transfer.slot->message.data();
  const bool refused = transfer.hop.http2 && message.empty() && transfer.hop.header_bytes == 0;
  CURLcode code = CURLE_GOT_NOTHING;
  if (transfer.hop.headers_complete) {
    code = CURLE_OK;  // a 417, which is a response
  } else if (refused || says_http1_required(message)) {
    code = CURLE_HTTP2_STREAM;
  } else if (says_send_failed(message)) {
    code = CURLE_SEND_ERROR;
  } else if (!message.empty()) {
    code = CURLE_RECV_ERROR;
  }
  HopOutcome outcome = hop_outcome(transfer, Ending::reported, code, now);
  if (refused) {
    outcome.facts.refused = true;
    outcome.sample.error = classify_transfer(outcome.facts);
    outcome.detail = refusal(outcome.sample.error);
  }
  outcome.sample.new_connection = transfer.hop.socket_opened;
  if (transfer.hop.streamed) outcome.sample.bytes_sent = bytes_sent(easy, transfer.hop.body.taken());
  return outcome;
}

HopOutcome refused_hop(ErrorClass error, std::string_view detail, TimePoint now) {
  HopOutcome outcome;
  outcome.sample.started = now;
  outcome.sample.outcome = Outcome::failure;
  outcome.sample.error = error;
  outcome.detail = one_line(detail.empty() ? info(error).text : detail);
  return outcome;
}

}  // namespace gelombang
