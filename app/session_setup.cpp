#include "app/session_setup.hpp"

#include "app/secret_file.hpp"
#include "probes/address_class.hpp"
#include "probes/address_resolver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

Result<Secret> read_password(const std::string& path) {
  if (path.empty()) return Secret();
  const auto text = read_secret_file(path);
  if (text.has_error()) return Error{"--mailbox-password-file: " + text.error().message};
  return Secret(text.value().substr(0, text.value().find_first_of("\r\n")));
}

WallTime from_time_t(std::time_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

}  // namespace

Result<void> check_session(const SessionOptions& options, const PreparedRun& run) {
  if (options.mailbox.empty()) {
    if (!options.mailbox_user.empty() || !options.mailbox_password_file.empty()) {
      return Error{"--mailbox-user and --mailbox-password-file need a --mailbox"};
    }
    for (const Threshold& threshold : run.thresholds) {
      if (threshold.metric != ThresholdMetric::mail_delivery || threshold.allow_no_data) continue;
      return Error{fmt::format("threshold '{}' needs a mailbox: give one with --mailbox URL", threshold.expression)};
    }
  }
  return {};
}

Result<std::unique_ptr<MailWatcher>> open_mailbox(const SessionOptions& options, const RunOptions& run,
                                                  const Clock& clock, Duration& poll_interval) {
  if (options.mailbox.empty()) return std::unique_ptr<MailWatcher>();
  MailboxOptions mailbox;
  mailbox.url = options.mailbox;
  mailbox.user = options.mailbox_user;
  auto password = read_password(options.mailbox_password_file);
  if (password.has_error()) return password.error();
  mailbox.password = std::move(password.value());
  mailbox.verify_certificates = !run.insecure;
  mailbox.ca_file = run.ca_file;
  poll_interval = mailbox.poll_interval;
  auto opened = MailWatcher::open(mailbox, clock);
  if (opened.has_error()) return Error{"--mailbox: " + opened.error().message};
  return std::move(opened.value());
}

Result<ConsentGuard::Options> guard_options(const RunOptions& run, const SessionOptions& session, const RunPlan& plan) {
  ConsentGuard::Options options;
  if (!session.consent_key.empty()) {
    const auto key = ConsentKey::load(session.consent_key);
    if (key.has_error()) return Error{"--consent-key: " + key.error().message};
    options.key = key.value();
  }
  options.allow_private_network = run.allow_private_network;
  options.segments = static_cast<unsigned>(plan.segment.count);
  options.contact = run.contact;
  options.user_agent = plan.user_agent;
  options.ca_file = run.ca_file;
  return options;
}

AddressResolver resolve_once() {
  struct Answers {
    std::mutex mutex;
    std::map<std::pair<std::string, std::uint16_t>, Result<std::vector<RemoteAddress>>> of;
  };
  return [answers = std::make_shared<Answers>()](const std::string& host, std::uint16_t port) {
    const std::scoped_lock lock(answers->mutex);
    const auto key = std::pair(host, port);
    const auto known = answers->of.find(key);
    if (known != answers->of.end()) return known->second;
    auto fresh = resolve_addresses(host, port);
    // A name that did not resolve may do so later.
    if (fresh.has_value()) answers->of.emplace(key, fresh);
    return fresh;
  };
}

TargetAdmission admit_target(const TargetUrl& target, SocketGuard& guard, const AddressResolver& resolve) {
  TargetAdmission admission;
  if (guard.needs_preparation(target.scheme, target.host, target.port)) {
    std::promise<void> ready;
    guard.prepare(target.scheme, target.host, target.port, [&ready] { ready.set_value(); });
    ready.get_future().wait();
  }
  const auto addresses = resolve(target.host, target.port);
  if (addresses.has_error()) return admission;
  std::string pinned;
  for (const RemoteAddress& address : addresses.value()) {
    const GuardVerdict verdict = guard.may_connect(target.host, address);
    if (!verdict.allowed) {
      admission.reason = verdict.reason;
      continue;
    }
    pinned += (pinned.empty() ? "" : ",") + format_address(address);
  }
  if (pinned.empty()) {
    admission.admitted = false;
    return admission;
  }
  const bool literal = parse_address(target.host).has_value();
  if (!literal) admission.resolve.push_back(fmt::format("{}:{}:{}", target.host, target.port, pinned));
  return admission;
}

Result<WallTime> parse_start(const std::string& text, WallTime now) {
  if (text.empty()) return now;
  const auto fail = [&text] {
    return Error{
        fmt::format("--start-at '{}': expected a time such as 12:00, 12:00:30 or 2026-03-04T12:00:00+0700", text)};
  };
  std::tm parts{};
  if (text.find('T') != std::string::npos) {
    std::string plain = text;
    // strptime wants +0700, RFC 3339 writes +07:00 or Z.
    if (plain.size() > 6 && plain[plain.size() - 3] == ':' &&
        (plain[plain.size() - 6] == '+' || plain[plain.size() - 6] == '-')) {
      plain.erase(plain.size() - 3, 1);
    }
    if (!plain.empty() && plain.back() == 'Z') plain.replace(plain.size() - 1, 1, "+0000");
    const char* end = strptime(plain.c_str(), "%Y-%m-%dT%H:%M:%S%z", &parts);
    if (end == nullptr || *end != '\0') return fail();
    const long offset = parts.tm_gmtoff;
    const WallTime at = from_time_t(timegm(&parts) - offset);
    if (at < now) return Error{fmt::format("--start-at '{}' is over", text)};
    return at;
  }
  const std::time_t today = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  localtime_r(&today, &parts);
  parts.tm_sec = 0;
  const char* end = strptime(text.c_str(), "%H:%M", &parts);
  if (end != nullptr && *end == ':') end = strptime(end, ":%S", &parts);
  if (end == nullptr || *end != '\0') return fail();
  parts.tm_isdst = -1;
  WallTime at = from_time_t(mktime(&parts));
  if (at < now) at += std::chrono::hours(24);
  return at;
}

}  // namespace gelombang
