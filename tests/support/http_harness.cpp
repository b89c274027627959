#include "tests/support/http_harness.hpp"

#include <stdexcept>

namespace gelombang::test {

GuardVerdict ScriptedGuard::may_connect(std::string_view host, const RemoteAddress& address) {
  connections.emplace_back(host);
  if (connect_allowed && !connect_allowed(host, address)) return {false, "the test forbids the address"};
  return {true, {}};
}

GuardVerdict ScriptedGuard::may_request(std::string_view host, std::string_view path) {
  requests.emplace_back(host, path);
  if (request_allowed && !request_allowed(host, path)) return {false, "the test forbids the request"};
  return {true, {}};
}

bool ScriptedGuard::needs_preparation(std::string_view, std::string_view host, std::uint16_t) {
  return unprepared && unprepared(host);
}

void ScriptedGuard::prepare(std::string, std::string, std::uint16_t, std::function<void()> ready) {
  waiting.push_back(std::move(ready));
}

HttpHarness::HttpHarness(HttpClient::Options options)
    : client_(std::make_unique<HttpClient>(context_, clock_, guard_, std::move(options))) {}

HttpHarness::~HttpHarness() = default;

HttpUser& HttpHarness::user(std::size_t number) {
  std::unique_ptr<HttpUser>& user = users_[number];
  if (!user) user = std::make_unique<HttpUser>(*client_);
  return *user;
}

HttpResult HttpHarness::get(const std::string& url, std::size_t user_number) {
  return run(get_request(url), user_number);
}

HttpResult HttpHarness::post(const std::string& url, std::string body, std::size_t user_number) {
  HttpRequest request = get_request(url);
  request.method = HttpMethod::post;
  request.headers.push_back({"Content-Type", "application/json"});
  request.body = std::move(body);
  return run(std::move(request), user_number);
}

HttpResult HttpHarness::run(HttpRequest request, std::size_t user_number) {
  std::optional<HttpResult> result;
  client_->start(user(user_number), std::move(request), [&result](HttpResult done) { result = std::move(done); });
  if (!run_until([&result] { return result.has_value(); })) throw std::runtime_error("a request did not end");
  return std::move(*result);
}

bool HttpHarness::run_until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    context_.restart();
    context_.run_one_for(std::chrono::milliseconds(20));
  }
  return true;
}

HttpRequest get_request(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  request.timeout = std::chrono::seconds(10);
  return request;
}

std::shared_ptr<const std::string> shared_bytes(std::size_t size, char filler) {
  return std::make_shared<const std::string>(size, filler);
}

HttpRequest upload_request(std::string url, std::shared_ptr<const std::string> photo) {
  HttpRequest request = get_request(std::move(url));
  request.method = HttpMethod::post;
  request.parts.push_back({"photo", "ktp.jpg", "image/jpeg", std::move(photo)});
  return request;
}

Duration phase_sum(const RequestSample& sample) {
  Duration sum{};
  for (const Duration phase : sample.phases) {
    if (phase != RequestSample::kNotReached) sum += phase;
  }
  return sum;
}

}  // namespace gelombang::test
