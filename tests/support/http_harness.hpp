// An HttpClient with its own io_context, and calls that wait for the requests that they start.
#pragma once

#include "probes/http/client.hpp"
#include "probes/http/user.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gelombang::test {

// Allows everything that a test does not forbid, and records the questions that it was asked.
class ScriptedGuard final : public SocketGuard {
 public:
  GuardVerdict may_connect(std::string_view host, const RemoteAddress& address) override;
  GuardVerdict may_request(std::string_view host, std::string_view path) override;
  bool needs_preparation(std::string_view scheme, std::string_view host, std::uint16_t port) override;
  void prepare(std::string scheme, std::string host, std::uint16_t port, std::function<void()> ready) override;

  std::function<bool(std::string_view host, const RemoteAddress&)> connect_allowed;
  std::function<bool(std::string_view host, std::string_view path)> request_allowed;
  std::function<bool(std::string_view host)> unprepared;
  std::vector<std::pair<std::string, std::string>> requests;  // host, path
  std::vector<std::string> connections;                       // host
  std::vector<std::function<void()>> waiting;                 // prepare() calls that the test finishes
};

class HttpHarness {
 public:
  explicit HttpHarness(HttpClient::Options options = {});
  ~HttpHarness();

  [[nodiscard]] HttpClient& client() { return *client_; }
  [[nodiscard]] ScriptedGuard& guard() { return guard_; }
  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  HttpUser& user(std::size_t number = 0);
  // Destroys a user with its connections.
  void drop_user(std::size_t number) { users_.erase(number); }

  HttpResult get(const std::string& url, std::size_t user_number = 0);
  HttpResult post(const std::string& url, std::string body, std::size_t user_number = 0);
  // Throws if the request does not end within a minute.
  HttpResult run(HttpRequest request, std::size_t user_number = 0);
  // Runs the loop until `done` returns true. Returns false when the time is up.
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds limit = std::chrono::seconds(60));

 private:
  boost::asio::io_context context_;
  SystemClock clock_;
  ScriptedGuard guard_;
  std::unique_ptr<HttpClient> client_;
  std::map<std::size_t, std::unique_ptr<HttpUser>> users_;
};

HttpRequest get_request(std::string url);
std::shared_ptr<const std::string> shared_bytes(std::size_t size, char filler = 'x');
HttpRequest upload_request(std::string url, std::shared_ptr<const std::string> photo);
// The sum of the phases of a sample.
Duration phase_sum(const RequestSample& sample);
inline double phase_ms(const RequestSample& sample, Phase phase) {
  return to_seconds(sample.phases[static_cast<std::size_t>(phase)]) * 1e3;
}

}  // namespace gelombang::test
