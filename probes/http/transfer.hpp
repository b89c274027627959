// One request under way: what was asked, the hop that is being played, and what libcurl's callbacks
// saw of it. The callbacks write down and answer; they never call libcurl.
#pragma once

#include "base/clock.hpp"
#include "probes/consent/socket_guard.hpp"
#include "probes/curl_handles.hpp"
#include "probes/http/body.hpp"
#include "probes/http/client.hpp"
#include "probes/http/curl_loop.hpp"
#include "probes/http/decoder.hpp"
#include "probes/http/framing.hpp"
#include "probes/http/header_lines.hpp"
#include "probes/http/message.hpp"
#include "probes/http/spare_results.hpp"
#include "probes/http/tls_read_budget.hpp"
#include "probes/http/user_connections.hpp"
#include "probes/url.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

struct HopOutcome;

// Reads an address from its text once for as long as it stays the same.
class KnownAddress {
 public:
  // All zero where it is none.
  const RemoteAddress& read(std::string_view text, std::uint16_t port);
  // As it was read last.
  [[nodiscard]] const RemoteAddress& address() const noexcept { return address_; }

 private:
  std::string text_;
  RemoteAddress address_;
};

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
  Transfer* transfer = nullptr;        // whose hop it plays
  HeaderLines headers;                 // of that hop
  std::shared_ptr<const HttpUrl> url;  // of the last hop: libcurl points into it
  std::array<char, CURL_ERROR_SIZE> message{};
  HopOptions options;    // as they are set
  KnownAddress peer;     // of its last hop
  bool tainted = false;  // keeps something of this hop: not to be used for another one
};

// What the callbacks of all transfers of a client share.
struct TransferContext {
  // Bytes of bodies that are taken or decoded in a turn of the loop, all answers and their layers together, and some
  // for each piece: somewhat less than a millisecond's work.
  static constexpr std::size_t kBodyPerTurn = 256 * 1024;

  const Clock& clock;
  SocketGuard& guard;
  CurlLoop* loop = nullptr;
  std::size_t max_connections = 0;
  std::uint64_t round = 1;            // of libcurl's work
  Transfer* handing_over = nullptr;   // its request is being written in this round of libcurl's
  std::vector<Transfer*> read_out{};  // libcurl has taken the last byte of their bodies in this round
  std::vector<Transfer*> held{};      // libcurl has read more of their answers than their links have carried
  std::vector<Transfer*> early{};     // their answers came before their bodies were delivered
  SpareResults spare_results{};
  std::size_t body_allowance = kBodyPerTurn;  // what is left of it
  std::vector<std::unique_ptr<HttpDecoder>> spare_decoders{};
  TlsReadBudget tls_reads{};
  std::function<void()> on_first_status{};  // HttpClient::Options; empty once there was one

  // Others have had their turn, or are about to have it.
  void begin_turn() noexcept;
  // libcurl is done with writing the request that it began last.
  void request_written(TimePoint now);
  std::unique_ptr<HttpDecoder> lend_decoder();
  void give_back(std::unique_ptr<HttpDecoder> decoder);
};

struct Hop {
  std::shared_ptr<const HttpUrl> url;
  HttpMethod method = HttpMethod::get;
  bool with_body = false;
  bool streamed = false;  // libcurl reads the body through on_read
  HttpBody body;

  TimePoint started{};                 // libcurl was told
  std::optional<TimePoint> connected;  // at the latest
  std::optional<TimePoint> request_started;
  std::optional<TimePoint> sent;  // the last byte of the request, by the link if there is one
  std::optional<TimePoint> answered;
  TimePoint last_byte{};            // of the answer
  std::uint64_t arrival_round = 0;  // in which that came
  std::size_t header_bytes = 0;
  std::size_t headers_kept = 0;  // of the answer
  std::size_t header_lines = 0;
  std::size_t cookies_set = 0;
  int status = 0;           // of the status line read last
  bool in_section = false;  // of headers: its status line has come
  bool field_kept = false;  // the last one
  bool headers_complete = false;
  HttpFraming framing;          // HTTP/1's
  const char* fault = nullptr;  // why the answer must not be used
  bool http2 = false;           // once the request is written
  bool only_http1 = false;      // its server wants that
  bool fresh = false;           // no kept connection is to be used
  bool unasked = false;         // nothing was sent: the connection held bytes already, or had ended
  // Of a new TLS connection: which of its bytes came before the request, counted from its beginning.
  std::optional<std::uint64_t> came_before;
  bool looked_up = false;
  bool guard_denied = false;
  bool socket_opened = false;
  bool headers_overflow = false;
  bool out_of_memory = false;
  bool early_noted = false;
  bool watched = false;                // for the end of its delivery
  curl_socket_t fd = CURL_SOCKET_BAD;  // known once libcurl waits for it
  std::shared_ptr<NetworkLink> link;   // of the user; null: none
  std::shared_ptr<PacedSocket> paced;  // the connection on it
  bool held = false;                   // libcurl has read more of the answer than the link has carried
  std::optional<CURLcode> ended;       // and was done with it: how
  std::uint64_t uploaded = 0;          // when an early answer was last looked at
  TimePoint upload_moved{};
  int open_errno = 0;
  long connect_errno = 0;  // of an address that was given up for the one that is connected
  std::string guard_reason;
  HttpResponse response;
  bool body_began = false;
  bool body_malformed = false;           // it cannot be decoded
  std::unique_ptr<HttpDecoder> decoder;  // null: the body is taken as it comes
  std::size_t decoded_ahead = 0;         // bytes that libcurl will hand over again, and that have been decoded
  bool waits_for_decoding = false;       // bytes have come, and wait for their turn to be decoded

  void note_sent(TimePoint now);
};

struct Transfer {
  Transfer(TransferContext& shared, TransferId number);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  TransferContext& context;
  const TransferId id;
  HttpUser* user = nullptr;
  HttpRequest request;
  HttpClient::Done done;
  HttpResult result;
  std::unique_ptr<EasySlot> slot;  // while libcurl has it
  Hop hop;
  std::unique_ptr<HopOutcome> undiagnosed;  // a name could not be resolved, and it is being asked why
  std::unique_ptr<HopOutcome> unanswered;   // libcurl would have sent the request once more: what it was so far
  UserConnections* connections = nullptr;   // its user's
  int redirects = 0;
  bool repeated = false;  // the hop is the second try of the same request

  // Whether as much of the answer has come as was announced, in its headers and by its codings.
  [[nodiscard]] bool whole() const noexcept;

  // libcurl's callbacks, with the slot as their data: it is the same for every request that a handle plays.
  static std::size_t on_header(char* line, std::size_t size, std::size_t count, void* slot);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* slot);
  static std::size_t on_read(char* to, std::size_t size, std::size_t count, void* slot);
  static int on_seek(void* slot, curl_off_t offset, int origin);
  static int on_request(void* slot, char* remote_ip, char* local_ip, int remote_port, int local_port);
  static int on_lookup(void* resolver, void* reserved, void* slot);
  static int on_debug(CURL* easy, curl_infotype type, char* data, std::size_t size, void* slot);
  static CURLcode on_tls_context(CURL* easy, void* context, void* budget);
  static curl_socket_t on_open(void* slot, curlsocktype purpose, curl_sockaddr* address);

 private:
  bool take_header(const char* line, std::size_t length);
  void note_arrival();
  [[nodiscard]] bool begin_section(std::string_view line, bool first);
  [[nodiscard]] bool end_section(std::string_view line);
  [[nodiscard]] bool take_field(std::string_view line);
  [[nodiscard]] bool take_folded(std::string_view line);
  [[nodiscard]] bool refuse(const char* fault);
  [[nodiscard]] bool bodyless() const noexcept;
  [[nodiscard]] bool lacks_body() const noexcept;
  void watch_for_excess();
  void end_connection();
  [[nodiscard]] bool refuse_resending();
  [[nodiscard]] bool spoken_unasked(const char* remote_ip, int remote_port, int local_port);
  [[nodiscard]] bool answered_unasked() const;
  void take_spare_result();
  [[nodiscard]] TimePoint answer_time(TimePoint now, bool after_others) const;
  [[nodiscard]] bool must_wait();
  std::size_t take_body(std::string_view data);
  [[nodiscard]] bool begin_body();
  std::size_t decode(std::string_view data);
  std::size_t wait_for_turn();
  void keep(std::string_view piece);
};

}  // namespace gelombang
