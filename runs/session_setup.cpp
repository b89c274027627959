#include "runs/session_setup.hpp"

#include "base/log.hpp"
#include "probes/consent/address_resolver.hpp"
#include "runs/secret_file.hpp"

#include <fmt/format.h>

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
  if (!text) return Error{"--mailbox-password-file: " + text.error().message};
  return Secret(text->substr(0, text->find_first_of("\r\n")));
}

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

Result<std::unique_ptr<Mailbox>> open_mailbox(const RunRequest& request, const Clock& clock, Duration& poll_interval) {
  const SessionOptions& options = request.session;
  if (options.mailbox.empty()) return std::unique_ptr<Mailbox>();
  MailboxOptions mailbox;
  mailbox.url = options.mailbox;
  mailbox.user = options.mailbox_user;
  auto password = read_password(options.mailbox_password_file);
  if (!password) return password.error();
  mailbox.password = std::move(*password);
  mailbox.verify_certificates = !request.insecure;
  mailbox.ca_file = request.ca_file;
  poll_interval = mailbox.poll_interval;
  auto opened = Mailbox::open(mailbox, clock);
  if (!opened) return Error{"--mailbox: " + opened.error().message};
  const Mailbox::Tally first_look = (*opened)->take();
  if (!first_look.healthy && !options.skip_preflight) {
    return Error{
        fmt::format("--mailbox: {}; nothing was sent (--skip-preflight runs anyway)", first_look.fault_detail)};
  }
  if (!first_look.healthy) spdlog::warn("mailbox: {}: {}", info(first_look.fault).text, first_look.fault_detail);
  return std::move(*opened);
}

Result<ConsentGuard::Options> guard_options(const RunRequest& request, const RunPlan& plan) {
  ConsentGuard::Options options;
  if (!request.session.consent_key.empty()) {
    const auto key = ConsentKey::load(request.session.consent_key);
    if (!key) return Error{"--consent-key: " + key.error().message};
    options.key = *key;
  }
  options.allow_private_network = request.allow_private_network;
  options.segments = static_cast<unsigned>(plan.segment.count);
  options.contact = request.contact;
  options.user_agent = plan.user_agent;
  options.ca_file = request.ca_file;
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
    // A name that did not resolve may resolve later.
    if (fresh.has_value()) answers->of.emplace(key, fresh);
    return fresh;
  };
}

}  // namespace gelombang
