// A guard with its own keys, names and consents, for tests in a network namespace (in_namespace.sh).
#pragma once

#include "probes/consent/address_class.hpp"
#include "probes/consent/document.hpp"
#include "probes/consent/guard.hpp"
#include "tests/integration/stub_server.hpp"
#include "tests/support/catch.hpp"

#include <condition_variable>
#include <cstdlib>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gelombang::test {

using namespace std::chrono_literals;

inline constexpr const char* kPublic = "11.22.33.44";
inline constexpr const char* kOther = "11.22.33.55";
inline constexpr const char* kHost = "portal.example.id";

// Keeps the reason with which a guard stops the run.
class Withdrawal {
 public:
  void set(std::string reason) {
    const std::scoped_lock lock(mutex_);
    reason_ = std::move(reason);
    ++calls_;
    changed_.notify_all();
  }
  std::string wait() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, 20s, [this] { return reason_.has_value(); })) return "never withdrawn";
    return *reason_;
  }
  std::string now() {
    const std::scoped_lock lock(mutex_);
    return reason_.value_or("");
  }
  int calls() {
    const std::scoped_lock lock(mutex_);
    return calls_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::string> reason_;
  int calls_ = 0;
};

// A guard with its names, keys and consents. `names` replaces DNS.
struct ConsentSetup {
  ConsentSetup() {
    const char* inside = std::getenv("GELOMBANG_IN_NAMESPACE");
    if (inside == nullptr) FAIL("run this through tests/integration/in_namespace.sh");
    names[kHost] = {kPublic};
    options.key = key.public_key();
    options.contact = "tester@example.id";
    options.user_agent = "gelombang (tester@example.id)";
    options.resolve = [this](const std::string& host, std::uint16_t port) -> Result<std::vector<RemoteAddress>> {
      if (const auto literal = parse_address(host, port)) return std::vector<RemoteAddress>{*literal};
      const auto found = names.find(host);
      if (found == names.end()) return Error{"no such name"};
      std::vector<RemoteAddress> addresses;
      for (const std::string& text : found->second) addresses.push_back(*parse_address(text, port));
      return addresses;
    };
    options.on_withdrawn = [this](std::string reason) { withdrawn.set(std::move(reason)); };
    const WallTime now = clock.wall_now();
    consent = {.hosts = {kHost},
               .paths = {"/"},
               .max_rate = Rate::per_second(100),
               .not_before = std::chrono::floor<std::chrono::seconds>(now) - 1h,
               .expires = std::chrono::floor<std::chrono::seconds>(now) + 1h,
               .contact = "owner@example.id"};
  }

  [[nodiscard]] std::string signed_file() const { return sign_consent(consent, key).value(); }
  void publish(StubServer& server) const { server.set(std::string(kConsentPath), {200, "", signed_file()}); }

  ConsentGuard& guard() {
    if (!made) made.emplace(options, clock);
    return *made;
  }
  // Prepares an origin as a client does before its first request to the origin.
  void clear(const std::string& host, std::uint16_t port, const std::string& scheme = "http") {
    if (!guard().needs_preparation(scheme, host, port)) return;
    std::promise<void> ready;
    guard().prepare(scheme, host, port, [&ready] { ready.set_value(); });
    if (ready.get_future().wait_for(30s) != std::future_status::ready) FAIL("never prepared");
  }
  // Asks both questions that a client asks for a request.
  std::string ask(const std::string& host, std::uint16_t port, const std::string& address,
                  const std::string& path = "/") {
    const GuardVerdict request = guard().may_request(host, path);
    if (!request.allowed) return request.reason;
    const GuardVerdict connect = guard().may_connect(host, *parse_address(address, port));
    return connect.allowed ? "allowed" : connect.reason;
  }

  SystemClock clock;
  ConsentSecretKey key = ConsentSecretKey::generate().value();
  Consent consent;
  std::map<std::string, std::vector<std::string>> names;
  Withdrawal withdrawn;
  ConsentGuard::Options options;
  std::optional<ConsentGuard> made;
};

}  // namespace gelombang::test
