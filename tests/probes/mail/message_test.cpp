#include "probes/mail/message.hpp"

#include "probes/mail/links.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace gelombang::test {
namespace {

constexpr const char* kVerify = "Verifikasi Email Sekarang";

std::string html_mail(const std::string& html, const std::string& headers = "") {
  return "To: ani@peserta.test\r\n" + headers + "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" +
         html;
}

std::string link_in_html(const std::string& html) { return find_link(parse_mail(html_mail(html)).links, kVerify); }

std::string link_in_text(const std::string& text) {
  return find_link(parse_mail("To: ani@peserta.test\r\n\r\n" + text).links, kVerify);
}

std::vector<std::string> recipients(const std::string& headers, const std::string& own = "") {
  return parse_mail(headers + "\r\nhello\r\n", own).recipients;
}

using Addresses = std::vector<std::string>;

}  // namespace

TEST_CASE("mail: the parts of a multipart/alternative are decoded, and its link is found by its text") {
  const MailMessage mail = parse_mail(
      "From: Portal <no-reply@portal.test>\r\n"
      "To: \"UJI BEBAN\" <Uji.Beban@Peserta.TEST>\r\n"
      "Subject: =?utf-8?B?VmVyaWZpa2FzaSDigJMgc2VrYXJhbmc=?=\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: multipart/alternative; boundary=\"cut\"\r\n\r\n"
      "--cut\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
      "VmVyaWZpa2FzaSBFbWFpbCBTZWthcmFuZzogaHR0cHM6Ly9wb3J0YWwudGVzdC9wbGFpbg==\r\n"
      "--cut\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
      "<p>Halo,<br><a class=3D\"b\" href=3D\"https://portal.test/verifikasi?token=3Da1&am=\r\n"
      "p;x=3D2\"><b>Verifikasi</b>\r\n  Email&nbsp;Sekarang</a></p>\r\n"
      "--cut--\r\n");
  CHECK(mail.recipients == Addresses{"uji.beban@peserta.test"});
  CHECK(mail.subject == "Verifikasi \u2013 sekarang");
  CHECK(find_link(mail.links, kVerify) == "https://portal.test/verifikasi?token=a1&x=2");
  CHECK(find_link(mail.links, "  verifikasi   EMAIL sekarang ") == "https://portal.test/verifikasi?token=a1&x=2");
  CHECK(find_link(mail.links, "Batalkan").empty());
  CHECK(find_link(mail.links, "").empty());
}

TEST_CASE("mail: a link in HTML is found whatever the mark-up around its text") {
  const std::string url = "https://portal.test/v?t=1";
  CHECK(link_in_html("<A HREF='" + url + "'>Verifikasi Email Sekarang</A>") == url);
  CHECK(link_in_html("<a href=" + url + ">Verifikasi Email Sekarang</a>") == url);
  CHECK(link_in_html("<a href=\"" + url + "\"><span>Veri<b>fikasi</b></span> <i>Email</i> Sekarang</a>") == url);
  CHECK(link_in_html("<a href=\"" + url + "\"><table><tr><td>Verifikasi<td>Email<br>Sekarang</table></a>") == url);
  CHECK(link_in_html("<a href=\"" + url + "\"> <table><tr><td>Verifikasi Email Sekarang</table></a> Salam") == url);
  CHECK(link_in_html("<a href=\"" + url + "\"><div>Verifikasi Email<p>Sekarang</div></a>") == url);
  CHECK(link_in_html("<a href=\"" + url + "\">&#86;erifikasi&#x20;Email &nbsp; Sekarang &raquo;</a>") == url);
  CHECK(link_in_html("<a href=\" https://portal.test/\n v?t=1 \">Verifikasi Email Sekarang</a>") ==
        "https://portal.test/%20v?t=1");
  CHECK(link_in_html("<a href=\" https://portal.test/\nv?t=1 \">Verifikasi Email Sekarang</a>") == url);
  CHECK(link_in_html("<a href=\"" + url + "\"><img src=b.png alt=\"Verifikasi Email Sekarang\"></a>") == url);
  CHECK(link_in_html("<a href=\"" + url + "\">Verifikasi Email Sekarang") == url);
}

TEST_CASE("mail: what only looks like the link is not taken") {
  CHECK(link_in_html("<a href=\"javascript:alert(1)\">Verifikasi Email Sekarang</a>").empty());
  CHECK(link_in_html("<a href=\"/verifikasi?t=1\">Verifikasi Email Sekarang</a>").empty());
  CHECK(link_in_html("<a name=x>Verifikasi Email Sekarang</a>").empty());
  CHECK(link_in_html("<!-- <a href=\"https://portal.test/\">Verifikasi Email Sekarang</a> -->").empty());
  CHECK(link_in_html("<a href=\"https://portal.test/\">Batal</a> Verifikasi Email Sekarang").empty());
  CHECK(link_in_html("<a href=\"https://portal.test/\"></a>Verifikasi Email Sekarang").empty());
  CHECK(link_in_html("<a href=\"https://portal.test/\"></a><p>x<table><td>Verifikasi Email Sekarang</table>").empty());
  // A link with exactly the text has priority over a link whose text contains it.
  CHECK(link_in_html("<a href=\"https://portal.test/1\">Apa itu Verifikasi Email Sekarang?</a>"
                     "<a href=\"https://portal.test/2\">Verifikasi Email Sekarang</a>") == "https://portal.test/2");
}

TEST_CASE("mail: in plain text the link is the URL that follows its text") {
  const std::string url = "https://portal.test/v?t=1";
  CHECK(link_in_text("Verifikasi Email Sekarang: " + url + "\r\n") == url);
  CHECK(link_in_text("Halo\r\n\r\nVerifikasi email sekarang:\r\n" + url + ".\r\n\r\nSalam") == url);
  CHECK(link_in_text("Verifikasi Email Sekarang <" + url + ">") == url);
  CHECK(link_in_text("[Verifikasi Email Sekarang](" + url + ")") == url);
  CHECK(link_in_text("Beranda: http://portal.test/\r\nVerifikasi Email Sekarang: " + url +
                     "\r\nBatal: http://x.test/") == url);
  CHECK(link_in_text("Klik Verifikasi Email Sekarang di sini: " + url) == url);
  CHECK(link_in_text("Verifikasi Email Sekarang: portal.test/v").empty());
  CHECK(link_in_text(url + " Verifikasi Email Sekarang").empty());
  CHECK(link_in_text("Verifikasi Email Sekarang: https://portal.test/a_(b)?c=[d]).") ==
        "https://portal.test/a_(b)?c=[d]");
}

TEST_CASE("mail: text in other charsets is understood") {
  const MailMessage latin = parse_mail(
      "To: a@t\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n<a href=\"https://portal.test/v\">Caf\xe9 "
      "ouvert</a>");
  CHECK(find_link(latin.links, "caf\u00e9 ouvert") == "https://portal.test/v");
  // The charset of a meta element does not count: the text is already decoded.
  const MailMessage meta =
      parse_mail(html_mail("<meta http-equiv=Content-Type content=\"text/html; charset=iso-8859-1\"><a "
                           "href=\"https://t.test/\">Caf\u00e9</a>"));
  CHECK(find_link(meta.links, "caf\u00e9") == "https://t.test/");
  const MailMessage unknown = parse_mail(
      "To: a@t\r\nContent-Type: text/html; charset=klingon\r\n\r\n<a href=\"https://t.test/\">Verify \xff now</a>");
  CHECK(unknown.links.size() == 1);
}

TEST_CASE("mail: an attached mail or file is not searched for links") {
  const std::string link = "<a href=\"https://portal.test/v\">Verifikasi Email Sekarang</a>";
  const MailMessage mail = parse_mail(
      "To: a@t\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n"
      "--cut\r\nContent-Type: message/rfc822\r\n\r\nTo: b@t\r\nContent-Type: text/html\r\n\r\n" +
      link +
      "\r\n"
      "--cut\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename=a.html\r\n\r\n" +
      link +
      "\r\n"
      "--cut--\r\n");
  CHECK(mail.links.empty());
  CHECK(mail.recipients == Addresses{"a@t"});
}

TEST_CASE("mail: the envelope's recipient comes before the one in To") {
  CHECK(recipients("To: b@peserta.test\r\nDelivered-To: a@peserta.test\r\n") == Addresses{"a@peserta.test"});
  CHECK(recipients("X-Original-To: a@peserta.test\r\nDelivered-To: box@host.test\r\nTo: b@peserta.test\r\n") ==
        Addresses{"a@peserta.test", "box@host.test"});
  CHECK(recipients("Envelope-To: A@Peserta.TEST\r\n") == Addresses{"a@peserta.test"});
  CHECK(recipients("To: undisclosed-recipients:;\r\nDelivered-To: a@peserta.test\r\n") == Addresses{"a@peserta.test"});
}

TEST_CASE("mail: a Delivered-To that only names the collecting mailbox does not hide the recipient") {
  const std::string headers = "Delivered-To: collector@peserta.test\r\nTo: Ani <a@peserta.test>\r\n";
  CHECK(recipients(headers, "collector@peserta.test") == Addresses{"a@peserta.test"});
  CHECK(recipients(headers, "Collector") == Addresses{"a@peserta.test"});
  CHECK(recipients("Delivered-To: box@host.test\r\nTo: a@peserta.test\r\n") ==
        Addresses{"box@host.test", "a@peserta.test"});
  CHECK(recipients("Delivered-To: collector@t\r\nTo: collector@t\r\n", "collector@t") == Addresses{"collector@t"});
}

TEST_CASE("mail: To and Cc may hold lists, groups, comments and odd spacing") {
  CHECK(recipients("To: a@t (one),\r\n\t\"B, b\" <b@t>, team: c@t, d@t;\r\nCc: A@T, e@t\r\n") ==
        Addresses{"a@t", "b@t", "c@t", "d@t", "e@t"});
  CHECK(recipients("Subject: none\r\n").empty());
}

TEST_CASE("mail: a newsletter's recipients are all read, up to a limit that is told") {
  const auto newsletter = [](std::size_t people) {
    std::string to = "To: ";
    for (std::size_t i = 0; i < people; ++i) to += (i == 0 ? "p" : ",\r\n p") + std::to_string(i) + "@t";
    return parse_mail(to + "\r\nCc: p0@t, P1@T\r\n\r\nhello");
  };
  for (const std::size_t people : {std::size_t{17}, kMaxRecipients}) {
    const MailMessage mail = newsletter(people);
    CHECK(mail.recipients.size() == people);
    CHECK(mail.recipients.back() == "p" + std::to_string(people - 1) + "@t");
    CHECK_FALSE(mail.cut);
    CHECK_FALSE(mail.more_recipients);
  }
  const MailMessage mail = newsletter(kMaxRecipients + 1);
  CHECK(mail.recipients.size() == kMaxRecipients);
  CHECK(mail.cut);
  CHECK(mail.more_recipients);
  // The lines beyond the limit may name further recipients.
  std::string headers;
  for (int i = 0; i < 6'000; ++i) headers += "a:\r\n";
  CHECK(parse_mail("To: a@t\r\n" + headers + "Cc: b@t\r\n\r\n").more_recipients);
  CHECK_FALSE(parse_mail("To: a@t\r\n\r\n" + std::string(kMaxMailBytes, 'x')).more_recipients);
}

TEST_CASE("mail: subject and links are bounded, at whole letters") {
  std::string subject;
  for (int i = 0; i < 1000; ++i) subject += "\u00e9";
  CHECK(parse_mail("Subject: " + subject + "\r\nTo: a@t\r\n\r\n").subject == subject.substr(0, 256));
  std::string html;
  for (int i = 0; i < 1000; ++i) html += "<a href=https://portal.test/" + std::to_string(i) + ">x</a>";
  CHECK(parse_mail(html_mail(html)).links.size() == kMaxMailLinks);
  CHECK(parse_mail(html_mail("<a href=\"https://portal.test/" + std::string(5000, 'x') + "\">x</a>")).links.empty());
}

TEST_CASE("mail: hostile mails are read in bounded effort") {
  std::string nested = "To: a@t\r\n";
  for (int i = 0; i < 20'000; ++i) {
    const std::string cut = "b" + std::to_string(i);
    nested += "Content-Type: multipart/mixed; boundary=" + cut + "\r\n\r\n--" + cut + "\r\n";
  }
  CHECK(parse_mail(nested).recipients == Addresses{"a@t"});

  std::string parts = "To: a@t\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int i = 0; i < 50'000; ++i) parts += "--b\r\n\r\n";
  CHECK(parse_mail(parts).links.empty());

  std::string headers = "To: a@t\r\n";
  for (int i = 0; i < 100'000; ++i) headers += "a:\r\n";
  CHECK(parse_mail(headers).recipients == Addresses{"a@t"});

  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<b>";
  CHECK(parse_mail(html_mail(deep + "<a href=https://t.test/>x</a>")).links.empty());
  std::string plain;
  for (int i = 0; i < 100'000; ++i) plain += "http";
  CHECK(link_in_text(plain).empty());
  plain.clear();
  for (int i = 0; i < 100; ++i) plain += " http://" + std::string(4500, ')');
  CHECK(link_in_text(plain).empty());
}

TEST_CASE("mail: where a limit of ours left something out, the mail says so") {
  const auto is_cut = [](const std::string& raw) { return parse_mail(raw).cut; };
  CHECK_FALSE(is_cut(html_mail("<a href=https://portal.test/>x</a>")));
  CHECK_FALSE(is_cut(""));
  CHECK(is_cut(html_mail(std::string(kMaxMailBytes, 'x'))));
  std::string links;
  for (std::size_t i = 0; i <= kMaxMailLinks; ++i) links += "<a href=https://portal.test/>x</a> https://portal.test/ ";
  CHECK(is_cut(html_mail(links)));
  CHECK(is_cut("To: a@t\r\n\r\n" + links));
  CHECK(is_cut(html_mail("<a href=https://portal.test/>" + std::string(300, 'x') + "</a>")));
  CHECK(is_cut(html_mail("<a href=https://portal.test/" + std::string(5000, 'x') + ">x</a>")));
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "<div>";
  CHECK(is_cut(html_mail(deep)));
  std::string parts = "To: a@t\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int i = 0; i < 17; ++i) parts += "--b\r\n\r\nx\r\n";
  CHECK(is_cut(parts));
  std::string headers;
  for (int i = 0; i < 6000; ++i) headers += "a:\r\n";
  CHECK(is_cut(headers + "To: a@t\r\n\r\n"));
}

TEST_CASE("mail: whatever the fuzzer found once is read without harm") {
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(GELOMBANG_SOURCE_DIR "/tests/fuzz_corpus/mail")) {
    const std::string bytes = read_file(file.path().string());
    INFO(file.path());
    const MailMessage mail = parse_mail(bytes, "collector@peserta.test");
    CHECK(mail.recipients.size() <= 16);
    CHECK(mail.links.size() <= 2 * kMaxMailLinks);
    CHECK(mail.subject.size() <= 256);
    ++files;
  }
  CHECK(files >= 5);
}

}  // namespace gelombang::test
