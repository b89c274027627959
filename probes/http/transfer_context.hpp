// What the transfers of a client share: services, lists of transfers, and memory to reuse.
#pragma once

#include "base/clock.hpp"
#include "probes/consent/socket_guard.hpp"
#include "probes/http/curl_loop.hpp"
#include "probes/http/decoder.hpp"
#include "probes/http/spare_results.hpp"
#include "probes/http/tls_read_budget.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace gelombang {

struct Transfer;

// What the callbacks of all transfers of a client share.
struct TransferContext {
  // Bytes of bodies that are taken or decoded in a turn of the loop, for all responses and layers together, plus some
  // for each piece: somewhat less than a millisecond's work.
  static constexpr std::size_t kBodyPerTurn = 256 * 1024;

  const Clock& clock;
  SocketGuard& guard;
  CurlLoop* loop = nullptr;
  std::size_t max_connections = 0;
  std::uint64_t round = 1;            // of libcurl's work
  Transfer* handing_over = nullptr;   // its request is being written in this round of libcurl
  std::vector<Transfer*> read_out{};  // libcurl has taken the last byte of their bodies in this round
  std::vector<Transfer*> held{};      // libcurl has read more of their answers than their links have carried
  std::vector<Transfer*> early{};     // their answers came before their bodies were delivered
  SpareResults spare_results{};
  std::size_t body_allowance = kBodyPerTurn;  // what is left in this turn
  std::vector<std::unique_ptr<HttpDecoder>> spare_decoders{};
  TlsReadBudget tls_reads{};
  std::function<void()> on_first_status{};  // see HttpClient::Options; empty once it was called

  // Renews the budgets: others have had their turn, or are about to have it.
  void begin_turn() noexcept;
  // libcurl has written the request that it began last.
  void request_written(TimePoint now);
  std::unique_ptr<HttpDecoder> lend_decoder();
  void give_back(std::unique_ptr<HttpDecoder> decoder);
};

}  // namespace gelombang
