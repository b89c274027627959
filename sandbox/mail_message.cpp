#include "sandbox/mail_message.hpp"

#include "sandbox/http_message.hpp"

#include <fmt/format.h>

namespace gelombang::sandbox {
namespace {

constexpr std::size_t kMaxLine = 76;

bool plain(char c) { return c >= 33 && c <= 126 && c != '='; }

std::string text_part(const VerificationMail& mail) {
  return fmt::format(
      "Halo {},\r\n\r\n"
      "Terima kasih sudah mendaftar. Verifikasi Email Sekarang:\r\n{}\r\n\r\n"
      "Tautan ini hanya bisa dipakai satu kali. Abaikan pesan ini bila kamu tidak mendaftar.\r\n",
      mail.name, mail.link);
}

std::string html_part(const VerificationMail& mail) {
  return fmt::format(
      "<!doctype html>\r\n<html lang=\"id\"><body>\r\n"
      "<p>Halo {},</p>\r\n<p>Terima kasih sudah mendaftar.</p>\r\n"
      "<p><a href=\"{}\">Verifikasi Email Sekarang</a></p>\r\n"
      "<p>Tautan ini hanya bisa dipakai satu kali. Abaikan pesan ini bila kamu tidak mendaftar.</p>\r\n"
      "</body></html>\r\n",
      html_escape(mail.name), html_escape(mail.link));
}

std::string part(std::string_view type, const std::string& text) {
  return fmt::format("Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n",
                     type, quoted_printable(text));
}

}  // namespace

std::string quoted_printable(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  const auto put = [&](std::string_view piece) {
    if (column + piece.size() > kMaxLine - 1) {
      out += "=\r\n";
      column = 0;
    }
    out += piece;
    column += piece.size();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      out += "\r\n";
      column = 0;
      ++i;
      continue;
    }
    // A blank at the end of a line could be lost in transport.
    const bool before_end = i + 1 == text.size() || text[i + 1] == '\r';
    if (plain(c) || ((c == ' ' || c == '\t') && !before_end)) {
      put({&c, 1});
    } else {
      put(fmt::format("={:02X}", static_cast<unsigned char>(c)));
    }
  }
  return out;
}

std::string mail_date(std::int64_t unix_seconds) {
  std::string date = http_date(unix_seconds);
  date.replace(date.size() - 3, 3, "+0000");
  return date;
}

std::string format_mail(const VerificationMail& mail) {
  const std::string boundary = fmt::format("=_gelombang_{}", mail.id);
  return fmt::format(
      "Delivered-To: {0}\r\n"
      "Date: {1}\r\n"
      "From: Kartu Prakerja Sandbox <{2}>\r\n"
      "To: <{0}>\r\n"
      "Message-ID: <{3}.{4}@prakerja-sandbox.test>\r\n"
      "Subject: Verifikasi Email Kartu Prakerja\r\n"
      "{5}"
      "MIME-Version: 1.0\r\n"
      "Content-Type: multipart/alternative; boundary=\"{6}\"\r\n\r\n"
      "--{6}\r\n{7}--{6}\r\n{8}--{6}--\r\n",
      mail.recipient, mail_date(mail.sent_at), kMailSender, mail.id, mail.queued_at,
      mail.spam ? "X-Spam-Flag: YES\r\n" : "", boundary, part("text/plain", text_part(mail)),
      part("text/html", html_part(mail)));
}

}  // namespace gelombang::sandbox
