#include "probes/http/client_impl.hpp"

#include "base/hex.hpp"
#include "probes/http/cookies.hpp"
#include "probes/http/header_text.hpp"
#include "probes/http/redirect.hpp"
#include "probes/http/repeat.hpp"
#include "probes/http/setup.hpp"
#include "probes/http/user_state.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kSmallBody = 16 * 1024;  // a body up to this size goes out with the headers, in one piece

// W3C Trace Context: version, trace, span, sampled.
std::array<char, 55> make_traceparent(RandomStream& ids) {
  std::array<char, 55> text{'0', '0', '-'};
  char* to = write_hex(text.data() + 3, ids.next());
  to = write_hex(to, ids.next());
  *to++ = '-';
  to = write_hex(to, ids.next() | 1);
  for (const char c : {'-', '0', '1'}) *to++ = c;
  return text;
}

std::string make_boundary(RandomStream& ids) {
  std::array<char, 16> digits{};
  write_hex(digits.data(), ids.next());
  return "gelombang" + std::string(digits.data(), digits.size());
}

bool carries_body(const HttpRequest& request) {
  return !request.body.empty() || !request.parts.empty() || request.method == HttpMethod::post ||
         request.method == HttpMethod::put || request.method == HttpMethod::patch;
}

}  // namespace

HttpClient::Impl::Impl(boost::asio::io_context& context, const Clock& clock, SocketGuard& guard, Options options)
    : context_(context),
      options_(std::move(options)),
      loop_(std::make_shared<CurlLoop>(context, *this)),
      shared_{.clock = clock,
              .guard = guard,
              .loop = loop_.get(),
              .max_connections = options_.max_connections,
              .on_first_status = std::move(options_.on_first_status)},
      sending_(context, clock),
      held_reads_(context, [this] { resume_reads(); }),
      names_(context),
      handles_(options_, shared_),
      early_timer_(context) {}

void HttpClient::Impl::end() {
  if (std::exchange(ended_, true)) return;
  end_transfers();
  handles_.clear();
  loop_->shut_down();
}

void HttpClient::Impl::end_transfers() {
  cut_ = true;
  transfers_.for_each([this](Transfer& transfer) {
    --transfer.user->state_->active;
    forget(transfer);
    if (!transfer.slot) return;
    loop_->remove(transfer.slot->easy.get());
    clear_hop(*transfer.slot);
  });
  transfers_.clear();
  finished_.clear();
}

TransferId HttpClient::Impl::start(HttpUser& user, HttpRequest&& request, Done&& done) {
  Transfer& transfer = transfers_.add(shared_);
  const TransferId id = transfer.id;
  transfer.user = &user;
  transfer.request = std::move(request);
  transfer.done = std::move(done);
  transfer.hop.method = transfer.request.method;
  ++user.state_->active;

  Result<std::shared_ptr<const HttpUrl>> url = urls_.parse(transfer.request.url);
  if (!url) {
    refuse(transfer, ErrorClass::generator_script, url.error().message);
    return id;
  }
  transfer.hop.url = std::move(*url);
  transfer.hop.with_body = carries_body(transfer.request);
  begin_hop(transfer);
  return id;
}

// Needs the hop's url, method and with_body.
void HttpClient::Impl::begin_hop(Transfer& transfer) {
  const HttpUrl& url = *transfer.hop.url;
  if (shared_.guard.needs_preparation(url.scheme, url.host, url.port)) {
    prepare(transfer);
  } else {
    launch(transfer);
  }
}

void HttpClient::Impl::prepare(Transfer& transfer) {
  const HttpUrl& url = *transfer.hop.url;
  auto executor = context_.get_executor();
  auto resume = [weak = weak_from_this(), id = transfer.id] {
    const std::shared_ptr<Impl> self = weak.lock();
    if (!self) return;
    if (Transfer* const found = self->transfers_.find(id)) self->launch(*found);
  };
  shared_.guard.prepare(url.scheme, url.host, url.port,
                        [executor, resume = std::move(resume)] { boost::asio::post(executor, resume); });
}

GuardVerdict HttpClient::Impl::ask_guard(const Transfer& transfer) {
  const HttpUrl& url = *transfer.hop.url;
  GuardVerdict verdict = shared_.guard.may_request(url.host, url.path);
  const auto host_header = find_header(transfer.request.headers, "host");
  if (!verdict.allowed || !host_header) return verdict;
  // A script may name another host in Host than it connects to; the guard is asked about both.
  if (!is_host_header(*host_header)) return {false, "the Host header does not name a host"};
  const Result<HttpUrl> named = parse_http_url(url.scheme + "://" + std::string(*host_header) + "/");
  if (!named) return {false, "the Host header does not name a host"};
  if (named->host == url.host) return verdict;
  return shared_.guard.may_request(named->host, url.path);
}

void HttpClient::Impl::launch(Transfer& transfer) {
  GuardVerdict verdict = ask_guard(transfer);
  if (!verdict.allowed) {
    refuse(transfer, ErrorClass::consent, verdict.reason);
    return;
  }
  RandomStream ids = next_ids();
  const auto traceparent = make_traceparent(ids);
  Hop& hop = transfer.hop;
  if (hop.with_body) {
    hop.body = HttpBody(transfer.request, transfer.request.parts.empty() ? std::string() : make_boundary(ids));
    hop.streamed = hop.body.size() > kSmallBody || (!hop.body.empty() && hop.body.single().empty());
  }
  CURLSH* const share = transfer.user->state_->open_share();
  transfer.slot = handles_.take();
  if (share == nullptr || !transfer.slot) {
    refuse(transfer, ErrorClass::generator_memory, "libcurl has no memory for a request");
    return;
  }
  if (const Result<void> set =
          set_headers(*transfer.slot, transfer, options_, {traceparent.data(), traceparent.size()});
      !set) {
    refuse(transfer, ErrorClass::generator_script, set.error().message);
    return;
  }
  hop.link = transfer.user->state_->link;
  transfer.connections = &transfer.user->state_->connections;
  set_hop(*transfer.slot, transfer, share, options_);
  hop.started = now();
  if (!loop_->add(transfer.slot->easy.get())) {
    refuse(transfer, ErrorClass::generator_internal, "libcurl refuses a request");
    return;
  }
}

// Takes back what libcurl held for the hop.
void HttpClient::Impl::release(Transfer& transfer) {
  forget(transfer);
  if (!transfer.slot) return;
  limit_cookies(transfer);
  handles_.give_back(std::move(transfer.slot));
}

// Removes the hop from all lists.
void HttpClient::Impl::forget(Transfer& transfer) {
  sending_.forget(transfer);
  std::erase(shared_.early, &transfer);
  shared_.give_back(std::move(transfer.hop.decoder));
  if (transfer.hop.held) {
    std::erase(shared_.held, &transfer);
    held_reads_.forget(transfer.id);
    // Once libcurl has ended a transfer, its connection may belong to another transfer.
    if (transfer.hop.paced && !transfer.hop.ended) loop_->date_arrivals(transfer.hop.paced->fd(), false);
  }
  std::erase(shared_.read_out, &transfer);
  if (shared_.handing_over == &transfer) shared_.handing_over = nullptr;
}

// Reading the jar costs more the more it holds, so it is read once for many cookies that were set.
void HttpClient::Impl::limit_cookies(Transfer& transfer) {
  if (transfer.hop.cookies_set == 0) return;
  std::size_t& set = transfer.user->state_->cookies_set;
  set += std::exchange(transfer.hop.cookies_set, 0);
  if (set < kMaxCookiesOfDomain) return;
  set = 0;
  CURL* const easy = transfer.slot->easy.get();
  curl_slist* lines = nullptr;
  curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &lines);
  const CurlList owned(lines);
  for (const std::string& line : surplus_cookies(lines)) curl_easy_setopt(easy, CURLOPT_COOKIELIST, line.c_str());
}

void HttpClient::Impl::end_hop(Transfer& transfer, HopOutcome outcome) {
  release(transfer);
  Hop& hop = transfer.hop;
  if (outcome.sample.error == ErrorClass::protocol && !hop.headers_complete) {  // nothing of such a response counts
    outcome.sample.status = 0;
    hop.response.headers.clear();
  }
  const bool again = may_be_repeated(transfer, outcome);
  const bool only_http1 = again && outcome.facts.http1_required;
  transfer.result.ended = outcome.sample.started + outcome.sample.service_time;
  transfer.result.hops.push_back(outcome.sample);
  transfer.result.error_detail = std::move(outcome.detail);
  hop.response.status = outcome.sample.status;
  hop.response.method = hop.method;
  hop.response.url = hop.url->shown;
  transfer.result.response = std::move(hop.response);

  if (again) {
    repeat(transfer, only_http1);
    return;
  }
  RequestSample& sample = transfer.result.hops.back();
  if (sample.outcome == Outcome::success && transfer.request.max_redirects > 0) {
    std::optional<Result<HttpUrl>> target = redirect_target(*hop.url, sample.status, transfer.result.response.headers);
    if (target && !*target) {
      finish(transfer, Outcome::failure, ErrorClass::protocol, target->error().message);
      return;
    }
    if (target && transfer.redirects >= transfer.request.max_redirects) {
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
  strip_headers(request.headers, target.same_origin(*transfer.hop.url), next.keeps_body);
  if (!next.keeps_body) {
    request.body.clear();
    request.parts.clear();
  }
  ++transfer.redirects;
  transfer.repeated = false;
  next_hop(transfer, std::make_shared<const HttpUrl>(target), next.method, transfer.hop.with_body && next.keeps_body);
  begin_hop(transfer);
}

// Sends the same request once more, on a new connection.
void HttpClient::Impl::repeat(Transfer& transfer, bool only_http1) {
  transfer.repeated = true;
  next_hop(transfer, transfer.hop.url, transfer.hop.method, transfer.hop.with_body);
  transfer.hop.fresh = true;
  transfer.hop.only_http1 = only_http1;
  begin_hop(transfer);
}

void HttpClient::Impl::next_hop(Transfer& transfer, std::shared_ptr<const HttpUrl> url, HttpMethod method,
                                bool with_body) {
  for (const auto& [name, value] : transfer.result.response.headers) {
    if (same_header_name(name, "set-cookie")) transfer.result.passed_cookies.emplace_back(value);
  }
  transfer.hop = Hop{};
  transfer.hop.url = std::move(url);
  transfer.hop.method = method;
  transfer.hop.with_body = with_body;
  transfer.unanswered.reset();
  transfer.result.error_detail.clear();
}

// Something waited on a kept connection, so the request was not written: the same hop goes out on a new connection.
void HttpClient::Impl::restart(Transfer& transfer) {
  Hop& hop = transfer.hop;
  hop.unasked = false;
  hop.fd = CURL_SOCKET_BAD;
  hop.paced.reset();
  hop.fresh = true;
  set_fresh(*transfer.slot);
  if (!loop_->add(transfer.slot->easy.get())) {
    refuse(transfer, ErrorClass::generator_internal, "libcurl refuses a request");
  }
}

void HttpClient::Impl::refuse(Transfer& transfer, ErrorClass error, std::string_view detail) {
  release(transfer);
  HopOutcome outcome = refused_hop(error, detail, now());
  transfer.result.ended = outcome.sample.started;
  transfer.result.hops.push_back(outcome.sample);
  transfer.result.response = HttpResponse{};
  transfer.result.response.method = transfer.hop.method;
  if (transfer.hop.url) transfer.result.response.url = transfer.hop.url->shown;
  finish(transfer, Outcome::failure, error, std::move(outcome.detail));
  deliver_soon();
}

// Destroys the transfer.
void HttpClient::Impl::finish(Transfer& transfer, Outcome outcome, ErrorClass error, std::string detail) {
  RequestSample& sample = transfer.result.hops.back();
  sample.outcome = outcome;
  sample.error = error;
  if (detail.empty() && error != ErrorClass::none) detail = info(error).text;
  transfer.result.error_detail = detail.empty() ? std::string() : one_line(detail);
  --transfer.user->state_->active;
  finished_.emplace_back(std::move(transfer.done), std::move(transfer.result));
  transfers_.remove(transfer.id);
}

void HttpClient::Impl::cancel(TransferId id, Outcome outcome) {
  Transfer* const found = transfers_.find(id);
  if (found == nullptr) return;
  Transfer& transfer = *found;
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
  transfer.hop.response.method = transfer.hop.method;
  transfer.hop.response.url = transfer.hop.url->shown;
  transfer.result.response = std::move(transfer.hop.response);
  const bool left = outcome == Outcome::abandoned;
  finish(transfer, left ? Outcome::abandoned : Outcome::interrupted, left ? ErrorClass::abandoned : ErrorClass::none,
         {});
  deliver_soon();
}

}  // namespace gelombang
