#include "sandbox/mail_message.hpp"
#include "sandbox/mail_queue.hpp"
#include "sandbox/mail_transport.hpp"
#include "tests/sandbox/database_fixture.hpp"
#include "tests/support/catch.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <filesystem>
#include <vector>

using namespace gelombang;
using namespace gelombang::sandbox;
using namespace std::chrono_literals;

namespace {

VerificationMail example() {
  VerificationMail mail;
  mail.id = 42;
  mail.queued_at = 1'614'834'000'123;
  mail.recipient = "uji.000001@peserta.test";
  mail.name = "Budi <b> Péserta";
  mail.link = "http://127.0.0.1:8080/verifikasi?token=AAAA_BBBB-CCCC_DDDD-EEEE_FFFF-GGGG_HHHH-IIII";
  mail.sent_at = 1'614'834'000;  // 4 March 2021, 05:00 UTC
  return mail;
}

struct Recorder final : MailTransport {
  std::vector<VerificationMail> mails;
  Delivery answer = Delivery::accepted;
  Delivery deliver(const VerificationMail& mail) override {
    mails.push_back(mail);
    return answer;
  }
};

struct QueueFixture : test::DatabaseFixture {
  Recorder transport;
  Faults faults{FaultSettings{}};
  MailQueue queue{*database, transport, faults, clock, {"http://portal.test", 1}};

  void add(int count, Duration delay = 0s) {
    database->write_now([&](DbConnection& c) {
      for (int i = 0; i < count; ++i) {
        queue_mail(c, "p" + std::to_string(i) + "@peserta.test", "P", "token" + std::to_string(i), clock.wall_now(),
                   delay);
      }
    });
  }
  std::int64_t in_state(MailState state) {
    return number("SELECT count(*) FROM mails WHERE state = " + std::to_string(static_cast<int>(state)));
  }
  void set(const char* fault, double value) { REQUIRE(faults.change(boost::json::object{{fault, value}})); }
};

}  // namespace

TEST_CASE("mail: quoted-printable keeps every line short and every byte plain") {
  REQUIRE(quoted_printable("a=b\r\nc") == "a=3Db\r\nc");
  REQUIRE(quoted_printable("end \r\n") == "end=20\r\n");
  REQUIRE(quoted_printable("\xC3\xA9") == "=C3=A9");
  const std::string text = quoted_printable(std::string(500, 'x') + std::string(200, '='));
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find("\r\n", start), text.size());
    REQUIRE(end - start <= 76);
    start = end + 2;
  }
}

TEST_CASE("mail: the message has its headers, both bodies and the anchor text") {
  const std::string text = format_mail(example());
  REQUIRE(text.find("Delivered-To: uji.000001@peserta.test\r\n") == 0);
  REQUIRE(text.find("Date: Thu, 04 Mar 2021 05:00:00 +0000\r\n") != std::string::npos);
  REQUIRE(text.find("Message-ID: <42.1614834000123@") != std::string::npos);
  REQUIRE(text.find("multipart/alternative; boundary=\"=_gelombang_42\"") != std::string::npos);
  REQUIRE(text.find("Content-Type: text/plain") < text.find("Content-Type: text/html"));
  REQUIRE(text.find(">Verifikasi Email Sekarang</a>") != std::string::npos);
  REQUIRE(text.find("Budi &lt;b&gt; P=C3=A9serta") != std::string::npos);
  REQUIRE(text.find("X-Spam-Flag") == std::string::npos);
  REQUIRE(text.ends_with("--=_gelombang_42--\r\n"));
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
    REQUIRE(text[at - 1] == '\r');
  }
}

TEST_CASE("mail: retry pauses grow from seconds to hours and end after about four days") {
  REQUIRE_FALSE(retry_pause(0).has_value());
  Duration total{0};
  Duration before{0};
  unsigned attempts = 1;
  for (; retry_pause(attempts); ++attempts) {
    REQUIRE(*retry_pause(attempts) >= before);
    before = *retry_pause(attempts);
    total += before;
  }
  REQUIRE(*retry_pause(1) == 2s);
  REQUIRE(before == 4h);
  REQUIRE(total > 90h);
  REQUIRE(total < 5 * 24h);
}

TEST_CASE("mail queue: delivers what is due, once, with its link, and forgets the token") {
  QueueFixture f;
  f.add(3);
  f.add(1, 10s);
  const auto next = f.queue.run_due();
  REQUIRE(f.transport.mails.size() == 3);
  REQUIRE(f.transport.mails[0].link == "http://portal.test/verifikasi?token=token0");
  REQUIRE(next == f.clock.wall_now() + 10s);
  f.queue.run_due();
  REQUIRE(f.transport.mails.size() == 3);
  REQUIRE(f.number("SELECT count(*) FROM mails WHERE state = 1 AND token IS NULL") == 3);
  f.clock.advance(10s);
  REQUIRE_FALSE(f.queue.run_due().has_value());
  REQUIRE(f.in_state(MailState::inbox) == 4);
}

TEST_CASE("mail queue: a deferred mail is tried again by the schedule, then given up") {
  QueueFixture f;
  f.transport.answer = Delivery::deferred;
  f.add(1);
  std::vector<Duration> pauses;
  for (std::optional<WallTime> next = f.queue.run_due(); next; next = f.queue.run_due()) {
    pauses.push_back(*next - f.clock.wall_now());
    f.clock.advance(pauses.back());
  }
  REQUIRE(pauses.size() > 10);
  for (unsigned i = 0; i < pauses.size(); ++i) REQUIRE(pauses[i] == *retry_pause(i + 1));
  REQUIRE(f.in_state(MailState::expired) == 1);
}

TEST_CASE("mail queue: a refused mail is not tried again") {
  QueueFixture f;
  f.transport.answer = Delivery::refused;
  f.add(1);
  REQUIRE_FALSE(f.queue.run_due().has_value());
  REQUIRE(f.in_state(MailState::refused) == 1);
}

TEST_CASE("mail queue: loss and spam take their share of the mails") {
  QueueFixture f;
  f.set("mail.loss", 0.25);
  f.set("mail.spam", 0.5);
  f.add(1000);
  while (f.queue.run_due()) {
  }
  // Standard deviations 13.7 and 15.3. The limits are five of them.
  REQUIRE(std::abs(f.in_state(MailState::lost) - 250) < 70);
  REQUIRE(std::abs(f.in_state(MailState::spam) - 375) < 77);
  REQUIRE(f.in_state(MailState::queued) == 0);
  const auto marked = std::count_if(f.transport.mails.begin(), f.transport.mails.end(),
                                    [](const VerificationMail& mail) { return mail.spam; });
  REQUIRE(marked == f.in_state(MailState::spam));
}

TEST_CASE("maildir: the mail appears whole under new, spam under the junk folder, repeats replace") {
  test::TemporaryDirectory directory;
  auto transport = make_maildir(directory.file("mail"));
  REQUIRE(transport);
  VerificationMail mail = example();
  REQUIRE((*transport)->deliver(mail) == Delivery::accepted);
  REQUIRE((*transport)->deliver(mail) == Delivery::accepted);
  mail.id = 43;
  mail.spam = true;
  REQUIRE((*transport)->deliver(mail) == Delivery::accepted);
  REQUIRE((*transport)->settle());
  const auto files = [&](const char* folder) {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(directory.file(folder))) {
      paths.push_back(entry.path());
    }
    return paths;
  };
  REQUIRE(files("mail/new").size() == 1);
  REQUIRE(test::read_file(files("mail/new")[0]) == format_mail(example()));
  REQUIRE(files("mail/.Junk/new").size() == 1);
  REQUIRE(files("mail/tmp").empty());
  std::filesystem::remove_all(directory.file("mail/new"));
  REQUIRE((*transport)->deliver(example()) == Delivery::deferred);
}

TEST_CASE("mail transport: only the two forms are taken") {
  REQUIRE_FALSE(make_transport("maildir:"));
  REQUIRE_FALSE(make_transport("smtp://"));
  REQUIRE_FALSE(make_transport("smtp://user@host:25"));
  REQUIRE_FALSE(make_transport("imap://host"));
  REQUIRE(make_transport("smtp://127.0.0.1:2525"));
}
