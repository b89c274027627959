// Handles libcurl's events, and delivers the results of ended transfers.
#include "probes/http/client_impl.hpp"
#include "probes/http/early.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace gelombang {
namespace {

EasySlot& slot_of(CURL* easy) {
  char* owner = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
  return *reinterpret_cast<EasySlot*>(owner);
}

Transfer& transfer_of(CURL* easy) { return *slot_of(easy).transfer; }

}  // namespace

void HttpClient::Impl::round_ended() {
  shared_.begin_turn();
  take_round();
}

// Takes in what libcurl has written and held in its round.
void HttpClient::Impl::take_round() {
  ++shared_.round;
  if (!shared_.held.empty()) hold_reads();
  if (shared_.handing_over == nullptr && shared_.read_out.empty()) return;
  shared_.request_written(now());
  for (Transfer* const transfer : shared_.read_out) sending_.add(*transfer);
  shared_.read_out.clear();
}

void HttpClient::Impl::socket_used(CURL* easy, curl_socket_t fd) {
  Hop& hop = transfer_of(easy).hop;
  hop.fd = fd;
  // libcurl waits for input only once the connection is made: of several addresses, this one has won.
  const bool made = (loop_->wanted(fd) & CURL_POLL_IN) != 0;
  if (hop.link && (made || !hop.paced)) hop.paced = loop_->paced(fd);
  // libcurl reports the time of the connection only after TLS is up.
  if (hop.socket_opened && !hop.connected && made) hop.connected = now();
}

void HttpClient::Impl::attempt_lost(CURL* easy) {
  if (!transfer_of(easy).hop.request_started) loop_->nudge(easy);
}

void HttpClient::Impl::wait_failed(CURL* easy) {
  Transfer& transfer = transfer_of(easy);
  transfer.hop.out_of_memory = true;
  HopOutcome outcome = hop_outcome(transfer, Ending::cut, CURLE_OK, now());
  loop_->remove(easy);
  end_hop(transfer, std::move(outcome));
}

bool HttpClient::Impl::session_ended(CURL* easy) {
  const std::string_view message = slot_of(easy).message.data();
  return !message.empty() && peer_word(message) == PeerWord::session_bad;
}

void HttpClient::Impl::transfer_ended(CURL* easy, CURLcode code) {
  Transfer& transfer = transfer_of(easy);
  if (transfer.unanswered) {
    HopOutcome outcome = std::move(*transfer.unanswered);
    end_hop(transfer, std::move(outcome));
    return;
  }
  if (transfer.hop.unasked && !transfer.hop.socket_opened) {
    restart(transfer);
    return;
  }
  const std::shared_ptr<PacedSocket>& paced = transfer.hop.paced;
  if (code == CURLE_OK && paced && paced->arrived_at() > now()) {
    end_later(transfer, paced->arrived_at());
  } else {
    take_end(transfer, code);
  }
}

void HttpClient::Impl::take_end(Transfer& transfer, CURLcode code) {
  // A server that has responded may close without reading the rest; libcurl's error about the upload then means
  // nothing.
  const bool early = code != CURLE_OK && transfer.hop.early_noted &&
                     (answer_complete(transfer, *loop_) || closed_after_answer(transfer, code));
  // Bytes that still wait for decoding are not kept, so the body is truncated.
  if (code == CURLE_OPERATION_TIMEDOUT && transfer.hop.waits_for_decoding) transfer.hop.response.body_truncated = true;
  HopOutcome outcome = early ? hop_outcome(transfer, Ending::early, CURLE_OK, now())
                             : hop_outcome(transfer, Ending::reported, code, now());
  if (code == CURLE_COULDNT_RESOLVE_HOST) {
    diagnose_name(transfer, std::move(outcome));
  } else {
    end_hop(transfer, std::move(outcome));
  }
}

// libcurl is done before the link has carried the response: one without a body, or the last bytes of a body.
void HttpClient::Impl::end_later(Transfer& transfer, TimePoint arrives) {
  Hop& hop = transfer.hop;
  sending_.forget(transfer);
  const Duration timeout = transfer.request.timeout;
  const TimePoint deadline = timeout > Duration::zero() ? hop.started + timeout : TimePoint::max();
  hop.ended = deadline < arrives ? CURLE_OPERATION_TIMEDOUT : CURLE_OK;
  hop.held = true;
  held_reads_.add(std::min(arrives, deadline), transfer.id);
}

// The hop is over and measured; only its error class is still open.
void HttpClient::Impl::diagnose_name(Transfer& transfer, HopOutcome outcome) {
  release(transfer);
  const Duration took = outcome.sample.service_time;
  transfer.undiagnosed = std::make_unique<HopOutcome>(std::move(outcome));
  names_.ask(transfer.hop.url->host, took, [weak = weak_from_this(), id = transfer.id](NameVerdict verdict) {
    const std::shared_ptr<Impl> self = weak.lock();
    if (!self) return;
    Transfer* const found = self->transfers_.find(id);
    if (found == nullptr) return;
    HopOutcome named = std::move(*found->undiagnosed);
    named.facts.name = verdict;
    named.sample.error = classify_transfer(named.facts);
    named.detail = std::string(info(named.sample.error).text) + ": " + found->hop.url->host;
    self->end_hop(*found, std::move(named));
    self->deliver();
  });
}

void HttpClient::Impl::hold_reads() {
  for (Transfer* const transfer : shared_.held) {
    const std::shared_ptr<PacedSocket>& paced = transfer->hop.paced;
    held_reads_.add(paced ? paced->arrived_at() : now(), transfer->id);
    if (paced) loop_->date_arrivals(paced->fd(), true);
  }
  shared_.held.clear();
}

// The resumed reads share one turn's decoding budget, so that everybody else need not wait for all of them. The rest
// stay due.
void HttpClient::Impl::resume_reads() {
  const TimePoint due = now();
  while (shared_.body_allowance > 0) {
    const std::optional<TransferId> id = held_reads_.take(due);
    if (!id) break;
    resume_read(*id);
  }
  shared_.begin_turn();
  turn_ended();
}

void HttpClient::Impl::resume_read(TransferId id) {
  Transfer* const found = transfers_.find(id);
  if (found == nullptr || !found->slot) return;
  Transfer& transfer = *found;
  transfer.hop.held = false;
  if (transfer.hop.ended) {
    take_end(transfer, *transfer.hop.ended);
    deliver_soon();
    return;
  }
  if (transfer.hop.paced) {
    loop_->date_arrivals(transfer.hop.paced->fd(), false);
    transfer.hop.paced->begin_turn(transfer.hop.paced->arrived_at());
  }
  const CURLcode code = loop_->resume(transfer.slot->easy.get());  // calls on_body
  take_round();
  if (code == CURLE_OK) return;
  HopOutcome outcome = hop_outcome(transfer, Ending::reported, code, now());
  loop_->remove(transfer.slot->easy.get());
  end_hop(transfer, std::move(outcome));
  deliver_soon();
}

void HttpClient::Impl::end_early_answers() {
  for (std::size_t i = 0; i < shared_.early.size();) {
    Transfer& transfer = *shared_.early[i];
    const Hop& hop = transfer.hop;
    const bool on_its_way = hop.held || (hop.paced && hop.paced->arrived_at() > now());
    if (on_its_way || (!answer_complete(transfer, *loop_) && !answer_at_rest(transfer, now()))) {
      ++i;
      continue;
    }
    HopOutcome outcome = hop_outcome(transfer, Ending::early, CURLE_OK, now());
    loop_->remove(transfer.slot->easy.get());
    end_hop(transfer, std::move(outcome));  // removes it from the list
  }
  look_at_early_answers();
}

// Responses that are not complete yet may never show their end, so a timer checks them from time to time.
void HttpClient::Impl::look_at_early_answers() {
  if (shared_.early.empty() || early_timer_armed_) return;
  early_timer_armed_ = true;
  early_timer_.expires_after(std::chrono::milliseconds(200));
  early_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const std::shared_ptr<Impl> self = weak.lock();
    if (error || !self) return;
    self->early_timer_armed_ = false;
    self->deliver();
  });
}

void HttpClient::Impl::deliver_soon() {
  if (delivery_posted_) return;
  delivery_posted_ = true;
  boost::asio::post(context_, [weak = weak_from_this()] {
    const std::shared_ptr<Impl> self = weak.lock();
    if (!self) return;
    self->delivery_posted_ = false;
    self->deliver();
  });
}

void HttpClient::Impl::turn_ended() {
  if (options_.after_turn) options_.after_turn();
}

// Runs the users' callbacks. They may start and cancel transfers; transfers that end so are delivered later.
void HttpClient::Impl::deliver() {
  if (!shared_.early.empty()) end_early_answers();
  if (finished_.empty()) return;
  const std::shared_ptr<Impl> alive = shared_from_this();
  std::vector<Finished> ready = std::move(delivered_);
  ready.swap(finished_);
  cut_ = false;
  for (Finished& finished : ready) {
    if (finished.done) finished.done(std::move(finished.result));
    if (cut_) break;
    turn_ended();
    shared_.spare_results.give_back(std::move(finished.result));
  }
  ready.clear();
  delivered_ = std::move(ready);
}

}  // namespace gelombang
