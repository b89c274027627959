// The implementation of HttpClient: the life of its transfers from start to delivery. client_impl.cpp acts on
// transfers, client_impl_events.cpp handles libcurl's events.
#pragma once

#include "base/random.hpp"
#include "probes/http/client.hpp"
#include "probes/http/curl_loop.hpp"
#include "probes/http/dns_diagnosis.hpp"
#include "probes/http/easy_pool.hpp"
#include "probes/http/held_reads.hpp"
#include "probes/http/outcome.hpp"
#include "probes/http/send_progress.hpp"
#include "probes/http/transfer.hpp"
#include "probes/http/transfer_context.hpp"
#include "probes/http/transfer_table.hpp"
#include "probes/http/user.hpp"
#include "probes/url.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gelombang {

class HttpClient::Impl final : public CurlLoop::Owner, public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& context, const Clock& clock, SocketGuard& guard, Options options);
  ~Impl() override { end(); }

  // The client is being destroyed. Handlers that still hold this object do nothing afterwards.
  void end();
  void end_transfers();

  TransferId start(HttpUser& user, HttpRequest&& request, Done&& done);
  void cancel(TransferId id, Outcome outcome);
  [[nodiscard]] std::size_t active() const noexcept { return transfers_.size(); }
  [[nodiscard]] std::size_t open_connections() const noexcept { return loop_->open_sockets(); }
  [[nodiscard]] EasyPool& handles() noexcept { return handles_; }

  void socket_used(CURL* easy, curl_socket_t fd) override;
  void round_ended() override;
  void attempt_lost(CURL* easy) override;
  void wait_failed(CURL* easy) override;
  bool session_ended(CURL* easy) override;
  void transfer_ended(CURL* easy, CURLcode code) override;
  void turn_ended() override;
  void deliver() override;

 private:
  struct Finished {
    Finished(Done&& call, HttpResult&& with) : done(std::move(call)), result(std::move(with)) {}
    Done done;
    HttpResult result;
  };

  void begin_hop(Transfer& transfer);
  void prepare(Transfer& transfer);
  void launch(Transfer& transfer);
  [[nodiscard]] GuardVerdict ask_guard(const Transfer& transfer);
  void take_end(Transfer& transfer, CURLcode code);
  void end_later(Transfer& transfer, TimePoint arrives);
  void diagnose_name(Transfer& transfer, HopOutcome outcome);
  void end_early_answers();
  void look_at_early_answers();
  void take_round();
  void hold_reads();
  void resume_reads();
  void resume_read(TransferId id);
  void end_hop(Transfer& transfer, HopOutcome outcome);
  void follow(Transfer& transfer, const HttpUrl& target);
  void repeat(Transfer& transfer, bool only_http1);
  void next_hop(Transfer& transfer, std::shared_ptr<const HttpUrl> url, HttpMethod method, bool with_body);
  void restart(Transfer& transfer);
  void finish(Transfer& transfer, Outcome outcome, ErrorClass error, std::string detail);
  void refuse(Transfer& transfer, ErrorClass error, std::string_view detail);
  void release(Transfer& transfer);
  void forget(Transfer& transfer);
  static void limit_cookies(Transfer& transfer);
  void deliver_soon();
  [[nodiscard]] TimePoint now() const { return shared_.clock.now(); }
  RandomStream next_ids() { return {options_.trace_seed, RandomPurpose::trace, trace_counter_++}; }

  boost::asio::io_context& context_;
  Options options_;
  std::shared_ptr<CurlLoop> loop_;
  TransferContext shared_;
  SendProgress sending_;
  HeldReads held_reads_;
  DnsDiagnosis names_;
  EasyPool handles_;
  HttpUrlCache urls_;
  TransferTable transfers_;
  std::vector<Finished> finished_;
  std::vector<Finished> delivered_;  // empty; keeps memory for the next delivery
  std::uint64_t trace_counter_ = 0;
  bool delivery_posted_ = false;
  bool ended_ = false;
  bool cut_ = false;  // end_transfers() was called, perhaps from inside a delivery
  boost::asio::steady_timer early_timer_;
  bool early_timer_armed_ = false;
};

}  // namespace gelombang
