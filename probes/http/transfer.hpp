// One request in progress: the request, its current hop, and what libcurl's callbacks saw of it. The callbacks record
// and answer; they never call libcurl.
#pragma once

#include "base/clock.hpp"
#include "probes/curl_handles.hpp"
#include "probes/http/client.hpp"
#include "probes/http/easy_slot.hpp"
#include "probes/http/hop.hpp"
#include "probes/http/message.hpp"
#include "probes/http/transfer_context.hpp"
#include "probes/http/user_connections.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace gelombang {

struct HopOutcome;

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
  std::unique_ptr<HopOutcome> undiagnosed;  // a name could not be resolved, and the cause is being looked up
  std::unique_ptr<HopOutcome> unanswered;   // libcurl would have sent the request once more: the outcome so far
  UserConnections* connections = nullptr;   // its user's
  int redirects = 0;
  bool repeated = false;  // the hop is the second try of the same request

  // Whether the whole response has come, as its headers and its codings announced.
  [[nodiscard]] bool whole() const noexcept;

  // libcurl's callbacks, with the slot as their data: it is the same for every request of a handle.
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
  void look_for_excess();
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
