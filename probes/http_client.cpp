#include "probes/http_client.hpp"

#include "base/random.hpp"
#include "probes/curl_loop.hpp"
#include "probes/dns_diagnosis.hpp"
#include "probes/http_early.hpp"
#include "probes/http_outcome.hpp"
#include "probes/http_redirect.hpp"
#include "probes/http_send_watch.hpp"
#include "probes/http_setup.hpp"
#include "probes/http_transfer.hpp"
#include "probes/http_user.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kSmallBody = 16 * 1024;  // up to here a body goes out with the headers, in one piece

std::string hex(std::uint64_t value) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; value >>= 4) text[i] = kDigits[value & 15];
  return text;
}

bool carries_body(const HttpRequest& request) {
  return !request.body.empty() || !request.parts.empty() || request.method == HttpMethod::post ||
         request.method == HttpMethod::put || request.method == HttpMethod::patch;
}

Transfer& transfer_of(CURL* easy) {
  char* owner = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
  return *reinterpret_cast<Transfer*>(owner);
}

}  // namespace

class HttpClient::Impl final : public CurlLoop::Owner, public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& io, const Clock& clock, SocketGuard& guard, Options options)
      : context_(io),
        options_(std::move(options)),
        loop_(std::make_shared<CurlLoop>(io, *this)),
        shared_{clock, guard, loop_.get(), options_.max_connections, nullptr, {}, {}},
        watch_(io, clock),
        names_(io),
        template_(make_template(options_, *loop_)),
        early_timer_(io) {
    for (const std::string& entry : options_.resolve) {
      resolve_.reset(curl_slist_append(resolve_.release(), entry.c_str()));
    }
  }
  ~Impl() override;

  TransferId start(HttpUser& user, HttpRequest request, Done done);
  void cancel(TransferId id, Outcome outcome);
  [[nodiscard]] std::size_t active() const noexcept { return transfers_.size(); }
  std::unique_ptr<EasySlot> take_slot();
  void give_back(std::unique_ptr<EasySlot> slot);

  void socket_used(CURL* easy, curl_socket_t fd) override;
  void round_ended() override;
  void transfer_ended(CURL* easy, CURLcode code) override;
  void deliver() override;

 private:
  struct Finished {
    Done done;
    HttpResult result;
  };

  void begin_hop(Transfer& transfer);
  void prepare(Transfer& transfer);
  void launch(Transfer& transfer);
  [[nodiscard]] GuardVerdict ask_guard(const Transfer& transfer);
  void diagnose_name(Transfer& transfer, HopOutcome outcome);
  void end_early_answers();
  void look_at_early_answers();
  void end_hop(Transfer& transfer, HopOutcome outcome);
  void follow(Transfer& transfer, const HttpUrl& target);
  void finish(Transfer& transfer, Outcome outcome, ErrorClass error, std::string detail);
  void refuse(Transfer& transfer, ErrorClass error, std::string detail);
  void release(Transfer& transfer);
  void deliver_soon();
  [[nodiscard]] TimePoint now() const { return shared_.clock.now(); }
  RandomStream next_ids() { return {options_.trace_seed, RandomPurpose::trace, trace_counter_++}; }

  boost::asio::io_context& context_;
  Options options_;
  std::shared_ptr<CurlLoop> loop_;
  TransferContext shared_;
  SendWatch watch_;
  DnsDiagnosis names_;
  CurlEasy template_;
  CurlList resolve_;  // for the first transfer: libcurl keeps it for all
  std::vector<std::unique_ptr<EasySlot>> pool_;
  std::unordered_map<TransferId, std::unique_ptr<Transfer>> transfers_;
  std::vector<Finished> finished_;
  TransferId last_id_ = 0;
  std::uint64_t trace_counter_ = 0;
  bool delivery_posted_ = false;
  boost::asio::steady_timer early_timer_;
  bool early_timer_armed_ = false;
};

HttpClient::Impl::~Impl() {
  for (const auto& [id, transfer] : transfers_) {
    --transfer->user->state_->active;
    if (!transfer->slot) continue;
    loop_->remove(transfer->slot->easy.get());
    clear_hop(*transfer->slot);
  }
  transfers_.clear();
  pool_.clear();
  loop_->shut_down();
}

TransferId HttpClient::Impl::start(HttpUser& user, HttpRequest request, Done done) {
  const TransferId id = ++last_id_;
  auto owned = std::make_unique<Transfer>(shared_, id);
  Transfer& transfer = *owned;
  transfer.user = &user;
  transfer.request = std::move(request);
  transfer.done = std::move(done);
  ++user.state_->active;
  transfers_.emplace(id, std::move(owned));

  Result<HttpUrl> url = parse_http_url(transfer.request.url);
  if (!url) {
    refuse(transfer, ErrorClass::generator_script, url.error().message);
    return id;
  }
  transfer.hop.url = std::move(*url);
  transfer.hop.method = transfer.request.method;
  transfer.hop.with_body = carries_body(transfer.request);
  begin_hop(transfer);
  return id;
}

// The hop's url, method and with_body are known.
void HttpClient::Impl::begin_hop(Transfer& transfer) {
  const HttpUrl& url = transfer.hop.url;
  if (shared_.guard.needs_preparation(url.scheme, url.host, url.port)) {
    prepare(transfer);
  } else {
    launch(transfer);
  }
}

void HttpClient::Impl::prepare(Transfer& transfer) {
  const HttpUrl& url = transfer.hop.url;
  auto executor = context_.get_executor();
  auto resume = [weak = weak_from_this(), id = transfer.id] {
    const std::shared_ptr<Impl> self = weak.lock();
    if (!self) return;
    const auto found = self->transfers_.find(id);
    if (found != self->transfers_.end()) self->launch(*found->second);
  };
  shared_.guard.prepare(url.scheme, url.host, url.port,
                        [executor, resume = std::move(resume)] { boost::asio::post(executor, resume); });
}

GuardVerdict HttpClient::Impl::ask_guard(const Transfer& transfer) {
  const HttpUrl& url = transfer.hop.url;
  GuardVerdict verdict = shared_.guard.may_request(url.host, url.path);
  const auto host_header = find_header(transfer.request.headers, "host");
  if (!verdict.allowed || !host_header) return verdict;
  // A script may name another host than the one it connects to: that one is asked about, too.
  const Result<HttpUrl> named = parse_http_url(url.scheme + "://" + std::string(*host_header) + "/");
  if (!named) return {false, "the Host header does not name a host"};
  if (named->host == url.host) return verdict;
  return shared_.guard.may_request(named->host, url.path);
}

void HttpClient::Impl::launch(Transfer& transfer) {
  GuardVerdict verdict = ask_guard(transfer);
  if (!verdict.allowed) {
    refuse(transfer, ErrorClass::consent, std::move(verdict.reason));
    return;
  }
  RandomStream ids = next_ids();
  const std::string traceparent = "00-" + hex(ids.next()) + hex(ids.next()) + '-' + hex(ids.next() | 1) + "-01";
  Hop& hop = transfer.hop;
  if (hop.with_body) {
    hop.body = HttpBody(transfer.request, "gelombang" + hex(ids.next()));
    hop.streamed = hop.body.size() > kSmallBody || (!hop.body.empty() && hop.body.single().empty());
  }
  Result<CurlList> headers = make_headers(transfer, options_, traceparent);
  if (!headers) {
    refuse(transfer, ErrorClass::generator_script, headers.error().message);
    return;
  }
  hop.headers = std::move(*headers);
  CURLSH* const share = transfer.user->state_->open_share();
  transfer.slot = take_slot();
  if (share == nullptr || !transfer.slot) {
    refuse(transfer, ErrorClass::generator_memory, "libcurl has no memory for a request");
    return;
  }
  set_hop(*transfer.slot, transfer, share, options_);
  if (resolve_) {
    curl_easy_setopt(transfer.slot->easy.get(), CURLOPT_RESOLVE, resolve_.get());
    transfer.slot->tainted = true;
  }
  hop.started = now();
  if (!loop_->add(transfer.slot->easy.get())) {
    refuse(transfer, ErrorClass::generator_internal, "libcurl refuses a request");
    return;
  }
}

std::unique_ptr<EasySlot> HttpClient::Impl::take_slot() {
  if (!pool_.empty()) {
    std::unique_ptr<EasySlot> slot = std::move(pool_.back());
    pool_.pop_back();
    return slot;
  }
  auto slot = std::make_unique<EasySlot>();
  if (template_) slot->easy.reset(curl_easy_duphandle(template_.get()));
  // The user's share brings the cookies; this has libcurl send them. It is not part of what is copied.
  if (slot->easy) curl_easy_setopt(slot->easy.get(), CURLOPT_COOKIEFILE, "");
  return slot->easy ? std::move(slot) : nullptr;
}

void HttpClient::Impl::give_back(std::unique_ptr<EasySlot> slot) {
  clear_hop(*slot);
  if (!slot->tainted) pool_.push_back(std::move(slot));
}

void HttpClient::Impl::round_ended() {
  if (shared_.handing_over == nullptr && shared_.read_out.empty()) return;
  shared_.request_written(now());
  for (Transfer* const transfer : shared_.read_out) watch_.add(*transfer);
  shared_.read_out.clear();
}

void HttpClient::Impl::socket_used(CURL* easy, curl_socket_t fd) {
  Hop& hop = transfer_of(easy).hop;
  hop.fd = fd;
  // libcurl dates the connection only when TLS is up, too. It waits for input first when the handshake has begun.
  if (hop.socket_opened && !hop.connected && (loop_->wanted(fd) & CURL_POLL_IN) != 0) hop.connected = now();
}

void HttpClient::Impl::transfer_ended(CURL* easy, CURLcode code) {
  Transfer& transfer = transfer_of(easy);
  // A server that has answered may close without reading on: what libcurl then says of the upload is no news.
  const bool early = code != CURLE_OK && transfer.hop.early_noted &&
                     (answer_complete(transfer, *loop_) || closed_after_answer(transfer, code));
  HopOutcome outcome = early ? hop_outcome(transfer, Ending::early, CURLE_OK, now())
                             : hop_outcome(transfer, Ending::reported, code, now());
  if (code == CURLE_COULDNT_RESOLVE_HOST) {
    diagnose_name(transfer, std::move(outcome));
  } else {
    end_hop(transfer, std::move(outcome));
  }
}

// The hop is over and measured; only its class is open.
void HttpClient::Impl::diagnose_name(Transfer& transfer, HopOutcome outcome) {
  release(transfer);
  const Duration took = outcome.sample.service_time;
  transfer.undiagnosed = std::make_unique<HopOutcome>(std::move(outcome));
  names_.ask(transfer.hop.url.host, took, [weak = weak_from_this(), id = transfer.id](NameVerdict verdict) {
    const std::shared_ptr<Impl> self = weak.lock();
    if (!self) return;
    const auto found = self->transfers_.find(id);
    if (found == self->transfers_.end()) return;
    HopOutcome named = std::move(*found->second->undiagnosed);
    named.facts.name = verdict;
    named.sample.error = classify_transfer(named.facts);
    named.detail = std::string(info(named.sample.error).text) + ": " + found->second->hop.url.host;
    self->end_hop(*found->second, std::move(named));
    self->deliver();
  });
}

void HttpClient::Impl::end_early_answers() {
  for (std::size_t i = 0; i < shared_.early.size();) {
    Transfer& transfer = *shared_.early[i];
    if (!answer_complete(transfer, *loop_) && !answer_at_rest(transfer, now())) {
      ++i;
      continue;
    }
    HopOutcome outcome = hop_outcome(transfer, Ending::early, CURLE_OK, now());
    loop_->remove(transfer.slot->easy.get());
    end_hop(transfer, std::move(outcome));  // takes it out of the list
  }
  look_at_early_answers();
}

// Those that are not complete yet may never show it: they are looked at from time to time.
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

// What libcurl held for the hop goes back.
void HttpClient::Impl::release(Transfer& transfer) {
  watch_.forget(transfer);
  std::erase(shared_.early, &transfer);
  std::erase(shared_.read_out, &transfer);
  if (shared_.handing_over == &transfer) shared_.handing_over = nullptr;
  if (transfer.slot) give_back(std::move(transfer.slot));
}

void HttpClient::Impl::end_hop(Transfer& transfer, HopOutcome outcome) {
  release(transfer);
  Hop& hop = transfer.hop;
  transfer.result.ended = outcome.sample.started + outcome.sample.service_time;
  transfer.result.hops.push_back(outcome.sample);
  transfer.result.error_detail = std::move(outcome.detail);
  hop.response.status = outcome.sample.status;
  hop.response.url = hop.url.shown();
  transfer.result.response = std::move(hop.response);

  RequestSample& sample = transfer.result.hops.back();
  if (sample.outcome == Outcome::success && transfer.request.max_redirects > 0) {
    std::optional<Result<HttpUrl>> target = redirect_target(hop.url, sample.status, transfer.result.response.headers);
    if (target && !*target) {
      finish(transfer, Outcome::failure, ErrorClass::protocol, target->error().message);
      return;
    }
    if (target && transfer.result.hops.size() > static_cast<std::size_t>(transfer.request.max_redirects)) {
      finish(transfer, Outcome::failure, ErrorClass::redirect_limit, {});
      return;
    }
    if (target) {
      follow(transfer, **target);
      return;
    }
  }
  finish(transfer, sample.outcome, sample.error, std::move(transfer.result.error_detail));
}

void HttpClient::Impl::follow(Transfer& transfer, const HttpUrl& target) {
  HttpRequest& request = transfer.request;
  const RedirectedMethod next = redirected_method(transfer.hop.method, transfer.result.hops.back().status);
  strip_headers(request.headers, target.same_origin(transfer.hop.url), next.keeps_body);
  if (!next.keeps_body) {
    request.body.clear();
    request.parts.clear();
  }
  const bool with_body = transfer.hop.with_body && next.keeps_body;
  transfer.hop = Hop{};
  transfer.hop.url = target;
  transfer.hop.method = next.method;
  transfer.hop.with_body = with_body;
  transfer.result.error_detail.clear();
  begin_hop(transfer);
}

void HttpClient::Impl::refuse(Transfer& transfer, ErrorClass error, std::string detail) {
  release(transfer);
  HopOutcome outcome = refused_hop(error, std::move(detail), now());
  transfer.result.ended = outcome.sample.started;
  transfer.result.hops.push_back(outcome.sample);
  transfer.result.response = HttpResponse{};
  finish(transfer, Outcome::failure, error, std::move(outcome.detail));
  deliver_soon();
}

// The transfer is gone after this.
void HttpClient::Impl::finish(Transfer& transfer, Outcome outcome, ErrorClass error, std::string detail) {
  RequestSample& sample = transfer.result.hops.back();
  sample.outcome = outcome;
  sample.error = error;
  if (detail.empty() && error != ErrorClass::none) detail = info(error).text;
  transfer.result.error_detail = one_line(detail);
  --transfer.user->state_->active;
  finished_.push_back({std::move(transfer.done), std::move(transfer.result)});
  transfers_.erase(transfer.id);
}

void HttpClient::Impl::cancel(TransferId id, Outcome outcome) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) return;
  Transfer& transfer = *found->second;
  HopOutcome measured;
  if (transfer.undiagnosed) {
    measured = std::move(*transfer.undiagnosed);
  } else if (transfer.slot) {
    measured = hop_outcome(transfer, Ending::cut, CURLE_OK, now());
    loop_->remove(transfer.slot->easy.get());
  } else {
    measured = refused_hop(ErrorClass::none, {}, now());
  }
  release(transfer);
  transfer.result.ended = measured.sample.started + measured.sample.service_time;
  transfer.result.hops.push_back(measured.sample);
  transfer.hop.response.status = measured.sample.status;
  transfer.hop.response.url = transfer.hop.url.shown();
  transfer.result.response = std::move(transfer.hop.response);
  const bool left = outcome == Outcome::abandoned;
  finish(transfer, left ? Outcome::abandoned : Outcome::interrupted, left ? ErrorClass::abandoned : ErrorClass::none,
         {});
  deliver_soon();
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

// Runs the users' callbacks. They may start and cancel transfers; what that ends is delivered later.
void HttpClient::Impl::deliver() {
  if (!shared_.early.empty()) end_early_answers();
  if (finished_.empty()) return;
  const std::shared_ptr<Impl> alive = shared_from_this();
  std::vector<Finished> ready;
  ready.swap(finished_);
  for (Finished& finished : ready) {
    if (finished.done) finished.done(std::move(finished.result));
  }
}

HttpClient::HttpClient(boost::asio::io_context& context, const Clock& clock, SocketGuard& guard, Options options)
    : impl_(std::make_shared<Impl>(context, clock, guard, std::move(options))) {}

HttpClient::~HttpClient() = default;

TransferId HttpClient::start(HttpUser& user, HttpRequest request, Done done) {
  return impl_->start(user, std::move(request), std::move(done));
}

void HttpClient::cancel(TransferId transfer, Outcome outcome) { impl_->cancel(transfer, outcome); }

std::size_t HttpClient::active() const noexcept { return impl_->active(); }

std::string HttpUser::cookie(std::string_view url, std::string_view name) const {
  if (!state_->share) return {};
  std::unique_ptr<EasySlot> slot = state_->client->impl_->take_slot();
  if (!slot) return {};
  curl_easy_setopt(slot->easy.get(), CURLOPT_SHARE, state_->share.get());
  curl_slist* lines = nullptr;
  curl_easy_getinfo(slot->easy.get(), CURLINFO_COOKIELIST, &lines);
  const CurlList owned(lines);
  std::string value = cookie_for(lines, url, name);
  state_->client->impl_->give_back(std::move(slot));
  return value;
}

void HttpUser::set_cookie(std::string_view url, std::string_view name, std::string_view value) {
  const std::string line = cookie_line(url, name, value);
  CURLSH* const share = state_->open_share();
  std::unique_ptr<EasySlot> slot = state_->client->impl_->take_slot();
  if (line.empty() || share == nullptr || !slot) return;
  curl_easy_setopt(slot->easy.get(), CURLOPT_SHARE, share);
  curl_easy_setopt(slot->easy.get(), CURLOPT_COOKIELIST, line.c_str());
  state_->client->impl_->give_back(std::move(slot));
}

}  // namespace gelombang
