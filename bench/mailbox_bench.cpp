// How fast mail is read: from our own Dovecot on loopback by the whole mailbox, compared with libcurl's bare fetches of
// as many mails from the same server, and with the parser alone. Read the ratios. One mail is one round trip, so a
// distant server adds its round-trip time for each mail.
#include "probes/mail/imap_session.hpp"
#include "probes/mail/mailbox.hpp"
#include "probes/mail/message.hpp"
#include "tests/support/dovecot.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace {

using namespace gelombang;

constexpr std::uint32_t kMails = 3000;

std::string address(std::uint32_t person) { return fmt::format("uji{}@peserta.test", person); }

// A multipart/alternative of about 3 KB.
std::string mail(std::uint32_t person) {
  const std::string filler(500, 'x');
  return fmt::format(
      "From: Portal <no-reply@portal.test>\r\nTo: {0}\r\nSubject: =?utf-8?Q?Verifikasi_email?=\r\n"
      "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=cut\r\n\r\n"
      "--cut\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
      "{1}\r\nVerifikasi Email Sekarang: https://portal.test/v?t={0}\r\n"
      "--cut\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
      "<html><body><p>{1}</p><p>{1}</p><p>{1}</p>"
      "<a href=\"https://portal.test/v?t={0}\">Verifikasi Email Sekarang</a></body></html>\r\n--cut--\r\n",
      address(person), filler);
}

double per_second(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return kMails / to_seconds(std::chrono::steady_clock::now() - start);
}

}  // namespace

int main() {
  test::Dovecot server;
  MailboxOptions options;
  options.url = server.url();
  options.user = server.user();
  options.password = Secret(server.password());
  options.poll_interval = std::chrono::milliseconds(10);

  for (std::uint32_t i = 0; i < kMails; ++i) server.deliver(mail(i));
  const auto session = ImapSession::make(options).value();
  std::string response;
  if (session->command("INBOX", "UID SEARCH UID *", ImapSession::Answer::one_line, response) !=
      ImapSession::Status::done)
    return 1;
  const std::uint32_t validity = session->uid_validity().value_or(0);
  std::uint64_t bytes = 0;
  const double bare = per_second([&] {
    for (std::uint32_t uid = 1; uid <= kMails; ++uid) {
      session->fetch("INBOX", validity, uid, response);
      bytes += response.size();
    }
  });
  std::size_t links = 0;
  const double parsed = per_second([&] {
    for (std::uint32_t i = 0; i < kMails; ++i) links += parse_mail(mail(i)).links.size();
  });

  const SystemClock clock;
  const auto mailbox = Mailbox::open(options, clock).value();
  for (std::uint32_t i = 0; i < kMails; ++i) server.deliver(mail(i));
  std::atomic<std::uint32_t> met = 0;
  const double watched = per_second([&] {
    for (std::uint32_t i = 0; i < kMails; ++i) {
      MailExpectation expectation;
      expectation.recipient = address(i);
      expectation.link_text = "Verifikasi Email Sekarang";
      expectation.caused_at = clock.now();
      mailbox->expect(std::move(expectation),
                      [&met](const MailOutcome& outcome) { met += outcome.link.empty() ? 0 : 1; });
    }
    while (met < kMails) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });

  fmt::print("libcurl's bare fetches    {:8.0f} mails/s\n", bare);
  fmt::print("the whole mailbox         {:8.0f} mails/s ({:.2f} times the bare fetches)\n", watched, watched / bare);
  fmt::print("the parser alone          {:8.0f} mails/s\n", parsed);
  return bytes > 0 && links == 2 * kMails ? 0 : 1;
}
